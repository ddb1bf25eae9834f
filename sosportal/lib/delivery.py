"""When a mail goes out: at once, with the day's digest, or never. Asked of the floors above, unknown to this one.

Pure but for what was provided; judged when a mail is about to be sent, so that no page waits for it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from enum import StrEnum

from sosportal.lib.business_calendar import JST, jst

DIGEST_AT = time(7, 0)
"""In Japan, every day."""

DIGEST_NOTICE = "digest"
"""What a digest itself is a notice of: it is never judged again."""


class When(StrEnum):
    """How soon somebody wants a kind of notice; the most eager first."""

    NOW = "now"
    DIGEST = "digest"
    NEVER = "never"

    @property
    def label(self) -> str:
        """As people choose it."""
        return _LABELS[self]


_LABELS = {When.NOW: "すぐに", When.DIGEST: "1日1回まとめて", When.NEVER: "受け取らない"}


def next_digest(now: datetime) -> datetime:
    """The first moment after `now` (aware) at which a digest goes out, in Japan's time."""
    here = jst(now)
    today = datetime.combine(here.date(), DIGEST_AT, tzinfo=JST)
    return today if here < today else today + timedelta(days=1)


Judge = Callable[[str, str], When]
"""(address, kind of notice) → when."""
Gate = Callable[[str], bool]
"""The key of a mail → whether its cause still holds."""

_judge: Judge | None = None
_gates: dict[str, Gate] = {}


def provide(judge: Judge) -> None:
    """Name the function that knows what an address wants."""
    global _judge
    _judge = judge


def provide_gate(notice: str, gate: Gate) -> None:
    """Name the function that is asked before each mail of this kind goes out: a reminder ends by the deed."""
    _gates[notice] = gate


def wanted(address: str, notice: str, key: str) -> When:
    """When a mail with this key is to go to the address; at once what is no notice of a kind one can choose about.

    The queries of what was provided, none without a notice.
    """
    if not notice or notice == DIGEST_NOTICE:
        return When.NOW
    gate = _gates.get(notice)
    if gate is not None and not gate(key):
        return When.NEVER
    return _judge(address, notice) if _judge else When.NOW
