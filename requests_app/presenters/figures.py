"""An item of a request beside the figures of the survey, as the institution reads them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from requests_app.rules.quantity import cut_to_tenths, suggested_quantity, weeks_of_stock
from sosportal.lib.numbers import format_count
from surveys.models import Item


@dataclass(frozen=True)
class SurveyFigures:
    """The three figures of an item that the check went by, whole numbers in its unit, and the weeks they last."""

    stock: int | None
    consumption: int | None
    purchase: int | None

    @property
    def weeks(self) -> str:
        """`1.0`, cut off and never rounded up; "" where it can't be said."""
        if self.stock is None or self.purchase is None or not self.consumption:
            return ""
        return cut_to_tenths(weeks_of_stock(self.stock, self.purchase, self.consumption) or Fraction(0))

    @property
    def reckoning(self) -> str:
        """How the weeks were reckoned."""
        return (
            f"（在庫量 {format_count(self.stock or 0)} ＋ 購入見込み量 {format_count(self.purchase or 0)}）"
            f"÷ 想定消費量 {format_count(self.consumption or 0)}"
        )


@dataclass(frozen=True)
class LineView:
    """One ticked item: what was asked, confirmed and accepted, and the figures behind it."""

    item: Item
    quantity: int | None
    confirmed: int | None
    accepted: int | None
    figures: SurveyFigures | None

    @property
    def suggested(self) -> int | None:
        """The suggested quantity (domain, "Suggested quantity"); None without complete figures."""
        given = self.figures
        if given is None or None in (given.stock, given.consumption, given.purchase):
            return None
        figures = (given.consumption or 0, given.stock or 0, given.purchase or 0)
        return suggested_quantity(*figures, self.item.pack_size)
