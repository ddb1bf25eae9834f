"""Every status × verb × role, with own and foreign objects: only the moves of the table happen."""

from collections.abc import Callable
from datetime import datetime

import pytest

from institutions.models import Institution, Role, User
from requests_app.exceptions import AlreadyWithdrawn, NotPermitted, NotPossible, ProxyReasonMissing, Refusal
from requests_app.models import RequestEvent, SosRequest
from requests_app.rules.transitions import BESIDE, BY_PROXY, VERB_ROLES, Status, Verb, is_possible, targets
from sosportal.lib.clock import JST
from tests import factories

NOW = datetime(2026, 11, 24, 10, 22, tzinfo=JST)

pytestmark = pytest.mark.django_db

Act = Callable[[SosRequest, User], SosRequest]


def _revise(request: SosRequest, actor: User) -> SosRequest:
    return request.revise(actor, factories.content(3000), seen_version=request.version, now=NOW)


def _submit(request: SosRequest, actor: User) -> SosRequest:
    return request.submit(actor, seen_version=request.version, now=NOW)


def _confirm(request: SosRequest, actor: User) -> SosRequest:
    return request.confirm(actor, {factories.gloves().pk: 4100}, "", seen_revision=request.revision, now=NOW)


def _accept(request: SosRequest, actor: User) -> SosRequest:
    return request.accept(actor, seen_revision=request.revision, reason="急ぎのため", now=NOW)


def _note(request: SosRequest, actor: User) -> SosRequest:
    return request.note(actor, "記入", seen_revision=request.revision, now=NOW)


def _telephone(request: SosRequest, actor: User) -> SosRequest:
    return request.log_telephone(actor, whom="見本 花子さん", what="在庫の確認", now=NOW)


def _withdraw(request: SosRequest, actor: User) -> SosRequest:
    return request.withdraw(actor, "納品があったため", seen_version=request.version, now=NOW)


ACTS: dict[Verb, Act] = {
    Verb.REVISE: _revise,
    Verb.SUBMIT: _submit,
    Verb.CONFIRM: _confirm,
    Verb.ACCEPT: _accept,
    Verb.NOTE: _note,
    Verb.TELEPHONE: _telephone,
    Verb.WITHDRAW: _withdraw,
}


def actor_for(role: Role, place: Institution, own: bool) -> User:
    """Somebody of the role, with or without the institution in their scope."""
    if role == Role.INSTITUTION:
        return factories.member(place if own else factories.institution())
    if role == Role.PREFECTURE:
        return factories.user(role, prefecture_id=place.prefecture_id if own else factories.OSAKA)
    return factories.user(role)


def refusal_for(verb: Verb, role: Role, in_scope: bool) -> type[Refusal]:
    """Who may not: an officer who might by proxy is asked for a reason, everybody else has no right."""
    by_proxy = verb in BY_PROXY and role in {Role.PREFECTURE, Role.MINISTRY} and in_scope
    return ProxyReasonMissing if by_proxy else NotPermitted


def test_every_verb_on_an_existing_request_has_its_act() -> None:
    assert set(ACTS) == set(Verb) - {Verb.SAVE} - set(BESIDE)


@pytest.mark.parametrize("own", [True, False], ids=["own", "foreign"])
@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("verb", list(ACTS))
@pytest.mark.parametrize("status", list(Status))
def test_only_the_moves_of_the_table(status: Status, verb: Verb, role: Role, own: bool) -> None:
    factories.campaign(now=NOW)
    place = factories.institution()
    request = factories.request_in(status, factories.member(place), place, now=NOW)
    events = RequestEvent.objects.count()
    actor = actor_for(role, place, own)
    in_scope = own or role == Role.MINISTRY
    allowed = role.value in {each.value for each in VERB_ROLES[verb]} and in_scope
    if allowed and is_possible(status, verb):
        after = ACTS[verb](request, actor)
        assert after.state in targets(status, verb)
        assert RequestEvent.objects.count() == events + 1
    else:
        expected = NotPossible if allowed else refusal_for(verb, role, in_scope)
        with pytest.raises(expected):
            ACTS[verb](request, actor)
        stands = SosRequest.objects.get(pk=request.pk)
        assert (stands.state, stands.version, stands.revision) == (status, request.version, request.revision)
        assert RequestEvent.objects.count() == events


@pytest.mark.parametrize("verb", list(ACTS))
@pytest.mark.parametrize("status", [each for each in Status if is_possible(each, Verb.WITHDRAW)])
def test_what_was_withdrawn_is_moved_by_nobody(status: Status, verb: Verb) -> None:
    factories.campaign(now=NOW)
    place = factories.institution()
    person = factories.member(place)
    request = _withdraw(factories.request_in(status, person, place, now=NOW), person)
    assert not request.allows(verb)
    events = RequestEvent.objects.count()
    for role in Role:
        allowed = role.value in {each.value for each in VERB_ROLES[verb]}
        with pytest.raises(AlreadyWithdrawn if allowed else refusal_for(verb, role, in_scope=True)):
            ACTS[verb](request, actor_for(role, place, own=True))
    stands = SosRequest.objects.get(pk=request.pk)
    assert (stands.state, stands.version, stands.revision) == (status, request.version, request.revision)
    assert RequestEvent.objects.count() == events


@pytest.mark.parametrize("own", [True, False], ids=["own", "foreign"])
@pytest.mark.parametrize("role", list(Role))
def test_only_members_save_a_new_request(role: Role, own: bool) -> None:
    place = factories.institution()
    actor = actor_for(role, place, own)
    if role == Role.INSTITUTION and own:
        assert SosRequest.create_draft(actor, place, factories.content(), now=NOW).state is Status.DRAFT
    else:
        with pytest.raises(refusal_for(Verb.SAVE, role, own or role == Role.MINISTRY)):
            SosRequest.create_draft(actor, place, factories.content(), now=NOW)


@pytest.mark.parametrize("verb", list(ACTS))
def test_a_disabled_person_does_nothing(verb: Verb) -> None:
    factories.campaign(now=NOW)
    request = factories.request_in(Status.UNDER_REVIEW, now=NOW)
    for role in Role:
        actor = actor_for(role, request.institution, own=True)
        actor.is_active = False
        with pytest.raises(Refusal):
            ACTS[verb](request, actor)
