"""Lists and aggregates shared by pages, admin, exports and commands. What a user may see is `visible_to`'s affair."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from requests_app.models import CampaignItem
from requests_app.models.calendar import calendar_changes
from requests_app.models.campaign import Campaign
from sosportal.lib import clock


def items_asked_for(now: datetime) -> frozenset[int]:
    """Ids of the items the open campaign accepts at `now` (aware): the survey must be answered for them. Two queries."""
    campaign = Campaign.objects.open_at(now).first()
    if campaign is None:
        return frozenset()
    rows = CampaignItem.objects.filter(campaign=campaign)
    return frozenset(row.item_id for row in rows if row.is_accepted_at(now))


def moved_cutoffs(now: datetime | None = None) -> Mapping[date, datetime]:
    """The cut-offs the ministry moved, around `now` (aware; left out, the clock): regular Wednesday → cut-off."""
    return calendar_changes(now or clock.now())[0]


def calendar_exceptions(now: datetime | None = None) -> Mapping[date, bool]:
    """The single days that are or are not business days against the rule, around `now`."""
    return calendar_changes(now or clock.now())[1]
