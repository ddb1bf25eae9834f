"""Two people save an institution's particulars at once, or one while a list of the register is read in."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from typing import Any

import pytest

from institutions.exceptions import StaleParticulars
from institutions.imports import staging
from institutions.imports.institutions import import_institutions
from institutions.models import Institution, Particulars, User
from institutions.models import institution as module
from institutions.models.institution import InstitutionQuerySet
from sosportal.lib import clock
from tests import factories
from tests.institutions.lists import HEADING, code, text
from tests.races.crowd import Meeting, at_once

pytestmark = [pytest.mark.race, pytest.mark.usefixtures("committed_db")]


@pytest.fixture
def place(committed_db: None) -> Institution:
    return factories.institution(code=code(1))


def given(n: int) -> Particulars:
    return Particulars(f"03-0000-000{n}", f"担当 {n}", f"person{n}@example.jp")


def two_saving(place: Institution, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Two colleagues save what they typed on the same page; each waits between reading and writing."""
    people = [factories.member(place), factories.member(place)]
    read = Meeting()
    real = dataclasses.asdict

    def written_down(*args: Any) -> Any:
        read.wait()
        return real(*args)

    monkeypatch.setattr(module, "asdict", written_down)
    # Its own mark is made by `asdict`, too: here it shall not wait.
    monkeypatch.setattr(Particulars, "mark", property(str))
    seen = place.particulars.mark

    def save(person: User, n: int) -> Callable[[], bool]:
        return lambda: place.keep_particulars(person, given(n), seen=seen)

    return at_once(save(people[0], 1), save(people[1], 2))


def test_of_two_at_once_the_second_is_shown_the_first(
    place: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = two_saving(place, monkeypatch)
    (refused,) = [each for each in results if isinstance(each, StaleParticulars)]
    assert results.count(True) == 1
    assert refused.current.particulars == Institution.objects.get(pk=place.pk).particulars
    assert refused.current.particulars == given(1 + results.index(True))


def test_control_without_the_lock_one_of_two_is_lost(
    place: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(InstitutionQuerySet, "locked", lambda self: self)
    assert two_saving(place, monkeypatch) == [True, True]


def saving_while_a_list_is_read(place: Institution, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A colleague has the row and has not written yet; a list that says otherwise begins to write meanwhile."""
    nurse = factories.member(place)
    has_row, list_waits = Meeting(patience=5), Meeting(patience=1)
    real = InstitutionQuerySet.locked
    seen = place.particulars.mark

    def locked(self: InstitutionQuerySet) -> Any:
        held = real(self)
        list(held.filter(pk=place.pk))
        has_row.wait()
        list_waits.wait()
        return held

    monkeypatch.setattr(InstitutionQuerySet, "locked", locked)
    rows = [(place.code, "改称病院", "1000001", place.address, "06-9999-9999")]
    listed = text(rows, (*HEADING, "電話番号")).encode()

    def read_in() -> int:
        has_row.wait()
        return import_institutions(io.BytesIO(listed), now=clock.now()).changed

    return at_once(lambda: place.keep_particulars(nurse, given(1), seen=seen), read_in)


def test_a_list_waits_for_who_saves_and_overwrites_nothing(
    place: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert saving_while_a_list_is_read(place, monkeypatch) == [True, 1]
    after = Institution.objects.get(pk=place.pk)
    assert (after.name, after.particulars) == ("改称病院", given(1))


def test_control_a_list_that_does_not_wait_overwrites_or_meets_in_a_circle(
    place: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AGAINST_LISTS", "SELECT 1")
    results = saving_while_a_list_is_read(place, monkeypatch)
    after = Institution.objects.get(pk=place.pk)
    assert results != [True, 1] or after.particulars != given(1), staging.LOCK
