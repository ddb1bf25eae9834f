"""お問い合わせ: who sees which, what was seen, what waits, and in which order they are listed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from institutions import queries
from institutions.exceptions import StaleThread
from institutions.models import Inquiry, Institution, Role, User
from institutions.models.inquiry import in_state as in_state_at
from institutions.rules.inquiry import INTERNAL, Desk, State, Subject, Verb
from sosportal.lib.models import OutboxMessage
from tests import factories
from tests.institutions.inquiries.threads import LATER, NOW, ROLES, SECRET, asked, in_state

pytestmark = pytest.mark.django_db


# --- Who sees which ---------------------------------------------------------------------------------------------------


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


# --- What was seen ----------------------------------------------------------------------------------------------------


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


# --- Waiting, in hand, unread -----------------------------------------------------------------------------------------


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


# --- In the order and the scope of the list ---------------------------------------------------------------------------


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
