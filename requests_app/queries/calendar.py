"""What a change of the calendar would mean, for the page that asks before it is saved. Nothing is written here."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q

from requests_app.models import SosRequest
from requests_app.models.calendar import DAYS, MOVED
from requests_app.rules.cutoff import CutoffFacts, cutoff_facts, cutoffs_on
from requests_app.rules.transitions import Status
from sosportal.lib.business_calendar import JST, closed_because, is_business_day

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
TEN = time(10)


@dataclass(frozen=True)
class Calendar:
    """Moved cut-offs and single days, as the rules take them."""

    moved: Mapping[date, datetime]
    exceptions: Mapping[date, bool]

    def facts(self, at: datetime) -> CutoffFacts:
        """What a request applied for at `at` (aware) is told."""
        return cutoff_facts(at, moved=self.moved, exceptions=self.exceptions)


def calendar_around(day: date) -> Calendar:
    """The calendar from six weeks before a day to twelve after. Two queries."""
    span = {"first": day - 6 * WEEK, "last": day + 12 * WEEK}
    return Calendar(dict(MOVED.rows(**span)), dict(DAYS.rows(**span)))


@dataclass(frozen=True)
class DayView:
    """One day of the three weeks: before and after the change."""

    day: date
    why_closed: str
    open: tuple[bool, bool]
    cutoffs: tuple[Sequence[datetime], Sequence[datetime]]
    handled_from: tuple[date, date]

    @property
    def changed(self) -> bool:
        """Whether anything of the day is different."""
        return any(pair[0] != pair[1] for pair in (self.open, self.cutoffs, self.handled_from))


def three_weeks(day: date, before: Calendar, after: Calendar) -> list[DayView]:
    """The week of `day`, Monday to Sunday, with the one before and the one after. What a day is handled from is told
    for 10:00 in Japan."""
    first = day - timedelta(days=day.weekday()) - WEEK
    return [_view(first + n * DAY, before, after) for n in range(21)]


def _view(day: date, before: Calendar, after: Calendar) -> DayView:
    at = datetime.combine(day, TEN, tzinfo=JST)
    return DayView(
        day,
        closed_because(day),
        (is_business_day(day, before.exceptions), is_business_day(day, after.exceptions)),
        (cutoffs_on(day, before.moved), cutoffs_on(day, after.moved)),
        (before.facts(at).handled_from, after.facts(at).handled_from),
    )


def told_otherwise(day: date, before: Calendar, after: Calendar, now: datetime) -> int:
    """How many requests under review or accepted, applied for by `now` (aware), would be told another cut-off or
    another first day of handling, were they applied for under `after`. One query, none where no moment differs."""
    spans = [span for span in _spans(day, before, after) if span[0] <= now and _differs(span, before, after)]
    if not spans:
        return 0
    moments = Q()
    for start, end in spans:
        moments |= Q(submitted_at__gte=start, submitted_at__lt=end)
    return (
        SosRequest.objects.standing()
        .filter(moments, status__in=[Status.UNDER_REVIEW.value, Status.ACCEPTED.value])
        .count()
    )


def _spans(day: date, before: Calendar, after: Calendar) -> Iterator[tuple[datetime, datetime]]:
    """The time around a day, cut at every midnight and cut-off: within a span all requests are told the same."""
    days = [day + n * DAY for n in range(-28, 15)]
    cuts = {datetime.combine(each, time(), tzinfo=JST) for each in days}
    for each in days[:-1]:
        cuts.update(cutoffs_on(each, before.moved), cutoffs_on(each, after.moved))
    ordered = sorted(cuts)
    return itertools.pairwise(ordered)


def _differs(span: tuple[datetime, datetime], before: Calendar, after: Calendar) -> bool:
    return before.facts(span[0]) != after.facts(span[0])
