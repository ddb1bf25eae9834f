"""Queue entry points of the ground floor: they take ids, reload, and are safe to run twice."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sosportal.lib import clock, digest, once, outbox

# No mail is begun after this; with the mail server's time-out it stays below the queue's limit for a task.
SECONDS = 15.0


def send_messages(message_ids: Sequence[str]) -> int:
    """Send the mails with these ids, each by itself; returns how many were sent by this call."""
    return outbox.send_all(map(uuid.UUID, message_ids), SECONDS)


def send_due_messages() -> int:
    """Send whatever is due: run by a schedule, for mails whose wake-up was lost or whose mail server was away."""
    return outbox.send_due(seconds=SECONDS)[0]


# A form left open longer than this is a new form.
RECEIPTS_KEPT = timedelta(days=30)


def forget_receipts() -> int:
    """Remove the receipts of forms that nobody sends again: run by a schedule."""
    return once.forget(clock.now() - RECEIPTS_KEPT)


def fold_digests() -> int:
    """Write the day's digests, as far as time allows: run by a schedule; returns how many."""
    return digest.fold_due(SECONDS)
