"""What waits for a decision, round by round, and what a decision came to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q, Sum

from requests_app.models import LineOutcome, SosRequest, UndecidedLine
from requests_app.queries.officers import counted_each, in_status, told
from requests_app.rules.transitions import Status
from surveys.models import Item


@dataclass(frozen=True)
class Round:
    """Of one item at one cut-off: the accepted lines without a decision, what they asked for and what was accepted,
    and how many requests more are still under review (`MOST` + 1 for any number beyond). Sums in the item's unit."""

    item: Item
    cutoff_at: datetime
    lines: int
    asked: int
    accepted: int
    under_review: int

    @property
    def under_review_told(self) -> str:
        """As it is shown."""
        return told(self.under_review)


def waiting_rounds() -> list[Round]:
    """Every item and cut-off of which accepted lines wait, the oldest cut-off first. Three queries: of what waits, and
    up to `MOST` requests under review of each."""
    waiting = (
        UndecidedLine.objects.order_by()
        .values_list("cutoff_at", "item_id")
        .annotate(lines=Count("pk"), asked=Sum("asked"), accepted=Sum("accepted"))
    )
    found = {(cutoff, item): (lines, asked, accepted) for cutoff, item, lines, asked, accepted in waiting}
    items = {item.pk: item for item in Item.in_order()}
    ordered = sorted(found, key=lambda key: (key[0], items[key[1]].order))
    under_review = counted_each(
        SosRequest.objects.filter(in_status(Status.UNDER_REVIEW)),
        {str(n): Q(cutoff_at=cutoff, item_ids__contains=[item]) for n, (cutoff, item) in enumerate(ordered)},
    )
    return [
        Round(items[item], cutoff, *found[cutoff, item], under_review[str(n)])
        for n, (cutoff, item) in enumerate(ordered)
    ]


def outcomes_of(decision_id: int) -> list[LineOutcome]:
    """The outcomes of a decision with their institutions, prefecture by prefecture, by number. One query."""
    return list(
        LineOutcome.objects.filter(decision_id=decision_id)
        .select_related("line__request__institution__prefecture")
        .order_by(F("line__request__institution__prefecture_id"), "line__request__number")
    )
