"""Who looks at the public page again and again, and subtracts, learns of no single institution.

The attacker has the pages alone. With a fault planted it finds what it looks for, so that its silence counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from institutions.models import Institution, Role
from requests_app.models import PublicSwitch, SosRequest
from requests_app.progress import hiding, publishing
from requests_app.progress.hiding import LEAST
from requests_app.progress.reading import every_area
from requests_app.progress.refreshing import refresh_progress
from requests_app.rules.transitions import Status
from sosportal.dashboards.public import HEADING
from surveys.models import Item, SurveyRound
from tests import factories
from tests.sosportal.dashboards import country
from tests.sosportal.dashboards.country import NOW, WEEK
from tests.sosportal.dashboards.test_public import rows, shown

pytestmark = pytest.mark.django_db
THEN = NOW - 2 * WEEK
AICHI = "23"
Look = dict[str, list[str]]
ASKED, ACCEPTED = 2, 4
"""The columns that count institutions; the quantity stands beside each."""


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def applying(prefecture: str, count: int, accepted: int) -> list[SosRequest]:
    """Institutions that applied in the round that is published, each for another quantity, some of them accepted."""
    made = []
    for n in range(count):
        person, place = country.answering(prefecture, 500, now=THEN)
        factories.request_in(Status.UNDER_REVIEW, person, place, now=THEN, quantity=1000 + 777 * n)
        factories.answer(person, place, country.gloves(500), now=THEN)
        made.append(SosRequest.objects.get(institution=place))
    for request in made[:accepted]:
        factories.accept(request, now=THEN)
    return made


@pytest.fixture
def waiting() -> list[SosRequest]:
    """Those still under review, the page being public. Osaka has one institution that applied."""
    factories.campaign(now=THEN - WEEK)
    found = applying(factories.TOKYO, 7, 3) + applying(factories.OSAKA, 1, 1)
    applying(country.SHIZUOKA, 4, 4)
    applying(AICHI, 5, 4)
    Institution.objects.update(created_at=THEN - WEEK)
    refresh_progress(NOW)
    PublicSwitch.turn(factories.user(Role.MINISTRY), on=True, reason="報道発表", seen=0, now=NOW)
    still = SosRequest.objects.filter(pk__in=[each.pk for each in found], accepted_at=None)
    return list(still.order_by("pk"))


def number(text: str) -> int | None:
    return int(text.replace(",", "")) if text.replace(",", "").isdecimal() else None


def moved(before: Look, after: Look) -> list[str]:
    """What changed between two looks at the same round."""
    return [
        f"{name} {HEADING[place + 1]} {old} {new}"
        for name, texts in before.items()
        for place, (old, new) in enumerate(zip(texts, after[name], strict=True))
        if old != new
    ]


def reckoned(look: Look) -> list[str]:
    """What one look tells of fewer than three institutions: shown, left of the total, or between two columns."""
    whole = look["全国"]
    others = {name: texts for name, texts in look.items() if name not in {"全国", "都道府県"}}
    found = []
    for column in (ASKED, ACCEPTED):
        counts = {name: number(texts[column]) for name, texts in others.items()}
        found += [f"{name} shown" for name, count in counts.items() if count and count < LEAST]
        total, dark = number(whole[column]), [name for name, count in counts.items() if count is None]
        rest = 0 if total is None else total - sum(count or 0 for count in counts.values())
        if total is not None and dark and (len(dark) == 1 or 0 < rest < LEAST):
            found.append(f"{dark} by the total")
    for name, texts in look.items():
        asked, accepted = number(texts[ASKED]), number(texts[ACCEPTED])
        if asked is not None and accepted is not None and 0 < asked - accepted < LEAST:
            found.append(f"{name} between the columns")
    return found


def test_one_more_acceptance_between_two_looks_is_not_seen(waiting: list[SosRequest]) -> None:
    before, file = rows(shown()), b"".join(Client().get("/progress/table.csv"))
    for minutes, request in enumerate(waiting):
        factories.accept(request, now=NOW)
        refresh_progress(NOW + timedelta(minutes=5 * minutes))
        assert moved(before, rows(shown())) == []
    assert b"".join(Client().get("/progress/table.csv")) == file


def test_who_looks_twice_would_find_figures_that_follow(
    waiting: list[SosRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    def followed(survey_round: SurveyRound, item: Item) -> Any:
        return NOW, publishing.lines_of(every_area(survey_round, item))

    monkeypatch.setattr("sosportal.dashboards.public.published", followed)
    before = rows(shown())
    factories.accept(waiting[0], now=NOW)
    refresh_progress(NOW + timedelta(minutes=5))
    assert [each for each in moved(before, rows(shown())) if each.startswith("全国 受付数量")]


def test_one_look_tells_of_nobody(waiting: list[SosRequest]) -> None:
    look = rows(shown())
    assert reckoned(look) == []
    assert look["全国"][ASKED] == "17"
    assert look["大阪府"][ASKED : ASKED + 2] == ["非表示"] * 2, "one hospital"


@pytest.mark.parametrize("fault", ["nothing is hidden", "the total gives it away", "columns are subtracted"])
def test_who_subtracts_would_find_what_is_not_hidden(
    waiting: list[SosRequest], monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    def nothing(behind: dict[str, int], *apart: Any, also: Any = ()) -> frozenset[str]:
        return frozenset()

    def the_small(behind: dict[str, int], *apart: Any, also: Any = ()) -> frozenset[str]:
        return frozenset(key for key, count in behind.items() if 0 < count < LEAST)

    def one_column(behind: dict[str, int], *apart: Any, also: Any = ()) -> frozenset[str]:
        return hiding.hidden(behind)

    planted = {
        "nothing is hidden": nothing,
        "the total gives it away": the_small,
        "columns are subtracted": one_column,
    }
    monkeypatch.setattr(publishing, "hidden", planted[fault])

    def anew(survey_round: SurveyRound, item: Item) -> Any:
        return NOW, publishing.lines_of(every_area(survey_round, item))

    monkeypatch.setattr("sosportal.dashboards.public.published", anew)
    expected = {
        "nothing is hidden": "大阪府 shown",
        "the total gives it away": "['大阪府'] by the total",
        "columns are subtracted": "愛知県 between the columns",
    }
    assert expected[fault] in reckoned(rows(shown()))
