"""Two people, one inquiry or announcement: one order wins, nothing is said twice. With the lock switched off, the same
assertions must fail."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from institutions import permissions
from institutions.exceptions import StaleAnnouncement, StaleThread
from institutions.models import (
    Announcement,
    AnnouncementContent,
    AnnouncementMailing,
    AnnouncementVersion,
    Inquiry,
    Role,
    User,
)
from institutions.models import mailing as mailing_module
from institutions.models.announcement import AnnouncementQuerySet
from institutions.models.inquiry import InquiryQuerySet
from institutions.rules.inquiry import Desk, State, Subject
from sosportal.lib.models import OutboxMessage
from tests import factories
from tests.races.crowd import Meeting, at_once

pytestmark = [pytest.mark.race, pytest.mark.usefixtures("committed_db")]

ROUNDS = 20


@pytest.fixture
def nurse(committed_db: None) -> User:
    return factories.member(factories.institution())


@pytest.fixture
def officers(committed_db: None) -> tuple[User, User]:
    return factories.user(Role.PREFECTURE), factories.user(Role.PREFECTURE)


def ask(nurse: User) -> Inquiry:
    place = nurse.institutions.select_related("prefecture").get()
    return Inquiry.ask(nurse, place, subject=Subject.REQUEST, desk=Desk.PREFECTURE, text="いつですか。")


def unlocked(monkeypatch: pytest.MonkeyPatch, rows: Any, checked: str) -> Meeting:
    """Switch the lock off, and let two verbs meet after both have read the row."""
    meeting = Meeting()
    real = getattr(permissions, checked)

    def check(*arguments: Any) -> None:
        real(*arguments)
        meeting.wait()

    monkeypatch.setattr(rows, "locked", lambda self: self)
    monkeypatch.setattr(permissions, checked, check)
    return meeting


@contextlib.contextmanager
def must_fail() -> Iterator[None]:
    """A negative control: what stands inside has to fail, else the test proves nothing."""
    with pytest.raises(AssertionError):
        yield


# --- Two officers answer ------------------------------------------------------------------------------------------


def answer_twice(nurse: User, officers: tuple[User, User]) -> None:
    inquiry = ask(nurse)
    results = at_once(
        *(lambda who=who: inquiry.answer(who, f"{who.pk}の回答", seen_revision=1) for who in officers)
    )
    refused = [each for each in results if isinstance(each, StaleThread)]
    assert len(refused) == 1
    answers = inquiry.messages.filter(verb="answer")
    assert answers.count() == 1
    causes = {key.rsplit(":", 1)[0] for key in OutboxMessage.objects.values_list("key", flat=True)}
    assert f"inquiry-message:{answers.get().pk}" in causes
    assert len(causes) == 2 * Inquiry.objects.count()  # the question and one answer of each round


def test_one_of_two_answers_is_given(nurse: User, officers: tuple[User, User]) -> None:
    for _ in range(ROUNDS):
        answer_twice(nurse, officers)


def test_control_without_the_lock_both_are(
    nurse: User, officers: tuple[User, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    unlocked(monkeypatch, InquiryQuerySet, "check")
    with must_fail():
        answer_twice(nurse, officers)


# --- The institution writes while an officer answers --------------------------------------------------------------


def write_while_answered(nurse: User, officer: User) -> str:
    """Which of the two came first. The other one is refused: neither speaks past what it has not read."""
    inquiry = ask(nurse)
    results = at_once(
        lambda: inquiry.add(nurse, "もうひとつ", seen_version=1),
        lambda: inquiry.answer(officer, "答え", seen_revision=1),
    )
    assert sum(isinstance(each, StaleThread) for each in results) == 1
    now = Inquiry.objects.get(pk=inquiry.pk)
    assert (now.version, now.revision) == (2, 2)
    said = [message.verb for message in inquiry.messages]
    assert len(said) == 2
    assert now.state == (State.ANSWERED if said[1] == "answer" else State.NEW)
    return said[1]


def test_neither_speaks_past_the_other(nurse: User, officers: tuple[User, User]) -> None:
    assert {write_while_answered(nurse, officers[0]) for _ in range(ROUNDS)} <= {"add", "answer"}


def test_control_without_the_lock_they_do(
    nurse: User, officers: tuple[User, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    unlocked(monkeypatch, InquiryQuerySet, "check")
    with must_fail():
        write_while_answered(nurse, officers[0])


# --- Two officers correct an announcement -------------------------------------------------------------------------


def correct_twice(officers: tuple[User, User]) -> None:
    made = Announcement.publish(officers[0], AnnouncementContent("題名", "本文"))
    results = at_once(
        *(
            lambda who=who: made.correct(who, replace(made.content(), body=f"{who.pk}"), seen_version=1)
            for who in officers
        )
    )
    assert sum(isinstance(each, StaleAnnouncement) for each in results) == 1
    assert AnnouncementVersion.objects.filter(announcement_id=made.pk).count() == 2


def test_one_of_two_corrections_stands(officers: tuple[User, User]) -> None:
    for _ in range(ROUNDS):
        correct_twice(officers)


def test_control_without_the_lock_the_second_is_not_told(
    officers: tuple[User, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    unlocked(monkeypatch, AnnouncementQuerySet, "check_correct")
    with must_fail():
        correct_twice(officers)


# --- Two runs of the queue post the same announcement -------------------------------------------------------------


def test_two_runs_post_each_mail_once(officers: tuple[User, User], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailing_module, "CHUNK", 3)
    people = {factories.member(factories.institution()).email for _ in range(20)}
    made = Announcement.publish(officers[0], AnnouncementContent("題名", "本文"), by_mail=True)
    for _ in range(3):
        at_once(*(lambda: AnnouncementMailing.work_off(10.0) for _ in range(3)))
    order = AnnouncementMailing.objects.get(announcement=made)
    assert order.finished_at is not None
    assert order.posted == 20
    mails = OutboxMessage.objects.filter(key__startswith=f"{order.cause}:")
    assert sorted(mails.values_list("to", flat=True)) == sorted(people)
