"""Officers and institutions talk at once: one answer, one holder, a question beside an acceptance. Each race has its
negative control: with the lock or the comparison switched off, the same assertions must fail."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import pytest
from django.db import IntegrityError

from institutions.models import Role, User
from requests_app.exceptions import HeldByOther, QuestionClosed
from requests_app.models import Claim, Question, RequestEvent, SosRequest, claim, moving
from requests_app.rules.transitions import Status, Verb
from tests import factories
from tests.races.crowd import Meeting, at_once
from tests.races.test_requests import meet_between_reading_and_writing, must_fail, unlocked

pytestmark = [pytest.mark.race, pytest.mark.usefixtures("committed_db")]

ROUNDS = 20


@pytest.fixture
def request_(committed_db: None) -> SosRequest:
    factories.campaign()
    return factories.request_in(Status.UNDER_REVIEW)


def officers(count: int) -> list[User]:
    return [factories.user(Role.PREFECTURE) for _ in range(count)]


# --- 担当 ---------------------------------------------------------------------------------------------------------


def claiming(request: SosRequest, people: list[User], seen_holder: int | None = None) -> list[Any]:
    """They claim it at once."""
    return at_once(*[functools.partial(request.claim, each, seen_holder=seen_holder) for each in people])


def assert_one_holds(request: SosRequest, people: list[User], answers: list[Any]) -> None:
    """One has it, all the others were told who."""
    holder = Claim.objects.get().user
    told = [answer for answer in answers if isinstance(answer, HeldByOther)]
    assert holder in people
    assert len(told) == len(people) - 1
    assert {each.holder for each in told} == {holder}
    assert RequestEvent.objects.filter(request_id=request.pk, verb=Verb.CLAIM.value).count() == 1


@pytest.mark.parametrize("locks", [True, False], ids=["locked", "by the comparison alone"])
def test_of_several_who_claim_at_once_one_has_it(
    request_: SosRequest, locks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not locks:
        unlocked(monkeypatch)
    people = officers(4)
    assert_one_holds(request_, people, claiming(request_, people))


def test_of_two_who_take_over_at_once_one_has_it(request_: SosRequest) -> None:
    for _ in range(ROUNDS):
        former, *people = officers(3)
        request_.claim(former, seen_holder=_holder())
        answers = claiming(request_, people, former.pk)
        refused = [answer for answer in answers if isinstance(answer, HeldByOther)]
        assert len(refused) == 1
        held = Claim.objects.get()
        assert held.user in people
        assert held.untold_ids[-1] == former.pk


def _holder() -> int | None:
    """Who holds the one request that there is."""
    return Claim.objects.values_list("user_id", flat=True).first()


def test_control_without_the_comparison_two_have_it(
    request_: SosRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim, "TAKEABLE", "TRUE")
    people = officers(2)
    answers = claiming(request_, people)
    with must_fail():
        assert_one_holds(request_, people, answers)


# --- 照会 ---------------------------------------------------------------------------------------------------------


def answering(request: SosRequest, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Two members answer the same question at once."""
    request.ask(officers(1)[0], "在庫は？")
    key = Question.objects.get().pk
    colleague = factories.member(request.institution)
    meet_between_reading_and_writing(monkeypatch)
    return at_once(
        lambda: request.answer(request.created_by, key, "9箱です"),
        lambda: request.answer(colleague, key, "10箱です"),
    )


def assert_answered_once(answers: list[Any]) -> None:
    """One answer stands; who came second is told so in words."""
    assert sorted(type(answer).__name__ for answer in answers) == ["QuestionClosed", "SosRequest"]
    (late,) = [answer for answer in answers if isinstance(answer, QuestionClosed)]
    assert late.current.answer == Question.objects.get().answer
    assert RequestEvent.objects.filter(verb=Verb.ANSWER.value).count() == 1


def test_two_answer_at_once(request_: SosRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_answered_once(answering(request_, monkeypatch))


def test_control_without_the_lock_the_second_meets_the_database(
    request_: SosRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlocked(monkeypatch)
    answers = answering(request_, monkeypatch)
    with must_fail():
        assert_answered_once(answers)
    assert any(isinstance(answer, IntegrityError) for answer in answers), "the trigger keeps the first answer"


def talking_while_accepting(request: SosRequest, verb: Verb, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Both have read the request, if nothing prevents it; what is said is recorded last."""
    confirmed = factories.confirm(request)
    officer, ministry = officers(1)[0], factories.user(Role.MINISTRY)
    meet_between_reading_and_writing(monkeypatch)
    accepted = Meeting(patience=1.0)
    real = moving.record

    def record(request: SosRequest, done: Verb, *rest: Any) -> None:
        if done is verb:
            accepted.wait()
        real(request, done, *rest)

    def accept() -> SosRequest:
        done = confirmed.accept(ministry, seen_revision=confirmed.revision)
        accepted.wait()
        return done

    monkeypatch.setattr(moving, "record", record)
    say = {Verb.ASK: confirmed.ask, Verb.MEMO: confirmed.memo}[verb]
    return at_once(accept, lambda: say(officer, "在庫は？"))


def assert_one_order(request: SosRequest, answers: list[Any]) -> None:
    """Both happened, one after the other: each event begins where the one before it ended."""
    assert all(isinstance(answer, SosRequest) for answer in answers), answers
    events = list(request.events().order_by("id"))
    for before, after in itertools.pairwise(events):
        assert after.from_status == before.to_status
    assert SosRequest.objects.get(pk=request.pk).state is Status.ACCEPTED


@pytest.mark.parametrize("verb", [Verb.ASK, Verb.MEMO])
def test_what_is_said_meets_the_acceptance(
    verb: Verb, request_: SosRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_one_order(request_, talking_while_accepting(request_, verb, monkeypatch))
    assert Question.objects.count() == (verb is Verb.ASK)


def test_control_without_the_lock_the_order_is_lost(
    request_: SosRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a memo: a question's own row holds the request too, by its trigger."""
    unlocked(monkeypatch)
    answers = talking_while_accepting(request_, Verb.MEMO, monkeypatch)
    with must_fail():
        assert_one_order(request_, answers)
