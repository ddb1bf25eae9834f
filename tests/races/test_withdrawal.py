"""取下げ against whatever else happens to the request at the same moment: one order wins. Each race has its negative
control: with the locks switched off, the same assertions must fail."""

from __future__ import annotations

from typing import Any

import pytest

from institutions.models import Role, User
from requests_app.exceptions import AlreadyAccepted, AlreadyWithdrawn, StaleVersion
from requests_app.models import Question, RequestEvent, SosRequest
from requests_app.rules.transitions import Status, Verb
from sosportal.lib.models import OutboxMessage
from tests import factories
from tests.races.crowd import at_once
from tests.races.test_requests import meet_between_reading_and_writing, must_fail, unlocked

pytestmark = [pytest.mark.race, pytest.mark.usefixtures("committed_db")]

LOCKS = pytest.mark.parametrize("locks", [True, False], ids=["locked", "control"])
WHY = "納品があったため"


@pytest.fixture
def person(committed_db: None) -> User:
    factories.campaign()
    return factories.member(factories.institution())


@pytest.fixture
def request_(person: User) -> SosRequest:
    place = person.memberships.get().institution
    return factories.request_in(Status.UNDER_REVIEW, person, place)


def withdraw(request: SosRequest, person: User) -> SosRequest:
    return request.withdraw(person, WHY, seen_version=1)


def race(locks: bool, monkeypatch: pytest.MonkeyPatch, check: Any, *acts: Any) -> None:
    """Let the acts meet; `check` their results, which must not hold without the locks."""
    meeting = meet_between_reading_and_writing(monkeypatch)
    if locks:
        check(at_once(*acts))
        assert not meeting.met
        return
    unlocked(monkeypatch)
    results = at_once(*acts)
    assert meeting.met
    with must_fail():
        check(results)


@LOCKS
def test_the_acceptance_or_the_withdrawal(
    locks: bool, request_: SosRequest, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ministry = factories.user(Role.MINISTRY)

    def one_of_both(results: list[Any]) -> None:
        withdrawn, accepted = results
        stands = SosRequest.objects.get(pk=request_.pk)
        if stands.is_withdrawn:
            assert stands.state is Status.UNDER_REVIEW
            assert isinstance(accepted, AlreadyWithdrawn), accepted
        else:
            assert stands.state is Status.ACCEPTED
            assert isinstance(withdrawn, AlreadyAccepted), withdrawn
        assert RequestEvent.objects.filter(verb__in=[Verb.ACCEPT, Verb.WITHDRAW]).count() == 1

    race(
        locks,
        monkeypatch,
        one_of_both,
        lambda: withdraw(request_, person),
        lambda: request_.accept(ministry, seen_revision=request_.revision, reason="急ぎ"),
    )


@LOCKS
def test_an_edit_or_the_withdrawal(
    locks: bool, request_: SosRequest, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_of_both(results: list[Any]) -> None:
        withdrawn, revised = results
        stands = SosRequest.objects.get(pk=request_.pk)
        if stands.is_withdrawn:
            assert isinstance(revised, AlreadyWithdrawn), revised
            assert (stands.version, stands.lines.get().quantity) == (1, 4100)
        else:
            assert isinstance(withdrawn, StaleVersion), withdrawn
            assert (stands.version, stands.lines.get().quantity) == (2, 3000)

    race(
        locks,
        monkeypatch,
        one_of_both,
        lambda: withdraw(request_, person),
        lambda: request_.revise(person, factories.content(3000), seen_version=1),
    )


@LOCKS
def test_two_colleagues_withdraw_at_once(
    locks: bool, request_: SosRequest, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    colleague = factories.member(request_.institution)

    def once(results: list[Any]) -> None:
        names = sorted(type(result).__name__ for result in results)
        assert names == ["AlreadyWithdrawn", "SosRequest"], results
        assert RequestEvent.objects.filter(verb=Verb.WITHDRAW).count() == 1
        assert (
            OutboxMessage.objects.filter(
                to=request_.institution.email, subject__startswith="緊急配布要請を取り下げました"
            ).count()
            == 1
        )

    race(
        locks,
        monkeypatch,
        once,
        lambda: withdraw(request_, person),
        lambda: withdraw(request_, colleague),
    )


@LOCKS
def test_a_question_asked_meanwhile_is_closed_or_refused(
    locks: bool, request_: SosRequest, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = factories.user(Role.PREFECTURE)

    def none_is_left_open(results: list[Any]) -> None:
        assert SosRequest.objects.get(pk=request_.pk).is_withdrawn
        assert not Question.objects.open().exists()

    race(
        locks,
        monkeypatch,
        none_is_left_open,
        lambda: withdraw(request_, person),
        lambda: request_.ask(officer, "在庫は？"),
    )
