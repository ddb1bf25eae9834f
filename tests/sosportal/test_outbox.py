"""The outbox: no mail lost, none twice, no request waits for a mail server."""

from __future__ import annotations

import io
import json
import time
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.db import transaction
from django_q.models import OrmQ

from sosportal.lib import clock, outbox, tasks
from sosportal.lib.clock import JST
from sosportal.lib.models import OutboxMessage
from sosportal.lib.outbox import Mail
from tests.races.crowd import at_once

NOW = datetime(2026, 11, 24, 10, 22, tzinfo=JST)
State = OutboxMessage.State


@pytest.fixture
def frozen() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def post_one(
    cause: str = "event:1", to: str = "nurse@example.jp", now: datetime = NOW, **fields: Any
) -> uuid.UUID:
    with transaction.atomic():
        return outbox.post([Mail(cause, to, "件名", "本文", **fields)], now)[0]


class Refusing:
    """A mail server that is away."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
        self.asked = 0

        def refuse(message: EmailMessage, fail_silently: bool = False) -> int:
            self.asked += 1
            raise error

        monkeypatch.setattr(EmailMessage, "send", refuse)


@pytest.mark.django_db
def test_posted_mail_is_sent_once_with_a_fixed_message_id(frozen: Any) -> None:
    message_id = post_one()
    assert tasks.send_messages([str(message_id)]) == 1
    assert tasks.send_messages([str(message_id)]) == 0
    assert len(mail.outbox) == 1
    sent = mail.outbox[0]
    assert sent.to == ["nurse@example.jp"]
    assert sent.extra_headers["Message-ID"] == f"<{message_id}@127.0.0.1>"
    row = OutboxMessage.objects.get()
    assert (row.state, row.attempts, row.sent_at) == (State.SENT, 1, NOW)


@pytest.mark.django_db
def test_the_same_cause_and_address_is_posted_once() -> None:
    post_one()
    post_one()
    post_one(to="NURSE@example.jp")
    post_one(to="desk@example.jp")
    assert OutboxMessage.objects.count() == 2


@pytest.mark.django_db
def test_mail_and_wake_up_are_gone_with_the_transaction() -> None:
    with transaction.atomic():
        post_one()
        transaction.set_rollback(True)
    assert not OutboxMessage.objects.exists()
    assert not OrmQ.objects.exists()


@pytest.mark.django_db
def test_one_wake_up_for_all_mails_of_a_cause() -> None:
    with transaction.atomic():
        outbox.post([Mail("event:1", f"n{n}@example.jp", "件名", "本文") for n in range(5)], NOW)
    assert OrmQ.objects.count() == 1
    assert len(OrmQ.objects.get().task["args"][0]) == 5


@pytest.mark.django_db
def test_a_mail_server_that_refuses_is_asked_again_later_and_the_mail_parked_in_the_end(
    frozen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = post_one()
    server = Refusing(monkeypatch, ConnectionRefusedError("no\r\nanswer"))
    assert not outbox.send(message_id)
    row = OutboxMessage.objects.get()
    assert (row.state, row.attempts) == (State.PENDING, 1)
    assert row.last_error == "ConnectionRefusedError: no answer"
    assert row.due_at == NOW + timedelta(seconds=30)
    assert not outbox.send(message_id), "not before it is due"
    assert server.asked == 1
    for _ in range(outbox.MAX_ATTEMPTS - 1):
        frozen.shift(timedelta(hours=2))
        outbox.send(message_id)
    row.refresh_from_db()
    assert (row.state, row.attempts, server.asked) == (State.PARKED, outbox.MAX_ATTEMPTS, outbox.MAX_ATTEMPTS)
    frozen.shift(timedelta(hours=2))
    assert not outbox.send(message_id)
    assert server.asked == outbox.MAX_ATTEMPTS


@pytest.mark.django_db
def test_a_mail_that_kills_its_worker_is_parked_without_being_tried_for_ever(frozen: Any) -> None:
    message_id = post_one()
    OutboxMessage.objects.update(attempts=outbox.MAX_ATTEMPTS)
    assert not outbox.send(message_id)
    assert OutboxMessage.objects.get().state == State.PARKED
    assert mail.outbox == []


@pytest.mark.django_db
def test_a_secret_text_is_forgotten_once_it_is_sent(frozen: Any) -> None:
    outbox.send(post_one(forget_body=True))
    assert mail.outbox[0].body == "本文"
    assert OutboxMessage.objects.get().body == ""


@pytest.mark.django_db
def test_line_breaks_break_no_header(frozen: Any) -> None:
    with transaction.atomic():
        ids = outbox.post(
            [Mail("event:1", "nurse@example.jp", "架空\r\nBcc: x@example.jp\n病院", "本文")], NOW
        )
    assert outbox.send(ids[0])
    assert "\n" not in mail.outbox[0].subject
    assert mail.outbox[0].message()["Bcc"] is None


@pytest.mark.django_db
def test_overdue_mail_is_seen(frozen: Any) -> None:
    assert outbox.oldest_overdue_seconds(NOW) is None
    post_one()
    assert outbox.oldest_overdue_seconds(NOW + timedelta(seconds=19)) is None
    assert outbox.oldest_overdue_seconds(NOW + timedelta(seconds=20)) == 20.0


@pytest.mark.django_db
def test_a_mail_that_waits_for_its_next_try_is_overdue_only_after_the_sweep_had_its_turn(
    frozen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = post_one()
    Refusing(monkeypatch, ConnectionRefusedError())
    outbox.send(message_id)
    due = OutboxMessage.objects.get().due_at
    assert outbox.oldest_overdue_seconds(due + timedelta(seconds=149)) is None
    assert outbox.oldest_overdue_seconds(due + timedelta(seconds=150)) == 150.0


@pytest.mark.django_db
def test_a_heap_that_is_being_worked_off_is_not_overdue(frozen: Any) -> None:
    first, _second = post_one("event:1"), post_one("event:2")
    frozen.shift(timedelta(seconds=30))
    assert outbox.oldest_overdue_seconds(clock.now()) == 30.0
    outbox.send(first)
    assert outbox.oldest_overdue_seconds(clock.now()) is None
    assert outbox.oldest_overdue_seconds(clock.now() + timedelta(seconds=20)) == 50.0


@pytest.mark.django_db
def test_a_task_ends_before_the_queue_takes_it_for_dead(frozen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [str(post_one(f"event:{n}")) for n in range(5)]

    def slowly(message: EmailMessage, fail_silently: bool = False) -> int:
        frozen.shift(timedelta(seconds=8))
        return 1

    monkeypatch.setattr(EmailMessage, "send", slowly)
    monkeypatch.setattr("sosportal.lib.outbox.time.monotonic", lambda: clock.now().timestamp())
    assert tasks.send_messages(ids) == 2
    assert tasks.send_due_messages() == 2
    task_limit: Any = settings.Q_CLUSTER["timeout"]
    mail_limit: Any = settings.EMAIL_TIMEOUT
    assert mail_limit + tasks.SECONDS < task_limit


@pytest.mark.django_db
def test_the_sweep_sends_what_no_wake_up_reached(frozen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    post_one("event:1")
    post_one("event:2")
    out = io.StringIO()
    call_command("send_outbox", "--dry-run", "--format", "json", stdout=out)
    assert json.loads(out.getvalue()) == {"sent": 0, "left": 2, "parked": 0}
    assert mail.outbox == []
    out = io.StringIO()
    call_command("send_outbox", stdout=out)
    assert out.getvalue() == "送信 2件、残り 0件、要対応 0件\n"
    assert len(mail.outbox) == 2
    post_one("event:3")
    Refusing(monkeypatch, TimeoutError())
    with pytest.raises(SystemExit, match="3"):
        call_command("send_outbox", stdout=io.StringIO())


@pytest.mark.race
@pytest.mark.usefixtures("committed_db")
def test_two_workers_send_one_mail_once(monkeypatch: pytest.MonkeyPatch) -> None:
    message_id = post_one(now=clock.now())
    slow_sends: list[int] = []

    def slowly(message: EmailMessage, fail_silently: bool = False) -> int:
        slow_sends.append(1)
        time.sleep(0.2)
        return 1

    monkeypatch.setattr(EmailMessage, "send", slowly)
    results = at_once(*[lambda: outbox.send(message_id)] * 4)
    assert sorted(results) == [False, False, False, True]
    assert len(slow_sends) == 1
