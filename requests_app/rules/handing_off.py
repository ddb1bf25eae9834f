"""What the vendor's file says of a line, and what a correction says of it. Pure.

Source: domain, "What goes out of the house": the particulars that the terms name, and nothing else; besides them only
what the vendor has to send back (要請番号, 明細番号) and what makes the quantity clear (単位).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

HEADING = (
    "要請番号",
    "明細番号",
    "医療機関名",
    "医療機関コード",
    "郵便番号",
    "住所",
    "電話番号",
    "担当者氏名",
    "メールアドレス",
    "物資",
    "単位",
    "数量",
)
CORRECTION_HEADING = ("要請番号", "明細番号", "医療機関名", "項目", "変更前", "変更後")

# Without these nothing can be delivered.
NEEDED = ("医療機関名", "住所", "電話番号")


class Particulars(NamedTuple):
    """One line as the vendor is given it, in the order of HEADING. `quantity` is in the item's unit."""

    number: str
    line_number: str
    name: str
    code: str
    postal_code: str
    address: str
    telephone: str
    contact_person: str
    email: str
    item: str
    unit: str
    quantity: int

    def cells(self) -> list[str | int]:
        """The cells of its row."""
        return list(self)

    @classmethod
    def from_cells(cls, cells: Sequence[str | int]) -> Particulars:
        """From what `cells` gave; the order is that of the fields."""
        return cls(*cells)  # type: ignore[arg-type]

    @property
    def missing(self) -> list[str]:
        """What is lacking of what a delivery needs."""
        if self.name and self.address and self.telephone:
            return []  # of thousands of lines, nearly all
        cells = dict(zip(HEADING, self.cells(), strict=True))
        return [name for name in NEEDED if not cells[name]]


def line_number(request_number: str, item_order: int) -> str:
    """明細番号: `2611-0482-5`, the request's number and the item's."""
    return f"{request_number}-{item_order}"


def differences(before: Particulars, after: Particulars) -> list[tuple[str, str, str]]:
    """(項目, 変更前, 変更後) of each particular that changed. The quantity never does: what was handed off stands."""
    pairs = zip(HEADING, before.cells(), after.cells(), strict=True)
    return [
        (name, str(old), str(new)) for name, old, new in pairs if old != new and name not in {"数量", "単位"}
    ]


def correction_rows(before: Particulars, after: Particulars) -> list[list[str | int]]:
    """The rows of the correction file for a line, as CORRECTION_HEADING; the name is the one handed off."""
    return [
        [before.number, before.line_number, before.name, *difference]
        for difference in differences(before, after)
    ]
