"""For the admin's templates: marks, statuses, figures and times as the portal's own pages show them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import template
from django.core.exceptions import FieldDoesNotExist
from django.db.models import BooleanField
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from sosportal.lib import jinja, markup
from sosportal.lib.forms import place_of

register = template.Library()

for filter_ in (
    jinja.count,
    jinja.packs,
    jinja.quantity,
    jinja.jst_datetime,
    jinja.jst_short,
    jinja.jst_date,
    jinja.iso,
):
    register.filter(filter_.__name__, filter_)
register.filter("linked", markup.linked)
register.simple_tag(markup.mark, name="mark")

_OPENING = re.compile(r"<(td|th)\b")


@register.simple_tag
def status(value: str, label: str) -> SafeString:
    """The label of one of the four statuses."""
    shape = markup.SHAPES[value]
    return format_html('<span class="status status--{}">{}{}</span>', shape, markup.mark(shape), label)


@register.filter
def shown(field: Any) -> Any:
    """What stands in a field of the admin that can't be changed here: of a tick はい or いいえ, where Django draws a
    picture whose colour and English word say it."""
    name, instance = field.field["field"], field.form.instance
    try:
        model_field = instance._meta.get_field(name)
    except FieldDoesNotExist:  # the admin's own, which is reckoned once
        return field.contents()
    if not isinstance(model_field, BooleanField):
        return field.contents()
    return "はい" if getattr(instance, name) else "いいえ"


@dataclass(frozen=True)
class ShownFilter:
    """A filter of a change list with its choices; the words of the one in use, "" for none, and the list `without`."""

    title: str
    choices: list[Any]
    chosen: str
    without: str


@register.simple_tag
def filters_of(changelist: Any) -> list[ShownFilter]:
    """The filters of a change list, each asked for its choices once. A filter's first choice is the list without it."""
    found = []
    for spec in changelist.filter_specs:
        everything, *others = choices = list(spec.choices(changelist))
        chosen = next((str(each["display"]) for each in others if each["selected"]), "")
        found.append(ShownFilter(spec.title, choices, chosen, everything["query_string"]))
    return found


@register.filter
def signed(number: int) -> str:
    """A difference with its sign: +1,000, −300, 0."""
    return f"+{number:,}" if number > 0 else f"{number:,}".replace("-", "−")


@register.filter
def error_places(adminform: Any, inlines: Iterable[Any]) -> list[tuple[str, str]]:
    """What is wrong with a refused form of the admin and its inlines: (id of the input, message), in page order."""
    found = _places(adminform.form)
    for inline in inlines:
        found += [("", str(message)) for message in inline.formset.non_form_errors()]
        found += [place for form in inline.formset.forms for place in _places(form)]
    return found


def _places(form: Any) -> list[tuple[str, str]]:
    whole = [("", str(message)) for message in form.non_field_errors()]
    return whole + [
        (place_of(bound), f"{bound.label}：{message}") for bound in form for message in bound.errors
    ]


@register.filter
def labelled(
    results: Iterable[Sequence[str]], headers: Sequence[Mapping[str, Any]]
) -> list[list[SafeString]]:
    """The cells of a change list with their roles and the name of their column, which a phone shows in every card."""
    return [
        [_labelled(cell, str(header["text"])) for cell, header in zip(row, headers, strict=False)]
        for row in results
    ]


def _labelled(cell: str, label: str) -> SafeString:
    """`cell` is the markup of one <td> or <th>, made safe by the change list."""

    def opening(found: re.Match[str]) -> str:
        if found[1] == "th":
            return '<th scope="row" role="rowheader"'
        name = "" if "<" in label else format_html(' data-label="{}"', label)
        return f'<td role="cell"{name}'

    return mark_safe(_OPENING.sub(opening, str(cell), count=1))  # noqa: S308 - the change list escaped it
