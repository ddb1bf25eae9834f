"""What the database keeps of waiting lines, deliveries and decisions, against what the rows themselves say."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db.models import Sum

from institutions.models import Institution
from requests_app.models import (
    AllocationDecision,
    DecisionSums,
    Delivery,
    HandOffRow,
    LineOutcome,
    Shipment,
    UndecidedLine,
    UnhandedLine,
)
from requests_app.models import delivery as states
from requests_app.models.delivery import RECEIPT_WITHIN
from requests_app.models.waiting import undecided
from requests_app.queries.delivery import parcels_of
from requests_app.rules.allocation import Outcome, Rule
from sosportal.lib import clock
from tests import factories
from tests.requests_app.allocation import rounds
from tests.requests_app.deliveries.vendor import (
    SHIPPED,
    allocated,
    handed,
    received,
    row_for,
    shipped,
    shipping_file,
    taken_in,
)

pytestmark = pytest.mark.django_db

FAR = date(2027, 3, 31)


def by_hand(row: HandOffRow) -> dict[str, Any]:
    """A delivery as the rows of its line make it."""
    parcels = [
        each
        for each in parcels_of([row.line.request_id]).get(row.line.request_id, [])
        if each.first.line_id == row.line_id
    ]
    shipped = sum(each.current.quantity for each in parcels)
    silent = [each.current.shipped_on for each in parcels if each.receipt is None]
    otherwise = any(each.difference for each in parcels)
    differs = not parcels or shipped != row.quantity or otherwise
    day = clock.jst(row.hand_off.made_at).date()
    late = min(silent) + RECEIPT_WITHIN + timedelta(days=1) if silent else None
    return {
        "request_id": row.line.request_id,
        "item_id": row.line.item_id,
        "prefecture_id": row.line.request.institution.prefecture_id,
        "handed": row.quantity,
        "shipped": shipped,
        "received": sum(each.receipt.quantity for each in parcels if each.receipt),
        "unshipped": not parcels,
        "shipped_otherwise": bool(parcels) and shipped != row.quantity,
        "received_otherwise": otherwise,
        "unreceived_since": min(silent, default=None),
        "differs_from": day if differs else late,
    }


def check() -> None:
    """Every table that the triggers keep says what the others say."""
    waiting = {
        line.pk: (line.item_id, line.request.cutoff_at, line.quantity, line.accepted_quantity)
        for line in undecided().select_related("request")
    }
    kept = UndecidedLine.objects.values_list("pk", "item_id", "cutoff_at", "asked", "accepted")
    assert {pk: tuple(rest) for pk, *rest in kept} == waiting
    whole = HandOffRow.objects.filter(whole=True).select_related("line__request__institution", "hand_off")
    got = LineOutcome.objects.filter(quantity__gt=0).exclude(line__in=whole.values("line"))
    assert set(UnhandedLine.objects.values_list("pk", flat=True)) == set(got.values_list("line", flat=True))
    expected = {row.line_id: by_hand(row) for row in whole}
    names = next(iter(expected.values()), {}).keys()
    assert {row.pop("line_id"): row for row in Delivery.objects.values("line_id", *names)} == expected
    for decision in AllocationDecision.objects.all():
        outcomes = LineOutcome.objects.filter(decision=decision)
        sums = DecisionSums.objects.get(decision=decision)
        assert sums.given == outcomes.aggregate(sum=Sum("quantity"))["sum"]
        counts = [outcomes.filter(outcome=outcome.value).count() for outcome in Outcome]
        assert [sums.full, sums.reduced, sums.declined] == counts


def test_what_is_kept_is_what_the_rows_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("requests_app.models.allocation.ROWS", 2)  # a decision in several statements
    first, second, third = allocated(4100, 200, 300)
    check()
    rounds.accepted([100, 700], now=rounds.NOW + timedelta(hours=3))
    check()
    rounds.decide(100, Rule.NEED_FIRST)
    check()
    assert UnhandedLine.objects.count() == 4
    handed()
    check()
    taken_in(shipping_file([row_for(first, 4000, "0001"), row_for(second), row_for(first, 50, "0002")]))
    check()
    received(second, Shipment.objects.get(line__request=second), 150, "足りない")
    check()
    taken_in(shipping_file([row_for(first, 4050, "0001"), row_for(third, day="2026/11/28")]))
    check()
    received(first, Shipment.objects.current().get(line__request=first, slip_number="0001"))
    check()
    Institution.objects.filter(pk=first.institution_id).update(prefecture_id=factories.OSAKA)
    check()
    assert Delivery.objects.get(request=first).prefecture_id == factories.OSAKA


def test_a_receipt_is_late_from_the_eighth_day_on() -> None:
    (request,) = allocated(100)
    handed()
    assert Delivery.objects.filter(states.differing(SHIPPED.date())).exists()
    shipped(request)
    seventh = date(2026, 12, 1) + RECEIPT_WITHIN

    def found(day: date) -> list[bool]:
        conditions = (states.receipt_missing(day), states.differing(day), states.receipt_waiting())
        return [Delivery.objects.filter(condition).exists() for condition in conditions]

    assert found(seventh) == [False, False, True]
    assert found(seventh + timedelta(days=1)) == [True, True, True]
    received(request, Shipment.objects.get())
    assert found(FAR) == [False, False, False]
