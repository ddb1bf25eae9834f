"""Japanese business days and the portal's time zone.

Business days are those of 行政機関の休日に関する法律, article 1: every day but Saturdays, Sundays, national
holidays and 29 December to 3 January. The ministry can add or lift single days. Pure: reads no clock, no
database and no network.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

import holidays

JST = ZoneInfo("Asia/Tokyo")
"""The only time zone of the portal."""

NO_EXCEPTIONS: Mapping[date, bool] = MappingProxyType({})

_SATURDAY = 5
_NEW_YEAR_CLOSURE = frozenset({(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)})
_ONE_DAY = timedelta(days=1)


def jst(moment: datetime) -> datetime:
    """The same moment in Japan's time.

    Raises ValueError for a naive datetime: guessing its zone is how a deadline moves by nine hours.
    """
    if moment.utcoffset() is None:
        raise ValueError("a moment must carry its time zone")
    return moment.astimezone(JST)


@lru_cache(maxsize=64)
def national_holidays(year: int) -> frozenset[date]:
    """The national holidays of one year, substitute and citizens' holidays included."""
    return frozenset(holidays.country_holidays("JP", years=year))


def is_business_day(day: date, exceptions: Mapping[date, bool] = NO_EXCEPTIONS) -> bool:
    """Whether officers work on `day`, a date in Japan.

    `exceptions` maps single days to what they really are (True: business day) and wins over every other rule.
    Raises TypeError for a datetime, whose date depends on the time zone.
    """
    if isinstance(day, datetime):
        raise TypeError("a business day is asked for by date, not by datetime")
    if day in exceptions:
        return exceptions[day]
    if day.weekday() >= _SATURDAY or (day.month, day.day) in _NEW_YEAR_CLOSURE:
        return False
    return day not in national_holidays(day.year)


def closed_because(day: date) -> str:
    """Why `day` is no business day by the rule, in Japanese (`成人の日`, `年末年始`, `土曜`); "" for a business day."""
    name = holidays.country_holidays("JP", years=day.year, language="ja").get(day)
    if name:
        return str(name)
    if (day.month, day.day) in _NEW_YEAR_CLOSURE:
        return "年末年始"
    return {5: "土曜", 6: "日曜"}.get(day.weekday(), "")


def next_business_day(day: date, exceptions: Mapping[date, bool] = NO_EXCEPTIONS) -> date:
    """The first business day from `day` on; `day` itself if it is one."""
    while not is_business_day(day, exceptions):
        day += _ONE_DAY
    return day
