"""What is typed, kept while it is being saved and from two devices at once. Each has its negative control: without the
draft's lock the same assertions fail."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from institutions.models import Institution, User
from requests_app.exceptions import TypedElsewhere
from requests_app.models import SosRequest, TypedDraft, Typing, typed_draft
from sosportal.lib import clock, once
from tests import factories
from tests.races.crowd import Meeting, at_once

pytestmark = [pytest.mark.race, pytest.mark.usefixtures("committed_db")]

ROUNDS = 5  # of each race


@pytest.fixture
def ward() -> tuple[User, Institution]:
    place = factories.institution()
    factories.campaign()
    return factories.member(place), place


def kept_while_saved(person: User, place: Institution) -> list[Any]:
    """One page is saved, and what it still sends of its typing comes in at the same moment."""
    typing = Typing(uuid.uuid4(), {"quantity_5": "4100"})

    def act() -> str:
        made = SosRequest.create_draft(person, place, factories.content())
        TypedDraft.forget_saved(person, place, None, typing)
        return made.number

    def save() -> str:
        return once.run_once(typing.page, actor_id=person.pk, body="", now=clock.now(), act=act)

    return at_once(save, lambda: TypedDraft.keep(person, place, None, typing))


def kept_from_two_devices(person: User, place: Institution) -> list[Any]:
    TypedDraft.objects.all().delete()
    pages = [Typing(uuid.uuid4(), {"quantity_5": text}) for text in ("1000", "2000")]
    return at_once(*(lambda typing=typing: TypedDraft.keep(person, place, None, typing) for typing in pages))


@contextlib.contextmanager
def meeting_between_reading_and_writing(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever read whether the page was saved waits for the save to have dropped what was kept."""
    meeting = Meeting(patience=0.5)
    read, forget = once.answer_to, TypedDraft.forget_saved.__func__  # type: ignore[attr-defined]

    def read_and_meet(*args: Any, **kwargs: Any) -> str:
        answer = read(*args, **kwargs)
        meeting.wait()
        return answer

    def forget_and_meet(cls: Any, *args: Any, **kwargs: Any) -> None:
        forget(cls, *args, **kwargs)
        meeting.wait()

    with patch.context() as during:
        during.setattr(once, "answer_to", read_and_meet)
        during.setattr(TypedDraft, "forget_saved", classmethod(forget_and_meet))
        yield


def without_lock(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(typed_draft, "_lock", lambda *args: None)


def test_nothing_is_kept_of_what_is_saved(
    ward: tuple[User, Institution], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(ROUNDS):
        with meeting_between_reading_and_writing(monkeypatch):
            outcomes = kept_while_saved(*ward)
        assert not [each for each in outcomes if isinstance(each, Exception)], outcomes
        assert not TypedDraft.objects.exists()


def test_without_the_lock_it_comes_back_after_the_save(
    ward: tuple[User, Institution], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_lock(monkeypatch)
    with meeting_between_reading_and_writing(monkeypatch):
        kept_while_saved(*ward)
    assert TypedDraft.objects.exists()


def one_kept_one_told(outcomes: list[Any]) -> bool:
    kept = [each for each in outcomes if isinstance(each, TypedDraft)]
    told = [each for each in outcomes if isinstance(each, TypedElsewhere)]
    return (len(kept), len(told)) == (1, 1) and TypedDraft.objects.get().typed == kept[0].typed


def test_of_two_devices_one_is_kept_and_the_other_told(ward: tuple[User, Institution]) -> None:
    for _ in range(ROUNDS):
        assert one_kept_one_told(kept_from_two_devices(*ward))


def test_without_the_lock_the_other_is_not_told(
    ward: tuple[User, Institution], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_lock(monkeypatch)
    with meeting_between_reading_and_writing(monkeypatch):
        assert not one_kept_one_told(kept_from_two_devices(*ward))
