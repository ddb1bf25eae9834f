"""The Jinja2 environment of the portal's own pages: what every template may call, and how figures and times read."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import django.forms
from django.templatetags.static import static as static_url
from django.urls import reverse
from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, StrictUndefined

from sosportal.lib import markup
from sosportal.lib.business_calendar import jst
from sosportal.lib.numbers import circled, format_count, with_packs
from sosportal.lib.pictures import picture

WEEKDAYS = "月火水木金土日"
# Django's own widget templates; a file of the same name under templates/portal goes first.
FORM_TEMPLATES = Path(django.forms.__file__).parent / "jinja2"


class Packed(Protocol):
    """What `packs` and `quantity` need to know of an item."""

    @property
    def unit(self) -> str: ...
    @property
    def pack_size(self) -> int: ...
    @property
    def pack_unit(self) -> str: ...


def environment(*, loader: BaseLoader, **options: Any) -> Environment:
    """The environment named in settings.TEMPLATES: autoescape on, an unknown name is an error, not an empty string."""
    options |= {"autoescape": True, "undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    env = Environment(loader=ChoiceLoader([loader, FileSystemLoader(FORM_TEMPLATES)]), **options)  # noqa: S701 (it is on)
    env.globals.update(url=url, static=static, markup=markup, picture_of=picture)
    env.filters.update(
        count=count,
        packs=packs,
        quantity=quantity,
        jst_datetime=jst_datetime,
        jst_short=jst_short,
        jst_date=jst_date,
        jst_time=jst_time,
        iso=iso,
        circled=circled,
        linked=markup.linked,
    )
    return env


def url(name: str, *args: object, **kwargs: object) -> str:
    """The path of the URL called `name`. Raises NoReverseMatch when there is none."""
    return reverse(name, args=args, kwargs=kwargs) if args or kwargs else path_of(name)


@cache
def path_of(name: str) -> str:
    """The path of a URL without parts of its own; looked up once per process. Raises NoReverseMatch."""
    return reverse(name)


@cache
def static(path: str) -> str:
    """The address of a static file, with its fingerprint in production; looked up once per process."""
    return static_url(path)


def count(number: int) -> str:
    """A whole number with thousands separators: 4,100."""
    return format_count(number)


def packs(number: int, item: Packed) -> str:
    """How many packs `number` units make: 41箱, 41箱と50枚, 1箱未満; nothing where there are none to count."""
    if item.pack_size <= 1:
        return ""
    whole, rest = divmod(number, item.pack_size)
    if rest and not whole:
        return f"1{item.pack_unit}未満"
    loose = f"と{format_count(rest)}{item.unit}" if rest else ""
    return f"{format_count(whole)}{item.pack_unit}{loose}"


def quantity(number: int, item: Packed) -> str:
    """A quantity as people read it: 4,100枚（41箱）."""
    return with_packs(number, item.unit, item.pack_size, item.pack_unit)


def jst_datetime(moment: dt.datetime) -> str:
    """An aware moment in Tokyo, as the manual writes 申請日時: 2026/04/28 15:13."""
    here = jst(moment)
    return f"{here.year}/{here.month:02}/{here.day:02} {here.hour:02}:{here.minute:02}"


def jst_short(moment: dt.datetime) -> str:
    """An aware moment in Tokyo with its weekday: 11/25（水）17:00."""
    here = jst(moment)
    return f"{jst_date(here)}{here:%H:%M}"


def jst_date(day: dt.date) -> str:
    """A day with its weekday: 11/25（水）. An aware moment is read in Tokyo; a plain date is taken as it is."""
    here = jst(day) if isinstance(day, dt.datetime) else day
    return f"{here.month}/{here.day}（{WEEKDAYS[here.weekday()]}）"


def jst_time(moment: dt.datetime) -> str:
    """The time of an aware moment in Tokyo: 17:00."""
    return f"{jst(moment):%H:%M}"


def iso(moment: dt.date) -> str:
    """For the datetime attribute of <time>: 2026-11-25T17:00+09:00, or 2026-11-25 for a plain date."""
    if isinstance(moment, dt.datetime):
        return jst(moment).isoformat(timespec="minutes")
    return moment.isoformat()
