"""Who answered the survey in which round, and what happens when: everything that `play` then carries out."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from requests_app.demo_data import deciding, delivering, stories, surveys
from requests_app.demo_data.play import Cast, Step, Telling
from requests_app.demo_data.stories import Story
from requests_app.demo_data.surveys import Answer
from surveys.models import Figures, Item, SurveyResponse
from surveys.models.round import window

SEED = 20260512
ANSWERED_BEFORE = timedelta(minutes=90)
BOX = 100
EVERYTHING = 0.4  # share of the institutions that answer for all items, not for gloves alone


def prepare(cast: Cast) -> tuple[list[Answer], list[Step]]:
    """All survey answers, and the steps of all stories and corrections; the same for the same cast."""
    told = list(stories.all_stories())
    steps = [step for story in told for step in Telling(story, cast).steps()]
    steps.append(deciding.decision(cast))
    steps += delivering.steps(cast)
    answers = list(_answers(cast, told))
    for n, answer in enumerate(answers):
        minutes = stories.MISTAKEN.get((answer.place, answer.weeks_ago))
        if minutes is not None:
            steps.append((answer.at + timedelta(minutes=minutes), _correction(cast, answer)))
            answers[n] = replace(answer, figures={i: _in_boxes(given) for i, given in answer.figures.items()})
    return answers, steps


def _answers(cast: Cast, told: Sequence[Story]) -> Iterator[Answer]:
    """Those who ask for gloves run short of them and answer before they ask; the rest as their habits are."""
    chance = random.Random(SEED)  # noqa: S311 - figures of a demonstration, no secrets
    items = list(Item.objects.asked())
    before_asking = _answered_before_asking(cast, told)
    asking = {story.place for story in told}
    reliable = asking | {place for place, _weeks in stories.MISTAKEN}
    for place, institution in cast.institutions.items():
        figures = surveys.invent(
            chance,
            items,
            institution.kind,
            short=place in asking - stories.NEVER_SHORT,
            everything=chance.random() < EVERYTHING,
        )
        silent = stories.SILENT.get(place, frozenset()) | _habit(chance, place in reliable)
        for weeks in range(surveys.WEEKS, -1, -1):
            at = surveys.moment(chance, cast.rounds[weeks].opens_at)
            asked_at = before_asking.get((place, weeks))
            if asked_at or weeks not in silent:
                yield Answer(
                    at=asked_at or at,
                    weeks_ago=weeks,
                    place=place,
                    institution=institution,
                    person=cast.staff[place],
                    figures=figures[surveys.WEEKS - weeks],
                )


def _habit(chance: random.Random, reliable: bool) -> frozenset[int]:
    """The rounds, counted back, that an institution leaves out."""
    draw = chance.random()
    if reliable:
        return frozenset()
    if draw < surveys.QUIET:
        return frozenset(range(surveys.WEEKS + 1))
    if draw < surveys.QUIET + surveys.LATE_STARTERS:
        return frozenset(range(surveys.WEEKS // 2 + 1, surveys.WEEKS + 1))
    return frozenset({chance.randrange(1, surveys.WEEKS)})


def _answered_before_asking(cast: Cast, told: Sequence[Story]) -> dict[tuple[str, int], datetime]:
    """(institution's key, round counted back) → when it answered because it was about to ask."""
    found: dict[tuple[str, int], datetime] = {}
    for story in told:
        if story.answers_first:
            at = story.saved.moment(cast.opens_at, cast.now) - ANSWERED_BEFORE
            key = (story.place, (cast.opens_at - window(at)[0]) // timedelta(weeks=1))
            found[key] = min(at, found.get(key, at))
    return found


def _in_boxes(given: Figures) -> Figures:
    """Boxes written for pieces."""
    stock, used, bought = given.stock or 0, given.weekly_consumption or 0, given.weekly_purchase or 0
    return Figures(stock // BOX, used // BOX, bought // BOX)


def _correction(cast: Cast, answer: Answer) -> Callable[[datetime], None]:
    """The right figures, by the survey's own verb."""

    def correct(at: datetime) -> None:
        SurveyResponse.answer(
            answer.person,
            cast.rounds[answer.weeks_ago],
            answer.institution,
            answer.figures,
            required=frozenset(),
            seen_version=1,
            now=at,
        )

    return correct
