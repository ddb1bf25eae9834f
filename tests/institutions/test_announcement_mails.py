"""The mails of an お知らせ on their way: in pieces, once each, and how much a piece costs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django_q.models import OrmQ

from institutions import tasks
from institutions.models import (
    Announcement,
    AnnouncementMailing,
    Audience,
    Role,
    User,
)
from institutions.models import mailing as mailing_module
from sosportal.lib.models import OutboxMessage
from tests import factories
from tests.institutions.announced import LATER, NOW, content, nurse

pytestmark = pytest.mark.django_db

TOKYO, OSAKA = factories.TOKYO, factories.OSAKA


@pytest.fixture(autouse=True)
def now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ministry() -> User:
    return factories.user(Role.MINISTRY)


def mails() -> list[str]:
    rows = OutboxMessage.objects.filter(key__startswith="announcement:")
    return sorted(rows.values_list("to", flat=True))


def test_without_the_tick_nobody_is_mailed(ministry: User) -> None:
    nurse()
    Announcement.publish(ministry, content())
    assert tasks.post_announcement_mails() == 0
    assert mails() == []


def test_publishing_posts_no_mail_itself(ministry: User) -> None:
    nurse()
    Announcement.publish(ministry, content(), by_mail=True)
    assert mails() == []
    assert [each.task["func"] for each in OrmQ.objects.all()] == [mailing_module.WAKE_UP]


def test_the_queue_posts_them_in_pieces_each_person_once(
    ministry: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailing_module, "CHUNK", 2)
    here, there = factories.institution(), factories.institution()
    people = [factories.member(here, there) for _ in range(5)]
    factories.member(here, email="")
    factories.member(here, email=people[0].email.upper())
    factories.member(here, is_active=False)
    nurse(OSAKA)
    Announcement.publish(ministry, content(prefectures=(TOKYO,), important=True), by_mail=True)
    assert tasks.post_announcement_mails() == 6
    assert mails() == sorted(person.email for person in people)
    assert tasks.post_announcement_mails() == 0
    order = AnnouncementMailing.objects.get()
    assert order.finished_at is not None
    mail = OutboxMessage.objects.filter(to=people[1].email).get()
    assert mail.subject == "【重要】年末の締切について"
    assert "国からのお知らせです。" in mail.body
    assert f"/announcements/{order.announcement_id}/" in mail.body


def test_it_goes_on_where_it_was_killed(ministry: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailing_module, "CHUNK", 2)
    people = [nurse() for _ in range(5)]
    made = Announcement.publish(ministry, content(), by_mail=True)
    key = AnnouncementMailing.objects.get(announcement=made).pk
    assert AnnouncementMailing.post_piece(key) == 2
    with transaction.atomic():
        AnnouncementMailing.post_piece(key)
        transaction.set_rollback(True)  # killed before the commit
    assert len(mails()) == 2
    tasks.post_announcement_mails()
    assert mails() == sorted(person.email for person in people)


def test_no_heap_is_piled_up_before_the_mails_of_others(
    ministry: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailing_module, "CHUNK", 2)
    monkeypatch.setattr(mailing_module, "MOST_WAITING", 4)
    for _ in range(7):
        nurse()
    Announcement.publish(ministry, content(), by_mail=True)
    assert tasks.post_announcement_mails() == 4
    assert tasks.post_announcement_mails() == 0
    OutboxMessage.objects.update(state=OutboxMessage.State.SENT, sent_at=NOW)
    assert tasks.post_announcement_mails() == 3


def test_what_is_scheduled_is_mailed_when_it_begins_and_what_is_withdrawn_never(ministry: User) -> None:
    nurse()
    made = Announcement.publish(ministry, content(starts_at=LATER), by_mail=True)
    other = Announcement.publish(ministry, content(starts_at=LATER, title="ほかの"), by_mail=True)
    assert tasks.post_announcement_mails() == 0
    other.withdraw(ministry, "やめます。", seen_version=1)
    with time_machine.travel(LATER, tick=False):
        assert tasks.post_announcement_mails() == 1
    assert OutboxMessage.objects.get().key.startswith(f"announcement:{made.pk}:1:")


def test_what_has_ended_is_mailed_to_nobody_any_more(ministry: User) -> None:
    """A queue that stood still must not send people to what is no longer shown."""
    nurse()
    Announcement.publish(ministry, content(ends_at=LATER), by_mail=True)
    with time_machine.travel(LATER, tick=False):
        assert tasks.post_announcement_mails() == 0
    assert mails() == []
    assert AnnouncementMailing.objects.get().finished_at == LATER


def test_the_mails_of_what_is_put_off_wait_for_its_new_beginning(ministry: User) -> None:
    nurse()
    made = Announcement.publish(ministry, content(starts_at=LATER), by_mail=True)
    put_off = LATER + timedelta(days=1)
    made.correct(ministry, content(starts_at=put_off), seen_version=1)
    with time_machine.travel(LATER, tick=False):
        assert tasks.post_announcement_mails() == 0
    with time_machine.travel(put_off, tick=False):
        assert tasks.post_announcement_mails() == 1


def test_the_mails_of_what_begins_earlier_go_out_then(ministry: User) -> None:
    nurse()
    made = Announcement.publish(ministry, content(starts_at=LATER + timedelta(days=1)), by_mail=True)
    made.correct(ministry, content(starts_at=LATER), seen_version=1)
    with time_machine.travel(LATER, tick=False):
        assert tasks.post_announcement_mails() == 1


def test_a_correction_by_mail_ends_the_order_before(ministry: User) -> None:
    nurse()
    made = Announcement.publish(ministry, content(), by_mail=True)
    made.correct(ministry, content(title="訂正しました"), seen_version=1, by_mail=True)
    assert tasks.post_announcement_mails() == 1
    assert OutboxMessage.objects.get().subject == "訂正しました"


def test_line_breaks_in_a_title_break_no_header(ministry: User) -> None:
    nurse()
    Announcement.publish(ministry, content(title="年末\r\nBcc: thief@example.jp"), by_mail=True)
    tasks.post_announcement_mails()
    subject = OutboxMessage.objects.get().subject
    assert "\r" not in subject
    assert "\n" not in subject


@pytest.mark.parametrize("audience", [Audience(), Audience((TOKYO,)), Audience((), ("hospital",))])
def test_a_piece_begins_where_the_last_one_ended_in_every_table(audience: Audience) -> None:
    """Said of people alone, each piece may walk through the memberships of all people before it once more."""
    asked = str(audience.people(after=4_100).query)
    assert asked.count("> 4100") == 2, asked
    assert "4100" not in str(audience.people().query)


def test_queries_of_a_piece_do_not_grow_with_its_people(
    ministry: User, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    for _ in range(13):
        factories.join(nurse(), factories.institution())
    made = Announcement.publish(ministry, content(prefectures=(TOKYO,)), by_mail=True)
    key = AnnouncementMailing.objects.get(announcement=made).pk
    for size in (1, 12):
        monkeypatch.setattr(mailing_module, "CHUNK", size)
        with django_assert_num_queries(8):
            assert AnnouncementMailing.post_piece(key) == size
