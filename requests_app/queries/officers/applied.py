"""When requests were applied for, as conditions on `submitted_at`; days are those of Japan."""

from __future__ import annotations

import calendar
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db.models import Max, Min, Q

from requests_app.models import SosRequest
from sosportal.lib import clock

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from institutions.models import User


def this_round(now: datetime) -> Q:
    """Applied for before the cut-off that comes next after `now` (aware)."""
    return Q(cutoff_at__gt=now)


def earlier_rounds(now: datetime) -> Q:
    """Left over from the cut-offs that have passed at `now` (aware). One query."""
    passed = SosRequest.objects.filter(cutoff_at__lte=now).aggregate(last=Max("cutoff_at"))["last"]
    # Whatever was applied for comes before its cut-off: said once more, so that the newest are not walked through.
    return Q(cutoff_at__lte=now, submitted_at__lt=passed or now)


def waited(days: int, today: date) -> Q:
    """Applied for at least `days` full days before `today`."""
    return Q(submitted_at__lt=_midnight(today - timedelta(days=days - 1)))


def applied_in(year: int, month: int = 0, day: int = 0) -> Q:
    """Applied for in a year, in a month of it, or on a day of that.

    Raises ValueError or OverflowError for one that no calendar has.
    """
    first = date(year, month or 1, day or 1)
    if day:
        after = first + timedelta(days=1)
    elif month:
        after = first + timedelta(days=calendar.monthrange(year, month)[1])
    else:
        after = date(year + 1, 1, 1)
    return Q(submitted_at__gte=_midnight(first), submitted_at__lt=_midnight(after))


def years_applied_in(user: User | AnonymousUser) -> range:
    """The years from the first application that `user` may see to the last one. Two looks into an index."""
    rows = SosRequest.objects.visible_to(user).filter(submitted_at__isnull=False)
    ends = rows.aggregate(first=Min("submitted_at"), last=Max("submitted_at"))
    if ends["first"] is None:
        return range(0)
    return range(clock.jst(ends["first"]).year, clock.jst(ends["last"]).year + 1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.JST)
