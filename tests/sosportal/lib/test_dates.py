"""Days as people write them."""

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosportal.lib.dates import DayProblem, parse_day

TODAY = date(2026, 11, 24)
DAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    "text",
    [
        "2026/11/25",
        "2026-11-25",
        "2026.11.25",
        "2026年11月25日",
        "２０２６／１１／２５",
        "20261125",
        "11月25日",
        "１１月２５日",
        "11/25",
        "11/25（水）",
        "令和8年11月25日",
        "令和８年１１月２５日（水曜日）",
        "R8.11.25",
        "r8/11/25",
        "46351",
        "2026-11-25 00:00:00",
        " 2026/11/25\u200b ",
    ],
)
def test_a_day_is_understood(text: str) -> None:
    assert parse_day(text, TODAY) == DAY


@pytest.mark.parametrize(
    ("text", "today", "day"),
    [
        ("12/28", date(2027, 1, 5), date(2026, 12, 28)),
        ("1/5", date(2026, 12, 28), date(2027, 1, 5)),
        ("2/29", date(2027, 3, 1), date(2028, 2, 29)),
        ("令和元年5月1日", TODAY, date(2019, 5, 1)),
        ("平成31年4月30日", TODAY, date(2019, 4, 30)),
        ("2026/1/5", TODAY, date(2026, 1, 5)),
    ],
)
def test_years_and_eras(text: str, today: date, day: date) -> None:
    assert parse_day(text, today) == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "13/25",
        "2026/2/30",
        "2/30",
        "あした",
        "4100",
        "٢٠٢٦/11/25",
        "0000/1/1",
        "2026/11",
        "9" * 5,
        "1" * 99,
    ],
)
def test_anything_else_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(DayProblem) as refused:
        parse_day(text, TODAY)
    assert refused.value.message.endswith("。")


@given(st.text(max_size=60))
def test_nothing_else_is_ever_raised(text: str) -> None:
    with contextlib.suppress(DayProblem):
        parse_day(text, TODAY)
