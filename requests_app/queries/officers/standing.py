"""Where the requests under review stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db.models import Q, Sum

from requests_app.models import RequestLine, SosRequest
from requests_app.models.request import NEWEST_FIRST
from requests_app.queries.officers.bounds import in_status
from requests_app.rules.transitions import Status
from sosportal.lib.counting import MOST, counted, counted_each, told
from surveys.models import Item

if TYPE_CHECKING:
    from requests_app.models.request import SosRequestQuerySet

UNDER_REVIEW = in_status(Status.UNDER_REVIEW)
LOOKED_AT = 200


class Stage(StrEnum):
    """Where a request under review stands with its prefecture. AGAIN: confirmed once, then edited."""

    UNCONFIRMED = "unconfirmed"
    AGAIN = "again"
    CONFIRMED = "confirmed"

    @property
    def label(self) -> str:
        """The word on screen."""
        return {"unconfirmed": "未確認", "again": "やり直し", "confirmed": "確認済み"}[self.value]

    @property
    def condition(self) -> Q:
        """The requests that stand there."""
        if self is Stage.CONFIRMED:
            return UNDER_REVIEW & Q(confirmed_at__isnull=False)
        return UNDER_REVIEW & Q(confirmed_at__isnull=True, confirmed_before=self is Stage.AGAIN)


def stage_of(request: SosRequest) -> Stage | None:
    """Where a request stands; None when it isn't under review."""
    if not request.is_under_review:
        return None
    if request.confirmed_at is not None:
        return Stage.CONFIRMED
    return Stage.AGAIN if request.confirmed_before else Stage.UNCONFIRMED


def oldest_of_each(requests: SosRequestQuerySet) -> dict[Stage, datetime]:
    """When the oldest of each stage was applied for (aware), among the `LOOKED_AT` that wait longest. One query."""
    oldest_first = requests.filter(UNDER_REVIEW).order_by(*NEWEST_FIRST).reverse()
    found: dict[Stage, datetime] = {}
    for submitted_at, confirmed_at, confirmed_before in oldest_first.values_list(
        "submitted_at", "confirmed_at", "confirmed_before"
    )[:LOOKED_AT]:
        again = Stage.AGAIN if confirmed_before else Stage.UNCONFIRMED
        if submitted_at is not None:
            found.setdefault(Stage.CONFIRMED if confirmed_at else again, submitted_at)
    return found


def late(today: date) -> Q:
    """Under review, not confirmed by the prefecture, and the first day of handling lies before `today` (in Japan)."""
    return UNDER_REVIEW & Q(confirmed_at__isnull=True, handled_from__lt=today)


def late_count(requests: SosRequestQuerySet, today: date) -> int:
    """How many of the requests are `late`, as `counted`. One query."""
    return counted(requests.filter(late(today)))


@dataclass(frozen=True)
class QueueFigures:
    """How many requests wait for what, each as `counted`; how much they ask for: (item, sum) in the items' order.

    `asked` is None where more wait than are summed up in a page's time: the dashboards have the sum.
    """

    unconfirmed: int
    again: int
    confirmed: int
    late: int
    asked: Sequence[tuple[Item, int]] | None

    @property
    def stages(self) -> list[tuple[Stage, str]]:
        """Each stage with its count as it is shown."""
        return [(stage, told(getattr(self, stage.value), unit="件")) for stage in Stage]


def queue_figures(requests: SosRequestQuerySet, today: date) -> QueueFigures:
    """Of the requests under review among `requests`. Three queries at most."""
    counts = counted_each(requests, {stage.value: stage.condition for stage in Stage} | {"late": late(today)})
    if sum(counts[stage.value] for stage in Stage) > MOST:
        return QueueFigures(asked=None, **counts)
    sums = dict(
        RequestLine.objects.filter(request__in=requests.filter(UNDER_REVIEW).order_by())
        .order_by()
        .values_list("item_id")
        .annotate(asked=Sum("quantity"))
    )
    items = Item.objects.filter(pk__in=sums).order_by("order")
    return QueueFigures(asked=[(item, sums[item.pk] or 0) for item in items], **counts)


def older_than(request: SosRequest) -> Q:
    """The requests that follow `request`, which was applied for, in the order of the newest first."""
    # The first half is where the index is entered, the second settles those of the same moment.
    return Q(submitted_at__lte=request.submitted_at) & (
        Q(submitted_at__lt=request.submitted_at) | Q(pk__lt=request.pk)
    )
