"""The figures of the dashboards are those that a slow count by hand finds, whatever happens between two refreshes."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from io import StringIO
from typing import Any
from unittest import mock

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.module_loading import import_string

from institutions.models import Institution, User
from requests_app.models import (
    InstitutionOpen,
    InstitutionStock,
    PrefectureRound,
    PrefectureStanding,
    ProgressState,
    RequestEvent,
    RequestFigure,
    SosRequest,
    StockFigure,
)
from requests_app.progress import statements
from requests_app.progress.reading import KEPT
from requests_app.progress.refreshing import refresh_progress
from requests_app.queries.officers import UNDER_REVIEW
from requests_app.rules.transitions import Status
from sosportal.lib.schedules import declared
from surveys.models import Figures, Item, SurveyRound
from tests import factories
from tests.requests_app.deliveries import vendor
from tests.requests_app.progress import by_hand, world
from tests.requests_app.progress.world import NOW, WEEK

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("seed", range(4))
def test_figures_are_those_counted_by_hand(seed: int) -> None:
    world.populate(seed)
    refresh_progress(NOW)
    assert by_hand.differences(NOW) == []
    assert StockFigure.objects.filter(answered__gt=0).exists()


def test_counting_by_hand_would_find_a_wrong_figure() -> None:
    world.populate(1)
    refresh_progress(NOW)
    StockFigure.objects.filter(answered__gt=0).update(below_1=99)
    assert by_hand.differences(NOW)


@pytest.mark.parametrize("seed", range(4))
def test_what_happens_after_a_refresh_is_counted_by_the_next(seed: int) -> None:
    cast = world.populate(seed)
    refresh_progress(NOW)
    chance = random.Random(seed)
    later = NOW + timedelta(minutes=30)
    for person, place in cast[::2]:
        factories.answer(person, place, world.figures(chance), now=later - timedelta(minutes=8))
    blank = {item: Figures() for item in Item.objects.values_list("pk", flat=True)}
    factories.answer(*cast[0], blank, now=later - timedelta(minutes=7))
    waiting = list(SosRequest.objects.filter(status=Status.UNDER_REVIEW.value, confirmed_at=None))
    assert waiting
    for request in waiting[:2]:
        factories.accept(request, now=later)
    for request in waiting[2:3]:
        world.spoil(request, request.created_by, later)
    for request in waiting[3:4]:
        factories.withdraw(request, now=later)
    factories.withdraw(factories.request_in(Status.DRAFT, *cast[2], now=later), now=later)
    factories.request_in(Status.UNDER_REVIEW, *cast[1], now=later)
    refresh_progress(later)
    assert by_hand.differences(later) == []


@pytest.mark.parametrize("seed", range(3))
def test_counting_what_changed_comes_to_what_counting_all_comes_to(seed: int) -> None:
    """Filed, confirmed, accepted, withdrawn, fallen back to an error, moved to and fro between two refreshes."""
    cast = world.populate(seed)
    refresh_progress(NOW)
    chance = random.Random(seed)
    for step in range(1, 5):
        moment = NOW + timedelta(minutes=25 * step)
        _something_happens(chance, cast, moment - timedelta(minutes=1))
        refresh_progress(moment)
        changed = _figures_of_requests()
        # Closed rounds keep the survey of those that have moved since: by hand only the requests' own are compared.
        ours = ("quantities", "standing", "open")
        assert [each for each in by_hand.differences(moment) if each.startswith(ours)] == [], step
        ProgressState.objects.update(counted_on=None)
        refresh_progress(moment)
        assert _figures_of_requests() == changed, step


def _figures_of_requests() -> list[Any]:
    models: list[Any] = [PrefectureRound, RequestFigure, PrefectureStanding, InstitutionOpen]
    return [list(model.objects.order_by("pk").values()) for model in models]


def _something_happens(chance: random.Random, cast: list[tuple[User, Institution]], at: datetime) -> None:
    status = chance.choice([Status.DRAFT, Status.UNDER_REVIEW, Status.ACCEPTED])
    factories.request_in(status, *chance.choice(cast), now=at)
    waiting = list(SosRequest.objects.filter(UNDER_REVIEW).order_by("pk"))
    for request in chance.sample(waiting, min(3, len(waiting))):
        deed = chance.random()
        if deed < 0.2:
            factories.withdraw(request, now=at)
        elif deed < 0.5:
            world.spoil(request, request.created_by, at)
        elif request.confirmed_at is None and deed < 0.75:
            factories.confirm(request, now=at)
        else:
            factories.accept(request, now=at)
    _, place = chance.choice(cast)
    there = factories.OSAKA if place.prefecture_id == factories.TOKYO else factories.TOKYO
    for prefecture in [there, place.prefecture_id, there][: chance.randint(0, 3)]:
        Institution.objects.filter(pk=place.pk).update(prefecture_id=prefecture, updated_at=at)


def test_only_what_changed_is_counted() -> None:
    """What somebody spoilt by hand stands until the cell has news, or the next day begins."""
    cast = world.populate(1)
    refresh_progress(NOW)
    ProgressState.objects.update(event=RequestEvent.objects.latest("id").pk)
    RequestFigure.objects.update(asked=1)
    refresh_progress(NOW + timedelta(minutes=20))
    assert set(RequestFigure.objects.values_list("asked", flat=True)) == {1}
    later = NOW + timedelta(minutes=40)
    person, place = cast[1]
    factories.request_in(Status.UNDER_REVIEW, person, place, now=later)
    refresh_progress(later)
    there = RequestFigure.objects.filter(
        prefecture_id=place.prefecture_id, round=SurveyRound.objects.open_at(NOW)
    )
    assert 1 not in set(there.values_list("asked", flat=True))
    assert RequestFigure.objects.filter(asked=1).count() == RequestFigure.objects.count() - there.count()
    tomorrow = NOW + timedelta(days=1)
    refresh_progress(tomorrow)
    assert by_hand.differences(tomorrow) == []


def test_what_commits_late_is_counted_by_the_next_refresh_but_one() -> None:
    """A number that was drawn before the last refresh, and committed after it, is not taken for counted."""
    cast = world.populate(1)
    moment = NOW + timedelta(minutes=1)
    refresh_progress(NOW)
    factories.request_in(Status.UNDER_REVIEW, *cast[0], now=moment)
    early = RequestEvent.objects.earliest("id").pk
    refresh_progress(moment + timedelta(minutes=5))
    assert (
        early <= ProgressState.objects.get().event < RequestEvent.objects.filter(at=moment).earliest("id").pk
    )


def test_an_institution_that_moves_takes_its_figures_along() -> None:
    cast = world.populate(2)
    refresh_progress(NOW)
    moved = NOW + timedelta(minutes=5)
    Institution.objects.filter(pk=cast[1][1].pk).update(prefecture_id=factories.OSAKA, updated_at=moved)
    refresh_progress(moved)
    listed = InstitutionStock.objects.filter(institution_id=cast[1][1].pk)
    this_week = SurveyRound.objects.open_at(NOW)
    assert set(listed.filter(round=this_week).values_list("prefecture_id", flat=True)) <= {factories.OSAKA}


def test_what_was_allocated_sent_and_received() -> None:
    """A parcel the vendor corrected counts as it was corrected; two parcels of a line both count; one has arrived."""
    first, second, _ = vendor.allocated(4000, 2000, 1000)
    vendor.handed()
    vendor.shipped(first, 1500, "1111")
    vendor.shipped(first, 1400, "1111")
    arrived = vendor.shipped(first, 2500, "2222")
    vendor.shipped(second, 2000, "3333")
    vendor.received(first, arrived)
    later = vendor.ARRIVED
    refresh_progress(later)
    assert by_hand.differences(later) == []
    row = RequestFigure.objects.get(
        item=factories.gloves(), prefecture_id=factories.TOKYO, accepted__gt=0, round__opens_at__lte=NOW
    )
    assert (row.accepted, row.allocated, row.shipped, row.received) == (7000, 7000, 5900, 2500)


def test_refreshing_twice_changes_nothing() -> None:
    world.populate(3)
    refresh_progress(NOW)
    with CaptureQueriesContext(connection) as first:
        refresh_progress(NOW)
    before = StockFigure.objects.order_by("pk").values_list()
    rows = list(before)
    refresh_progress(NOW)
    assert list(before.all()) == rows
    assert by_hand.differences(NOW) == []
    assert len(first) < 40


def test_a_closed_round_is_counted_once_and_kept() -> None:
    cast = world.populate(0)
    refresh_progress(NOW)
    past = SurveyRound.objects.order_by("opens_at").first()
    assert past is not None
    assert set(PrefectureRound.objects.filter(round=past).values_list("is_final", flat=True)) == {True}
    this_week = SurveyRound.objects.open_at(NOW)
    assert set(PrefectureRound.objects.filter(round=this_week).values_list("is_final", flat=True)) == {False}
    before = list(PrefectureRound.objects.filter(round=past).order_by("pk").values_list())
    Institution.objects.filter(pk=cast[0][1].pk).update(prefecture_id="01")
    refresh_progress(NOW + timedelta(minutes=5))
    assert list(PrefectureRound.objects.filter(round=past).order_by("pk").values_list()) == before


def test_an_answer_of_the_last_moment_is_still_counted() -> None:
    """It was let in at 16:59:59 and commits a little later: a round closes for good ten minutes after its end."""
    factories.campaign(now=NOW - WEEK)
    place = factories.institution()
    person = factories.member(place)
    this_week, _ = SurveyRound.objects.open_for(NOW)
    refresh_progress(this_week.closes_at + timedelta(minutes=5))
    factories.answer(person, place, now=this_week.closes_at - timedelta(seconds=1))
    refresh_progress(this_week.closes_at + timedelta(minutes=11))
    row = PrefectureRound.objects.get(round=this_week, prefecture_id=factories.TOKYO)
    assert (row.answered, row.is_final) == (1, True)


def test_more_rounds_than_are_kept() -> None:
    for n in range(KEPT + 3):
        SurveyRound.objects.open_for(NOW - n * WEEK)
    refresh_progress(NOW)
    assert PrefectureRound.objects.values("round").distinct().count() == KEPT


def test_nothing_there_yet() -> None:
    done = refresh_progress(NOW)
    assert (done.done, done.rounds) == (True, 0)
    assert ProgressState.objects.get().as_of == NOW


def test_killed_in_the_middle_the_old_figures_stand() -> None:
    cast = world.populate(1)
    refresh_progress(NOW)
    before = by_hand.kept(StockFigure, ("round_id", "prefecture_id", "item_id"), by_hand.STOCK)
    later = NOW + timedelta(minutes=5)
    factories.answer(*cast[0], {factories.gloves().pk: Figures(7, 7, 7)}, now=later)
    with mock.patch.object(statements, "OPEN", "SELECT 1/0"), pytest.raises(Exception, match="zero"):
        refresh_progress(later)
    assert by_hand.kept(StockFigure, ("round_id", "prefecture_id", "item_id"), by_hand.STOCK) == before
    assert ProgressState.objects.get().as_of == NOW
    refresh_progress(later)
    assert by_hand.differences(later) == []


def test_a_first_run_that_is_cut_short_keeps_the_closed_rounds() -> None:
    world.populate(1)
    with mock.patch.object(statements, "OPEN", "SELECT 1/0"), pytest.raises(Exception, match="zero"):
        refresh_progress(NOW)
    assert PrefectureRound.objects.filter(is_final=True).exists()
    assert not ProgressState.objects.exists()


def test_cost_does_not_depend_on_the_number_of_rows() -> None:
    world.populate(1, places=4)
    refresh_progress(NOW)
    with CaptureQueriesContext(connection) as few:
        refresh_progress(NOW)
    for _ in range(5):
        factories.request_in(Status.UNDER_REVIEW, now=NOW)
    with CaptureQueriesContext(connection) as many:
        refresh_progress(NOW)
    assert len(few) == len(many)


# --- By command, by schedule ----------------------------------------------------------------------------------------


def test_the_command_tells_what_it_did() -> None:
    world.populate(1, places=2)
    out = StringIO()
    call_command("refresh_progress", format="json", stdout=out)
    told = json.loads(out.getvalue())
    assert set(told) == {"as_of", "rounds", "seconds"}
    out = StringIO()
    call_command("refresh_progress", stdout=out)
    assert "時点で集計しました" in out.getvalue()


def test_a_schedule_refreshes_every_few_minutes() -> None:
    due = {each.name: each for each in declared()}["refresh_progress"]
    assert due.minutes <= 10
    assert import_string(due.task) is refresh_progress
