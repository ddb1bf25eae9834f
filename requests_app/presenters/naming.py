"""Who answered and who received, as the events of a request name them: who entered by proxy is named as such."""

from __future__ import annotations

from collections.abc import Iterable

from requests_app.models import Question, RequestEvent
from requests_app.queries.delivery import ParcelState
from requests_app.queries.desk import Delivery
from requests_app.rules.transitions import Verb


def name_who_answered(questions: Iterable[Question], events: Iterable[RequestEvent]) -> None:
    """Give each question of the events' request its `answered_name`."""
    names = {event.content["question"]: event.actor_text for event in events if event.verb == Verb.ANSWER}
    for question in questions:
        question.answered_name = names.get(question.pk, "")


def name_who_received(parcels: Iterable[ParcelState], events: Iterable[RequestEvent]) -> None:
    """Give the receipt of each parcel of the events' request its `confirmed_name`."""
    names = _receivers(events)
    for parcel in parcels:
        if parcel.receipt is not None:
            parcel.receipt.confirmed_name = names.get((parcel.item.pk, parcel.first.slip_number), "")


def name_receivers(deliveries: Iterable[Delivery], events: Iterable[RequestEvent]) -> None:
    """The same for the receipts of each delivery."""
    names = _receivers(events)
    for receipt in (receipt for delivery in deliveries for receipt in delivery.receipts):
        shipment = receipt.shipment
        receipt.confirmed_name = names.get((shipment.line.item_id, shipment.slip_number), "")


def _receivers(events: Iterable[RequestEvent]) -> dict[tuple[int, str], str]:
    """By item id and slip number."""
    return {
        (event.content["item_id"], event.content["slip_number"]): event.actor_text
        for event in events
        if event.verb == Verb.RECEIVE
    }
