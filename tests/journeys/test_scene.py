"""The journeys pass at any hour: the scene holds still around every moment at which they may be started."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import transaction

from requests_app.queries.intake import moved_cutoffs
from requests_app.rules.cutoff import next_cutoff
from requests_app.rules.transitions import Status
from sosportal.lib import clock
from sosportal.lib.clock import JST
from surveys.models import SurveyRound
from tests import factories
from tests.journeys.scene import ready
from tests.support.portal import Portal

pytestmark = pytest.mark.browser

A_WHILE = timedelta(minutes=10)  # longer than any journey takes

STARTS = [
    datetime(
        2026, 5, 13, 16, 59, 50, tzinfo=JST
    ),  # Wednesday, just before the cut-off and the change of rounds
    datetime(2026, 5, 13, 17, 0, 0, tzinfo=JST),
    datetime(2026, 5, 16, 10, 0, tzinfo=JST),  # Saturday
    datetime(2026, 5, 11, 16, 59, 59, tzinfo=JST),  # the moved cut-off falls on the Wednesday itself
    datetime(2026, 5, 31, 23, 59, 50, tzinfo=JST),  # the month changes on the way
    datetime(2026, 12, 30, 16, 59, 50, tzinfo=JST),
]


@pytest.mark.parametrize("hour", [None, 17])
@pytest.mark.parametrize("start", STARTS, ids=str)
def test_no_round_and_no_cut_off_changes_on_the_way(
    live_portal: Portal, start: datetime, hour: int | None
) -> None:
    with transaction.atomic(), time_machine.travel(start, tick=False):
        scene = ready(hour=hour)
        this_week = SurveyRound.objects.get(opens_at__lte=start, closes_at__gt=start)
        for moment in (start, start + A_WHILE):
            assert next_cutoff(moment, moved_cutoffs(moment)) == scene.cutoff
            assert SurveyRound.objects.get(opens_at__lte=moment, closes_at__gt=moment) == this_week
        assert not scene.hospital.survey_responses.filter(round=this_week).exists()
        last_week = scene.hospital.survey_responses.get().round
        assert last_week.closes_at == this_week.opens_at
        if hour is not None:
            applied = factories.request_in(Status.UNDER_REVIEW, scene.nurse, scene.hospital)
            assert applied.handled_from
            assert applied.handled_from > clock.today(), "what is said of it is the same on every day"
        transaction.set_rollback(True)
