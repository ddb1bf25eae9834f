"""The drawing of an institution's weeks, the words for who doesn't see it, and what became of earlier requests."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from requests_app.models import SosRequest
from requests_app.queries.officers import Week, past_requests, weeks_of_figures
from requests_app.rules.transitions import Status
from sosportal.lib.clock import JST
from surveys.models import Figures, SurveyRound
from surveys.presenters import BOTTOM, TOP, weeks_of
from tests import factories

NOW = datetime(2026, 11, 24, 13, 40, tzinfo=JST)

pytestmark = pytest.mark.django_db


def test_bars_and_lines_stand_where_their_figures_do() -> None:
    item = factories.gloves()
    weeks = [
        Week("11/11の回", {item.pk: Figures(400, 100, 0)}),
        Week("11/18の回", {}),
        Week("11/25の回", {item.pk: Figures(200, 200, 400)}),
    ]
    drawn = weeks_of(item, weeks)
    assert drawn is not None
    assert [(bar.y, bar.height) for bar in drawn.bars] == [
        (TOP, BOTTOM - TOP),
        (TOP + (BOTTOM - TOP) // 2, (BOTTOM - TOP) // 2),
    ]
    assert drawn.consumption.paths == []  # no line over a week that wasn't answered
    assert len(drawn.consumption.marks) == 2
    assert [row.weeks for row in drawn.rows] == ["4.0週分", "—", "3.0週分"]
    assert "11/11の回から11/25の回まで、回答は2回" in drawn.words
    assert "11/25の回は、在庫量 200枚" in drawn.words


def test_nothing_answered_is_no_drawing() -> None:
    item = factories.gloves()
    assert weeks_of(item, [Week("11/25の回", {})]) is None
    assert weeks_of(item, [Week("11/25の回", {item.pk: Figures()})]) is None


def test_only_zeros_are_drawn_on_the_ground() -> None:
    item = factories.gloves()
    drawn = weeks_of(item, [Week("11/25の回", {item.pk: Figures(0, 0, 0)})])
    assert drawn is not None
    assert [bar.height for bar in drawn.bars] == [0]
    assert drawn.rows[0].weeks == "—"


def test_the_last_eight_rounds_answered_or_not() -> None:
    place = factories.institution()
    person = factories.member(place)
    for back in range(9):
        moment = NOW - timedelta(weeks=back)
        SurveyRound.objects.open_for(moment)
        if back != 1:
            factories.answer(person, place, now=moment)
    weeks = weeks_of_figures(place.pk, NOW)
    assert [bool(week.figures) for week in weeks] == [True] * 6 + [False, True]
    assert weeks[-1].round == "11/25の回"


def test_earlier_requests_and_what_became_of_them() -> None:
    factories.campaign(now=NOW)
    place = factories.institution()
    person = factories.member(place)
    accepted = factories.request_in(Status.ACCEPTED, person, place, now=NOW - timedelta(days=9))
    factories.draft(person, place, now=NOW)
    request = factories.request_in(Status.UNDER_REVIEW, person, place, now=NOW)
    factories.request_in(Status.UNDER_REVIEW, now=NOW)
    past = past_requests(SosRequest.objects.all(), request)
    assert [each.request for each in past] == [accepted]
    assert [line.accepted_quantity for line in past[0].lines] == [4100]
    assert past_requests(SosRequest.objects.none(), request) == []
