"""When the queue's processes have to be started anew: pure decisions, no clock, no process, no database.

django-q2 keeps reporting health while an idle worker that was killed hard has stalled it, so its own
reports count for nothing here. What counts: whether its processes live, and whether mail that is due gets
sent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

FIRST_DELAY = 1.0  # seconds before the first start anew
LONGEST_DELAY = 60.0
CALM = 120.0  # seconds without trouble after which earlier trouble is forgotten
PATIENCE = 30.0  # seconds that a fresh group gets to send what is overdue


@dataclass(frozen=True)
class Observation:
    """What the supervisor sees.

    `at` is in seconds of a monotonic clock. `exit_code` is that of the group's first process, None while it
    runs. `lost` are processes that were in the group and are gone. `overdue` is how long, in seconds, the oldest
    unsent mail is overdue; None when none is or nobody knows.
    """

    at: float
    exit_code: int | None
    lost: frozenset[int]
    overdue: float | None


@dataclass(frozen=True)
class Watch:
    """The supervisor's memory: when the present group started, and how many in a row had trouble."""

    started_at: float
    troubles: int = 0


@dataclass(frozen=True)
class Restart:
    """End the group and start another `delay` seconds later."""

    reason: str
    delay: float


def decide(watch: Watch, seen: Observation) -> Restart | None:
    """What to do now: start the group anew, or nothing (None)."""
    age = seen.at - watch.started_at
    if seen.exit_code is not None:
        return Restart(f"the queue ended with code {seen.exit_code}", _delay(watch.troubles))
    if seen.lost:
        return Restart(f"{len(seen.lost)} of the queue's processes ended", _delay(watch.troubles))
    if seen.overdue is not None and age >= _patience(watch.troubles):
        return Restart(f"mail is overdue by {seen.overdue:.0f} s", _delay(watch.troubles))
    return None


def remember(watch: Watch, seen: Observation) -> Watch:
    """The memory after a quiet look: trouble long past is forgotten."""
    if watch.troubles and seen.overdue is None and seen.at - watch.started_at >= CALM:
        return replace(watch, troubles=0)
    return watch


def restarted(watch: Watch, at: float) -> Watch:
    """The memory after a start anew at `at`."""
    return Watch(started_at=at, troubles=watch.troubles + 1)


def _delay(troubles: int) -> float:
    """Doubles with every group that had trouble, so that a broken queue does not eat the machine."""
    return float(min(FIRST_DELAY * 2 ** min(troubles, 16), LONGEST_DELAY))


def _patience(troubles: int) -> float:
    """Grows likewise: when a start anew did not get the mail sent, the next one hardly will."""
    return float(PATIENCE * 2 ** min(troubles, 6))
