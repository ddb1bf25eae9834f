"""発送の記録: what the vendor says it sent, by its own file.

It leaves the requests' rows as they are. Decided: more than was allocated is a fact like any other. The page that
imports it warns, and the difference stays open until somebody has seen to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from requests_app import permissions
from requests_app.exceptions import NotHandedOff, QuantityRefused, ShipmentChanged
from requests_app.models.handoff import HandOffRow
from requests_app.models.moving import Outcome, record_many
from requests_app.models.request import RequestLine, SosRequest
from requests_app.models.shipment import Shipment
from requests_app.rules.transitions import Verb
from sosportal.lib import clock
from sosportal.lib.numbers import MAXIMUM

if TYPE_CHECKING:
    from institutions.models import User

BATCH = 1_000  # rows inserted at once
LOT = 500  # requests under one lock


@dataclass(frozen=True)
class Parcel:
    """What the vendor sent of a line: the quantity in the item's unit, by which slip. `seen`: how much was recorded of
    the line when this was judged, by `versions_of`."""

    line_id: int
    slip_number: str
    quantity: int
    shipped_on: date
    carrier: str
    seen: int = 0

    def says_the_same_as(self, shipment: Shipment) -> bool:
        """Whether the parcel is known just so."""
        return (self.quantity, self.shipped_on, self.carrier) == (
            shipment.quantity,
            shipment.shipped_on,
            shipment.carrier,
        )


def versions_of(known: Iterable[Shipment]) -> Counter[int]:
    """By line, how many versions of its parcels are recorded; `known` are the parcels as they stand."""
    found: Counter[int] = Counter()
    for each in known:
        found[each.line_id] += each.version
    return found


def ship(
    actor: User,
    parcels: Mapping[int, Sequence[Parcel]],
    *,
    file_sha256: str,
    now: datetime | None = None,
) -> list[Shipment]:
    """発送の記録 from one file: the parcels by request id. What is known already is left as it is.

    One transaction, all or nothing; returns the new rows. A parcel that is known otherwise becomes its next version.
    Each request gets one event, and its institution one mail. Raises NotPermitted; NotHandedOff for a line that no
    hand-off contains; QuantityRefused; ShipmentChanged when something was recorded of a line since it was judged. Locks
    the actor's row, then the requests in the order of their ids. One query; four and those of `record_many` for every
    500 requests.
    """
    made: list[Shipment] = []
    with transaction.atomic():
        actor = actor.held()
        ids = sorted(parcels)
        for start in range(0, len(ids), LOT):
            lot = {request_id: parcels[request_id] for request_id in ids[start : start + LOT]}
            made += _ship_lot(actor, lot, file_sha256, now)
    return made


def _ship_lot(
    actor: User, parcels: Mapping[int, Sequence[Parcel]], file_sha256: str, now: datetime | None
) -> list[Shipment]:
    rows = SosRequest.objects.locked().filter(pk__in=parcels).select_related("institution").order_by("pk")
    requests = list(rows)
    moment = clock.jst(now or clock.now())
    for request in requests:
        permissions.check(actor, Verb.SHIP, request)
    handed = HandOffRow.objects.filter(whole=True, line__request_id__in=parcels).values("line_id")
    lines = {line.pk: line for line in RequestLine.objects.filter(pk__in=handed).select_related("item")}
    known = Shipment.objects.parcels_of(lines)
    versions = versions_of(known.values())
    made: list[Shipment] = []
    recorded: list[tuple[SosRequest, Outcome]] = []
    for request in requests:
        told = []
        for parcel in parcels[request.pk]:
            line = lines.get(parcel.line_id)
            if line is None or line.request_id != request.pk:
                raise NotHandedOff
            if not 1 <= parcel.quantity <= MAXIMUM:
                raise QuantityRefused("発送数量は、1から9,999,999までの数を入力してください。")
            before = known.get((parcel.line_id, parcel.slip_number))
            if before is None or not parcel.says_the_same_as(before):
                if versions[parcel.line_id] != parcel.seen:
                    raise ShipmentChanged
                row = _version(parcel, before, actor, moment, file_sha256)
                known[parcel.line_id, parcel.slip_number] = row
                made.append(row)
                told.append(_told(row, before, line))
        if told:
            recorded.append((request, Outcome(request.state, data={"parcels": told})))
    Shipment.objects.bulk_create(made, batch_size=BATCH)
    record_many(recorded, Verb.SHIP, actor, moment)
    return made


def _version(
    parcel: Parcel, before: Shipment | None, actor: User, moment: datetime, file_sha256: str
) -> Shipment:
    return Shipment(
        line_id=parcel.line_id,
        slip_number=parcel.slip_number,
        version=before.version + 1 if before else 1,
        quantity=parcel.quantity,
        shipped_on=parcel.shipped_on,
        carrier=parcel.carrier,
        imported_at=moment,
        imported_by=actor,
        file_sha256=file_sha256,
    )


def _told(row: Shipment, before: Shipment | None, line: RequestLine) -> dict[str, Any]:
    """What the event keeps: the parcel in figures and, for its mail, in words; what it was before, if it was known."""
    told = _figures(row) | {
        "item_id": line.item_id,
        "slip_number": row.slip_number,
        "item": line.item.label,
        "quantity_words": line.item.amount(row.quantity),
    }
    return told | {"before": _figures(before) if before else None}


def _figures(row: Shipment) -> dict[str, Any]:
    return {"quantity": row.quantity, "shipped_on": row.shipped_on.isoformat(), "carrier": row.carrier}
