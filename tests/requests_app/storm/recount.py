"""All that is kept twice, counted anew from the other side: rows from events, sums from lines, mails from events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Sum

from institutions.models import Institution
from requests_app.models import (
    AllocationDecision,
    Claim,
    HandOffRow,
    LineOutcome,
    Question,
    Receipt,
    RequestEvent,
    RequestLine,
    Shipment,
    SosRequest,
)
from requests_app.models.allocation import differences
from requests_app.notifications import TEXTS, kind_of
from requests_app.rules import transitions
from requests_app.rules.transitions import Status, Verb
from sosportal.lib.models import OutboxMessage
from surveys.models import SurveyEvent, SurveyResponse
from tests.requests_app.deliveries import test_kept

APPS = ("institutions", "surveys", "requests_app", "lib")


def fingerprint() -> str:
    """Of every row of every table of ours: what is refused leaves it as it was. One query.

    Without the tables of the change history: triggers write those with the rows they are about.
    """
    tables = sorted(
        model._meta.db_table
        for label in APPS
        for model in apps.get_app_config(label).get_models()
        if model._meta.managed and not model.__name__.endswith("History")
    )
    parts = [
        f"SELECT '{name}', count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM {name} t"  # noqa: S608
        for name in tables
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return str(cursor.fetchall())


def faults() -> list[str]:
    """Where two sides of the same thing differ; empty where all agree."""
    test_kept.check()
    return [*_rows_and_events(), *_rows_beside(), *_allocated(), *_delivered(), *_told(), *_answers()]


def _rows_and_events() -> Iterator[str]:
    """Each request is what its events, read in order, made of it."""
    numbers = Counter(SosRequest.objects.values_list("number", flat=True))
    if any(count > 1 for count in numbers.values()):
        yield "a number stands twice"
    for request in SosRequest.objects.select_related("institution").prefetch_related("lines"):
        told = _replayed(list(RequestEvent.objects.filter(request_id=request.pk).order_by("id")))
        yield from told.pop("faults")
        lines = list(request.lines.all())
        stands = {
            "status": request.status,
            "version": request.version,
            "content": request.content().to_json(),
            "submitted": request.submitted_at,
            "confirmed": {str(line.item_id): line.confirmed_quantity for line in lines}
            if request.confirmed_at
            else None,
            "confirmed_before": request.confirmed_before,
            "accepted": {str(line.item_id): line.accepted_quantity for line in lines}
            if request.accepted_at
            else None,
            "withdrawn": request.withdrawn_at,
            "note": request.prefecture_note,
        }
        for name, value in stands.items():
            if told[name] != value:
                yield f"{request.number}: {name} is {value!r}, its events say {told[name]!r}"
        yield from _derived(request, lines)


def _derived(request: SosRequest, lines: list[RequestLine]) -> Iterator[str]:
    """What the queue filters by says nothing that the rest does not say."""
    waits = Question.objects.open().filter(request=request).exists()
    calls = RequestEvent.objects.filter(request_id=request.pk, verb=Verb.TELEPHONE.value)
    pairs = (
        (request.prefecture_id, request.institution.prefecture_id),
        (request.item_ids, sorted(line.item_id for line in lines)),
        (request.question_open, waits),
        (request.telephoned_at is not None, calls.exists()),
    )
    if any(kept != counted for kept, counted in pairs):
        yield f"{request.number}: {pairs}"
    for line in lines:
        asked = line.quantity or 0
        if max(line.confirmed_quantity or 0, line.accepted_quantity or 0) > asked:
            yield f"{request.number}: more than was asked for"


def _replayed(events: list[RequestEvent]) -> dict[str, Any]:
    """What the events say of their request."""
    faults = []
    told: dict[str, Any] = {
        "status": "",
        "version": 0,
        "content": None,
        "submitted": None,
        "confirmed": None,
        "confirmed_before": False,
        "accepted": None,
        "withdrawn": None,
        "note": "",
    }
    for event in events:
        verb, before = Verb(event.verb), Status(told["status"]) if told["status"] else None
        if event.from_status != told["status"]:
            faults.append(f"{event.number}: {event.verb} from {event.from_status} after {told['status']}")
        if Status(event.to_status) not in transitions.targets(before, verb) or told["withdrawn"]:
            faults.append(f"{event.number}: {event.verb} was not possible")
        told["status"], told["version"] = event.to_status, event.version
        if verb in {Verb.SAVE, Verb.REVISE}:
            told["content"], told["confirmed"] = event.content["content"], None
            if event.to_status != Status.UNDER_REVIEW:
                told["submitted"] = None
        elif verb is Verb.SUBMIT and event.to_status == Status.UNDER_REVIEW:
            told["submitted"] = event.at
        elif verb is Verb.CONFIRM:
            told["confirmed"], told["confirmed_before"] = event.content["confirmed"], True
        elif verb is Verb.ACCEPT:
            told["accepted"] = event.content["accepted"]
        elif verb is Verb.WITHDRAW:
            told["withdrawn"] = event.at
        if verb in {Verb.CONFIRM, Verb.NOTE}:
            told["note"] = event.content["note"]
    return told | {"faults": faults}


def _rows_beside() -> Iterator[str]:
    """Each question, claim, outcome, hand-off and parcel has its event, and each event its row."""
    asked = Question.objects.values_list("request_id", "pk")
    events = RequestEvent.objects.order_by("id")
    said = [(each.request_id, each.content["question"]) for each in events.filter(verb=Verb.ASK.value)]
    if sorted(asked) != sorted(said):
        yield "questions and their events differ"
    answered = events.filter(verb=Verb.ANSWER.value).values_list("request_id", flat=True)
    if Counter(answered) != Counter(
        Question.objects.exclude(answered_at=None).values_list("request_id", flat=True)
    ):
        yield "answers and their events differ"
    for claim in Claim.objects.select_related("request"):
        taken = events.filter(verb=Verb.CLAIM.value, request_id=claim.request_id).last()
        if taken is None or taken.actor_id != claim.user_id:
            yield f"{claim.request.number}: held by another than its events say"


def _allocated() -> Iterator[str]:
    """No decision gives more than there was, no line more than was accepted, each in packs, each again the same."""
    for decision in AllocationDecision.objects.select_related("item"):
        yield from differences(decision)
        given = decision.outcomes.aggregate(sum=Sum("quantity"))["sum"]
        if given > decision.available:
            yield f"decision {decision.pk} gives {given} of {decision.available}"
    for outcome in LineOutcome.objects.select_related("line__request", "decision__item"):
        inputs, line = outcome.decision.inputs, outcome.line
        pack = 1 if inputs["loose"] else outcome.decision.item.pack_size
        if outcome.accepted != line.accepted_quantity or outcome.quantity > outcome.accepted:
            yield f"{line.request.number}: outcome {outcome.quantity} of {outcome.accepted}"
        if outcome.quantity % pack:
            yield f"{line.request.number}: no whole packs"
        events = RequestEvent.objects.filter(request_id=line.request_id, verb=Verb.ALLOCATE.value)
        told = [each.content for each in events if each.content["decision"] == outcome.decision_id]
        if [each["allocated"] for each in told] != [{str(line.item_id): outcome.quantity}]:
            yield f"{line.request.number}: outcome without its one event"


def _delivered() -> Iterator[str]:
    """A line goes out in full once, with what was decided; parcels have all their versions; a receipt has its event."""
    for row in HandOffRow.objects.filter(whole=True).select_related("line__outcome", "line__request"):
        events = RequestEvent.objects.filter(request_id=row.line.request_id, verb=Verb.HAND_OFF.value)
        told = [each.content.get("handed", {}).get(str(row.line.item_id)) for each in events]
        if [each for each in told if each is not None] != [row.quantity]:
            yield f"{row.line.request.number}: hand-off without its one event"
        if row.quantity != row.line.outcome.quantity or not row.quantity:
            yield f"{row.line.request.number}: handed off {row.quantity} of {row.line.outcome.quantity}"
    versions: dict[tuple[int, str], list[int]] = {}
    for each in Shipment.objects.order_by("version"):
        versions.setdefault((each.line_id, each.slip_number), []).append(each.version)
    if any(own != list(range(1, len(own) + 1)) for own in versions.values()):
        yield "a version of a parcel is missing"
    shipped = RequestEvent.objects.filter(verb=Verb.SHIP.value)
    if sum(len(each.content["parcels"]) for each in shipped) != Shipment.objects.count():
        yield "parcels and their events differ"
    if RequestEvent.objects.filter(verb=Verb.RECEIVE.value).count() != Receipt.objects.count():
        yield "receipts and their events differ"


def _told() -> Iterator[str]:
    """One mail per event and receiver: the institution and the office where it is theirs to know, nobody twice."""
    for event in RequestEvent.objects.order_by("id"):
        mails = OutboxMessage.objects.filter(key__startswith=f"request-event:{event.pk}:")
        to = [address.lower() for address in mails.values_list("to", flat=True)]
        if len(set(to)) != len(to):
            yield f"{event.number}: {event.verb} told somebody twice"
        kind = kind_of(event)
        if kind is None:
            if to:
                yield f"{event.number}: {event.verb} is nobody's business"
            continue
        place = Institution.objects.get(requests=event.request_id)
        if TEXTS[kind][0] is not None and place.email.lower() not in to:
            yield f"{event.number}: {place} was not told of {event.verb}"
        officers = mails.filter(link__startswith="/admin/")
        if TEXTS[kind][1] is not None and not officers.exists():
            yield f"{event.number}: no officer was told of {event.verb}"
    keys = Counter(OutboxMessage.objects.values_list("key", flat=True))
    if any(count > 1 for count in keys.values()):
        yield "a mail stands twice"


def _answers() -> Iterator[str]:
    """An answer is what its last event keeps, and each version has one."""
    for response in SurveyResponse.objects.prefetch_related("answers"):
        events = list(SurveyEvent.objects.filter(response_id=response.pk).order_by("version"))
        if [each.version for each in events] != list(range(1, response.version + 1)):
            yield f"answer {response.pk}: a version is missing"
        stands = {
            str(each.item_id): [each.stock, each.weekly_consumption, each.weekly_purchase]
            for each in response.answers.all()
        }
        if events and events[-1].figures != stands:
            yield f"answer {response.pk}: {stands} is not {events[-1].figures}"
