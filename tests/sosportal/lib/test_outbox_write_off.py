"""Mails of made-up history count as sent; all others stay as they are."""

from datetime import datetime

import pytest
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
