"""A proxy and the staff of an institution at once, and a suspension while a proxy applies: one order wins, and what
stands is named after who wrote it. Each race has its negative control."""

from __future__ import annotations

from typing import Any

import pytest

from institutions.models import Institution, Proxy, Role, Suspension, User
from institutions.models.institution import InstitutionQuerySet
from requests_app import permissions
from requests_app.exceptions import NotPossible, StaleVersion
from requests_app.models import RequestEvent, SosRequest, verbs
from requests_app.models.request import SosRequestQuerySet
from requests_app.rules.transitions import Status, Verb
from sosportal.lib.models import OutboxMessage
from tests import factories
from tests.races.crowd import Meeting, at_once

pytestmark = [pytest.mark.race, pytest.mark.usefixtures("committed_db")]

REASON = "電話で依頼"
both_ways = pytest.mark.parametrize("locks", [True, False], ids=["locked", "control"])


@pytest.fixture
def place(committed_db: None) -> Institution:
    factories.campaign()
    return factories.institution()


def proxy_for(place: Institution) -> User:
    """An officer of the prefecture as the pages have them after 代理入力を始める."""
    officer = factories.user(Role.PREFECTURE, name="見本 一郎")
    officer.proxies = {place.pk: Proxy(place.pk, place.code, place.name, REASON)}
    officer.turn_to(place)
    return officer


def meet_after_reading(monkeypatch: pytest.MonkeyPatch, *, locks: bool) -> Meeting:
    """Let two verbs meet after both have read the row, where no lock prevents it."""
    meeting, real = Meeting(), permissions.check

    def check(user: Any, verb: Verb, request: SosRequest) -> None:
        real(user, verb, request)
        meeting.wait()

    monkeypatch.setattr(permissions, "check", check)
    if not locks:
        monkeypatch.setattr(SosRequestQuerySet, "locked", lambda self: self)
        monkeypatch.setattr(InstitutionQuerySet, "locked", lambda self: self)
    return meeting


def assert_one_saved(request: SosRequest, results: list[Any], names: list[str]) -> None:
    stale = [result for result in results if isinstance(result, StaleVersion)]
    saved = [result for result in results if isinstance(result, SosRequest)]
    assert (len(stale), len(saved)) == (1, 1), results
    written = RequestEvent.objects.get(request_id=request.pk, verb=Verb.REVISE)
    stands = SosRequest.objects.get(pk=request.pk)
    winner = results.index(saved[0])
    assert written.actor_text == names[winner], "what stands is named after who wrote it"
    assert stands.opinion == saved[0].opinion == str(winner)
    told = OutboxMessage.objects.filter(subject__contains="代理で入力がありました").exists()
    assert told is (winner == 0)


@both_ways
def test_a_proxy_and_the_staff_save_at_once(
    locks: bool, place: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer, nurse = proxy_for(place), factories.member(place, name="見本 花子")
    request = factories.draft(nurse, place)
    acts = [
        lambda who=who, text=str(n): request.revise(who, factories.content(4100, text), seen_version=1)
        for n, who in enumerate((officer, nurse))
    ]
    meeting = meet_after_reading(monkeypatch, locks=locks)
    results, names = at_once(*acts), ["代理：東京都 見本 一郎", "見本 花子"]
    if locks:
        assert_one_saved(request, results, names)
        assert not meeting.met
        return
    with pytest.raises((AssertionError, RequestEvent.MultipleObjectsReturned)):
        assert_one_saved(request, results, names)
    assert meeting.met


def assert_applied_once(request: SosRequest, results: list[Any]) -> None:
    refused = [result for result in results if isinstance(result, NotPossible)]
    applied = [result for result in results if isinstance(result, SosRequest)]
    assert (len(refused), len(applied)) == (1, 1), results
    written = RequestEvent.objects.get(request_id=request.pk, verb=Verb.SUBMIT)
    assert written.proxy_reason == (REASON if results.index(applied[0]) == 0 else "")
    assert written.actor_id == applied[0].submitted_by_id


@both_ways
def test_a_proxy_and_the_staff_apply_at_once(
    locks: bool, place: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer, nurse = proxy_for(place), factories.member(place)
    factories.answer(nurse, place)
    request = factories.draft(nurse, place)
    meeting = meet_after_reading(monkeypatch, locks=locks)
    results = at_once(*[lambda who=who: request.submit(who, seen_version=1) for who in (officer, nurse)])
    if locks:
        assert_applied_once(request, results)
        assert not meeting.met
        return
    with pytest.raises((AssertionError, RequestEvent.MultipleObjectsReturned)):
        assert_applied_once(request, results)
    assert meeting.met


@both_ways
def test_a_proxys_application_is_done_before_the_suspension(
    locks: bool, place: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer, nurse, ministry = proxy_for(place), factories.member(place), factories.user(Role.MINISTRY)
    factories.answer(nurse, place)
    request = factories.draft(nurse, place)
    checked, written = Meeting(patience=2), Meeting(patience=1)
    real = verbs._run_check
    if not locks:
        monkeypatch.setattr(InstitutionQuerySet, "locked", lambda self: self)

    def check(*args: Any) -> Any:
        result = real(*args)
        checked.wait()
        written.wait()
        return result

    def suspend() -> int:
        checked.wait()
        Suspension.suspend(ministry, place, "転売のため")
        seen = SosRequest.objects.filter(status=Status.UNDER_REVIEW.value).count()
        written.wait()
        return seen

    monkeypatch.setattr(verbs, "_run_check", check)
    applied, seen = at_once(lambda: request.submit(officer, seen_version=1).state, suspend)
    assert applied is Status.UNDER_REVIEW
    assert seen == (1 if locks else 0), "with the lock, what slipped in is already seen by who suspends"
