"""What was sent and what arrived, for pages and lists. Costs are per call, whatever the number of rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from requests_app.models import Receipt, Shipment
from surveys.models import Item

if TYPE_CHECKING:
    from requests_app.models.request import SosRequestQuerySet

MOST_WAITING = 20


@dataclass(frozen=True)
class ParcelState:
    """A parcel as it stands: its last version, how it was known before, and what arrived of it (None: not said yet)."""

    current: Shipment
    item: Item
    versions: Sequence[Shipment]
    receipt: Receipt | None

    @property
    def first(self) -> Shipment:
        """The version by which the parcel is known."""
        return self.versions[0]

    @property
    def difference(self) -> int:
        """How much more arrived than was sent, in the item's unit; 0 while nothing is said."""
        return self.receipt.quantity - self.current.quantity if self.receipt else 0


def parcels_of(request_ids: Iterable[int]) -> dict[int, list[ParcelState]]:
    """The parcels of each request, by its id, the latest first. One query."""
    rows = (
        Shipment.objects.filter(line__request_id__in=list(request_ids))
        .select_related("line__item", "receipt")
        .order_by("line_id", "slip_number", "version")
    )
    versions: dict[tuple[int, str], list[Shipment]] = {}
    for row in rows:
        versions.setdefault((row.line_id, row.slip_number), []).append(row)
    found: dict[int, list[ParcelState]] = {}
    for each in versions.values():
        state = ParcelState(each[-1], each[0].line.item, each, getattr(each[0], "receipt", None))
        found.setdefault(each[0].line.request_id, []).append(state)
    for parcels in found.values():
        parcels.sort(
            key=lambda parcel: (-parcel.current.shipped_on.toordinal(), parcel.item.order, parcel.first.pk)
        )
    return found


def waiting_receipts(requests: SosRequestQuerySet) -> list[Shipment]:
    """Parcels of `requests` (begin with `visible_to`) whose receipt nobody confirmed, the oldest first; at most twenty.
    With their requests and items. One query."""
    rows: QuerySet[Shipment] = (
        Shipment.objects.current()
        .unreceived()
        .filter(line__request__in=requests.order_by())
        .select_related("line__item", "line__request")
    )
    return list(rows.order_by("shipped_on", "pk")[:MOST_WAITING])
