"""A made-up past of a few weeks in two prefectures, different for every seed, by the real verbs."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from institutions.models import Institution, User
from requests_app.models import Content, SosRequest
from requests_app.rules.transitions import Status
from sosportal.lib.clock import JST
from surveys.models import Figures, Item, SurveyRound
from tests import factories

NOW = datetime(2026, 11, 24, 10, 22, tzinfo=JST)
WEEK = timedelta(weeks=1)


def figures(chance: random.Random) -> dict[int, Figures]:
    """For some of the items: complete figures, no consumption among them, or nothing."""
    found = {}
    for item in Item.objects.all():
        kind = chance.random()
        if kind < 0.2:
            continue
        used = 0 if kind < 0.3 else chance.randint(1, 500)
        found[item.pk] = Figures(chance.randint(0, 1500), used, chance.randint(0, 500))
    return found


def populate(seed: int, *, weeks: int = 4, places: int = 8) -> list[tuple[User, Institution]]:
    """Institutions that answer some of the rounds, and requests in every status, until NOW."""
    chance = random.Random(seed)
    factories.campaign(now=NOW - weeks * WEEK)
    rounds = [SurveyRound.objects.open_for(NOW - n * WEEK)[0] for n in range(weeks)]
    cast = list(_cast(chance, rounds, places))
    for n in reversed(range(weeks)):
        for person, place in cast:
            if chance.random() < 0.7:
                at = rounds[n].opens_at + timedelta(minutes=chance.randint(0, 5000))
                factories.answer(person, place, figures(chance), now=at)
        _file(chance, cast, n)
    return cast


def _file(chance: random.Random, cast: list[tuple[User, Institution]], week: int) -> None:
    """A request in each status, of which an error was under review first."""
    for status in Status:
        person, place = chance.choice(cast)
        at = NOW - week * WEEK - timedelta(minutes=chance.randint(0, 3000))
        request = factories.request_in(
            Status.UNDER_REVIEW if status is Status.ERROR else status,
            person,
            place,
            now=at,
            quantity=chance.randint(1, 50) * 100,
        )
        if status is Status.UNDER_REVIEW and chance.random() < 0.6:
            confirmed = factories.confirm(request, now=at)
            if chance.random() < 0.5:
                confirmed.revise(person, factories.content(900), seen_version=confirmed.version, now=at)
        if status is Status.ERROR:
            spoil(request, person, at)


def spoil(request: SosRequest, person: User, at: datetime) -> SosRequest:
    """An edit that ticks nothing: the request falls back to エラー有り."""
    content = Content(confirmed_terms=True, lines={})
    return request.revise(person, content, seen_version=request.version, now=at)


def _cast(
    chance: random.Random, rounds: list[SurveyRound], places: int
) -> Iterator[tuple[User, Institution]]:
    for n in range(places):
        place = factories.institution(factories.OSAKA if n % 3 == 0 else factories.TOKYO)
        # Some were registered only lately: they can't be asked in earlier rounds.
        born = chance.choice(rounds).opens_at if n % 4 == 1 else rounds[-1].opens_at - WEEK
        Institution.objects.filter(pk=place.pk).update(created_at=born)
        yield factories.member(place), place
