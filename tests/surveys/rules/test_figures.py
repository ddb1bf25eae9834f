"""Weeks of stock as they are shown."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.rules.figures import shown_weeks


@pytest.mark.parametrize(
    ("weeks", "shown"),
    [(Fraction(0), "0"), (Fraction(196, 100), "1.9"), (Fraction(2), "2"), (Fraction(3405, 4000), "0.8")],
)
def test_cut_off_and_never_rounded_up(weeks: Fraction, shown: str) -> None:
    assert shown_weeks(weeks) == Decimal(shown)


@given(st.fractions(min_value=0, max_value=10_000_000))
def test_within_a_tenth_below(weeks: Fraction) -> None:
    assert 0 <= weeks - Fraction(shown_weeks(weeks)) < Fraction(1, 10)
