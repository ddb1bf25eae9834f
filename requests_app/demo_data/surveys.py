"""Eight weeks of made-up survey figures: consumption steady, deliveries thinning out, stocks falling."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from institutions.models import Institution, InstitutionKind, User
from surveys.models import Figures, Item, StockAnswer, SurveyEvent, SurveyResponse, SurveyRound

WEEKS = 8
GLOVES = 5

# Gloves used in a week, from and to, by kind; the other items are used in these shares of it.
CONSUMPTION = {
    InstitutionKind.HOSPITAL: (1500, 6000),
    InstitutionKind.CLINIC: (200, 900),
    InstitutionKind.DENTAL: (500, 1600),
    InstitutionKind.PHARMACY: (50, 200),
    InstitutionKind.HOME_NURSING: (150, 500),
}
SHARES = {1: 0.5, 2: 0.05, 3: 0.02, 4: 0.06, 5: 1.0}
QUIET = 0.08  # share of the institutions that never answered
LATE_STARTERS = 0.12  # share of those who answer that began half-way


@dataclass(frozen=True)
class Answer:
    """What an institution answers at one moment (aware); `weeks_ago` counts its round back from the present one,
    `place` is the institution's key."""

    at: datetime
    weeks_ago: int
    place: str
    institution: Institution
    person: User
    figures: dict[int, Figures]  # by item id


def invent(
    chance: random.Random, items: Sequence[Item], kind: str, *, short: bool, everything: bool
) -> list[dict[int, Figures]]:
    """Figures by item id for each week, oldest first: `WEEKS` past ones and the present one.

    `short` makes a stock that has lain below two weeks of use for five weeks and is now below one and a half.
    """
    low, high = CONSUMPTION[InstitutionKind(kind)]
    gloves = chance.randint(low, high)
    series = {
        item.pk: _series(chance, max(1, round(gloves * SHARES[item.order])), short=short)
        for item in items
        if everything or item.order == GLOVES
    }
    return [{item_id: weeks[n] for item_id, weeks in series.items()} for n in range(WEEKS + 1)]


def _series(chance: random.Random, consumption: int, *, short: bool) -> list[Figures]:
    first = chance.uniform(2.2, 2.8) if short else chance.uniform(3.0, 5.5)
    middle = chance.uniform(1.4, 1.8) if short else first - chance.uniform(0.2, 1.2)
    last = chance.uniform(0.5, 1.3) if short else middle - chance.uniform(0.1, 1.2)
    found = []
    for n in range(WEEKS + 1):
        weeks = (
            first + (middle - first) * n / 3 if n < 3 else middle + (last - middle) * (n - 3) / (WEEKS - 3)
        )
        used = rounded(consumption * chance.uniform(0.94, 1.06))
        bought = rounded(consumption * chance.uniform(0.1, 0.4) * (1 - n / (WEEKS + 4)))
        found.append(Figures(max(0, rounded(used * weeks) - bought), used, bought))
    return found


def rounded(number: float) -> int:
    """To the figures people write: hundreds, tens or units, by size."""
    step = 100 if number >= 2000 else 10 if number >= 100 else 1
    return round(number / step) * step


def moment(chance: random.Random, opens_at: datetime) -> datetime:
    """When somebody answers in the round that opens at `opens_at`: a weekday from eight to five."""
    day = chance.choice((1, 2, 5, 6, 6, 7))
    return opens_at.replace(hour=8, minute=0) + timedelta(days=day, minutes=chance.randint(0, 520))


def write(answers: Iterable[Answer], rounds: Mapping[int, SurveyRound]) -> None:
    """Insert answers as history, each with its event row: past the verb, for made-up data alone. Three queries."""
    answers = list(answers)
    responses = SurveyResponse.objects.bulk_create(
        SurveyResponse(
            round=rounds[each.weeks_ago],
            institution=each.institution,
            version=1,
            answered_at=each.at,
            answered_by=each.person,
        )
        for each in answers
    )
    StockAnswer.objects.bulk_create(
        StockAnswer(
            response=response,
            item_id=item_id,
            stock=figures.stock,
            weekly_consumption=figures.weekly_consumption,
            weekly_purchase=figures.weekly_purchase,
        )
        for response, each in zip(responses, answers, strict=True)
        for item_id, figures in each.figures.items()
    )
    SurveyEvent.objects.bulk_create(
        SurveyEvent(
            response_id=response.pk,
            version=1,
            at=each.at,
            actor_id=each.person.pk,
            actor_text=each.person.described(),
            figures={
                str(item_id): [figures.stock, figures.weekly_consumption, figures.weekly_purchase]
                for item_id, figures in sorted(each.figures.items())
            },
        )
        for response, each in zip(responses, answers, strict=True)
    )
