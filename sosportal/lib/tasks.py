"""Queue entry points of the ground floor: they take ids, reload, and are safe to run twice."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sosportal.lib import outbox

# No mail is begun after this; with the mail server's time-out it stays below the queue's limit for a task.
SECONDS = 15.0


def send_messages(message_ids: Sequence[str]) -> int:
    """Send the mails with these ids, each by itself; returns how many were sent by this call."""
    return outbox.send_all(map(uuid.UUID, message_ids), SECONDS)


def send_due_messages() -> int:
    """Send whatever is due: run by a schedule, for mails whose wake-up was lost or whose mail server was away."""
    return outbox.send_due(seconds=SECONDS)[0]
