"""The ministry suspends an institution while it applies: one comes first, nothing slips in behind the suspension."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from institutions.exceptions import NotPossible
from institutions.models import Institution, Role, Suspension, User
from institutions.models.institution import InstitutionQuerySet
from requests_app.models import SosRequest, verbs
from requests_app.rules.transitions import Status
from tests import factories
from tests.races.crowd import Meeting, at_once

pytestmark = [pytest.mark.race, pytest.mark.usefixtures("committed_db")]


@pytest.fixture
def ministry(committed_db: None) -> User:
    return factories.user(Role.MINISTRY)


def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch the suspension's lock off."""
    monkeypatch.setattr(InstitutionQuerySet, "locked", lambda self: self)


def under_review() -> int:
    return SosRequest.objects.filter(status=Status.UNDER_REVIEW.value).count()


def applying_and_suspending(ministry: User, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """An application that waits between its check and its commit, and a suspension meanwhile; what each came to."""
    factories.campaign()
    place = factories.institution()
    nurse = factories.member(place)
    request = factories.request_in(Status.DRAFT, nurse, place)
    factories.answer(nurse, place)
    checked, written = Meeting(patience=2), Meeting(patience=1)
    real = verbs._run_check

    def check(*args: Any) -> Any:
        result = real(*args)
        checked.wait()
        written.wait()
        return result

    monkeypatch.setattr(verbs, "_run_check", check)

    def suspend() -> int:
        """How many of the institution's requests an officer sees under review once it is suspended."""
        checked.wait()
        Suspension.suspend(ministry, place, "転売のため")
        seen = under_review()
        written.wait()
        return seen

    return at_once(lambda: request.submit(nurse, seen_version=1).state, suspend)


def assert_nothing_slipped_in(results: list[Any]) -> None:
    applied, seen = results
    assert applied is Status.UNDER_REVIEW
    assert seen == under_review() == 1


def test_an_application_is_done_before_the_suspension_or_refused(
    ministry: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_nothing_slipped_in(applying_and_suspending(ministry, monkeypatch))


def test_control_without_the_lock_it_slips_in(ministry: User, monkeypatch: pytest.MonkeyPatch) -> None:
    unlocked(monkeypatch)
    results = applying_and_suspending(ministry, monkeypatch)
    with pytest.raises(AssertionError):
        assert_nothing_slipped_in(results)


def two_officers(place: Institution, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    meeting = Meeting()
    real = Suspension.save

    def save(self: Suspension, **how: Any) -> None:
        meeting.wait()
        real(self, **how)

    monkeypatch.setattr(Suspension, "save", save)

    def suspend(officer: User) -> Callable[[], Any]:
        return lambda: Suspension.suspend(officer, place, "転売のため")

    return at_once(*[suspend(factories.user(Role.MINISTRY)) for _ in range(2)])


def assert_suspended_once(results: list[Any]) -> None:
    assert Suspension.objects.count() == 1
    assert [type(result) for result in results].count(NotPossible) == 1


def test_two_officers_suspend_once(ministry: User, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_suspended_once(two_officers(factories.institution(), monkeypatch))


def test_control_without_the_lock_it_is_suspended_twice(
    ministry: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlocked(monkeypatch)

    results = two_officers(factories.institution(), monkeypatch)
    with pytest.raises(AssertionError):
        assert_suspended_once(results)
