"""What an officer's desk needs to know of requests besides the requests themselves: who holds them, what was asked and
answered, what happened since they were seen, which stands before and after.

Every function begins with rows that `visible_to` gave, or with requests found through it. Costs are per call, whatever
the number of rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from institutions.models import User
from requests_app.models import Claim, Question, RecentView, RequestEvent, SosRequest
from requests_app.models.moving import UNSEEN
from requests_app.models.request import NEWEST_FIRST, QUESTION_OPEN
from requests_app.models.shipment import Receipt, Shipment
from requests_app.queries.officers import UNDER_REVIEW
from requests_app.rules.transitions import BESIDE, VERB_ROLES, Status, Verb

# The verbs that a request's revision doesn't count.
UNCOUNTED = tuple(verb.value for verb in (*BESIDE, *UNSEEN))


# --- Who holds it -------------------------------------------------------------------------------------------------


def holders(request_ids: Iterable[int], now: datetime) -> dict[int, Claim]:
    """The claims that hold at `now` (aware), with their holders, by request id. One query."""
    found = Claim.objects.holding(now).filter(pk__in=list(request_ids)).select_related("user")
    return {claim.pk: claim for claim in found}


@dataclass(frozen=True)
class TakenOver:
    """A request that was taken over from somebody: by whom, and who has it in hand now, "" for nobody; names."""

    number: str
    institution: str
    by: str
    holder: str


def taken_over(user: User, now: datetime) -> list[TakenOver]:
    """What others took over from `user`, who is told of it now and not again. One query, five if any.

    Who took it may have it no longer at `now` (aware): another did after them, or nobody. Nothing of requests that are
    out of their sight by now: they or the institution may have moved.
    """
    taken = list(Claim.objects.taken_from(user).select_related("user", "request__institution"))
    if not taken:
        return []
    seen = set(
        SosRequest.objects.visible_to(user)
        .filter(pk__in=[claim.pk for claim in taken])
        .values_list("pk", flat=True)
    )
    found = [claim for claim in taken if claim.pk in seen]
    takers = _takers(user, seen)
    Claim.objects.taken_from(user).filter(pk__in=seen).tell(user)
    return [
        TakenOver(
            claim.request.number,
            claim.request.institution.name,
            takers.get(claim.pk, claim.user.name),
            claim.user.name if claim.expires_at > now else "",
        )
        for claim in found
    ]


def _takers(user: User, request_ids: Iterable[int]) -> dict[int, str]:
    """Who last took each of the requests from `user`: names by request id. Two queries."""
    last = dict(
        RequestEvent.objects.filter(
            request_id__in=list(request_ids), verb=Verb.CLAIM.value, content__from_id=user.pk
        )
        .order_by("request_id", "-pk")
        .distinct("request_id")
        .values_list("request_id", "actor_id")
    )
    names = dict(User.objects.filter(pk__in=set(last.values())).values_list("pk", "name"))
    return {request_id: names[actor_id] for request_id, actor_id in last.items()}


# --- 照会 ---------------------------------------------------------------------------------------------------------


def has_open_question() -> Q:
    """A condition on requests: a question of an officer waits for the institution's answer."""
    return QUESTION_OPEN


def has_unseen_answer(user: User) -> Q:
    """A condition on requests: a question was answered since `user` last looked at the request's page."""
    looked = RecentView.objects.filter(
        user=user, request_id=OuterRef("request_id"), viewed_at__gte=OuterRef("answered_at")
    )
    answered = Question.objects.filter(request_id=OuterRef("pk"), answered_at__isnull=False)
    return Q(Exists(answered.exclude(Exists(looked))))


# --- What happened since ------------------------------------------------------------------------------------------


def events_since(behind: Mapping[int, int]) -> dict[int, list[RequestEvent]]:
    """What changed requests since they were seen, by id: as many events as the revision seen lies `behind` the one that
    stands, oldest first. One query, none when nothing lies behind.

    Only what the revision counts: telephone checks and what stands beside the request are left out.
    """
    found: dict[int, list[RequestEvent]] = {pk: [] for pk, steps in behind.items() if steps > 0}
    if not found:
        return found
    rows = RequestEvent.objects.filter(request_id__in=list(found)).exclude(verb__in=UNCOUNTED)
    for event in rows.order_by("-id"):
        if len(found[event.request_id]) < behind[event.request_id]:
            found[event.request_id].insert(0, event)
    return found


# --- What came of it after the acceptance -------------------------------------------------------------------------


@dataclass
class Delivery:
    """What was sent of one line and what arrived: the parcels as they stand, and their receipts."""

    parcels: list[Shipment] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)


def deliveries(request: SosRequest) -> dict[int, Delivery]:
    """By item id, of an accepted request; nothing before. Two queries."""
    found: dict[int, Delivery] = defaultdict(Delivery)
    if request.state is not Status.ACCEPTED:
        return found
    for parcel in Shipment.objects.current().filter(line__request_id=request.pk).select_related("line"):
        found[parcel.line.item_id].parcels.append(parcel)
    receipts = Receipt.objects.filter(shipment__line__request_id=request.pk)
    for receipt in receipts.select_related("shipment__line").order_by("received_on", "pk"):
        found[receipt.shipment.line.item_id].receipts.append(receipt)
    return found


# --- What waits, and what stands before and after --------------------------------------------------------------------


def waiting_for(user: User) -> QuerySet[SosRequest]:
    """What waits for the officer: to be confirmed, or for who accepts (`VERB_ROLES`), confirmed and to be accepted."""
    accepts = user.role in {role.value for role in VERB_ROLES[Verb.ACCEPT]}
    return SosRequest.objects.visible_to(user).filter(UNDER_REVIEW, confirmed_at__isnull=not accepts)


def following(rows: QuerySet[SosRequest], request: SosRequest) -> int | None:
    """The id of the request that stands below this one in the queue (newest first). One query.

    From what was applied for, the way does not lead on to what was not.
    """
    waiting = rows.order_by(*NEWEST_FIRST)
    if request.submitted_at is None:
        return _first(waiting.filter(submitted_at__isnull=True, pk__lt=request.pk))
    # The moment is said twice: the first says where the index is entered, the others who comes after within it.
    below = Q(submitted_at__lt=request.submitted_at) | Q(pk__lt=request.pk)
    return _first(waiting.filter(below, submitted_at__lte=request.submitted_at))


def preceding(rows: QuerySet[SosRequest], request: SosRequest) -> int | None:
    """The id of the request that stands above this one in the queue. One query, two for the first draft."""
    waiting = rows.order_by(*NEWEST_FIRST).reverse()
    applied = waiting.filter(submitted_at__isnull=False)
    if request.submitted_at is None:
        found = _first(waiting.filter(submitted_at__isnull=True, pk__gt=request.pk))
        return found if found is not None else _first(applied)
    above = Q(submitted_at__gt=request.submitted_at) | Q(pk__gt=request.pk)
    return _first(applied.filter(above, submitted_at__gte=request.submitted_at))


def _first(rows: QuerySet[SosRequest]) -> int | None:
    return rows.values_list("pk", flat=True).first()
