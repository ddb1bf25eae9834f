"""The intake at a moment: what is asked for, the notice, what stops and which cut-offs are moved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Q

from requests_app.models import Campaign, CampaignItem
from requests_app.models.calendar import MOVED
from sosportal.lib import clock
from sosportal.lib.prepared import Prepared
from surveys.models import Item


def items_asked_for(now: datetime) -> frozenset[int]:
    """Ids of the items the open campaign accepts at `now` (aware): the survey must be answered for them. One query."""
    return frozenset(item_id for (item_id,) in _ASKED_FOR.rows(now=now))


_ASKED_FOR: Prepared[CampaignItem] = Prepared(
    lambda now: (
        CampaignItem.objects.filter(campaign__opens_at__lte=now)
        .filter(Q(campaign__closes_at__isnull=True) | Q(campaign__closes_at__gt=now))
        .filter(Q(stopped_at__isnull=True) | Q(stopped_at__gt=now))
        .values_list("item_id")
    )
)


class Intake(NamedTuple):
    """What people are told of the intake: the notice of the open campaign and when it closes (None: not known), or,
    while none is open (`notice` None), when the next one opens (None: not known)."""

    notice: str | None = None
    closes_at: datetime | None = None
    opens_at: datetime | None = None


def intake(now: datetime) -> Intake:
    """The intake as it stands at `now` (aware). One query."""
    rows = _INTAKE.rows(now=now)
    if not rows:
        return Intake()
    notice, opens_at, closes_at = rows[0]
    return Intake(str(notice), closes_at, opens_at) if opens_at <= now else Intake(opens_at=opens_at)


_INTAKE: Prepared[Campaign] = Prepared(
    lambda now: (
        Campaign.objects.filter(Q(closes_at__isnull=True) | Q(closes_at__gt=now))
        .order_by("opens_at")
        .values_list("notice", "opens_at", "closes_at")[:1]
    )
)


def moved_cutoffs(now: datetime | None = None) -> Mapping[date, datetime]:
    """The cut-offs the ministry moved, around `now` (aware; left out, the clock): regular Wednesday → cut-off.

    Three weeks back to ten ahead. One query.
    """
    day = (now or clock.now()).date()
    return dict(MOVED.rows(first=day - timedelta(weeks=3), last=day + timedelta(weeks=10)))


class ItemStop(NamedTuple):
    """An item whose intake is to be stopped, and when."""

    item_id: int
    label: str
    at: datetime


def stops_ahead(now: datetime) -> list[ItemStop]:
    """The items of the campaign open at `now` (aware) that are to be stopped, by their number. One query."""
    rows = _STOPS.rows(now=now)
    return [ItemStop(item_id, Item(order=order, name=name).label, at) for item_id, order, name, at in rows]


_STOPS: Prepared[CampaignItem] = Prepared(
    lambda now: (
        CampaignItem.objects.filter(campaign__opens_at__lte=now, stopped_at__gt=now)
        .filter(Q(campaign__closes_at__isnull=True) | Q(campaign__closes_at__gt=now))
        .order_by("item__order")
        .values_list("item_id", "item__order", "item__name", "stopped_at")
    )
)
