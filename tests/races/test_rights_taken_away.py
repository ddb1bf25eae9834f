"""The right to enter is taken away while somebody enters: a membership withdrawn, a person disabled, an officer moved.
Who takes it away finds what was entered before, or it is refused. Each race has its negative control."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from institutions.models import Institution, Membership, Proxy, Role, User
from institutions.permissions import check_enter_for
from requests_app.exceptions import NotPermitted
from requests_app.models import RequestEvent, SosRequest
from sosportal.lib import clock
from surveys.exceptions import NotYourInstitution
from surveys.models import Figures, SurveyEvent, SurveyResponse, SurveyRound
from tests import factories
from tests.races.crowd import Meeting, at_once

pytestmark = [pytest.mark.race, pytest.mark.usefixtures("committed_db")]

both_ways = pytest.mark.parametrize("locks", [True, False], ids=["locked", "control"])


@pytest.fixture
def place(committed_db: None) -> Institution:
    factories.campaign()
    return factories.institution()


@pytest.fixture
def clerk(place: Institution) -> User:
    """A medical association's clerk, after 代理入力を始める."""
    person = factories.member(place)
    person.memberships.update(as_proxy=True)
    return begun(User.objects.get(pk=person.pk), place)


def begun(person: User, place: Institution) -> User:
    person.proxies = {place.pk: Proxy(place.pk, place.code, place.name, "電話で依頼")}
    person.turn_to(place)
    return person


def taken_away(person: User) -> None:
    Membership.objects.filter(user=person).delete()


def disabled(person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)


def of_its_own(person: User) -> None:
    """No proxy any more, but of the institution."""
    Membership.objects.filter(user=person).update(as_proxy=False)


def entering_while(
    monkeypatch: pytest.MonkeyPatch,
    enter: Callable[[], Any],
    take: Callable[[User], None],
    person: User,
    *,
    locks: bool,
) -> tuple[Any, int]:
    """`enter` waits once it has judged who may; `take` comes meanwhile. What the first came to, and how many entries
    the second saw once it was done."""
    judged, written = Meeting(patience=2), Meeting(patience=1)
    real = User.held_for

    def held_for(self: User, institution_id: int, **more: Any) -> User:
        held = real(self, institution_id, **more) if locks else self
        check_enter_for(held, Institution.objects.get(pk=institution_id))
        judged.wait()
        written.wait()
        return held

    def taking() -> int:
        judged.wait()
        take(person)
        seen = SurveyEvent.objects.count() + RequestEvent.objects.count()
        written.wait()
        return seen

    monkeypatch.setattr(User, "held_for", held_for)
    entered, seen = at_once(enter, taking)
    return entered, int(seen)


def answering(person: User, place: Institution) -> Callable[[], Any]:
    figures = {factories.gloves().pk: Figures(100, 50, 0)}
    weekly, _ = SurveyRound.objects.open_for(clock.now())
    return lambda: SurveyResponse.answer(
        person, weekly, place, figures, required=frozenset(figures), seen_version=0
    )


