"""代理入力: who enters for an institution without being of it is named as such, says why, and judges nothing of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from institutions.models import Institution, Membership, Proxy, Role, User
from requests_app import permissions
from requests_app.exceptions import EnteredByYourself, NotPermitted, ProxyReasonMissing
from requests_app.models import SosRequest
from requests_app.presenters.timeline import timeline
from requests_app.rules.transitions import BY_PROXY, Status, Verb
from sosportal.lib.clock import JST
from sosportal.lib.models import OutboxMessage
from surveys.exceptions import NotYourInstitution
from surveys.exceptions import ProxyReasonMissing as SurveyReasonMissing
from surveys.models import Item, SurveyEvent
from tests import factories

NOW = datetime(2026, 11, 24, 10, 22, tzinfo=JST)
REASON = "電話で依頼（見本 花子さん）"

pytestmark = pytest.mark.django_db


@pytest.fixture
def place() -> Institution:
    factories.campaign(now=NOW)
    return factories.institution(email="place@example.jp")


def begun(user: User, place: Institution, reason: str = REASON) -> User:
    """The user as the pages have them after 代理入力を始める."""
    user.proxies = {**user.proxies, place.pk: Proxy(place.pk, place.code, place.name, reason)}
    user.turn_to(place)
    return user


def officer(prefecture: str = factories.TOKYO) -> User:
    return factories.user(Role.PREFECTURE, name="見本 一郎", prefecture_id=prefecture)


def clerk(*places: Institution) -> User:
    person = factories.member(*places, name="架空市医師会 佐藤")
    Membership.objects.filter(user=person).update(as_proxy=True)
    again: User = User.objects.get(pk=person.pk)
    return again


PROXIES: list[tuple[Callable[[Institution], User], str]] = [
    (lambda place: officer(), "代理：東京都 見本 一郎"),
    (lambda place: factories.user(Role.MINISTRY, name="厚生 次郎"), "代理：国 厚生 次郎"),
    (lambda place: clerk(place, factories.institution()), "代理：架空市医師会 佐藤"),
]


@pytest.mark.parametrize(("make", "called"), PROXIES)
def test_a_proxy_enters_all_of_it_and_is_named_as_such(
    place: Institution, make: Callable[[Institution], User], called: str
) -> None:
    person = begun(make(place), place)
    response = factories.answer(person, place, now=NOW)
    assert response.answered_name == called
    told = SurveyEvent.objects.get()
    assert (told.actor_text, told.proxy_reason) == (called, REASON)
    request = factories.draft(person, place, now=NOW)
    request = request.revise(person, factories.content(4200), seen_version=1, now=NOW)
    request = request.submit(person, seen_version=2, now=NOW)
    assert request.state is Status.UNDER_REVIEW
    assert {(event.actor_text, event.proxy_reason) for event in request.events()} == {(called, REASON)}
    items = {item.pk: item for item in Item.objects.all()}
    for entry in timeline(request.events(), items, "東京都"):
        assert any(called in line for line in entry.lines), entry
    mails = [mail for mail in OutboxMessage.objects.filter(to="place@example.jp") if "代理" in mail.subject]
    assert len(mails) == 4, "survey, save, edit and application"
    for mail in mails:
        assert called in mail.body
        assert REASON in mail.body
    assert any("4,200枚" in mail.body for mail in mails)
    assert any("3,400" in mail.body for mail in mails)


@pytest.mark.parametrize("make", [make for make, _ in PROXIES])
def test_without_a_reason_nothing_is_entered(place: Institution, make: Callable[[Institution], User]) -> None:
    person = make(place)
    refusals = (NotPermitted, ProxyReasonMissing)
    with pytest.raises((NotYourInstitution, SurveyReasonMissing)):
        factories.answer(person, place, now=NOW)
    with pytest.raises(refusals):
        factories.draft(person, place, now=NOW)
    request = factories.request_in(Status.DRAFT, None, place, now=NOW)
    with pytest.raises(refusals):
        request.revise(person, factories.content(1), seen_version=1, now=NOW)
    with pytest.raises(refusals):
        request.submit(person, seen_version=1, now=NOW)
    with pytest.raises(refusals):
        factories.draft(begun(person, factories.institution()), place, now=NOW)
    assert SosRequest.objects.count() == 1
    assert not SurveyEvent.objects.exists()


def test_nobody_enters_for_a_foreign_institution(place: Institution) -> None:
    strangers = [
        officer(factories.OSAKA),
        factories.user(Role.OPERATOR),
        factories.member(factories.institution()),
        clerk(factories.institution()),
    ]
    request = factories.request_in(Status.DRAFT, None, place, now=NOW)
    for person in strangers:
        begun(person, place)
        with pytest.raises(NotYourInstitution):
            factories.answer(person, place, now=NOW)
        with pytest.raises(NotPermitted):
            factories.draft(person, place, now=NOW)
        with pytest.raises(NotPermitted):
            request.submit(person, seen_version=1, now=NOW)


def test_what_a_proxy_may_do_verb_by_verb(place: Institution) -> None:
    request = factories.request_in(Status.UNDER_REVIEW, None, place, now=NOW)
    for person in (officer(), factories.user(Role.MINISTRY)):
        before = {verb for verb in Verb if permissions.can(person, verb, request)}
        assert before.isdisjoint(BY_PROXY)
        begun(person, place)
        assert {verb for verb in Verb if permissions.can(person, verb, request)} == before | BY_PROXY


def test_an_ordinary_member_is_no_proxy(place: Institution) -> None:
    person = factories.member(place, name="担当 一")
    request = factories.draft(person, place, now=NOW)
    event = request.events()[0]
    assert (event.actor_text, event.proxy_reason) == ("担当 一", "")
    assert not OutboxMessage.objects.filter(subject__contains="代理").exists()


def test_who_entered_does_not_judge(place: Institution) -> None:
    mine = begun(officer(), place)
    ministry = begun(factories.user(Role.MINISTRY), place)
    factories.answer(factories.member(place), place, now=NOW)
    request = factories.draft(mine, place, now=NOW).submit(mine, seen_version=1, now=NOW)
    quantities = {factories.GLOVES: 1}
    with pytest.raises(EnteredByYourself):
        request.confirm(mine, quantities, "", seen_revision=request.revision, now=NOW)
    request = factories.confirm(request, now=NOW)
    request = request.revise(ministry, factories.content(4000), seen_version=request.version, now=NOW)
    with pytest.raises(EnteredByYourself):
        request.accept(ministry, seen_revision=request.revision, reason="至急", now=NOW)
    assert factories.accept(request, now=NOW).state is Status.ACCEPTED


def test_a_proxy_taken_away_is_refused(place: Institution) -> None:
    person = begun(clerk(place), place)
    request = factories.draft(person, place, now=NOW)
    Membership.objects.filter(user=person).delete()
    again = begun(User.objects.get(pk=person.pk), place)
    with pytest.raises(NotPermitted):
        request.submit(again, seen_version=1, now=NOW)
    moved = officer()
    User.objects.filter(pk=moved.pk).update(prefecture_id=factories.OSAKA)
    with pytest.raises(NotPermitted):
        factories.draft(begun(User.objects.get(pk=moved.pk), place), place, now=NOW)
