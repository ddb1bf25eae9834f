"""What waits for a decision, round by round, and what a decision came to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Max, Q, QuerySet, Sum
from django.db.models.fields.json import KT

from institutions.models import Prefecture, Suspension
from requests_app.models import (
    AllocationDecision,
    LineOutcome,
    SosRequest,
    UndecidedLine,
    UnhandedLine,
)
from requests_app.models.waiting import undecided_of
from requests_app.queries.officers import counted_each, in_status, told
from requests_app.rules.allocation import Outcome
from requests_app.rules.transitions import Status
from surveys.models import Item

WHOLE = 200
"""Up to as many lines, the pages of a decision show them all; beyond, a prefecture's at a time."""
PER_PAGE = 100
MOST = 100
"""Of each round, how far the requests that are still under review are counted: there are many rounds."""


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
        return told(self.under_review, MOST, "件")


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
        MOST,
    )
    return [
        Round(items[item], cutoff, *found[cutoff, item], under_review[str(n)])
        for n, (cutoff, item) in enumerate(ordered)
    ]


# --- Of one item at one cut-off -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class WaitingSums:
    """What waits for one decision, in sums: how many lines, what they asked for and what was accepted, and the last of
    their cut-offs (the one asked about where nothing waits)."""

    item: Item
    cutoff_at: datetime
    lines: int
    asked: int
    accepted: int


def waiting_sums(item: Item, cutoff_at: datetime) -> WaitingSums:
    """Of the lines of the item whose cut-off is at or before `cutoff_at` (aware). One query, which reads them."""
    found = UndecidedLine.objects.filter(item_id=item.pk, cutoff_at__lte=cutoff_at).aggregate(
        lines=Count("pk"), asked=Sum("asked"), accepted=Sum("accepted"), last=Max("cutoff_at")
    )
    last = found["last"] or cutoff_at
    return WaitingSums(item, last, found["lines"], found["asked"] or 0, found["accepted"] or 0)


def suspended_waiting(item: Item, cutoff_at: datetime, now: datetime) -> int:
    """How many of the same lines are of institutions that are suspended at `now` (aware). One query."""
    places = Suspension.objects.in_force(now).values("institution_id")
    return undecided_of(item, cutoff_at).filter(request__institution_id__in=places).count()


# --- What a decision came to --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Share:
    """What a decision gave the institutions of one prefecture: how many lines, what was accepted of them and given;
    None where it was not summed up."""

    code: str
    name: str
    lines: int | None = None
    accepted: int | None = None
    given: int | None = None


@dataclass(frozen=True)
class Terms:
    """What of a decision's inputs its page names: whether packs were opened, and the lines set by hand."""

    loose: bool
    by_hand: frozenset[int]


def terms_of(decision_id: int) -> Terms:
    """Read without the inputs of the lines, which may be thousands. One query."""
    loose, by_hand = (
        AllocationDecision.objects.filter(pk=decision_id)
        .annotate(opened=KT("inputs__loose"))
        .values_list("opened", "inputs__by_hand")
        .get()
    )
    return Terms(loose == "true", frozenset(each["line"] for each in by_hand or ()))


def prefectures() -> list[Share]:
    """Every prefecture without sums. One query."""
    return [Share(*row) for row in Prefecture.objects.order_by("code").values_list("code", "name")]


def shares_of(decision_id: int) -> list[Share]:
    """Prefecture by prefecture. One query, which reads the decision's lines."""
    rows = (
        LineOutcome.objects.filter(decision_id=decision_id)
        .order_by("line__request__prefecture_id")
        .values_list("line__request__prefecture_id", "line__request__prefecture__name")
        .annotate(lines=Count("pk"), accepted=Sum("accepted"), given=Sum("quantity"))
    )
    return [Share(*row) for row in rows]


def reasons_of(decision_id: int) -> list[tuple[Outcome, str, int]]:
    """Each reason that was given, for what, and to how many lines: 配布, 減量, 見送り, of each the most frequent
    first. One query."""
    rows = LineOutcome.objects.filter(decision_id=decision_id).values_list("outcome", "reason")
    found = [(Outcome(outcome), reason, lines) for outcome, reason, lines in rows.annotate(lines=Count("pk"))]
    return sorted(found, key=lambda each: (list(Outcome).index(each[0]), -each[2], each[1]))


def waits_for_hand_off(decision_id: int) -> bool:
    """Whether something that was given by the decision is not handed off yet. One query."""
    given = LineOutcome.objects.filter(decision_id=decision_id, quantity__gt=0)
    return UnhandedLine.objects.filter(line_id__in=given.values("line_id")).exists()


def outcomes_of(decision_id: int) -> list[LineOutcome]:
    """The outcomes of a decision with their institutions, prefecture by prefecture, by number. One query."""
    return list(_outcomes(decision_id))


def outcome_page(decision_id: int, prefecture: str, page: str) -> Page[LineOutcome]:
    """A page of those of one prefecture, by number. Two queries."""
    rows = _outcomes(decision_id).filter(line__request__prefecture_id=prefecture)
    return Paginator(rows, PER_PAGE).get_page(page)


def outcome_rows(decision_id: int) -> Iterator[tuple[Any, ...]]:
    """The same, all of them, without objects: line, number, institution's code and name, prefecture; what was asked
    for, confirmed, accepted and given; outcome and reason. One query, by a server-side cursor."""
    rows = _outcomes(decision_id).values_list(
        *("line_id", "line__request__number"),
        *("line__request__institution__code", "line__request__institution__name"),
        "line__request__prefecture__name",
        *("line__quantity", "line__confirmed_quantity", "accepted", "quantity", "outcome", "reason"),
    )
    return rows.iterator(chunk_size=2_000)


def _outcomes(decision_id: int) -> QuerySet[LineOutcome]:
    return (
        LineOutcome.objects.filter(decision_id=decision_id)
        .select_related("line__request__institution")
        .order_by("line__request__prefecture_id", "line__request__number")
    )
