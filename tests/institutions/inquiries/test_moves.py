"""お問い合わせ: states × verbs × roles, what is asked, and what the database refuses."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from institutions.exceptions import NotPermitted, NotPossible, Refusal, TextRequired
from institutions.models import Inquiry, InquiryMessage, Institution, User
from institutions.rules.inquiry import MOVES, Desk, State, Subject, Verb
from sosportal.lib.models import OutboxMessage
from tests.institutions.inquiries.threads import ACTS, NOW, ROLES, asked, in_state

pytestmark = pytest.mark.django_db


# Who may use which verb, by desk and subject; written by hand, not taken from the code it judges.
MEMBERS = {"member", "colleague"}
DESKS = {
    (Desk.PREFECTURE, Subject.REQUEST): {"tokyo"},
    (Desk.MINISTRY, Subject.REQUEST): {"ministry"},
    (Desk.MINISTRY, Subject.LOGIN): {"ministry", "operator"},
}
# Where a verb leads; absent: refused. By hand as well.
LEADS = {
    (State.NEW, Verb.ADD): State.NEW,
    (State.NEW, Verb.ANSWER): State.ANSWERED,
    (State.NEW, Verb.FORWARD): State.NEW,
    (State.NEW, Verb.MEMO): State.NEW,
    (State.NEW, Verb.CLAIM): State.IN_HAND,
    (State.IN_HAND, Verb.ADD): State.IN_HAND,
    (State.IN_HAND, Verb.ANSWER): State.ANSWERED,
    (State.IN_HAND, Verb.FORWARD): State.NEW,
    (State.IN_HAND, Verb.MEMO): State.IN_HAND,
    (State.IN_HAND, Verb.CLAIM): State.IN_HAND,
    (State.IN_HAND, Verb.RELEASE): State.NEW,
    (State.ANSWERED, Verb.ADD): State.NEW,
    (State.ANSWERED, Verb.ANSWER): State.ANSWERED,
    (State.ANSWERED, Verb.MEMO): State.ANSWERED,
}


def test_every_state_has_its_moves() -> None:
    assert set(MOVES) == set(State)
    assert {(state, verb): to for state, row in MOVES.items() for verb, to in row.items()} == LEADS


@pytest.mark.parametrize("where", list(DESKS))
@pytest.mark.parametrize(("state", "verb"), list(itertools.product(State, ACTS)))
def test_state_by_verb_by_role(
    people: dict[str, User], place: Institution, where: tuple[Desk, Subject], state: State, verb: Verb
) -> None:
    inquiry = in_state(state, people, place, desk=where[0], subject=where[1])
    before = InquiryMessage.objects.count()
    mails = OutboxMessage.objects.count()
    may = MEMBERS if verb is Verb.ADD else DESKS[where]
    for role in ROLES:
        expected = LEADS.get((state, verb)) if role in may else NotPermitted
        with transaction.atomic():
            try:
                found: Any = State(ACTS[verb](inquiry, people[role]).state)
            except Refusal as refusal:
                found = type(refusal)
                assert InquiryMessage.objects.count() == before
                assert OutboxMessage.objects.count() == mails
            else:
                assert InquiryMessage.objects.count() == before + 1
            transaction.set_rollback(True)
        assert found == (expected or NotPossible), role


def test_the_disabled_do_nothing(people: dict[str, User], place: Institution) -> None:
    inquiry = asked(people, place)
    for name, verb in (("member", Verb.ADD), ("tokyo", Verb.ANSWER)):
        people[name].is_active = False
        with pytest.raises(NotPermitted):
            ACTS[verb](inquiry, people[name])
        assert not Inquiry.objects.visible_to(people[name]).exists()


# --- Asking -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["stranger", "tokyo", "osaka", "ministry", "operator"])
def test_only_members_ask(people: dict[str, User], place: Institution, role: str) -> None:
    with pytest.raises(NotPermitted):
        Inquiry.ask(people[role], place, subject=Subject.OTHER, desk=Desk.MINISTRY, text="x")


def test_an_inquiry_says_something(people: dict[str, User], place: Institution) -> None:
    with pytest.raises(TextRequired):
        Inquiry.ask(people["member"], place, subject=Subject.OTHER, desk=Desk.MINISTRY, text=" \n")
    assert not Inquiry.objects.exists()


def test_log_in_questions_go_to_the_ministrys_desk(people: dict[str, User], place: Institution) -> None:
    inquiry = asked(people, place, Desk.PREFECTURE, Subject.LOGIN)
    assert (inquiry.desk, inquiry.with_prefecture) == (Desk.MINISTRY, False)


# --- The database -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "impossible",
    [
        {"state": "answered"},
        {"state": "in_hand"},
        {"waiting_since": None},
        {"claimed_at": NOW},
        {"with_prefecture": False},
    ],
)
def test_the_database_refuses_what_can_not_be(
    people: dict[str, User], place: Institution, impossible: dict[str, Any]
) -> None:
    asked(people, place)
    with pytest.raises(IntegrityError), transaction.atomic():
        Inquiry.objects.update(**impossible)


def test_nothing_is_deleted_and_no_message_changes(people: dict[str, User], place: Institution) -> None:
    inquiry = asked(people, place)
    for act in (inquiry.save, inquiry.delete):
        with pytest.raises(TypeError):
            act()
    for statement in (
        lambda: Inquiry.objects.all().delete(),
        lambda: InquiryMessage.objects.all().delete(),
        lambda: InquiryMessage.objects.update(text="x"),
    ):
        with pytest.raises(Exception, match=r"refuse|permission denied"), transaction.atomic():
            statement()
