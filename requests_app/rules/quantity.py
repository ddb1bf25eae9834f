"""Quantities: what is suggested, how long a stock lasts, how many packs. Whole numbers in the item's unit."""

from fractions import Fraction

SUGGESTED_WEEKS = 2
"""The suggestion fills the stock up to this many weeks of consumption."""


def suggested_quantity(consumption: int, stock: int, purchase: int, pack_size: int) -> int:
    """What would bring the stock to two weeks, rounded up to whole packs; 0 when it is there already.

    Shown beside the field, never forced. Domain rule "Suggested quantity": max(0, 2 × consumption − stock −
    purchase). Raises ValueError for a negative figure or a pack smaller than 1.
    """
    _check(consumption, stock, purchase)
    whole, rest = packs(max(0, SUGGESTED_WEEKS * consumption - stock - purchase), pack_size)
    return (whole + (1 if rest else 0)) * pack_size


def weeks_of_stock(stock: int, purchase: int, consumption: int) -> Fraction | None:
    """(stock + purchase) ÷ weekly consumption, exactly (domain rule R7); None if nothing is consumed.

    Raises ValueError for a negative figure.
    """
    _check(consumption, stock, purchase)
    return Fraction(stock + purchase, consumption) if consumption else None


def cut_to_tenths(number: Fraction) -> str:
    """`1.9` for 1.96: cut off, never rounded up over a limit it does not reach; `1,234.5`."""
    tenths = int(number * 10)
    return f"{tenths // 10:,}.{tenths % 10}"


def packs(quantity: int, pack_size: int) -> tuple[int, int]:
    """Whole packs and the units left over. Raises ValueError for a negative quantity or a pack smaller than 1."""
    _check(quantity)
    if pack_size < 1:
        raise ValueError("a pack holds at least one unit")
    return divmod(quantity, pack_size)


def _check(*figures: int) -> None:
    if any(figure < 0 for figure in figures):
        raise ValueError("figures are whole numbers from 0 up")
