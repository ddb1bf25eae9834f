"""メールの受け取り方: what is chosen, what is held for the day's digest, and what is not wanted."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from institutions.exceptions import NotPermitted, StaleNotices
from institutions.models import NoticeChoice, Role, User
from institutions.models.notice import judge
from institutions.rules.notices import Notice
from sosportal.lib import clock, digest, outbox, tasks
from sosportal.lib.clock import JST
from sosportal.lib.delivery import When, next_digest
from sosportal.lib.models import OutboxMessage
from sosportal.lib.text import wrapped
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 10, 22, tzinfo=JST)
MORNING = datetime(2026, 11, 25, 7, 0, tzinfo=JST)
State = OutboxMessage.State
ALL_AT_ONCE = dict.fromkeys(Notice, When.NOW)


@pytest.fixture(autouse=True)
def frozen() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def nurse() -> User:
    return factories.member(factories.institution(), email="Nurse@example.jp")


def choose(person: User, **chosen: When) -> None:
    standing = NoticeChoice.of(person)
    wanted = standing | {Notice(name): when for name, when in chosen.items()}
    NoticeChoice.choose(person, wanted, seen=standing, now=clock.now())


def post(
    cause: str, notice: str = Notice.REQUEST, to: str = "nurse@example.jp", link: str = "/x/"
) -> uuid.UUID:
    one = outbox.Mail(cause, to, f"件名 {cause}", "本文", notice=notice, link=link)
    with transaction.atomic():
        return outbox.post([one], clock.now())[0]


def states() -> dict[str, str]:
    return {key.rpartition(":")[0]: state for key, state in OutboxMessage.objects.values_list("key", "state")}


# --- What is wanted -------------------------------------------------------------------------------------------------


def test_without_a_choice_everything_comes_at_once(nurse: User) -> None:
    assert NoticeChoice.of(nurse) == ALL_AT_ONCE
    assert {judge("nurse@example.jp", each) for each in Notice} == {When.NOW}
    assert judge("nobody@example.jp", Notice.REQUEST) == When.NOW


def test_what_was_chosen_counts_for_the_address_in_whatever_case(
    nurse: User, django_assert_num_queries: Any
) -> None:
    choose(nurse, request=When.DIGEST, reminder=When.NEVER)
    with django_assert_num_queries(1):
        assert judge("NURSE@EXAMPLE.JP", Notice.REQUEST) == When.DIGEST
    assert judge("nurse@example.jp", Notice.REMINDER) == When.NEVER
    assert judge("nurse@example.jp", Notice.QUESTION) == When.NOW


def test_where_people_share_an_address_the_most_eager_choice_counts(nurse: User) -> None:
    choose(nurse, request=When.NEVER)
    second = factories.member(factories.institution(), email="nurse@example.jp")
    assert judge("nurse@example.jp", Notice.REQUEST) == When.NOW
    choose(second, request=When.DIGEST)
    assert judge("nurse@example.jp", Notice.REQUEST) == When.DIGEST
    User.objects.filter(pk=second.pk).update(is_active=False)
    assert judge("nurse@example.jp", Notice.REQUEST) == When.NEVER


def test_the_address_is_looked_up_in_an_index(nurse: User) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT 1 FROM institutions_user WHERE lower(email) = lower('x@example.jp')")
        assert "user_email_lower" in str(cursor.fetchall())


@pytest.mark.parametrize(
    ("notice", "chosen"), [("question", "never"), ("reminder", "digest"), ("suspension", "never")]
)
def test_the_database_refuses_a_choice_that_is_not_offered(nurse: User, notice: str, chosen: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        NoticeChoice.objects.create(user=nurse, notice=notice, chosen=chosen, changed_at=NOW)


def test_the_verb_refuses_what_stands_otherwise(nurse: User) -> None:
    choose(nurse, request=When.NEVER)
    with pytest.raises(StaleNotices):
        NoticeChoice.choose(nurse, ALL_AT_ONCE | {Notice.DELIVERY: When.NEVER}, seen=ALL_AT_ONCE, now=NOW)


def test_officers_choose_nothing() -> None:
    with pytest.raises(NotPermitted):
        choose(factories.user(Role.PREFECTURE), request=When.NEVER)


# --- Digests --------------------------------------------------------------------------------------------------------


def test_what_is_held_comes_with_one_mail_in_the_morning_in_its_order(nurse: User, frozen: Any) -> None:
    choose(nurse, request=When.DIGEST)
    post("first", link="/requests/2611-0001/")
    outbox.send_due()
    frozen.shift(timedelta(hours=1))
    post("second", link="/requests/2611-0002/")
    outbox.send_due()
    assert mail.outbox == []
    assert states() == {"first": State.HELD, "second": State.HELD}
    frozen.move_to(MORNING - timedelta(seconds=1))
    assert tasks.fold_digests() == 0
    frozen.move_to(MORNING)
    assert tasks.fold_digests() == 1
    assert tasks.fold_digests() == 0
    outbox.send_due()
    (sent,) = mail.outbox
    assert sent.subject == "【緊急配布要請ポータル】お知らせのまとめ（2件）"
    assert sent.to == ["nurse@example.jp"]
    parts = [
        "1. 件名 first",
        "11/24（火）10:22",
        f"{settings.BASE_URL}/requests/2611-0001/",
        "2. 件名 second",
    ]
    places = [str(sent.body).index(part) for part in [*parts, f"{settings.BASE_URL}/requests/2611-0002/"]]
    assert places == sorted(places)
    assert states() == {"first": State.FOLDED, "second": State.FOLDED, "digest:2026-11-25": State.SENT}


def test_nothing_held_no_digest(nurse: User, frozen: Any) -> None:
    choose(nurse, request=When.DIGEST)
    post("asked", notice=Notice.QUESTION)
    outbox.send_due()
    assert len(mail.outbox) == 1
    frozen.move_to(MORNING)
    assert tasks.fold_digests() == 0
    assert states() == {"asked": State.SENT}


def test_one_digest_a_day_and_the_rest_the_next_day(nurse: User, frozen: Any) -> None:
    choose(nurse, request=When.DIGEST)
    post("before")
    late = post("late")
    outbox.send_due()
    frozen.move_to(MORNING)
    OutboxMessage.objects.filter(pk=late).update(due_at=MORNING + timedelta(seconds=1))
    assert tasks.fold_digests() == 1
    frozen.shift(timedelta(minutes=5))
    assert tasks.fold_digests() == 0, "the day has had its digest"
    assert OutboxMessage.objects.get(pk=late).due_at == MORNING + timedelta(days=1)
    frozen.move_to(MORNING + timedelta(days=1))
    assert tasks.fold_digests() == 1
    assert states()["late"] == State.FOLDED


def test_what_a_standing_queue_left_waits_for_the_next_morning(nurse: User, frozen: Any) -> None:
    choose(nurse, request=When.DIGEST)
    post("first")
    outbox.send_due()
    frozen.move_to(MORNING + timedelta(hours=18))  # 01:00 of the day after
    assert tasks.fold_digests() == 0
    frozen.move_to(MORNING + timedelta(days=1, hours=2))
    assert tasks.fold_digests() == 1


def test_back_to_at_once_sends_what_is_held_with_the_next_digest(nurse: User, frozen: Any) -> None:
    choose(nurse, request=When.DIGEST)
    post("held")
    outbox.send_due()
    choose(nurse, request=When.NOW)
    post("at once")
    outbox.send_due()
    assert states() == {"held": State.HELD, "at once": State.SENT}
    frozen.move_to(MORNING)
    tasks.fold_digests()
    outbox.send_due()
    prefix = settings.EMAIL_SUBJECT_PREFIX
    subjects = [message.subject for message in mail.outbox]
    assert subjects == [f"{prefix}件名 at once", f"{prefix}お知らせのまとめ（1件）"]


def test_addresses_that_differ_in_case_share_a_digest(nurse: User, frozen: Any) -> None:
    choose(nurse, request=When.DIGEST)
    post("one", to="nurse@example.jp")
    post("two", to="NURSE@example.jp")
    outbox.send_due()
    frozen.move_to(MORNING)
    assert tasks.fold_digests() == 1
    assert [state for cause, state in states().items() if cause in {"one", "two"}] == [State.FOLDED] * 2


def test_what_is_not_wanted_is_written_down_and_not_sent(nurse: User) -> None:
    choose(nurse, announcement=When.NEVER)
    post("news", notice=Notice.ANNOUNCEMENT)
    post("other", notice="")
    outbox.send_due()
    assert states() == {"news": State.DECLINED, "other": State.SENT}
    assert len(mail.outbox) == 1


def test_a_digest_that_breaks_off_leaves_everything_held(
    nurse: User, frozen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(nurse, request=When.DIGEST)
    post("first")
    outbox.send_due()
    frozen.move_to(MORNING)
    real = outbox.post

    def breaks(*given: Any) -> Any:
        real(*given)
        raise RuntimeError

    monkeypatch.setattr("sosportal.lib.outbox.post", breaks)
    with pytest.raises(RuntimeError), transaction.atomic():
        tasks.fold_digests()
    assert states() == {"first": State.HELD}
    monkeypatch.undo()
    frozen.move_to(MORNING)
    assert tasks.fold_digests() == 1


def test_queries_of_a_digest_do_not_grow_with_what_is_held(
    nurse: User, frozen: Any, django_assert_num_queries: Any
) -> None:
    choose(nurse, request=When.DIGEST)
    for n in range(3):
        post(f"cause-{n}")
    outbox.send_due()
    frozen.move_to(MORNING)
    with django_assert_num_queries(7):  # savepoint, rows, mail, wake-up, is it there, folded, released
        assert digest.fold("nurse@example.jp", MORNING)
    choose(nurse, request=When.NOW)
    choose(nurse, request=When.DIGEST)
    for n in range(3, 20):
        post(f"cause-{n}")
    outbox.send_due()
    frozen.shift(timedelta(days=1))
    with django_assert_num_queries(7):
        assert digest.fold("nurse@example.jp", clock.now())


def test_a_folded_mail_names_its_digest() -> None:
    post("one")
    with pytest.raises(IntegrityError), transaction.atomic():
        OutboxMessage.objects.update(state=State.FOLDED)


def test_held_mail_is_neither_overdue_nor_left_behind(nurse: User, frozen: Any) -> None:
    choose(nurse, request=When.DIGEST)
    post("one")
    out = io.StringIO()
    call_command("send_outbox", "--format", "json", stdout=out)
    assert json.loads(out.getvalue()) == {"sent": 0, "left": 0, "parked": 0}
    frozen.shift(timedelta(hours=3))
    assert outbox.oldest_overdue_seconds(clock.now()) is None


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-11-24 06:59:59.999999", "2026-11-24 07:00"),
        ("2026-11-24 07:00", "2026-11-25 07:00"),
        ("2026-12-31 23:59", "2027-01-01 07:00"),
    ],
)
def test_the_next_digest(now: str, then: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=JST)
    assert next_digest(at) == datetime.fromisoformat(then).replace(tzinfo=JST)


# --- How a mail looks -----------------------------------------------------------------------------------------------


def test_a_notice_says_where_to_change_how_it_comes_and_other_mail_does_not(nurse: User) -> None:
    assert reverse("notices") == settings.NOTICES_PATH
    address = f"{settings.BASE_URL}/account/notices/"
    post("notice")
    post("other", notice="")
    outbox.send_due()
    notice, other = sorted(mail.outbox, key=lambda each: "List-Unsubscribe" not in each.extra_headers)
    assert notice.extra_headers["List-Unsubscribe"] == f"<{address}>"
    assert "List-Unsubscribe-Post" not in notice.extra_headers
    assert address in str(notice.body)
    assert "List-Unsubscribe" not in other.extra_headers
    assert other.body == "本文"


def test_long_lines_are_wrapped_and_addresses_kept_whole() -> None:
    link = "https://portal.example/" + "a" * 90
    text = wrapped(f"{'締切は水曜日の17時です。' * 12}\n{link}\n短い行")
    *japanese, whole, short = text.split("\n")
    assert (whole, short) == (link, "短い行")
    assert "".join(japanese) == "締切は水曜日の17時です。" * 12
    assert all(len(line.encode("euc_jp")) <= 78 for line in japanese)
    assert not any(line.startswith("。") for line in japanese)
    assert wrapped("") == ""


def test_a_subject_names_the_institution_and_cuts_a_very_long_name() -> None:
    assert (
        outbox.subject_for("受け付けました", "架空病院", "要請番号 1")
        == "受け付けました（架空病院 要請番号 1）"
    )
    assert len(outbox.subject_for("受け付けました", "病" * 200)) < 60
