"""The three figures of an item, and how weeks of stock are shown."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

FIGURES = ("stock", "weekly_consumption", "weekly_purchase")
"""Their names, in the order of the form and of what an event keeps."""


LARGEST = 9_999_999
"""No figure is above this."""


def shown_weeks(weeks: Fraction) -> Decimal:
    """One decimal, cut off and never rounded up: 1.96 weeks are below 2 and must not read as 2.0."""
    return Decimal(int(weeks * 10)) / 10
