"""The lines of a hand-off, read as the vendor is told them: thousands at once, and no more of them than that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db.models import QuerySet

from institutions.models import Prefecture
from institutions.models.institution import postal_code_written
from requests_app.models.request import RequestLine
from requests_app.rules.handing_off import Particulars, correction_rows, line_number
from sosportal.lib.text import clean_line
from surveys.models import Item

READ = 1_000  # rows fetched at once
PLACE = "request__institution__"
COLUMNS = (
    *("pk", "request_id", "item_id", "request__institution_id", f"{PLACE}prefecture_id"),
    *("request__number", "outcome__quantity"),
    *(f"{PLACE}{name}" for name in ("name", "code", "postal_code", "address")),
    *(f"{PLACE}{name}" for name in ("telephone", "contact_person", "email")),
)


class PlannedLine(NamedTuple):
    """A line that would go out: as it stands, and as it was handed off last (None: it never was)."""

    line_id: int
    request_id: int
    item_id: int
    particulars: Particulars
    before: Particulars | None = None
    institution_id: int = 0
    prefecture_id: str = ""

    @property
    def cells(self) -> list[list[str | int]]:
        """Its rows in the file."""
        if self.before is None:
            return [self.particulars.cells()]
        return correction_rows(self.before, self.particulars)


def planned_lines(rows: QuerySet[RequestLine]) -> Iterator[PlannedLine]:
    """The lines with the particulars that the terms name, in the order of their requests. One query, with a server-side
    cursor, and two of what the lines have in common."""
    items = {item.pk: (item.order, item.label, item.unit) for item in Item.in_order()}
    prefectures = dict(Prefecture.objects.values_list("code", "name"))
    found = rows.order_by("request_id", "item__order").values_list(*COLUMNS)
    for line_id, request_id, item_id, place_id, prefecture_id, *told in found.iterator(chunk_size=READ):
        particulars = _particulars(*items[item_id], prefectures[prefecture_id], *told)
        yield PlannedLine(line_id, request_id, item_id, particulars, None, place_id, prefecture_id)


def _particulars(
    order: int, item: str, unit: str, prefecture: str, number: str, quantity: int, *place: Any
) -> Particulars:
    """One line of text each: a row of the file is a row, whoever reads it."""
    name, code, postal_code, address, telephone, contact_person, email = place
    return Particulars(
        number=number,
        line_number=line_number(number, order),
        name=clean_line(name),
        code=code,
        postal_code=postal_code_written(postal_code),
        address=clean_line(f"{prefecture}{address}") if address else "",
        telephone=telephone,
        contact_person=clean_line(contact_person),
        email=email,
        item=item,
        unit=unit,
        quantity=quantity,
    )
