"""Every status × verb × role, with own and foreign objects, for the verbs that leave the request as it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from institutions.models import Role, User
from requests_app.exceptions import NotPermitted, NotPossible
from requests_app.models import Claim, Question, RequestEvent, SosRequest
from requests_app.rules.transitions import BESIDE, VERB_ROLES, Status, Verb, is_possible
from tests import factories
from tests.requests_app.test_moves import NOW, actor_for

pytestmark = pytest.mark.django_db

Act = Callable[[SosRequest, User], SosRequest]


def _asked(request: SosRequest) -> int:
    """A question about the request, asked before whatever became of it."""
    officer = factories.user(Role.PREFECTURE, prefecture_id=request.institution.prefecture_id)
    return Question.objects.create(request=request, asked_at=NOW, asked_by=officer, text="在庫は？").pk


def _answer(request: SosRequest, actor: User) -> SosRequest:
    return request.answer(actor, _asked(request), "9箱です", now=NOW)


def _unask(request: SosRequest, actor: User) -> SosRequest:
    return request.unask(actor, _asked(request), "電話で確認したため", now=NOW)


def _release(request: SosRequest, actor: User) -> SosRequest:
    Claim.take(request.pk, actor, seen=None, now=NOW)
    return request.release(actor, now=NOW)


ACTS: dict[Verb, Act] = {
    Verb.ASK: lambda request, actor: request.ask(actor, "在庫は何箱ですか", now=NOW),
    Verb.ANSWER: _answer,
    Verb.UNASK: _unask,
    Verb.MEMO: lambda request, actor: request.memo(actor, "午後にもう一度電話する", now=NOW),
    Verb.CLAIM: lambda request, actor: request.claim(actor, now=NOW),
    Verb.RELEASE: _release,
}


# What needs a shipment first has a test of its own beside that of shipments.
ELSEWHERE = {Verb.RECEIVE}


def test_every_verb_beside_the_request_that_is_a_method_of_it_has_its_act() -> None:
    methods = {verb for verb in BESIDE if hasattr(SosRequest, verb.value)}
    assert methods - ELSEWHERE == set(ACTS)


@pytest.mark.parametrize("own", [True, False], ids=["own", "foreign"])
@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("verb", list(ACTS))
@pytest.mark.parametrize("status", list(Status))
def test_only_where_and_by_whom_the_tables_say(status: Status, verb: Verb, role: Role, own: bool) -> None:
    factories.campaign(now=NOW)
    place = factories.institution()
    request = factories.request_in(status, factories.member(place), place, now=NOW)
    events = RequestEvent.objects.count()
    actor = actor_for(role, place, own)
    allowed = role.value in {each.value for each in VERB_ROLES[verb]} and (own or role == Role.MINISTRY)
    if allowed and is_possible(status, verb):
        ACTS[verb](request, actor)
        told = RequestEvent.objects.latest("id")
        assert RequestEvent.objects.count() == events + 1
        assert (told.verb, told.from_status, told.to_status) == (verb.value, status.value, status.value)
    else:
        with pytest.raises(NotPossible if allowed else NotPermitted):
            ACTS[verb](request, actor)
        assert RequestEvent.objects.count() == events
    stands = SosRequest.objects.get(pk=request.pk)
    assert (stands.state, stands.version, stands.revision, stands.updated_at) == (
        status,
        request.version,
        request.revision,
        request.updated_at,
    )
