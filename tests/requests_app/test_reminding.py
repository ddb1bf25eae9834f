"""Reminders of the weekly survey: to whom, once, ended by the answer."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command

from institutions.models import Institution, NoticeChoice, Role, User
from institutions.rules.notices import Notice
from requests_app import tasks
from requests_app.models import Campaign, CutoffChange, SurveyReminding
from requests_app.models import reminding as module
from sosportal.lib import clock, outbox
from sosportal.lib.clock import JST
from sosportal.lib.delivery import When
from sosportal.lib.models import OutboxMessage
from surveys.models import SurveyRound
from tests import factories

pytestmark = pytest.mark.django_db

TUESDAY = datetime(2026, 11, 24, 10, 0, tzinfo=JST)
WEDNESDAY = datetime(2026, 11, 25, 9, 0, tzinfo=JST)


@pytest.fixture(autouse=True)
def frozen() -> Iterator[Any]:
    with time_machine.travel(TUESDAY, tick=False) as traveller:
        SurveyRound.objects.open_for(TUESDAY)
        yield traveller


@pytest.fixture
def campaign() -> Campaign:
    return factories.campaign(now=TUESDAY)


@pytest.fixture
def place() -> Institution:
    return factories.institution(name="架空中央病院", email="")


@pytest.fixture
def nurse(campaign: Campaign, place: Institution) -> User:
    return factories.member(place, email="nurse@example.jp")


def reminded() -> list[str]:
    """Whom the outbox holds reminders for."""
    rows = OutboxMessage.objects.filter(key__startswith="survey-reminder:")
    return sorted(rows.values_list("to", flat=True))


def test_who_has_not_answered_is_reminded_once_in_each_slot(nurse: User, frozen: Any) -> None:
    assert tasks.remind_of_survey() == 1
    assert tasks.remind_of_survey() == 0
    frozen.shift(timedelta(hours=2))
    assert tasks.remind_of_survey() == 0
    frozen.move_to(WEDNESDAY)
    assert tasks.remind_of_survey() == 1
    assert tasks.remind_of_survey() == 0
    assert reminded() == ["nurse@example.jp"] * 2
    assert SurveyReminding.objects.filter(finished_at__isnull=False).count() == 2


def test_one_mail_names_all_of_a_persons_institutions_that_miss_an_answer(
    nurse: User, place: Institution
) -> None:
    second, answered = factories.institution(name="架空東診療所"), factories.institution(name="架空済病院")
    factories.join(nurse, second)
    factories.join(nurse, answered)
    factories.answer(nurse, answered)
    assert tasks.remind_of_survey() == 1
    row = OutboxMessage.objects.get(to="nurse@example.jp")
    assert row.subject == "週次調査の回答がまだです（架空中央病院 ほか1施設）"
    assert "架空中央病院" in row.body
    assert f"/survey/{place.code}/" in row.body
    assert f"/survey/{second.code}/" in row.body
    assert "架空済病院" not in row.body
    assert "11/25（水）17:00" in row.body
    assert nurse.name not in row.body
    assert row.link == "/survey/"


def test_of_very_many_institutions_some_are_named(nurse: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_NAMED", 2)
    for _ in range(4):
        factories.join(nurse, factories.institution())
    tasks.remind_of_survey()
    row = OutboxMessage.objects.get(to="nurse@example.jp")
    assert "ほか4施設" in row.subject
    assert "ほか3施設" in row.body


@pytest.mark.usefixtures("nurse")
def test_nobody_else_is_reminded(place: Institution) -> None:
    factories.member(place, email="")
    factories.member(place, email="left@example.jp", is_active=False)
    factories.member(email="without@example.jp")
    factories.user(Role.PREFECTURE, email="officer@example.jp")
    done = factories.institution()
    factories.answer(factories.member(done, email="done@example.jp"), done)
    unwilling = factories.member(place, email="unwilling@example.jp")
    standing = NoticeChoice.of(unwilling)
    NoticeChoice.choose(unwilling, standing | {Notice.REMINDER: When.NEVER}, seen=standing, now=TUESDAY)
    tasks.remind_of_survey()
    assert reminded() == ["nurse@example.jp"]


def test_two_people_with_one_address_are_reminded_of_their_own(nurse: User) -> None:
    factories.member(factories.institution(name="架空西病院"), email="nurse@example.jp")
    tasks.remind_of_survey()
    subjects = OutboxMessage.objects.filter(to="nurse@example.jp").values_list("subject", flat=True)
    assert sorted(subjects) == [
        "週次調査の回答がまだです（架空中央病院）",
        "週次調査の回答がまだです（架空西病院）",
    ]


def test_an_answer_between_posting_and_sending_ends_it(nurse: User, place: Institution) -> None:
    tasks.remind_of_survey()
    factories.answer(nurse, place)
    outbox.send_due()
    assert mail.outbox == []
    row = OutboxMessage.objects.get(to="nurse@example.jp")
    assert row.state == OutboxMessage.State.DECLINED


def test_without_an_answer_it_is_sent(nurse: User) -> None:
    tasks.remind_of_survey()
    outbox.send_due()
    assert [message.to for message in mail.outbox] == [["nurse@example.jp"]]


def test_what_could_not_be_sent_before_the_cutoff_is_not_sent_after_it(nurse: User, frozen: Any) -> None:
    tasks.remind_of_survey()
    frozen.move_to(datetime(2026, 11, 25, 17, 0, tzinfo=JST))
    outbox.send_due()
    assert mail.outbox == []


def test_nobody_is_reminded_while_nothing_is_asked_for(nurse: User, campaign: Campaign, frozen: Any) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(closes_at=TUESDAY)
    assert tasks.remind_of_survey() == 0
    assert not SurveyReminding.objects.exists()


def test_who_is_disabled_after_the_posting_is_not_written_to(nurse: User) -> None:
    tasks.remind_of_survey()
    User.objects.filter(pk=nurse.pk).update(is_active=False)
    outbox.send_due()
    assert mail.outbox == []


def test_outside_of_the_slots_nothing_happens(nurse: User, frozen: Any) -> None:
    for moment in (
        TUESDAY - timedelta(seconds=1),
        TUESDAY.replace(hour=20),
        WEDNESDAY - timedelta(seconds=1),
    ):
        frozen.move_to(moment)
        assert tasks.remind_of_survey() == 0
    assert reminded() == []


def test_a_moved_cutoff_is_the_one_that_is_named(nurse: User, frozen: Any) -> None:
    moved = datetime(2026, 11, 27, 12, 0, tzinfo=JST)
    CutoffChange.move(
        factories.user(Role.MINISTRY), TUESDAY.date() + timedelta(days=1), moved, "年末", now=TUESDAY
    )
    assert tasks.remind_of_survey() == 0
    frozen.move_to(datetime(2026, 11, 26, 10, 0, tzinfo=JST))
    SurveyRound.objects.open_for(clock.now())
    assert tasks.remind_of_survey() == 1
    assert "次の締切は 11/27（金）12:00 です。" in OutboxMessage.objects.get(to="nurse@example.jp").body


def test_a_run_that_breaks_off_is_gone_on_with(nurse: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK", 1)
    people = [factories.member(factories.institution()) for _ in range(2)]
    due = SurveyReminding.begin(TUESDAY)
    assert due is not None
    assert SurveyReminding.post_piece(due.pk) == 1
    real = outbox.post

    def breaks(*given: Any) -> Any:
        real(*given)
        raise RuntimeError

    monkeypatch.setattr("sosportal.lib.outbox.post", breaks)
    with pytest.raises(RuntimeError):
        SurveyReminding.post_piece(due.pk)
    monkeypatch.setattr("sosportal.lib.outbox.post", real)
    assert tasks.remind_of_survey() == 2
    assert reminded() == sorted(["nurse@example.jp", *(person.email for person in people)])


def test_no_further_piece_while_many_wait(nurse: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK", 1)
    monkeypatch.setattr(module, "MOST_WAITING", 1)
    factories.member(factories.institution())
    assert tasks.remind_of_survey() == 1
    assert tasks.remind_of_survey() == 0
    outbox.send_due()
    assert tasks.remind_of_survey() == 1


def test_queries_of_a_piece_do_not_grow_with_its_people(
    nurse: User, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    for _ in range(12):
        person = factories.member(factories.institution())
        factories.join(person, factories.institution())
    due = SurveyReminding.begin(TUESDAY)
    assert due is not None
    for size in (1, 12):
        monkeypatch.setattr(module, "CHUNK", size)
        with django_assert_num_queries(10):
            assert SurveyReminding.post_piece(due.pk) == size


def run(*arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command("remind_of_survey", "--format", "json", *arguments, stdout=out, stderr=io.StringIO())
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_the_command_says_what_it_would_do_and_does_it_once(nurse: User, frozen: Any) -> None:
    told = run("--dry-run")
    assert (told["due"], told["posted"], told["left"]) == (True, 0, 1)
    assert not SurveyReminding.objects.exists()
    assert reminded() == []
    assert run()["posted"] == 1
    again = run()
    assert (again["posted"], again["left"]) == (0, 0)
    assert reminded() == ["nurse@example.jp"]
    frozen.move_to(TUESDAY.replace(hour=21))
    assert run() == {"dry_run": False, "due": False, "posted": 0, "left": 0}


def test_the_command_speaks_to_people(nurse: User) -> None:
    out, err = io.StringIO(), io.StringIO()
    call_command("remind_of_survey", stdout=out, stderr=err)
    assert out.getvalue() == "11/25の回（11/25（水）17:00締切）: 登録 1人、残り 0人\n"
    assert err.getvalue() == ""


def test_a_piece_begins_where_the_last_one_ended_in_every_table(campaign: Campaign) -> None:
    """Said of people alone, each piece walked through the memberships of all people before it once more."""
    row = SurveyReminding.begin(TUESDAY)
    assert row is not None
    row.after = 4_100
    asked = str(row.people().query)
    assert asked.count("> 4100") == 2, asked
