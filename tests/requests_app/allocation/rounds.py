"""What the tests of decisions share: accepted requests of one cut-off, and a decision made as an officer makes it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from institutions.models import Institution, Role, User
from requests_app.models import AllocationDecision, LineOutcome, SosRequest
from requests_app.models.allocation import Method, SeenWaiting
from requests_app.models.waiting import Waiting, waiting_for
from requests_app.rules.allocation import ByHand, Cause, Rule, default_reason
from requests_app.rules.transitions import Status
from sosportal.lib.clock import JST
from surveys.models import Figures
from tests import factories

NOW = datetime(2026, 11, 24, 10, 22, tzinfo=JST)
CUTOFF = datetime(2026, 11, 25, 17, tzinfo=JST)
DECIDED = datetime(2026, 11, 26, 9, 30, tzinfo=JST)


def accepted(
    quantities: Iterable[int],
    *,
    stocks: Iterable[int] = (),
    places: Iterable[Institution] = (),
    now: datetime = NOW,
) -> list[SosRequest]:
    """Accepted requests, applied for a minute apart; `stocks` of gloves where 1,000 a week are used."""
    given = list(stocks)
    where = list(places)
    made = []
    for n, quantity in enumerate(quantities):
        moment = now + timedelta(minutes=n)
        place = where[n] if n < len(where) else factories.institution()
        person = factories.member(place)
        request = factories.draft(person, place, now=moment, quantity=quantity)
        stock = given[n] if n < len(given) else 500
        factories.answer(person, place, {factories.gloves().pk: Figures(stock, 1000, 0)}, now=moment)
        request = request.submit(person, seen_version=request.version, now=moment)
        made.append(factories.accept(request, now=moment))
        assert made[-1].state is Status.ACCEPTED
    return made


def waiting(cutoff: datetime = CUTOFF) -> Waiting:
    return waiting_for(factories.gloves(), cutoff)


def seen(shown: Waiting) -> SeenWaiting:
    return SeenWaiting(shown.digest, shown.marks)


def reasons(rule: Rule) -> dict[Cause, str]:
    return {cause: default_reason(rule, cause) for cause in Cause}


def decide(
    available: int,
    rule: Rule = Rule.PRO_RATA,
    *,
    loose: bool = False,
    by_hand: tuple[ByHand, ...] = (),
    actor: User | None = None,
    shown: Waiting | None = None,
    cutoff: datetime = CUTOFF,
    now: datetime = DECIDED,
) -> AllocationDecision:
    """As an officer of the ministry decides who saw the waiting as they stand, or `shown`."""
    return AllocationDecision.decide(
        actor or factories.user(Role.MINISTRY),
        factories.gloves(),
        cutoff,
        Method(rule, available, loose, by_hand),
        reasons=reasons(rule),
        seen=seen(shown or waiting(cutoff)),
        now=now,
    )


def outcome(request: SosRequest) -> LineOutcome:
    """What was decided of the request's one line."""
    (found,) = LineOutcome.objects.of(request.pk).values()
    return found
