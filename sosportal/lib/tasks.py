"""Queue entry points of the ground floor: they take ids, reload, and are safe to run twice."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sosportal.lib import outbox


def send_messages(message_ids: Sequence[str]) -> int:
    """Send the mails with these ids, each by itself; returns how many were sent by this call."""
    return sum(outbox.send(uuid.UUID(id_)) for id_ in message_ids)


def send_due_messages() -> int:
    """Send whatever is due: run by a schedule, for mails whose wake-up was lost or whose mail server was away."""
    return outbox.send_due()[0]
