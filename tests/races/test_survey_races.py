"""Answers given at once: one order wins, nothing is lost, nothing is kept twice. What rests on a lock or a receipt has
its negative control: without it, the same assertions fail."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from institutions.models import Institution, User
from sosportal.lib import clock, once
from sosportal.lib.schedules import declared, ensure_schedules
from surveys.exceptions import RoundClosed, StaleResponse
from surveys.models import Figures, SurveyEvent, SurveyResponse, SurveyRound
from surveys.models.response import SurveyResponseQuerySet
from surveys.tasks import open_survey_round
from tests import factories
from tests.races.crowd import Meeting, at_once
from tests.surveys.pages import Page, logged_in, three

pytestmark = [pytest.mark.race, pytest.mark.usefixtures("committed_db")]

ROUNDS = 10  # of each race


@contextlib.contextmanager
def patched(target: Any, name: str, replacement: Any) -> Iterator[None]:
    original = getattr(target, name)
    setattr(target, name, replacement)
    try:
        yield
    finally:
        setattr(target, name, original)


def hospital(members: int = 2) -> tuple[Institution, list[User]]:
    place = factories.institution()
    return place, [factories.member(place) for _ in range(members)]


def answering(person: User, place: Institution, stock: int, seen: int) -> Callable[[], SurveyResponse]:
    """One person's answer, as a page sends it."""
    survey_round = SurveyRound.objects.open_for(clock.now())[0]
    figures = {factories.gloves().pk: Figures(stock, 100, 0)}
    return lambda: SurveyResponse.answer(
        person, survey_round, place, figures, required=frozenset(figures), seen_version=seen
    )


def one_wins(outcomes: list[Any], place: Institution, version: int) -> None:
    """Exactly one of them saved; what stands is the winner's, and one event more keeps it."""
    saved = [each for each in outcomes if isinstance(each, SurveyResponse)]
    refused = [each for each in outcomes if isinstance(each, StaleResponse)]
    assert (len(saved), len(refused)) == (1, len(outcomes) - 1), outcomes
    standing = SurveyResponse.objects.get(institution=place)
    assert (standing.version, standing.answered_by_id) == (version, saved[0].answered_by_id)
    events = SurveyEvent.objects.filter(response_id=standing.pk).order_by("version")
    assert [event.version for event in events] == list(range(1, version + 1))
    kept = {item: list(figures) for item, figures in events[version - 1].figures.items()}
    assert kept == {
        str(item): [each.stock, each.weekly_consumption, each.weekly_purchase]
        for item, each in standing.figures().items()
    }
    assert events[version - 1].actor_id == standing.answered_by_id


def race_first_answers() -> None:
    place, people = hospital()
    one_wins(at_once(*(answering(each, place, n, 0) for n, each in enumerate(people, 1))), place, 1)


def answered() -> tuple[Institution, list[User]]:
    place, people = hospital()
    answering(people[0], place, 9, 0)()
    return place, people


def race_corrections(place: Institution, people: list[User]) -> None:
    one_wins(at_once(*(answering(each, place, n, 1) for n, each in enumerate(people, 1))), place, 2)


def test_two_first_answers_at_once() -> None:
    for _ in range(ROUNDS):
        race_first_answers()


def test_two_corrections_of_the_same_version_at_once() -> None:
    for _ in range(ROUNDS):
        race_corrections(*answered())


@contextlib.contextmanager
def all_meet_at_the_row(patience: float = 0.5) -> Iterator[Meeting]:
    """Everybody who found the row waits there for the others, unless its lock keeps them away."""
    meeting = Meeting(patience=patience)
    find = SurveyResponse._locked_or_new.__func__  # type: ignore[attr-defined]

    def find_and_meet(cls: Any, *args: Any) -> SurveyResponse:
        row: SurveyResponse = find(cls, *args)
        meeting.wait()
        return row

    with patched(SurveyResponse, "_locked_or_new", classmethod(find_and_meet)):
        yield meeting


def test_without_the_row_lock_a_correction_is_lost() -> None:
    place, people = answered()
    with (
        pytest.raises(AssertionError, match=r"assert \("),
        patched(SurveyResponseQuerySet, "locked", lambda rows: rows),
        all_meet_at_the_row(patience=5) as meeting,
    ):
        race_corrections(place, people)
    assert meeting.met


