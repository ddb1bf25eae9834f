"""The cut-off: the domain's table, ten years of Wednesdays, moved weeks, and what always holds."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

import jpholiday
import pytest
from hypothesis import given
from hypothesis import strategies as st

from requests_app.rules.cutoff import CutoffFacts, cutoff_facts, is_late, next_cutoff, regular_cutoff
from sosportal.lib.business_calendar import JST, is_business_day

TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
FIRST_WEDNESDAY = date(2026, 1, 7)
WEDNESDAYS = [FIRST_WEDNESDAY + n * WEEK for n in range(522)]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=JST)


@pytest.mark.parametrize(
    ("submitted", "cutoff", "handled_from"),
    [
        ("2026-05-13 16:59:59.999", "2026-05-13 17:00", "2026-05-13"),
        ("2026-05-13 17:00:00.000", "2026-05-20 17:00", "2026-05-14"),
        ("2026-05-14 10:00", "2026-05-20 17:00", "2026-05-14"),
        ("2026-05-16 10:00", "2026-05-20 17:00", "2026-05-18"),
        ("2026-04-29 10:00", "2026-04-29 17:00", "2026-04-30"),
        ("2026-05-03 10:00", "2026-05-06 17:00", "2026-05-07"),
        ("2026-09-22 10:00", "2026-09-23 17:00", "2026-09-24"),
        ("2026-12-30 17:30", "2027-01-06 17:00", "2027-01-04"),
    ],
)
def test_the_table_of_the_domain(submitted: str, cutoff: str, handled_from: str) -> None:
    expected = CutoffFacts(at(cutoff), date.fromisoformat(handled_from))

    assert cutoff_facts(at(submitted)) == expected
    assert cutoff_facts(at(submitted).astimezone(UTC)) == expected


def off_by_the_second_opinion(day: date) -> bool:
    turn_of_the_year = (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3)
    return day.isoweekday() > 5 or turn_of_the_year or jpholiday.is_holiday(day)


def first_working_day(day: date) -> date:
    while off_by_the_second_opinion(day):
        day += DAY
    return day


@pytest.mark.parametrize("year", range(2026, 2036))
def test_every_wednesday_of_the_year_agrees_with_the_second_opinion(year: int) -> None:
    wednesdays = [day for day in WEDNESDAYS if day.year == year]
    assert len(wednesdays) >= 52

    for wednesday in wednesdays:
        cutoff = datetime(wednesday.year, wednesday.month, wednesday.day, 17, tzinfo=JST)
        assert cutoff_facts(cutoff - TICK) == CutoffFacts(cutoff, first_working_day(wednesday))
        assert cutoff_facts(cutoff) == CutoffFacts(cutoff + WEEK, first_working_day(wednesday + DAY))


moments = st.datetimes(datetime(2024, 1, 1), datetime(2035, 12, 1), timezones=st.just(JST))  # noqa: DTZ001
exceptions = st.dictionaries(st.dates(date(2024, 1, 1), date(2035, 12, 1)), st.booleans(), max_size=10)


@given(moments)
def test_a_regular_cut_off_is_the_next_wednesday_at_17(submitted: datetime) -> None:
    cutoff = cutoff_facts(submitted).cutoff

    assert (cutoff.isoweekday(), cutoff.time(), cutoff.tzinfo) == (3, time(17), JST)
    assert timedelta(0) < cutoff - submitted <= WEEK


@given(moments, exceptions)
def test_handling_starts_on_a_business_day_not_before_the_submission(
    submitted: datetime, days: dict[date, bool]
) -> None:
    handled_from = cutoff_facts(submitted, exceptions=days).handled_from

    earliest = submitted.date() + (DAY if is_late(submitted) else timedelta(0))
    assert handled_from >= earliest
    assert is_business_day(handled_from, days)
    skipped = [earliest + n * DAY for n in range((handled_from - earliest).days)]
    assert not any(is_business_day(day, days) for day in skipped)


@given(moments, moments)
def test_who_comes_first_is_never_handled_later(one: datetime, other: datetime) -> None:
    first, second = sorted([one, other])

    assert cutoff_facts(first).cutoff <= cutoff_facts(second).cutoff
    assert cutoff_facts(first).handled_from <= cutoff_facts(second).handled_from


# --- a single week moved --------------------------------------------------------------------------------------

# The cut-off of 30 December 2026 is moved to Monday the 28th, noon.
YEAR_END = {date(2026, 12, 30): at("2026-12-28 12:00")}


@pytest.mark.parametrize(
    ("submitted", "cutoff", "handled_from"),
    [
        ("2026-12-28 11:59:59", "2026-12-28 12:00", "2026-12-28"),
        ("2026-12-28 12:00", "2027-01-06 17:00", "2027-01-04"),
        # Wednesday at 17:00 is no cut-off in that week: no day is added, only the closed days are passed
        # over.
        ("2026-12-30 17:30", "2027-01-06 17:00", "2027-01-04"),
        ("2026-12-23 17:00", "2026-12-28 12:00", "2026-12-24"),
        ("2026-12-23 16:59", "2026-12-23 17:00", "2026-12-23"),
    ],
)
def test_a_week_moved_forward(submitted: str, cutoff: str, handled_from: str) -> None:
    facts = cutoff_facts(at(submitted), moved=YEAR_END)

    assert facts == CutoffFacts(at(cutoff), date.fromisoformat(handled_from))


def test_on_the_wednesday_of_a_moved_week_the_old_hour_means_nothing() -> None:
    moved = {date(2026, 5, 13): at("2026-05-15 12:00")}

    assert cutoff_facts(at("2026-05-13 17:30"), moved=moved) == CutoffFacts(
        at("2026-05-15 12:00"), date(2026, 5, 13)
    )
    assert cutoff_facts(at("2026-05-15 12:00"), moved=moved) == CutoffFacts(
        at("2026-05-20 17:00"), date(2026, 5, 18)
    )


def test_a_cut_off_moved_beyond_its_neighbour_comes_after_it() -> None:
    moved = {date(2026, 5, 13): at("2026-05-22 17:00")}

    assert next_cutoff(at("2026-05-13 10:00"), moved) == at("2026-05-20 17:00")
    assert next_cutoff(at("2026-05-20 17:00"), moved) == at("2026-05-22 17:00")
    assert next_cutoff(at("2026-05-22 17:00"), moved) == at("2026-05-27 17:00")


def test_a_cut_off_moved_back_over_its_neighbour_comes_before_it() -> None:
    moved = {date(2026, 5, 20): at("2026-05-11 09:00")}

    assert next_cutoff(at("2026-05-11 08:00"), moved) == at("2026-05-11 09:00")
    assert next_cutoff(at("2026-05-11 09:00"), moved) == at("2026-05-13 17:00")
    assert next_cutoff(at("2026-05-13 17:00"), moved) == at("2026-05-27 17:00")


def test_of_two_cut_offs_on_one_day_the_later_one_makes_late() -> None:
    moved = {date(2026, 5, 13): at("2026-05-20 12:00")}

    between = cutoff_facts(at("2026-05-20 13:00"), moved=moved)
    after = cutoff_facts(at("2026-05-20 17:00"), moved=moved)

    assert between == CutoffFacts(at("2026-05-20 17:00"), date(2026, 5, 20))
    assert after == CutoffFacts(at("2026-05-27 17:00"), date(2026, 5, 21))


def test_many_weeks_moved_in_a_row() -> None:
    moved = {date(2026, 5, 13) + n * WEEK: at("2026-05-01 12:00") for n in range(60)}

    assert next_cutoff(at("2026-05-10 10:00"), moved) == regular_cutoff(date(2026, 5, 13) + 60 * WEEK)


def test_a_moved_cut_off_given_in_utc_counts_by_japans_day() -> None:
    moved = {date(2026, 5, 13): datetime(2026, 5, 11, 23, 0, tzinfo=UTC)}  # Tuesday the 12th, 08:00 in Japan

    assert cutoff_facts(at("2026-05-12 08:00"), moved=moved) == CutoffFacts(
        at("2026-05-20 17:00"), date(2026, 5, 13)
    )
    assert next_cutoff(at("2026-05-12 07:59"), moved).tzinfo is JST


weeks = st.sampled_from(WEDNESDAYS[:60])
moves = st.dictionaries(
    weeks,
    st.datetimes(datetime(2025, 12, 20), datetime(2027, 4, 1), timezones=st.just(JST)),  # noqa: DTZ001
    max_size=12,
)
moments_of_those_weeks = st.datetimes(
    datetime(2026, 1, 8),  # noqa: DTZ001
    datetime(2027, 1, 1),  # noqa: DTZ001
    timezones=st.just(JST),
)


@given(moments_of_those_weeks, moves)
def test_the_next_cut_off_is_the_first_of_all_in_force(
    submitted: datetime, moved: Mapping[date, datetime]
) -> None:
    in_force = [moved.get(day, regular_cutoff(day)) for day in WEDNESDAYS[:140]]

    assert next_cutoff(submitted, moved) == min(cutoff for cutoff in in_force if cutoff > submitted)
    of_the_day = [cutoff for cutoff in in_force if cutoff.date() == submitted.date()]
    assert is_late(submitted, moved) == (bool(of_the_day) and submitted >= max(of_the_day))


# --- what is refused ------------------------------------------------------------------------------------------


def test_naive_moments_are_refused() -> None:
    naive = datetime(2026, 5, 13, 10)  # noqa: DTZ001 (naive on purpose)

    with pytest.raises(ValueError, match="time zone"):
        cutoff_facts(naive)
    with pytest.raises(ValueError, match="time zone"):
        next_cutoff(at("2026-05-13 10:00"), {date(2026, 5, 13): naive})


def test_a_week_is_named_by_its_wednesday() -> None:
    with pytest.raises(ValueError, match="no Wednesday"):
        next_cutoff(at("2026-05-13 10:00"), {date(2026, 5, 12): at("2026-05-12 17:00")})
    with pytest.raises(ValueError, match="no Wednesday"):
        regular_cutoff(date(2026, 5, 12))