@both_ways
@pytest.mark.parametrize("take", [taken_away, disabled, of_its_own])
def test_a_survey_is_answered_before_the_right_is_gone(
    take: Callable[[User], None],
    locks: bool,
    clerk: User,
    place: Institution,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entered, seen = entering_while(monkeypatch, answering(clerk, place), take, clerk, locks=locks)
    assert isinstance(entered, SurveyResponse)
    assert seen == (1 if locks else 0), (
        "with the lock, what slipped in is already seen by who takes the right away"
    )


@both_ways
@pytest.mark.parametrize("take", [taken_away, disabled])
def test_a_request_is_saved_before_the_right_is_gone(
    take: Callable[[User], None],
    locks: bool,
    clerk: User,
    place: Institution,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def save() -> SosRequest:
        return SosRequest.create_draft(clerk, place, factories.content(4100))

    entered, seen = entering_while(monkeypatch, save, take, clerk, locks=locks)
    assert isinstance(entered, SosRequest)
    assert seen == (1 if locks else 0)


@both_ways
@pytest.mark.parametrize("verb", ["submit", "revise", "withdraw"])
def test_a_verb_is_done_before_the_right_is_gone(
    verb: str, locks: bool, clerk: User, place: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.answer(clerk, place)
    request = factories.draft(clerk, place)
    acts: dict[str, Callable[[], Any]] = {
        "submit": lambda: request.submit(clerk, seen_version=1),
        "revise": lambda: request.revise(clerk, factories.content(4200), seen_version=1),
        "withdraw": lambda: request.withdraw(clerk, "不要", seen_version=1),
    }
    before = SurveyEvent.objects.count() + RequestEvent.objects.count()
    entered, seen = entering_while(monkeypatch, acts[verb], taken_away, clerk, locks=locks)
    assert isinstance(entered, SosRequest)
    assert seen - before == (1 if locks else 0)


@pytest.mark.parametrize("take", [taken_away, disabled])
def test_what_was_taken_away_first_is_refused(
    take: Callable[[User], None], clerk: User, place: Institution
) -> None:
    """The person was read before, as a page reads who asks; the verb looks again."""
    request = factories.draft(clerk, place)
    assert clerk.institution_ids
    answer = answering(clerk, place)
    take(clerk)
    with pytest.raises(NotYourInstitution):
        answer()
    with pytest.raises(NotPermitted):
        SosRequest.create_draft(clerk, place, factories.content(4100))
    with pytest.raises(NotPermitted):
        request.submit(clerk, seen_version=1)
    assert not SurveyResponse.objects.exists()
    assert SosRequest.objects.get() == request


def test_an_officer_who_was_moved_to_another_prefecture_enters_no_more(place: Institution) -> None:
    officer = begun(factories.user(Role.PREFECTURE), place)
    request = factories.draft(officer, place)
    User.objects.filter(pk=officer.pk).update(prefecture_id=factories.OSAKA)
    with pytest.raises(NotPermitted):
        request.revise(officer, factories.content(4200), seen_version=1)
    with pytest.raises(NotYourInstitution):
        answering(officer, place)()


def test_an_officer_enters_nothing_for_an_institution_that_has_just_moved_away(place: Institution) -> None:
    """The institution was read before, as a page reads it; the verbs look where it lies by now."""
    officer = begun(factories.user(Role.PREFECTURE), place)
    answer = answering(officer, place)
    Institution.objects.filter(pk=place.pk).update(prefecture_id=factories.OSAKA)
    assert place.prefecture_id == factories.TOKYO
    with pytest.raises(NotYourInstitution):
        answer()
    with pytest.raises(NotPermitted):
        SosRequest.create_draft(officer, place, factories.content(4100))
    assert not SurveyResponse.objects.exists()
    assert not SosRequest.objects.exists()


@both_ways
@pytest.mark.parametrize("what", ["answer", "save"])
def test_what_an_officer_enters_is_there_before_the_institution_has_moved_away(
    what: str, locks: bool, place: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = begun(factories.user(Role.PREFECTURE), place)

    def move_away(_: User) -> None:
        Institution.objects.filter(pk=place.pk).update(prefecture_id=factories.OSAKA)

    def save() -> SosRequest:
        return SosRequest.create_draft(officer, place, factories.content(4100))

    act = answering(officer, place) if what == "answer" else save
    entered, seen = entering_while(monkeypatch, act, move_away, officer, locks=locks)
    assert isinstance(entered, (SurveyResponse, SosRequest)), repr(entered)
    assert seen == (1 if locks else 0)


def test_a_proxy_no_more_is_not_named_as_one(clerk: User, place: Institution) -> None:
    answer = answering(clerk, place)
    of_its_own(clerk)
    assert answer().answered_as == ""
