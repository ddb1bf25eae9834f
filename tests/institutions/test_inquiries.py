"""お問い合わせ: states × verbs × roles, who sees which, what a thread shows to whom, and who is told."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from institutions import queries
from institutions.exceptions import NotPermitted, NotPossible, Refusal, StaleThread, TextRequired
from institutions.models import Inquiry, InquiryMessage, Institution, Role, User
from institutions.models.inquiry import in_state as in_state_at
from institutions.rules.inquiry import INTERNAL, MOVES, Desk, State, Subject, Verb
from sosportal.lib.clock import JST
from sosportal.lib.models import OutboxMessage
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=JST)
LATER = NOW + timedelta(hours=1)
ROLES = ("member", "colleague", "stranger", "tokyo", "osaka", "ministry", "operator")
SECRET = "内部の話"


@pytest.fixture(autouse=True)
def now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def place() -> Institution:
    return factories.institution(name="架空中央病院", email="hospital@example.jp")


@pytest.fixture
def people(place: Institution) -> dict[str, User]:
    return {
        "member": factories.member(place, email="nurse@example.jp"),
        "colleague": factories.member(place),
        "stranger": factories.member(factories.institution()),
        "tokyo": factories.user(Role.PREFECTURE, email="tokyo@example.jp"),
        "osaka": factories.user(Role.PREFECTURE, prefecture_id=factories.OSAKA),
        "ministry": factories.user(Role.MINISTRY, email="ministry@example.jp"),
        "operator": factories.user(Role.OPERATOR, email="operator@example.jp"),
    }


def asked(
    people: dict[str, User],
    place: Institution,
    desk: Desk = Desk.PREFECTURE,
    subject: Subject = Subject.REQUEST,
) -> Inquiry:
    return Inquiry.ask(people["member"], place, subject=subject, desk=desk, text="いつ届きますか。")


def in_state(state: State, people: dict[str, User], place: Institution, **more: Any) -> Inquiry:
    """An inquiry in the state, by the verbs of its desk."""
    inquiry = asked(people, place, **more)
    officer = people["tokyo" if inquiry.desk == Desk.PREFECTURE else "ministry"]
    if state is State.IN_HAND:
        return inquiry.claim(officer, seen_revision=inquiry.revision)
    if state is State.ANSWERED:
        return inquiry.answer(officer, "来週です。", seen_revision=inquiry.revision)
    return inquiry


ACTS: dict[Verb, Callable[[Inquiry, User], Inquiry]] = {
    Verb.ADD: lambda inquiry, user: inquiry.add(user, "もうひとつ", seen_version=inquiry.version),
    Verb.ANSWER: lambda inquiry, user: inquiry.answer(user, "お答えします", seen_revision=inquiry.revision),
    Verb.FORWARD: lambda inquiry, user: inquiry.forward(user, SECRET, seen_revision=inquiry.revision),
    Verb.MEMO: lambda inquiry, user: inquiry.memo(user, SECRET),
    Verb.CLAIM: lambda inquiry, user: inquiry.claim(user, seen_revision=inquiry.revision),
    Verb.RELEASE: lambda inquiry, user: inquiry.release(user, seen_revision=inquiry.revision),
}

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


# --- Asking -------------------------------------------------------------------------------------------------------


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


# --- Who sees which -----------------------------------------------------------------------------------------------

SEEN_BY = [
    (Desk.PREFECTURE, Subject.REQUEST, False, {"member", "colleague", "tokyo", "ministry"}),
    (Desk.PREFECTURE, Subject.REQUEST, True, {"member", "colleague", "tokyo", "ministry"}),
    (Desk.MINISTRY, Subject.REQUEST, False, {"member", "colleague", "ministry"}),
    (Desk.MINISTRY, Subject.REQUEST, True, {"member", "colleague", "tokyo", "ministry"}),
    (Desk.MINISTRY, Subject.LOGIN, False, {"member", "colleague", "ministry", "operator"}),
    (Desk.MINISTRY, Subject.LOGIN, True, {"member", "colleague", "tokyo", "ministry"}),
]


@pytest.mark.parametrize(("desk", "subject", "forwarded", "expected"), SEEN_BY)
def test_who_sees_which(
    people: dict[str, User],
    place: Institution,
    desk: Desk,
    subject: Subject,
    forwarded: bool,
    expected: set[str],
) -> None:
    inquiry = asked(people, place, desk, subject)
    if forwarded:
        inquiry.forward(
            people["tokyo" if desk is Desk.PREFECTURE else "ministry"], "お願いします", seen_revision=1
        )
    assert {name for name in ROLES if Inquiry.objects.visible_to(people[name]).exists()} == expected


def test_institutions_never_read_what_passes_between_officers(
    people: dict[str, User], place: Institution
) -> None:
    inquiry = asked(people, place)
    inquiry.memo(people["tokyo"], SECRET)
    inquiry = inquiry.claim(people["tokyo"], seen_revision=1)
    inquiry = inquiry.forward(people["tokyo"], SECRET, seen_revision=inquiry.revision)
    seen = inquiry.messages.for_institution()
    assert [message.verb for message in seen] == [Verb.ASK]
    assert {message.verb for message in inquiry.messages} - {Verb.ASK} <= INTERNAL
    to_institution = OutboxMessage.objects.filter(to__in=["nurse@example.jp", "hospital@example.jp"])
    assert not to_institution.exists()
    assert (inquiry.version, inquiry.updated_at) == (1, NOW)


# --- What was seen ------------------------------------------------------------------------------------------------


def test_the_second_of_two_answers_is_shown_the_first(people: dict[str, User], place: Institution) -> None:
    inquiry = asked(people, place)
    inquiry.answer(people["tokyo"], "先の回答", seen_revision=1)
    with pytest.raises(StaleThread):
        inquiry.answer(factories.user(Role.PREFECTURE), "あとの回答", seen_revision=1)
    assert [each.text for each in inquiry.messages] == ["いつ届きますか。", "先の回答"]


def test_an_answer_after_a_further_message_is_refused(people: dict[str, User], place: Institution) -> None:
    inquiry = asked(people, place)
    inquiry.add(people["member"], "急いでいます", seen_version=1)
    with pytest.raises(StaleThread):
        inquiry.answer(people["tokyo"], "答え", seen_revision=1)


def test_what_officers_do_among_themselves_stops_no_message(
    people: dict[str, User], place: Institution
) -> None:
    inquiry = asked(people, place)
    inquiry.claim(people["tokyo"], seen_revision=1)
    inquiry.memo(people["tokyo"], SECRET)
    assert inquiry.add(people["member"], "もうひとつ", seen_version=1).version == 2


def test_a_message_after_an_unseen_answer_is_refused(people: dict[str, User], place: Institution) -> None:
    inquiry = asked(people, place)
    inquiry.answer(people["tokyo"], "答え", seen_revision=1)
    with pytest.raises(StaleThread):
        inquiry.add(people["member"], "まだですか", seen_version=1)


def test_a_memo_makes_nothing_stale(people: dict[str, User], place: Institution) -> None:
    inquiry = asked(people, place)
    inquiry.memo(people["tokyo"], SECRET)
    assert inquiry.answer(people["tokyo"], "答え", seen_revision=1).state == State.ANSWERED


# --- Waiting, in hand, unread -------------------------------------------------------------------------------------


def test_waiting_begins_again_with_a_further_message(people: dict[str, User], place: Institution) -> None:
    inquiry = asked(people, place)
    inquiry = inquiry.add(people["member"], "もうひとつ", seen_version=1, now=LATER)
    assert inquiry.waiting_since == NOW
    inquiry = inquiry.answer(people["tokyo"], "答え", seen_revision=2, now=LATER)
    assert (inquiry.waiting_since, inquiry.answer_unread) == (None, True)
    inquiry = inquiry.add(people["member"], "わかりません", seen_version=3, now=LATER)
    assert (inquiry.waiting_since, inquiry.state, inquiry.answer_unread) == (LATER, State.NEW, False)


def test_a_claim_is_taken_over_and_ended(people: dict[str, User], place: Institution) -> None:
    other = factories.user(Role.PREFECTURE)
    inquiry = asked(people, place).claim(people["tokyo"], seen_revision=1)
    inquiry = inquiry.claim(other, seen_revision=2, now=LATER)
    assert (inquiry.claimed_by, inquiry.claimed_at) == (other, LATER)
    inquiry = inquiry.release(people["tokyo"], seen_revision=3)
    assert (inquiry.claimed_by, inquiry.state) == (None, State.NEW)


def test_a_claim_runs_out_by_itself(people: dict[str, User], place: Institution) -> None:
    inquiry = asked(people, place)
    holder, other = people["tokyo"], factories.user(Role.PREFECTURE)
    inquiry = inquiry.claim(holder, seen_revision=1, now=NOW)
    last, over = NOW + timedelta(minutes=29, seconds=59), NOW + timedelta(minutes=30)
    assert (inquiry.state_at(last), inquiry.holder_at(last)) == (State.IN_HAND, holder)
    assert (inquiry.state_at(over), inquiry.holder_at(over)) == (State.NEW, None)
    for now in (NOW, last, over):
        for state in State:
            found = Inquiry.objects.filter(in_state_at(state, now)).exists()
            assert found == (inquiry.state_at(now) is state)

    inquiry = inquiry.memo(other, SECRET, now=last)
    assert inquiry.holder_at(over) is None
    inquiry = inquiry.memo(holder, SECRET, now=last)
    assert (inquiry.holder_at(over), inquiry.minutes_left(over)) == (holder, 29)
    inquiry = inquiry.claim(other, seen_revision=2, now=LATER + timedelta(hours=1))
    assert inquiry.messages.values_list("from_state", flat=True).last() == State.NEW


def test_an_answer_is_news_until_one_of_them_opens_it(people: dict[str, User], place: Institution) -> None:
    inquiry = in_state(State.ANSWERED, people, place)
    stale = Inquiry.objects.get(pk=inquiry.pk)
    inquiry.answer(people["tokyo"], "追加の回答", seen_revision=inquiry.revision)
    stale.mark_read()
    assert Inquiry.objects.get().answer_unread
    Inquiry.objects.get().mark_read()
    assert not Inquiry.objects.get().answer_unread


# --- Mails --------------------------------------------------------------------------------------------------------


def to(*causes: Verb) -> dict[str, str]:
    """Address to body of the mails about the last message of each verb."""
    found: dict[str, str] = {}
    for cause in causes:
        message = InquiryMessage.objects.filter(verb=cause).last()
        assert message is not None
        rows = OutboxMessage.objects.filter(key__startswith=f"inquiry-message:{message.pk}:")
        found |= dict(rows.values_list("to", "body"))
    return found


def test_the_desk_is_told_of_questions_and_the_institution_of_answers(
    people: dict[str, User], place: Institution
) -> None:
    inquiry = asked(people, place)
    assert set(to(Verb.ASK)) == {"tokyo@example.jp"}
    inquiry = inquiry.add(people["colleague"], "もうひとつ", seen_version=1)
    inquiry = inquiry.forward(people["tokyo"], SECRET, seen_revision=inquiry.revision)
    assert set(to(Verb.FORWARD)) == {"ministry@example.jp"}
    inquiry = inquiry.answer(people["ministry"], "来週です。", seen_revision=inquiry.revision)
    told = to(Verb.ANSWER)
    assert set(told) == {"nurse@example.jp", people["colleague"].email, "hospital@example.jp"}
    for body in told.values():
        assert "来週です。" in body
        assert f"/inquiries/{inquiry.pk}/" in body
        assert SECRET not in body


def test_operators_are_told_of_log_in_questions(people: dict[str, User], place: Institution) -> None:
    asked(people, place, subject=Subject.LOGIN)
    assert set(to(Verb.ASK)) == {"ministry@example.jp", "operator@example.jp"}


def test_who_left_the_institution_is_told_nothing(people: dict[str, User], place: Institution) -> None:
    inquiry = asked(people, place)
    people["member"].memberships.all().delete()
    inquiry.answer(people["tokyo"], "来週です。", seen_revision=1)
    assert set(to(Verb.ANSWER)) == {"hospital@example.jp"}


# --- The database -------------------------------------------------------------------------------------------------


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


# --- In the order and the scope of the list -----------------------------------------------------------------------


def test_an_inquiry_is_its_institutions_prefectures_always(
    people: dict[str, User], place: Institution
) -> None:
    """Whatever is written; and an institution that moves takes its inquiries along."""
    inquiry = asked(people, place)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE institutions_inquiry SET prefecture_id = '27' WHERE id = %s", [inquiry.pk])
    assert Inquiry.objects.get().prefecture_id == factories.TOKYO
    assert Inquiry.objects.visible_to(people["tokyo"]).exists()
    Institution.objects.filter(pk=place.pk).update(prefecture_id=factories.OSAKA)
    assert Inquiry.objects.get().prefecture_id == factories.OSAKA
    assert not Inquiry.objects.visible_to(people["tokyo"]).exists()
    assert Inquiry.objects.visible_to(people["osaka"]).exists()
    # A verb that read the row before the move writes nothing old back.
    inquiry.answer(people["osaka"], "来週です。", seen_revision=inquiry.revision)
    assert Inquiry.objects.get().prefecture_id == factories.OSAKA


@pytest.mark.parametrize("few", [0, 1_000])
def test_inquiries_are_found_by_few_institutions_and_by_many(
    people: dict[str, User], place: Institution, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("institutions.queries.FEW", few)
    mine = asked(people, place)
    other = factories.institution(factories.OSAKA, name="架空第二薬局")
    theirs = Inquiry.ask(
        factories.member(other), other, subject=Subject.REQUEST, desk=Desk.PREFECTURE, text="届きません。"
    )

    def found(who: str, words: str) -> list[Inquiry]:
        meant = queries.inquiries_matching(people[who], words)
        assert meant.newest == 0
        return list(Inquiry.objects.visible_to(people[who]).filter(meant.condition).order_by("pk"))

    assert found("ministry", "架空") == [mine, theirs]
    assert found("ministry", "架空 病院") == [mine]
    assert found("ministry", "ﾔｯｷｮｸ") == []
    assert found("ministry", f"薬局 {theirs.pk}") == [theirs]
    assert found("ministry", other.code) == [theirs]
    assert found("ministry", "鸞鸞") == []
    assert found("tokyo", "架空") == [mine]
    monkeypatch.setattr("institutions.queries.MOST_INQUIRIES", 1)
    assert found("ministry", "架空") == ([theirs] if few == 0 else [mine, theirs])
    assert found("tokyo", "架空") == [mine], "what others wrote takes no place among the newest"
