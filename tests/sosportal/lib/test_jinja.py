"""How figures and times read in templates, and what the environment refuses."""

from __future__ import annotations

import datetime as dt
from typing import Any

import jinja2
import pytest
from django.template import TemplateDoesNotExist, engines

from sosportal.lib.clock import JST

UTC_EVENING = dt.datetime(2026, 4, 28, 15, 13, tzinfo=dt.UTC)


class Gloves:
    unit, pack_size, pack_unit = "枚", 100, "箱"


class Single:
    unit, pack_size, pack_unit = "着", 1, "箱"


def rendered(template: str, **context: Any) -> str:
    return str(engines["jinja2"].from_string(template).render(context))


@pytest.mark.parametrize(
    ("template", "value", "shown"),
    [
        ("{{ v|count }}", 4100, "4,100"),
        ("{{ v|count }}", 0, "0"),
        ("{{ v|packs(gloves) }}", 4100, "41箱"),
        ("{{ v|packs(gloves) }}", 4150, "41箱と50枚"),
        ("{{ v|packs(gloves) }}", 99, "1箱未満"),
        ("{{ v|packs(gloves) }}", 0, "0箱"),
        ("{{ v|packs(single) }}", 7, ""),
        ("{{ v|quantity(gloves) }}", 4100, "4,100枚（41箱）"),
        ("{{ v|quantity(single) }}", 7, "7着"),
        ("{{ v|circled }}", 5, "⑤"),
        ("{{ v|circled }}", 20, "⑳"),
        ("{{ v|circled }}", 21, "(21)"),
        ("{{ v|jst_datetime }}", UTC_EVENING, "2026/04/29 00:13"),
        ("{{ v|jst_short }}", UTC_EVENING, "4/29（水）00:13"),
        ("{{ v|jst_date }}", UTC_EVENING, "4/29（水）"),
        ("{{ v|jst_date }}", dt.date(2026, 11, 25), "11/25（水）"),
        ("{{ v|jst_short }}", dt.datetime(2026, 11, 25, 17, tzinfo=JST), "11/25（水）17:00"),
        ("{{ v|iso }}", UTC_EVENING, "2026-04-29T00:13+09:00"),
        ("{{ v|iso }}", dt.date(2026, 11, 25), "2026-11-25"),
    ],
)
def test_filters(template: str, value: object, shown: str) -> None:
    assert rendered(template, v=value, gloves=Gloves, single=Single) == shown


def test_a_moment_without_its_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        rendered("{{ v|jst_short }}", v=dt.datetime(2026, 11, 25, 17))  # noqa: DTZ001 - the point


@pytest.mark.parametrize("template", ["{{ nothing }}", "{{ item.nothing }}", "{% if nothing %}{% endif %}"])
def test_an_unknown_name_is_an_error(template: str) -> None:
    with pytest.raises(jinja2.UndefinedError):
        rendered(template, item={})


def test_text_is_escaped() -> None:
    assert rendered("{{ v }}", v="<b>&") == "&lt;b&gt;&amp;"


def test_addresses_are_made_from_names() -> None:
    assert rendered('{{ url("home") }} {{ static("sprite.svg") }}') == "/ /static/sprite.svg"


def test_templates_of_the_admin_are_out_of_sight() -> None:
    with pytest.raises(TemplateDoesNotExist):
        engines["jinja2"].get_template("admin/base.html")
