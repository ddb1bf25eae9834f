"""What the tests of hand-offs and deliveries share: lines that wait, that went out, and the vendor's file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from institutions.models import Institution, Role, User
from requests_app.imports import import_shipments
from requests_app.models import Campaign, HandOff, RequestLine, Shipment, SosRequest
from requests_app.models.handing_off import hand_off, plan_correction, plan_whole
from requests_app.rules.allocation import Rule
from sosportal.lib.clock import JST
from sosportal.lib.findings import ListOutcome
from sosportal.lib.tabular import FileKind
from tests import factories
from tests.requests_app.allocation import rounds

HANDED = datetime(2026, 11, 27, 10, 0, tzinfo=JST)
SHIPPED = datetime(2026, 12, 1, 15, 0, tzinfo=JST)
ARRIVED = datetime(2026, 12, 3, 11, 0, tzinfo=JST)
VENDOR = "架空物産株式会社"
HEADING = ["要請番号", "物資", "発送数量", "発送日", "運送会社", "伝票番号"]
GLOVES = "⑤非滅菌手袋"


def allocated(
    *quantities: int, places: Iterable[Institution] = (), now: datetime = rounds.NOW
) -> list[SosRequest]:
    """Accepted requests that get all they asked for, and wait to be handed off."""
    if not Campaign.objects.exists():
        factories.campaign(now=now)
    requests = rounds.accepted(quantities, places=places, now=now)
    rounds.decide(sum(quantities), Rule.ALL_IN_FULL)
    return requests


def handed(
    *, by: User | None = None, kind: FileKind = FileKind.UTF8, now: datetime = HANDED, **options: Any
) -> HandOff:
    """What waits goes to the vendor, as an officer sees it."""
    actor = by or factories.user(Role.MINISTRY)
    return hand_off(actor, vendor=VENDOR, kind=kind, seen_digest=plan_whole().digest, now=now, **options)


def corrected(made: HandOff, *, by: User | None = None, now: datetime = HANDED, **options: Any) -> HandOff:
    actor = by or factories.user(Role.MINISTRY)
    return hand_off(
        actor,
        vendor=VENDOR,
        kind=options.pop("kind", FileKind.UTF8),
        seen_digest=plan_correction(made).digest,
        corrects=made,
        now=now + timedelta(days=1),
        **options,
    )


def shipping_file(
    rows: Iterable[Iterable[object]], heading: Iterable[str] = HEADING, encoding: str = "utf-8-sig"
) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([list(heading), *[list(row) for row in rows]])
    return text.getvalue().encode(encoding)


def row_for(
    request: SosRequest, quantity: object = None, slip: object = "1234-5678-9012", **cells: object
) -> list[object]:
    """The vendor's row for a request's gloves."""
    line = request.lines.get()
    return [
        cells.get("number", request.number),
        cells.get("item", GLOVES),
        line.outcome.quantity if quantity is None else quantity,
        cells.get("day", "2026/12/01"),
        cells.get("carrier", "架空運輸"),
        slip,
    ]


def taken_in(data: bytes, *, by: User | None = None, now: datetime = SHIPPED, **options: Any) -> ListOutcome:
    """The file as the ministry takes it in."""
    return import_shipments(io.BytesIO(data), by or factories.user(Role.MINISTRY), now=now, **options)


def shipped(request: SosRequest, quantity: int | None = None, slip: str = "1234-5678-9012") -> Shipment:
    """The request's gloves are on their way."""
    outcome = taken_in(shipping_file([row_for(request, quantity, slip)]))
    assert outcome.written, [str(each) for each in outcome.problems.kept]
    line: RequestLine = request.lines.get()
    return Shipment.objects.parcels_of([line.pk])[line.pk, slip.replace("-", "")]


def received(
    request: SosRequest, shipment: Shipment, quantity: int | None = None, comment: str = ""
) -> SosRequest:
    """The institution says what arrived."""
    return request.receive(
        factories.member(request.institution),
        shipment.pk,
        shipment.quantity if quantity is None else quantity,
        received_on=date(2026, 12, 3),
        comment=comment,
        now=ARRIVED,
    )


def found(outcome: ListOutcome) -> list[tuple[int | None, str | None, str]]:
    """What was wrong: line, column and reason."""
    return [(each.line, each.column, each.message) for each in outcome.problems.kept]
