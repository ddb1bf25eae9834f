"""What waits for a decision, round by round, and what a decision came to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q, Sum

from requests_app.models import LineOutcome, RequestLine
from requests_app.models.waiting import undecided
from requests_app.rules.allocation import Outcome
from requests_app.rules.transitions import Status
from surveys.models import Item


@dataclass(frozen=True)
class Round:
    """Of one item at one cut-off: the accepted lines without a decision, what they asked for and what was accepted,
    and how many more are still under review. Sums in the item's unit."""

    item: Item
    cutoff_at: datetime
    lines: int
    asked: int
    accepted: int
    under_review: int


@dataclass(frozen=True)
class Sums:
    """What a decision gave, and how many lines it gave all, less or nothing of what was accepted."""

    given: int = 0
    full: int = 0
    reduced: int = 0
    declined: int = 0

    @property
    def lines(self) -> int:
        """How many lines it was about."""
        return self.full + self.reduced + self.declined


def waiting_rounds() -> list[Round]:
    """Every item and cut-off of which accepted lines wait, the oldest cut-off first. Three queries."""
    waiting = (
        undecided()
        .order_by()
        .values_list("request__cutoff_at", "item_id")
        .annotate(lines=Count("pk"), asked=Sum("quantity"), accepted=Sum("accepted_quantity"))
    )
    found = {(cutoff, item): (lines, asked, accepted) for cutoff, item, lines, asked, accepted in waiting}
    review = (
        RequestLine.objects.filter(request__status=Status.UNDER_REVIEW.value)
        .order_by()
        .values_list("request__cutoff_at", "item_id")
        .annotate(lines=Count("pk"))
    )
    under_review = {(cutoff, item): lines for cutoff, item, lines in review}
    items = {item.pk: item for item in Item.in_order()}
    ordered = sorted(found, key=lambda key: (key[0], items[key[1]].order))
    return [Round(items[key[1]], key[0], *found[key], under_review.get(key, 0)) for key in ordered]


def sums_of(decision_ids: Iterable[int]) -> Mapping[int, Sums]:
    """By decision. One query."""
    rows = (
        LineOutcome.objects.filter(decision_id__in=list(decision_ids))
        .order_by()
        .values_list("decision_id")
        .annotate(
            given=Sum("quantity"),
            **{outcome.name: Count("pk", filter=Q(outcome=outcome.value)) for outcome in Outcome},
        )
    )
    return {pk: Sums(*sums) for pk, *sums in rows}


def outcomes_of(decision_id: int) -> list[LineOutcome]:
    """The outcomes of a decision with their institutions, prefecture by prefecture, by number. One query."""
    return list(
        LineOutcome.objects.filter(decision_id=decision_id)
        .select_related("line__request__institution__prefecture")
        .order_by(F("line__request__institution__prefecture_id"), "line__request__number")
    )
