"""The one way for a status to change, written once and used by every verb of a request.

Reload the row under its lock, check permission, move, version and rules, write the row, insert the event, post the
notifications: all in one transaction. No other code writes a status.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from django.db import models, transaction

from institutions.models import Institution
from requests_app import notifications, permissions
from requests_app.exceptions import (
    AlreadyAccepted,
    AlreadyWithdrawn,
    EnteredByYourself,
    NotPossible,
    StaleVersion,
)
from requests_app.models.event import RequestEvent
from requests_app.rules import transitions
from requests_app.rules.transitions import Status, Verb
from sosportal.lib import clock

if TYPE_CHECKING:
    from institutions.models import User
    from requests_app.models.request import SosRequest

# The verbs that run the system check, and the one that takes a request out of what the check of another looks at: they
# hold the institution too, so that two of its requests are judged in turn.
CHECKED = frozenset({Verb.SUBMIT, Verb.REVISE, Verb.WITHDRAW})

# The verbs after which what an officer saw still stands.
UNSEEN = frozenset({Verb.TELEPHONE})

# The verbs with which an officer's part is done: who held the request holds it no longer.
DONE = frozenset({Verb.CONFIRM, Verb.ACCEPT})


@dataclass
class Outcome:
    """What a verb decided: the status it leads to and what its event row keeps."""

    to: Status
    reason: str = ""
    changes: list[dict[str, Any]] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    check_record: dict[str, Any] | None = None
    unchanged: bool = False


Decide = Callable[["SosRequest", datetime], Outcome]
Counter = Literal["version", "revision"]


def move(
    request_id: int,
    verb: Verb,
    actor: User,
    seen: tuple[Counter, int] | None,
    decide: Decide,
    now: datetime | None,
) -> SosRequest:
    """Lock the request, let `decide` judge and change it, write it and log it: one transaction.

    `seen` names the counter that must still stand as the user saw it. `now` is aware; left out, it is the server's
    clock once the row is locked. Who acts keeps the right to until the end, or is refused: their own row, and for who
    acts for the institution their membership, are held too, before the request. A verb of `BESIDE` holds the row but
    leaves it as it is. Raises NotPermitted, NotPossible, StaleVersion, EnteredByYourself (who entered it by proxy would
    judge it) and whatever `decide` raises; then nothing is written.
    """
    from requests_app.models.request import SosRequest

    with transaction.atomic():
        if verb in CHECKED:
            # First, and by itself: an institution that moves to another prefecture takes its requests along, and locks
            # in this order too.
            place = Institution.objects.locked().only("pk").get(requests=request_id)
            actor = actor.held_for(place.pk)
        else:
            actor = _held(actor, request_id)
        rows = SosRequest.objects.locked().select_related("institution")
        request = rows.prefetch_related("lines").get(pk=request_id)
        moment = clock.jst(now or clock.now())
        came_from = request.state
        check_move(request, verb, actor, seen)
        check_four_eyes(request, verb, actor)
        outcome = decide(request, moment)
        if outcome.unchanged:
            return request
        if outcome.to not in transitions.targets(came_from, verb):
            raise NotPossible
        if verb not in transitions.BESIDE:
            if verb not in UNSEEN:
                request.revision += 1
            request.status = outcome.to.value
            request.updated_at = moment
            models.Model.save(request, force_update=True)
        record(request, verb, came_from, actor, moment, outcome)
        if actor.is_staff:
            _see_to_the_claim(request, verb, actor, moment)
    return request


def _held(actor: User, request_id: int) -> User:
    """The actor as they now stand, held still until the transaction ends. Before the request's row, as the verbs of
    `CHECKED` do. One query, two for who acts for the institution."""
    from requests_app.models.request import SosRequest

    if actor.is_staff:
        return actor.held()
    return actor.held_for(SosRequest.objects.values_list("institution_id", flat=True).get(pk=request_id))


def _see_to_the_claim(request: SosRequest, verb: Verb, actor: User, moment: datetime) -> None:
    """Work on a request keeps it in the hands of its holder; its end leaves it to others. One query."""
    from requests_app.models.claim import Claim

    if verb in DONE:
        Claim.end(request.pk, actor, moment)
    elif verb not in transitions.CLAIMING:
        Claim.keep(request.pk, actor, moment)


def check_move(request: SosRequest, verb: Verb, actor: User, seen: tuple[Counter, int] | None) -> None:
    """Raises NotPermitted, NotPossible or StaleVersion, as `move`, of the request as it was loaded. No query when the
    institution is loaded."""
    permissions.check(actor, verb, request)
    if request.is_withdrawn:
        raise AlreadyWithdrawn
    if not transitions.is_possible(request.state, verb):
        raise AlreadyAccepted if request.state is Status.ACCEPTED else NotPossible
    if seen is not None and getattr(request, seen[0]) != seen[1]:
        raise StaleVersion(request)


def check_four_eyes(request: SosRequest, verb: Verb, actor: User) -> None:
    """Raises EnteredByYourself where who entered the request by proxy would judge it. One query at most."""
    if verb in transitions.FOUR_EYES and request.entered_by(actor):
        raise EnteredByYourself


def record(
    request: SosRequest, verb: Verb, came_from: Status | None, actor: User, moment: datetime, outcome: Outcome
) -> None:
    """Insert the event and post its notifications; inside the transaction that wrote the request. Who files it follows
    it from then on."""
    event = _event(request, verb, came_from, actor, moment, outcome)
    event.save(force_insert=True)
    if _files(event, request):
        from requests_app.models.follow import Follow

        Follow.by_filing(actor, request, moment)
    notifications.post(request, event, moment)
    if event.proxy_reason:
        notifications.post_proxy(request, event, moment)


def _files(event: RequestEvent, request: SosRequest) -> bool:
    """Who writes a request files it, and who applies for what another wrote; who wrote it follows it already, or has
    ended that."""
    if event.verb == Verb.SAVE:
        return True
    applied = event.verb == Verb.SUBMIT and event.to_status == Status.UNDER_REVIEW
    return applied and event.actor_id != request.created_by_id


CHUNK = 500  # requests


def record_many(
    outcomes: Sequence[tuple[SosRequest, Outcome]], verb: Verb, actor: User, moment: datetime
) -> None:
    """The same for many requests under one verb of `BESIDE`, set by set.

    Call inside the transaction that locked the requests (each loaded with its institution), in the order of their ids,
    and that checked the permission. `moment` is aware. Six queries at most for every 500 requests. Raises NotPossible
    if the status of any does not allow the verb; then nothing is written.
    """
    if any(
        verb not in transitions.BESIDE or outcome.to not in transitions.targets(request.state, verb)
        for request, outcome in outcomes
    ):
        raise NotPossible
    for start in range(0, len(outcomes), CHUNK):
        chunk = outcomes[start : start + CHUNK]
        events = RequestEvent.objects.bulk_create(
            [_event(request, verb, request.state, actor, moment, outcome) for request, outcome in chunk]
        )
        requests = [request for request, _ in chunk]
        notifications.post_many(list(zip(requests, events, strict=True)), moment)


def _event(
    request: SosRequest, verb: Verb, came_from: Status | None, actor: User, moment: datetime, outcome: Outcome
) -> RequestEvent:
    by_proxy = actor.enters_by_proxy(request.institution_id) and (
        verb in transitions.BY_PROXY or not actor.is_staff
    )
    return RequestEvent(
        request_id=request.pk,
        number=request.number,
        at=moment,
        verb=verb.value,
        from_status=came_from.value if came_from else "",
        to_status=outcome.to.value,
        actor_id=actor.pk,
        actor_role=actor.role,
        actor_text=actor.described_for(request.institution_id) if by_proxy else actor.described(),
        version=request.version,
        reason=outcome.reason,
        proxy_reason=actor.proxy_reason(request.institution_id) if by_proxy else "",
        content=outcome.data,
        changes=outcome.changes,
        check_record=outcome.check_record,
    )