def test_the_lock_keeps_the_second_away_from_the_row() -> None:
    place, people = answered()
    with all_meet_at_the_row() as meeting:
        race_corrections(place, people)
    assert not meeting.met


# --- The page -----------------------------------------------------------------------------------------------------


def open_page(person: User, place: Institution) -> Page:
    client = logged_in(person)
    return Page(client, client.get(f"/survey/{place.code}/"))


def press(page: Page, typed: dict[str, str], times: int) -> list[Page]:
    """The same post several times at once, each over its own connection and with its own client."""
    cookies = page.client.cookies

    def send() -> Page:
        client = logged_in_by(cookies)
        return Page(client, client.post(page.path, {**page.inputs, **typed}))

    return at_once(*[send] * times)


def logged_in_by(cookies: Any) -> Any:
    from django.test import Client

    client = Client()
    client.cookies = cookies.copy()
    return client


def race_double_click() -> None:
    place, people = hospital(1)
    factories.campaign()
    SurveyRound.objects.open_for(clock.now())
    page = open_page(people[0], place)
    sent = press(page, three(factories.gloves().pk, "340", "400", "50"), 3)
    assert [each.status for each in sent] == [302] * 3, sent
    assert len({each.response.headers["Location"] for each in sent}) == 1
    response = SurveyResponse.objects.get(institution=place)
    assert (response.version, SurveyEvent.objects.filter(response_id=response.pk).count()) == (1, 1)


def test_a_double_click_is_one_answer() -> None:
    race_double_click()


def test_without_the_receipt_the_second_click_is_refused() -> None:
    def always(_receipt: Any) -> bool:
        return True

    with pytest.raises(AssertionError), patched(once, "claim", always):
        race_double_click()


def test_the_same_token_with_two_bodies_at_once_saves_one_of_them() -> None:
    place, people = hospital(1)
    factories.campaign()
    SurveyRound.objects.open_for(clock.now())
    page = open_page(people[0], place)
    cookies = page.client.cookies

    def send(stock: str) -> Page:
        client = logged_in_by(cookies)
        typed = three(factories.gloves().pk, stock, "400", "50")
        return Page(client, client.post(page.path, {**page.inputs, **typed}))

    sent = at_once(lambda: send("1"), lambda: send("2"))
    assert sorted(each.status for each in sent) == [302, 409], sent
    lost = next(each for each in sent if each.status == 409)
    saved = SurveyResponse.objects.get(institution=place).figures()[factories.gloves().pk].stock
    assert {lost.value(f"stock-{factories.gloves().pk}"), str(saved)} == {"1", "2"}


def test_an_answer_that_waited_past_closing_is_refused() -> None:
    """The clock is read once the row is locked: who waits for a lock over the closing time is too late."""
    place, people = hospital()
    now = clock.now()
    survey_round = SurveyRound.objects.create(
        opens_at=now - timedelta(days=1), closes_at=now + timedelta(seconds=1.5)
    )
    figures = {factories.gloves().pk: Figures(1, 1, 1)}
    SurveyResponse.answer(people[0], survey_round, place, figures, required=frozenset(), seen_version=0)

    def hold() -> None:
        from django.db import transaction

        with transaction.atomic(), connection.cursor() as cursor:
            SurveyResponse.objects.locked().get(institution=place)
            cursor.execute("SELECT pg_sleep(2)")

    def correct() -> SurveyResponse:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.5)")
        return SurveyResponse.answer(
            people[1], survey_round, place, figures, required=frozenset(), seen_version=1
        )

    _, corrected = at_once(hold, correct)
    assert isinstance(corrected, RoundClosed), corrected
    assert SurveyResponse.objects.get(institution=place).version == 1


# --- Rounds and schedules -----------------------------------------------------------------------------------------


def test_a_round_is_opened_once_by_many() -> None:
    assert sum(at_once(*[open_survey_round] * 5)) == SurveyRound.objects.count()
    assert SurveyRound.objects.open_at(clock.now()) is not None


def test_schedules_are_written_once_by_many() -> None:
    written = at_once(*[ensure_schedules] * 4)
    assert sorted(map(len, written)) == [0, 0, 0, len(declared())], written
