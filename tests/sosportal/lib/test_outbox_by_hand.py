"""What people do to the outbox: made-up history is written off, parked mails are tried again."""

from datetime import datetime
from io import StringIO

import pytest
from django.core import mail
from django.core.management import call_command
from django_q.models import OrmQ

from sosportal.lib import outbox
from sosportal.lib.clock import JST
from sosportal.lib.models import OutboxMessage

NOW = datetime(2026, 11, 24, 10, 22, tzinfo=JST)

pytestmark = pytest.mark.django_db


def test_only_the_mails_of_the_cause_are_written_off_with_their_wake_ups() -> None:
    outbox.post(
        [
            outbox.Mail("history:1", "a@example.jp", "x", "x"),
            outbox.Mail("history:1", "b@example.jp", "x", "x"),
        ],
        NOW,
    )
    outbox.post([outbox.Mail("password:1", "a@example.jp", "y", "y")], NOW)
    assert outbox.write_off("history:") == 2
    assert set(OutboxMessage.objects.values_list("subject", "state", "sent_at")) == {
        ("x", OutboxMessage.State.SENT, NOW),
        ("y", OutboxMessage.State.PENDING, None),
    }
    (left,) = OrmQ.objects.all()
    assert left.task["args"] == ([str(OutboxMessage.objects.get(subject="y").pk)],)


def test_nothing_waiting_is_no_trouble() -> None:
    assert outbox.write_off("history:") == 0


def _parked() -> OutboxMessage:
    outbox.post([outbox.Mail("cause:1", "a@example.jp", "x", "x")], NOW)
    OutboxMessage.objects.update(state=OutboxMessage.State.PARKED, attempts=outbox.MAX_ATTEMPTS)
    return OutboxMessage.objects.get()


def test_a_parked_mail_is_left_alone_until_somebody_asks() -> None:
    _parked()
    call_command("send_outbox", stdout=StringIO())
    assert not mail.outbox
    out = StringIO()
    call_command("send_outbox", "--retry-parked", stdout=out)
    assert [message.to for message in mail.outbox] == [["a@example.jp"]]
    assert "送信 1件、残り 0件、要対応 0件" in out.getvalue()


def test_a_dry_run_leaves_parked_mails_parked() -> None:
    message = _parked()
    call_command("send_outbox", "--retry-parked", "--dry-run", stdout=StringIO())
    message.refresh_from_db()
    assert message.state == OutboxMessage.State.PARKED
