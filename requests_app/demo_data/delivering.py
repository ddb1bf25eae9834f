"""What followed the past decision: the vendor's file, its shipping file, and what arrived; all but the last parcels."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta

from institutions.models import User
from requests_app.demo_data.play import Cast, Step
from requests_app.imports import import_shipments
from requests_app.imports.shipment_rows import REQUIRED
from requests_app.models import HandOff, Shipment
from requests_app.models.handing_off import hand_off, plan_whole
from sosportal.lib.tabular import FileKind

VENDOR = "架空医療物資販売株式会社"
CARRIERS = ("架空運輸", "見本急便")
HANDED = timedelta(days=5, hours=2)
SHIPPED = timedelta(days=2, hours=1)
ARRIVED = timedelta(hours=22)
"""How long before the present round each of them was: on the Friday, the Monday and the Tuesday of the week before it
opened."""
LACKING = "箱が1つ足りませんでした。"
UNSHIPPED = 1  # of the lines handed off, still waiting at the vendor's
UNCONFIRMED = 1  # of the parcels, not confirmed by the hospital


def steps(cast: Cast) -> Iterator[Step]:
    """The hand-off, the shipping file, and the receipts, by the verbs; before `cast.now`."""
    told = ((HANDED, _hand_off), (SHIPPED, _ship), (ARRIVED, _receive))
    for before, act in told:
        yield cast.opens_at - before, lambda at, act=act: act(cast, at)  # type: ignore[misc]


def _hand_off(cast: Cast, at: datetime) -> None:
    plan = plan_whole()
    if plan.lines:
        hand_off(cast.ministry, vendor=VENDOR, kind=FileKind.UTF8, seen_digest=plan.digest, now=at)


def _ship(cast: Cast, at: datetime) -> None:
    """A slip for each line; one parcel holds a box less than was allocated, the last line still waits."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(REQUIRED)
    last = HandOff.objects.latest("pk")
    waiting = list(last.rows.select_related("line__request", "line__item").order_by("position"))
    for n, row in enumerate(waiting[: max(1, len(waiting) - UNSHIPPED)]):
        short = row.line.item.pack_size if n == 1 and row.quantity > row.line.item.pack_size else 0
        slip = f"4{n:03d}-2026-{row.line_id:04d}"
        day = f"{at:%Y/%m/%d}"
        cells = (
            row.line.request.number,
            row.line.item.label,
            row.quantity - short,
            day,
            CARRIERS[n % 2],
            slip,
        )
        writer.writerow(cells)
    import_shipments(io.BytesIO(text.getvalue().encode("utf-8-sig")), cast.ministry, now=at)


def _receive(cast: Cast, at: datetime) -> None:
    """Each hospital confirms its parcel, one of them with a box less; the last has not got round to it."""
    people: dict[int, User] = {cast.institutions[key].pk: cast.staff[key] for key in cast.staff}
    parcels = list(Shipment.objects.select_related("line__request", "line__item").order_by("pk"))
    for n, parcel in enumerate(parcels[:-UNCONFIRMED]):
        box = parcel.line.item.pack_size
        lacks = n == 0 and parcel.quantity > box
        request = parcel.line.request
        request.receive(
            people[request.institution_id],
            parcel.pk,
            parcel.quantity - (box if lacks else 0),
            received_on=at.date(),
            comment=LACKING if lacks else "",
            now=at + timedelta(minutes=7 * n),
        )
