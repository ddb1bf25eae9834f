"""An institution moves to another prefecture while it applies: both are done, one after the other."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, transaction

from institutions.models import Institution, User
from institutions.models.institution import InstitutionQuerySet
from requests_app.models import SosRequest, verbs
from requests_app.models.request import SosRequestQuerySet
from requests_app.rules.transitions import Status
from tests import factories
from tests.races.crowd import Meeting, at_once

pytestmark = [pytest.mark.race, pytest.mark.usefixtures("committed_db")]


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
