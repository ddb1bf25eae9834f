"""An institution moves to another prefecture, or an import holds it, while people save, apply and confirm. Each race
has its negative control: with the lock or the order switched off, the same assertions must fail."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from institutions.models import Institution, Role, User
from institutions.models.institution import InstitutionQuerySet
from requests_app import permissions
from requests_app.exceptions import NotPermitted
from requests_app.models import SosRequest, verbs
from requests_app.models.request import SosRequestQuerySet
from requests_app.rules.transitions import Status, Verb
from tests import factories
from tests.races.crowd import TIMEOUT, Meeting, at_once

pytestmark = [pytest.mark.race, pytest.mark.usefixtures("committed_db")]

PATIENCE = 4.0  # seconds


def until_somebody_waits() -> None:
    """Until another connection waits for a lock, but not for ever."""
    end = time.monotonic() + PATIENCE
    waiting = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    while time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)


def applying_and_moving(monkeypatch: pytest.MonkeyPatch) -> tuple[SosRequest, list[Any]]:
    """An application that waits between its locks and its writing, and a move meanwhile; what each came to."""
    factories.campaign()
    place = factories.institution()
    nurse: User = factories.member(place)
    request = factories.request_in(Status.DRAFT, nurse, place)
    factories.answer(nurse, place)
    locked = Meeting()
    real = SosRequestQuerySet.locked

    def holding(self: SosRequestQuerySet) -> SosRequestQuerySet:
        rows = real(self)
        list(rows.filter(pk=request.pk).values_list("pk"))
        locked.wait()
        return rows

    monkeypatch.setattr(SosRequestQuerySet, "locked", holding)

    def move() -> None:
        with transaction.atomic():
            Institution.objects.select_for_update(no_key=True).get(pk=place.pk)
            locked.wait()
            Institution.objects.filter(pk=place.pk).update(prefecture_id=factories.OSAKA)

    results = at_once(lambda: request.submit(nurse, seen_version=1).state, move)
    return SosRequest.objects.get(pk=request.pk), results


def test_an_application_and_a_move_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    request, results = applying_and_moving(monkeypatch)
    assert results == [Status.UNDER_REVIEW, None]
    assert (request.state, request.prefecture_id) == (Status.UNDER_REVIEW, factories.OSAKA)


def test_control_with_the_request_first_they_wait_in_a_circle(monkeypatch: pytest.MonkeyPatch) -> None:
    real = verbs._run_check

    def institution_last(request: SosRequest, *rest: Any) -> Any:
        list(Institution.objects.select_for_update(no_key=True).filter(pk=request.institution_id))
        return real(request, *rest)

    monkeypatch.setattr(InstitutionQuerySet, "locked", lambda self: self)
    monkeypatch.setattr(verbs, "_run_check", institution_last)
    _, results = applying_and_moving(monkeypatch)
    assert any(isinstance(result, OperationalError) for result in results)


# --- Who may is judged as it stands after the move ----------------------------------------------------------------


def confirming_and_moving() -> Any:
    """What an officer's confirmation comes to that waits for the institution's move to another prefecture."""
    factories.campaign()
    request = factories.request_in(Status.UNDER_REVIEW)
    officer = factories.user(Role.PREFECTURE)
    moving = threading.Event()

    def move() -> None:
        with transaction.atomic():
            Institution.objects.filter(pk=request.institution_id).update(prefecture_id=factories.OSAKA)
            moving.set()
            until_somebody_waits()

    def confirm() -> SosRequest:
        moving.wait(TIMEOUT)
        quantities = {factories.gloves().pk: 4100}
        return request.confirm(officer, quantities, "", seen_revision=request.revision)

    return at_once(move, confirm)[1]


def test_an_officer_confirms_nothing_that_has_just_moved_away() -> None:
    assert isinstance(confirming_and_moving(), NotPermitted)


def test_control_by_the_institution_as_it_was_read_the_officer_may(monkeypatch: pytest.MonkeyPatch) -> None:
    real = permissions.check

    def before(user: User, verb: Verb, request: SosRequest) -> None:
        request.prefecture_id = request.institution.prefecture_id
        real(user, verb, request)

    monkeypatch.setattr(permissions, "check", before)
    assert isinstance(confirming_and_moving(), SosRequest)


# --- Numbers ------------------------------------------------------------------------------------------------------


def saving_beside_an_import() -> bool:
    """One institution is held by an import, and its draft waits for it: whether another one's is saved meanwhile."""
    factories.campaign()
    places = [factories.institution(), factories.institution()]
    people = [factories.member(place) for place in places]
    held, saved = threading.Event(), threading.Event()

    def hold() -> bool:
        with transaction.atomic():
            Institution.objects.filter(pk=places[0].pk).update(telephone="03-1111-1111")
            held.set()
            return saved.wait(PATIENCE)

    def wait() -> None:
        held.wait(TIMEOUT)
        factories.draft(people[0], places[0])

    def save() -> None:
        held.wait(TIMEOUT)
        until_somebody_waits()
        factories.draft(people[1], places[1])
        saved.set()

    results = at_once(hold, wait, save)
    assert results[1:] == [None, None]
    assert SosRequest.objects.count() == 2
    return bool(results[0])


def test_a_draft_that_waits_for_its_institution_keeps_no_number_from_others() -> None:
    assert saving_beside_an_import()


def test_control_with_the_number_first_all_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(User, "held_for", lambda self, place, **more: self)
    assert not saving_beside_an_import()
