"""Suggested quantities, weeks of stock and packs."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from requests_app.rules.quantity import packs, suggested_quantity, weeks_of_stock

figures = st.integers(0, 9_999_999)
pack_sizes = st.integers(1, 10_000)


@pytest.mark.parametrize(
    ("consumption", "stock", "purchase", "pack", "suggested"),
    [
        (4000, 3400, 500, 100, 4100),
        (4000, 3401, 500, 100, 4100),
        (4000, 3399, 500, 100, 4200),
        (4000, 8000, 0, 100, 0),
        (4000, 7999, 0, 100, 100),
        (0, 0, 0, 100, 0),
        (1, 0, 0, 1, 2),
        (10, 500, 500, 100, 0),
    ],
)
def test_the_suggestion_fills_two_weeks_by_whole_packs(
    consumption: int, stock: int, purchase: int, pack: int, suggested: int
) -> None:
    assert suggested_quantity(consumption, stock, purchase, pack) == suggested


@given(figures, figures, figures, pack_sizes)
def test_the_suggestion_is_the_least_multiple_that_suffices(
    consumption: int, stock: int, purchase: int, pack: int
) -> None:
    suggested = suggested_quantity(consumption, stock, purchase, pack)

    assert suggested >= 0
    assert suggested % pack == 0
    assert suggested + stock + purchase >= 2 * consumption
    if suggested:
        assert suggested - pack + stock + purchase < 2 * consumption


@given(figures, figures, figures, pack_sizes, st.integers(1, 1000))
def test_more_stock_never_suggests_more(
    consumption: int, stock: int, purchase: int, pack: int, more: int
) -> None:
    assert suggested_quantity(consumption, stock + more, purchase, pack) <= suggested_quantity(
        consumption, stock, purchase, pack
    )


def test_weeks_of_stock_are_exact() -> None:
    assert weeks_of_stock(3400, 500, 4000) == Fraction(39, 40)
    assert weeks_of_stock(1, 0, 3) == Fraction(1, 3)
    assert weeks_of_stock(0, 0, 1) == 0


def test_nothing_consumed_lasts_no_number_of_weeks() -> None:
    assert weeks_of_stock(100, 0, 0) is None


@given(figures, pack_sizes)
def test_packs_add_up(quantity: int, pack: int) -> None:
    whole, rest = packs(quantity, pack)

    assert whole * pack + rest == quantity
    assert 0 <= rest < pack


def test_negative_figures_and_empty_packs_are_refused() -> None:
    with pytest.raises(ValueError, match="from 0 up"):
        suggested_quantity(-1, 0, 0, 1)
    with pytest.raises(ValueError, match="from 0 up"):
        weeks_of_stock(0, -1, 1)
    with pytest.raises(ValueError, match="from 0 up"):
        packs(-1, 10)
    with pytest.raises(ValueError, match="at least one"):
        packs(1, 0)
