"""Two people at once: a line goes out once, a parcel is recorded and received once; and what a missing lock does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from institutions.models import Role
from requests_app.exceptions import AlreadyReceived, HandOffChanged, NothingToHandOff
from requests_app.models import HandOff, HandOffRow, Receipt, RequestEvent, Shipment, handing_off
from requests_app.models.handing_off import hand_off, plan_whole
from requests_app.models.request import SosRequestQuerySet
from requests_app.models.shipping import Parcel, ship
from requests_app.rules.transitions import Verb
from sosportal.lib.tabular import FileKind
from tests import factories
from tests.races.crowd import Meeting, at_once
from tests.requests_app.deliveries.vendor import ARRIVED, HANDED, SHIPPED, VENDOR, allocated, handed, shipped

pytestmark = [pytest.mark.race, pytest.mark.usefixtures("committed_db")]

LINES = 5


def handing() -> Callable[[], Any]:
    """An officer who saw what waits, and hands it off."""
    officer, seen = factories.user(Role.MINISTRY), plan_whole().digest
    return lambda: hand_off(officer, vendor=VENDOR, kind=FileKind.UTF8, seen_digest=seen, now=HANDED)


def meet_before_writing(monkeypatch: pytest.MonkeyPatch) -> Meeting:
    """Let the officers meet once each has read what waits, where nothing keeps one of them away."""
    meeting = Meeting()
    real = handing_off.written_of

    def written_of(*args: Any, **options: Any) -> Any:
        meeting.wait()
        return real(*args, **options)

    monkeypatch.setattr(handing_off, "written_of", written_of)
    return meeting


def test_a_line_goes_out_once(committed_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    allocated(*[100] * LINES)
    meeting = meet_before_writing(monkeypatch)

    answers = at_once(handing(), handing())

    assert Counter(type(each) for each in answers)[HandOff] == 1
    assert isinstance(
        next(each for each in answers if not isinstance(each, HandOff)), HandOffChanged | NothingToHandOff
    )
    assert not meeting.met
    assert HandOffRow.objects.filter(whole=True).count() == LINES
    assert RequestEvent.objects.filter(verb=Verb.HAND_OFF.value).count() == LINES


def test_control_without_the_lock_both_get_as_far_as_writing(
    committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left then is the unique index: it keeps the line single, and one officer gets an error page."""
    allocated(*[100] * LINES)
    monkeypatch.setattr(SosRequestQuerySet, "locked", lambda self, **options: self)
    meeting = meet_before_writing(monkeypatch)

    answers = at_once(handing(), handing())

    assert meeting.met
    assert not any(isinstance(each, HandOffChanged | NothingToHandOff) for each in answers)
    assert HandOffRow.objects.filter(whole=True).count() == LINES


def test_one_file_taken_in_by_two_is_one_parcel(committed_db: None) -> None:
    (request,) = allocated(4100)
    handed()
    parcel = Parcel(request.lines.get().pk, "12345678", 4100, date(2026, 12, 1), "架空運輸")
    officers = [factories.user(Role.MINISTRY) for _ in range(2)]

    def shipping(n: int) -> Callable[[], Any]:
        return lambda: ship(officers[n], {request.pk: [parcel]}, file_sha256="0" * 64, now=SHIPPED)

    answers = at_once(shipping(0), shipping(1))

    assert sorted(len(each) for each in answers) == [0, 1]
    assert Shipment.objects.count() == 1
    assert RequestEvent.objects.filter(verb=Verb.SHIP.value).count() == 1


def test_two_tabs_confirm_one_parcel_once(committed_db: None) -> None:
    (request,) = allocated(4100)
    handed()
    parcel = shipped(request)
    nurse = factories.member(request.institution)

    def receiving(quantity: int) -> Callable[[], Any]:
        return lambda: request.receive(
            nurse, parcel.pk, quantity, received_on=date(2026, 12, 3), comment="不足", now=ARRIVED
        )

    answers = at_once(receiving(4100), receiving(4000))

    assert Counter(type(each) for each in answers)[AlreadyReceived] == 1
    assert Receipt.objects.count() == 1
    assert RequestEvent.objects.filter(verb=Verb.RECEIVE.value).count() == 1
