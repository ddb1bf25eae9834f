"""When people are reminded of the survey: the day before a cut-off at 10:00, and on its morning at 9:00.

In Japan's time, on holidays too: the cut-off stands on them as well, and wards work. A moved cut-off takes its
reminders along.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from requests_app.rules.cutoff import NOT_MOVED, next_cutoff
from sosportal.lib.business_calendar import JST, jst

EVE, EVE_UNTIL = time(10), time(20)
"""The day before: not late in the evening, if the queue stood still."""
MORNING = time(9)


@dataclass(frozen=True)
class Slot:
    """A span in which reminders of a cut-off go out: from `begins_at` on, before `ends_at` (aware, Asia/Tokyo)."""

    begins_at: datetime
    ends_at: datetime
    cutoff: datetime


def slots_of(cutoff: datetime) -> tuple[Slot, Slot]:
    """The two slots of a cut-off (aware). One that would begin after its cut-off ends before it begins."""
    cutoff = jst(cutoff)
    day = cutoff.date()
    eve = day - timedelta(days=1)
    return Slot(_at(eve, EVE), _at(eve, EVE_UNTIL), cutoff), Slot(_at(day, MORNING), cutoff, cutoff)


def slot_at(now: datetime, moved: Mapping[date, datetime] = NOT_MOVED) -> Slot | None:
    """The slot that `now` (aware) falls into, by the next cut-off in force; None outside of both.

    `moved` as in `next_cutoff`, which says what is raised.
    """
    slots = slots_of(next_cutoff(now, moved))
    return next((slot for slot in slots if slot.begins_at <= now < slot.ends_at), None)


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, tzinfo=JST)
