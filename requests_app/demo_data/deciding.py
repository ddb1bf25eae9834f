"""One past decision of the demonstration: who got how much of what could be given three weeks ago."""

from __future__ import annotations

from datetime import datetime, timedelta

from requests_app.demo_data.play import Cast, Step
from requests_app.models import AllocationDecision
from requests_app.models.allocation import Method, SeenWaiting
from requests_app.models.waiting import waiting_for
from requests_app.rules.allocation import Cause, Rule, default_reason

ROUND = timedelta(weeks=2)
"""How long before the present round the cut-off was that is decided about; what came later still waits."""
DECIDED = timedelta(days=6, hours=6, minutes=30)
"""How long before the present round that was: on the Thursday of the next week, in the morning."""
SHARE = 0.6
"""How much of what was accepted could be given."""
NOTE = "配布できる数量は、備蓄の放出分です。"


def decision(cast: Cast) -> Step:
    """The step of the decision, by the verb: the fewest weeks of stock first."""
    return cast.opens_at - DECIDED, lambda at: _decide(cast, at)


def _decide(cast: Cast, at: datetime) -> None:
    waiting = waiting_for(cast.item, cast.opens_at - ROUND)
    if not waiting.lines:  # around the new year officers may still be away
        return
    accepted = sum(each.accepted for each in waiting.claimants)
    AllocationDecision.decide(
        cast.ministry,
        cast.item,
        waiting.cutoff_at,
        Method(Rule.NEED_FIRST, int(accepted * SHARE) // cast.item.pack_size * cast.item.pack_size),
        reasons={cause: default_reason(Rule.NEED_FIRST, cause) for cause in Cause},
        seen=SeenWaiting(waiting.digest, waiting.marks),
        note=NOTE,
        now=at,
    )
