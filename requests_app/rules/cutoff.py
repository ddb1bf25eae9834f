"""The weekly cut-off (manual 1-1, note 1; domain rule "The cut-off").

Every Wednesday 17:00:00 in Japan is a cut-off; 17:00:00 itself already belongs to the next one (17時以降).
The ministry can move the cut-off of a single week. Intake never closes: a late request is told its first
day of handling.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType

from requests_app.rules.system_check.wording import moment_text
from sosportal.lib.business_calendar import JST, NO_EXCEPTIONS, jst, next_business_day

WEDNESDAY = 2
CUTOFF_TIME = time(17)
NOT_MOVED: Mapping[date, datetime] = MappingProxyType({})

_ONE_DAY = timedelta(days=1)
_ONE_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class CutoffFacts:
    """What a request is told: its cut-off (aware, Asia/Tokyo) and the first day on which officers handle it."""

    cutoff: datetime
    handled_from: date


def cutoff_facts(
    submitted_at: datetime,
    *,
    moved: Mapping[date, datetime] = NOT_MOVED,
    exceptions: Mapping[date, bool] = NO_EXCEPTIONS,
) -> CutoffFacts:
    """The cut-off and the first day of handling of a request that was applied for at `submitted_at` (aware).

    `moved` maps a week's regular Wednesday to its cut-off of that week (aware); `exceptions` are single
    business days, as in `is_business_day`. Raises ValueError for naive moments and for a key that is no
    Wednesday.
    """
    submitted_at = jst(submitted_at)
    day = submitted_at.date()
    if is_late(submitted_at, moved):
        day += _ONE_DAY
    return CutoffFacts(
        cutoff=next_cutoff(submitted_at, moved), handled_from=next_business_day(day, exceptions)
    )


def next_cutoff(now: datetime, moved: Mapping[date, datetime] = NOT_MOVED) -> datetime:
    """The first cut-off in force strictly after `now` (aware), in Asia/Tokyo.

    A moved cut-off takes the place of its Wednesday and no other: moved beyond its neighbour, it comes
    after the neighbour. Raises ValueError as `cutoff_facts`.
    """
    now = jst(now)
    candidates = [cutoff for cutoff in _moved_cutoffs(moved) if cutoff > now]
    regular = regular_cutoff(_wednesday_from(now.date()))
    while regular <= now or regular.date() in moved:
        regular = regular_cutoff(regular.date() + _ONE_WEEK)
    return min([regular, *candidates])


def is_late(submitted_at: datetime, moved: Mapping[date, datetime] = NOT_MOVED) -> bool:
    """Whether `submitted_at` (aware) lies on the day of a cut-off, at or after it: handled from the day after.

    Where a move has brought two cut-offs onto one day, the later one counts, as that is the deadline shown
    until it has passed. Raises ValueError as `cutoff_facts`.
    """
    submitted_at = jst(submitted_at)
    of_the_day = list(_cutoffs_on(submitted_at.date(), moved))
    return bool(of_the_day) and max(of_the_day) <= submitted_at


def regular_cutoff(wednesday: date) -> datetime:
    """17:00:00 in Japan on the given Wednesday. Raises ValueError for another day of the week."""
    if wednesday.weekday() != WEDNESDAY:
        raise ValueError(f"{wednesday} is no Wednesday")
    return datetime.combine(wednesday, CUTOFF_TIME, tzinfo=JST)


def _wednesday_from(day: date) -> date:
    return day + timedelta(days=(WEDNESDAY - day.weekday()) % 7)


def _cutoffs_on(day: date, moved: Mapping[date, datetime]) -> Iterator[datetime]:
    if day.weekday() == WEDNESDAY and day not in moved:
        yield regular_cutoff(day)
    for cutoff in _moved_cutoffs(moved):
        if cutoff.date() == day:
            yield cutoff


def _moved_cutoffs(moved: Mapping[date, datetime]) -> Iterator[datetime]:
    for wednesday, cutoff in moved.items():
        if wednesday.weekday() != WEDNESDAY:
            raise ValueError(f"{wednesday} is no Wednesday")
        yield jst(cutoff)


def cutoff_of_week(wednesday: date, moved: Mapping[date, datetime] = NOT_MOVED) -> datetime:
    """The cut-off in force of the week of this Wednesday, in Asia/Tokyo. Raises ValueError for another day."""
    return jst(moved[wednesday]) if wednesday in moved else regular_cutoff(wednesday)


def cutoffs_on(day: date, moved: Mapping[date, datetime] = NOT_MOVED) -> list[datetime]:
    """The cut-offs in force on a day in Japan, in their order. Raises ValueError as `cutoff_facts`."""
    return sorted(_cutoffs_on(day, moved))


def move_problem(wednesday: date, wanted: datetime, moved: Mapping[date, datetime], now: datetime) -> str:
    """Why the cut-off of a week can't be moved to `wanted` at `now` (both aware), in Japanese; "" when it can.

    A cut-off that has passed was told to people and stays. The order of the cut-offs stays too: each comes after that
    of the week before and before that of the week after. Raises ValueError for a day that is no Wednesday.
    """
    standing = cutoff_of_week(wednesday, moved)
    before = cutoff_of_week(wednesday - _ONE_WEEK, moved)
    after = cutoff_of_week(wednesday + _ONE_WEEK, moved)
    if standing <= now:
        return f"この週の締切（{moment_text(standing)}）は、もう過ぎています。"
    if wanted <= now:
        return f"締切は、いま（{moment_text(now)}）よりあとの日時にしてください。"
    if wanted <= before:
        return f"前の週の締切（{moment_text(before)}）よりあとの日時にしてください。"
    if wanted >= after:
        return f"次の週の締切（{moment_text(after)}）より前の日時にしてください。"
    return ""
