"""Business days, with jpholiday as a second opinion on every day of ten years."""

from datetime import date, datetime, timedelta

import jpholiday
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosportal.lib.business_calendar import JST, is_business_day, next_business_day

FIRST, LAST = date(2026, 1, 1), date(2035, 12, 31)
EVERY_DAY = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
days = st.dates(date(2020, 1, 1), date(2040, 12, 31))


def is_business_day_by_the_law(day: date) -> bool:
    """行政機関の休日に関する法律 article 1, written down again and by the other library."""
    year_end = (day.month == 12 and day.day >= 29) or (day.month == 1 and day.day <= 3)
    return day.isoweekday() <= 5 and not year_end and not jpholiday.is_holiday(day)


def test_every_day_from_2026_to_2035_agrees_with_the_second_opinion() -> None:
    differing = [day for day in EVERY_DAY if is_business_day(day) != is_business_day_by_the_law(day)]

    assert differing == []
    assert len(EVERY_DAY) == 3652


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 5, 16),  # Saturday
        date(2026, 5, 17),  # Sunday
        date(2026, 5, 6),  # substitute holiday
        date(2026, 9, 22),  # between two holidays
        date(2026, 12, 29),
        date(2027, 1, 3),
    ],
)
def test_days_off(day: date) -> None:
    assert not is_business_day(day)


@pytest.mark.parametrize("day", [date(2026, 12, 28), date(2027, 1, 4), date(2026, 5, 7)])
def test_working_days(day: date) -> None:
    assert is_business_day(day)


@given(day=days, state=st.booleans())
def test_an_exception_wins_over_every_rule(day: date, state: bool) -> None:
    assert is_business_day(day, {day: state}) is state


@given(day=days, exceptions=st.dictionaries(days, st.booleans(), max_size=20))
def test_the_next_business_day_is_the_first_one(day: date, exceptions: dict[date, bool]) -> None:
    found = next_business_day(day, exceptions)

    assert found >= day
    assert is_business_day(found, exceptions)
    between = [day + timedelta(days=n) for n in range((found - day).days)]
    assert not any(is_business_day(skipped, exceptions) for skipped in between)


def test_the_next_business_day_passes_over_the_turn_of_the_year() -> None:
    assert next_business_day(date(2026, 12, 29)) == date(2027, 1, 4)
    assert next_business_day(date(2026, 12, 29), {date(2026, 12, 30): True}) == date(2026, 12, 30)


def test_a_moment_is_no_day() -> None:
    with pytest.raises(TypeError):
        is_business_day(datetime(2026, 5, 13, tzinfo=JST))
