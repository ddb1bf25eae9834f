"""The figures of the dashboards once more, slowly and row by row in Python: nothing of the refresh's SQL is used."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal
from typing import Any

from institutions.models import Institution, Prefecture
from requests_app.models import (
    InstitutionOpen,
    InstitutionStock,
    LineOutcome,
    PrefectureRound,
    PrefectureStanding,
    Receipt,
    RequestFigure,
    Shipment,
    SosRequest,
    StockFigure,
)
from requests_app.rules.transitions import Status
from surveys.models import Item, StockAnswer, SurveyResponse, SurveyRound

Rows = dict[tuple[Any, ...], tuple[Any, ...]]


def complete(answer: StockAnswer) -> bool:
    return (
        answer.stock is not None
        and answer.weekly_purchase is not None
        and answer.weekly_consumption is not None
        and answer.weekly_consumption > 0
    )


def have(answer: StockAnswer) -> int:
    return int(answer.stock or 0) + int(answer.weekly_purchase or 0)


def prefecture_rounds(now: datetime) -> Rows:
    found: Rows = {}
    for each in SurveyRound.objects.filter(opens_at__lte=now):
        for prefecture in Prefecture.objects.all():
            answered = {
                response.institution_id
                for response in SurveyResponse.objects.filter(round=each).select_related("institution")
                if response.institution.prefecture_id == prefecture.pk
            }
            places = [
                place
                for place in Institution.objects.filter(prefecture=prefecture)
                if place.created_at < each.closes_at or place.pk in answered
            ]
            filed = [
                request
                for request in SosRequest.objects.filter(institution__prefecture=prefecture)
                if not request.is_withdrawn
                and request.submitted_at
                and each.opens_at <= request.submitted_at < each.closes_at
            ]
            found[each.pk, prefecture.pk] = (len(places), len(answered), len(filed))
    return found


def stock_figures(now: datetime) -> Rows:
    sums: dict[tuple[Any, ...], list[int]] = {
        (each.pk, prefecture.pk, item.pk): [0] * 6
        for each in SurveyRound.objects.filter(opens_at__lte=now)
        for prefecture in Prefecture.objects.all()
        for item in Item.objects.all()
    }
    for answer in StockAnswer.objects.select_related("response__institution"):
        response = answer.response
        if not complete(answer):
            continue
        row = sums[response.round_id, response.institution.prefecture_id, answer.item_id]
        used = int(answer.weekly_consumption or 0)
        row[0] += 1
        row[1] += have(answer)
        row[2] += used
        for weeks in (1, 2, 3):
            row[2 + weeks] += have(answer) < weeks * used
    return {key: tuple(row) for key, row in sums.items()}


def parcels(line_id: int) -> dict[str, int]:
    """What the last version of each parcel holds, by its slip number."""
    rows = Shipment.objects.filter(line_id=line_id).order_by("version")
    return dict(rows.values_list("slip_number", "quantity"))


def request_figures(now: datetime) -> Rows:
    sums: dict[tuple[Any, ...], list[int]] = {key: [0] * 7 for key in stock_figures(now)}
    asking: dict[tuple[Any, ...], set[int]] = defaultdict(set)
    given: dict[tuple[Any, ...], set[int]] = defaultdict(set)
    rounds = list(SurveyRound.objects.filter(opens_at__lte=now))
    for request in SosRequest.objects.exclude(submitted_at=None).select_related("institution"):
        if request.is_withdrawn:
            continue
        for each in rounds:
            if not (request.submitted_at and each.opens_at <= request.submitted_at < each.closes_at):
                continue
            for line in request.lines.all():
                key = each.pk, request.institution.prefecture_id, line.item_id
                row = sums[key]
                asking[key].add(request.institution_id)
                if line.accepted_quantity:
                    given[key].add(request.institution_id)
                row[0] += 1
                row[1] += line.quantity or 0
                row[2] += line.confirmed_quantity or 0
                row[3] += line.accepted_quantity or 0
                row[4] += sum(LineOutcome.objects.filter(line_id=line.pk).values_list("quantity", flat=True))
                row[5] += sum(parcels(line.pk).values())
                arrived = Receipt.objects.filter(shipment__line_id=line.pk)
                row[6] += sum(arrived.values_list("quantity", flat=True))
    return {key: (row[0], len(asking[key]), len(given[key]), *row[1:]) for key, row in sums.items()}


def standings(today: date) -> Rows:
    found: Rows = {}
    for prefecture in Prefecture.objects.all():
        every = SosRequest.objects.filter(institution__prefecture=prefecture)
        own = [request for request in every if not request.is_withdrawn]
        waiting = [request for request in own if request.state is Status.UNDER_REVIEW]
        unconfirmed = [request for request in waiting if request.confirmed_at is None]
        confirmed = [request for request in waiting if request.confirmed_at is not None]
        late = [each for each in unconfirmed if each.handled_from and each.handled_from < today]
        by_status: dict[Status, int] = defaultdict(int)
        for request in own:
            by_status[request.state] += 1
        found[prefecture.pk,] = (
            by_status[Status.DRAFT],
            by_status[Status.ERROR],
            len(unconfirmed),
            sum(each.events().filter(verb="confirm").exists() for each in unconfirmed),
            len(confirmed),
            len(late),
            by_status[Status.ACCEPTED],
            min((each.submitted_at for each in unconfirmed if each.submitted_at), default=None),
            min((each.submitted_at for each in confirmed if each.submitted_at), default=None),
        )
    return found


def listed(now: datetime) -> Rows:
    last_two = SurveyRound.objects.filter(opens_at__lte=now).order_by("-opens_at")[:2]
    return {
        (answer.response.round_id, answer.response.institution_id, answer.item_id): (
            answer.response.institution.prefecture_id,
            (Decimal(have(answer)) / Decimal(answer.weekly_consumption or 1)).quantize(
                Decimal("0.01"), ROUND_DOWN
            ),
        )
        for answer in StockAnswer.objects.select_related("response__institution")
        if complete(answer) and answer.response.round_id in {each.pk for each in last_two}
    }


def still_open() -> Rows:
    found: dict[tuple[Any, ...], list[datetime]] = defaultdict(list)
    for request in SosRequest.objects.filter(status=Status.UNDER_REVIEW.value).select_related("institution"):
        if request.submitted_at and not request.is_withdrawn:
            found[request.institution_id, request.institution.prefecture_id].append(request.submitted_at)
    return {key: (len(times), min(times)) for key, times in found.items()}


# --- What the refresh wrote, in the same shape -----------------------------------------------------------------------


def kept(model: Any, keys: tuple[str, ...], values: tuple[str, ...]) -> Rows:
    rows = model.objects.values_list(*keys, *values)
    return {row[: len(keys)]: row[len(keys) :] for row in rows}


QUANTITIES = (
    "requests",
    "institutions",
    "institutions_accepted",
    "asked",
    "confirmed",
    "accepted",
    "allocated",
    "shipped",
    "received",
)
STOCK = ("answered", "stock", "consumption", "below_1", "below_2", "below_3")
STANDING = (
    *("drafts", "errors", "unconfirmed", "again", "confirmed", "late", "accepted"),
    *("oldest_unconfirmed", "oldest_confirmed"),
)


def differences(now: datetime) -> list[str]:
    """Where what is kept differs from what is counted by hand."""
    area = ("round_id", "prefecture_id")
    pairs: dict[str, tuple[Rows, Rows]] = {
        "rounds": (
            kept(PrefectureRound, area, ("institutions", "answered", "requests")),
            prefecture_rounds(now),
        ),
        "stock": (kept(StockFigure, (*area, "item_id"), STOCK), stock_figures(now)),
        "quantities": (kept(RequestFigure, (*area, "item_id"), QUANTITIES), request_figures(now)),
        "standing": (kept(PrefectureStanding, ("prefecture_id",), STANDING), standings(now.date())),
        "open": (
            kept(InstitutionOpen, ("institution_id", "prefecture_id"), ("requests", "oldest")),
            still_open(),
        ),
        "listed": (
            kept(InstitutionStock, ("round_id", "institution_id", "item_id"), ("prefecture_id", "weeks")),
            listed(now),
        ),
    }
    return [
        f"{name} {key}: kept {found.get(key)}, by hand {by_hand.get(key)}"
        for name, (found, by_hand) in pairs.items()
        for key in {**found, **by_hand}
        if found.get(key) != by_hand.get(key)
    ]
