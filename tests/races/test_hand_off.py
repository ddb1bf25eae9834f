"""Two people at once: a line goes out once, a parcel is recorded and received once; and what a missing lock does."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError

from institutions.models import Role, User
from requests_app.exceptions import AlreadyReceived, HandOffChanged, NothingToHandOff, ShipmentChanged
from requests_app.models import (
    HandOff,
    HandOffRow,
    Receipt,
    RequestEvent,
    Shipment,
    SosRequest,
    delivering,
    handing_off,
    shipping,
)
from requests_app.models.handing_off import hand_off, plan_whole
from requests_app.models.request import SosRequestQuerySet
from requests_app.models.shipping import Parcel, ship
from requests_app.rules.transitions import Verb
from sosportal.lib.tabular import FileKind
from tests import factories
from tests.races.crowd import TIMEOUT, Meeting, at_once
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

    def shipped_by(officer: User) -> Callable[[], Any]:
        return lambda: ship(officer, {request.pk: [parcel]}, file_sha256="0" * 64, now=SHIPPED)

    answers = at_once(*map(shipped_by, officers))

    assert sorted(len(each) for each in answers) == [0, 1]
    assert Shipment.objects.count() == 1
    assert RequestEvent.objects.filter(verb=Verb.SHIP.value).count() == 1


def two_files(committed: SosRequest) -> list[Callable[[], Any]]:
    """Two officers, each with a file of their own about one parcel, both judged while nothing was recorded."""
    line = committed.lines.get()

    def shipping(quantity: int) -> Callable[[], Any]:
        officer = factories.user(Role.MINISTRY)
        parcel = Parcel(line.pk, "12345678", quantity, date(2026, 12, 1), "架空運輸")
        return lambda: ship(officer, {committed.pk: [parcel]}, file_sha256="0" * 64, now=SHIPPED)

    return [shipping(4100), shipping(4000)]


def test_two_files_about_one_parcel_the_later_is_refused(committed_db: None) -> None:
    (request,) = allocated(4100)
    handed()

    answers = at_once(*two_files(request))

    assert Counter(type(each) for each in answers)[ShipmentChanged] == 1
    assert Shipment.objects.count() == 1
    assert RequestEvent.objects.filter(verb=Verb.SHIP.value).count() == 1


def test_control_without_the_version_that_was_seen_the_later_overwrites(
    committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock alone lets a version stand that nobody looked at beside the first."""
    (request,) = allocated(4100)
    handed()
    monkeypatch.setattr(shipping, "versions_of", lambda known: Counter())

    answers = at_once(*two_files(request))

    assert [len(each) for each in answers] == [1, 1]
    assert [each.version for each in Shipment.objects.order_by("version")] == [1, 2]


def test_control_without_the_lock_both_files_get_as_far_as_writing(
    committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left then is the unique index, and an error page."""
    (request,) = allocated(4100)
    handed()
    monkeypatch.setattr(SosRequestQuerySet, "locked", lambda self, **options: self)
    meeting, real = Meeting(), shipping.versions_of

    def versions_of(known: Any) -> Any:
        meeting.wait()
        return real(known)

    monkeypatch.setattr(shipping, "versions_of", versions_of)

    answers = at_once(*two_files(request))

    assert meeting.met
    assert Counter(type(each) for each in answers)[IntegrityError] == 1
    assert not any(isinstance(each, ShipmentChanged) for each in answers)


def two_tabs(parcel: Shipment) -> list[Callable[[], Any]]:
    """Two tabs of an institution, each with another quantity of one parcel."""
    request = parcel.line.request
    nurse = factories.member(request.institution)

    def receiving(quantity: int) -> Callable[[], Any]:
        return lambda: request.receive(
            nurse, parcel.pk, quantity, received_on=date(2026, 12, 3), comment="不足", now=ARRIVED
        )

    return [receiving(4100), receiving(4000)]


def test_two_tabs_confirm_one_parcel_once(committed_db: None) -> None:
    (request,) = allocated(4100)
    handed()

    answers = at_once(*two_tabs(shipped(request)))

    assert Counter(type(each) for each in answers)[AlreadyReceived] == 1
    assert Receipt.objects.count() == 1
    assert RequestEvent.objects.filter(verb=Verb.RECEIVE.value).count() == 1


def meet_before_receiving(monkeypatch: pytest.MonkeyPatch) -> Meeting:
    """Let those who say what arrived meet others once they have read the parcel."""
    meeting, real = Meeting(), delivering._check_receipt

    def check(*args: Any) -> None:
        meeting.wait()
        real(*args)

    monkeypatch.setattr(delivering, "_check_receipt", check)
    return meeting


def test_control_without_the_lock_both_tabs_get_as_far_as_writing(
    committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left then is the unique index, and an error page."""
    (request,) = allocated(4100)
    handed()
    tabs = two_tabs(shipped(request))
    monkeypatch.setattr(SosRequestQuerySet, "locked", lambda self, **options: self)
    meeting = meet_before_receiving(monkeypatch)

    answers = at_once(*tabs)

    assert meeting.met
    assert Counter(type(each) for each in answers)[IntegrityError] == 1
    assert not any(isinstance(each, AlreadyReceived) for each in answers)


def correcting(parcel: Shipment, meeting: Meeting) -> Callable[[], Any]:
    """The vendor's correction of a parcel, as soon as its receipt is being written."""
    officer, request_id = factories.user(Role.MINISTRY), parcel.line.request_id
    told = Parcel(parcel.line_id, parcel.slip_number, 4000, parcel.shipped_on, parcel.carrier, seen=1)

    def act() -> Any:
        meeting.wait()
        return ship(officer, {request_id: [told]}, file_sha256="0" * 64, now=SHIPPED)

    return act


def ids_of_events(request_id: int, verb: Verb) -> list[int]:
    events = RequestEvent.objects.filter(request_id=request_id, verb=verb.value)
    return list(events.order_by("pk").values_list("pk", flat=True))


def test_a_parcel_that_is_corrected_while_it_is_received_is_received_as_it_was_shown_or_not_at_all(
    committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    (request,) = allocated(4100)
    handed()
    parcel = shipped(request)
    tab = two_tabs(parcel)[0]
    meeting = meet_before_receiving(monkeypatch)

    received, corrected = at_once(tab, correcting(parcel, meeting))

    assert len(corrected) == 1
    if isinstance(received, ShipmentChanged):
        assert not Receipt.objects.exists()
    else:  # it came first, and the correction stands after it
        receipt = ids_of_events(request.pk, Verb.RECEIVE)[0]
        assert ids_of_events(request.pk, Verb.SHIP)[-1] > receipt


def test_control_without_the_lock_a_corrected_parcel_is_received_by_its_old_version(
    committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    (request,) = allocated(4100)
    handed()
    parcel = shipped(request)
    tab = two_tabs(parcel)[0]
    monkeypatch.setattr(SosRequestQuerySet, "locked", lambda self, **options: self)
    meeting, real = Meeting(), delivering._check_receipt
    written = threading.Event()

    def check(*args: Any) -> None:
        meeting.wait()
        written.wait(TIMEOUT)
        real(*args)

    monkeypatch.setattr(delivering, "_check_receipt", check)
    correct = correcting(parcel, meeting)

    def correct_and_say_so() -> Any:
        try:
            return correct()
        finally:
            written.set()

    received, corrected = at_once(tab, correct_and_say_so)

    assert meeting.met
    assert len(corrected) == 1
    assert isinstance(received, SosRequest)
    assert ids_of_events(request.pk, Verb.RECEIVE)[0] > ids_of_events(request.pk, Verb.SHIP)[-1]
