"""What the public page shows of a round: written once, at a moment fixed beforehand, and never again.

Figures that followed each acceptance could be subtracted from each other: two looks would tell what one hospital was
given. So a round is published as it stands one week after its end, small numbers hidden (`hiding`), and what was
published stays, whatever becomes of its requests later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Self

from requests_app.models import PublishedTable
from requests_app.progress import reading
from requests_app.progress.hiding import TOTAL, hidden, rounded
from requests_app.progress.reading import Area
from surveys.models import Item, SurveyRound

AFTER = timedelta(weeks=1)
"""So long after its end a round is published: on a Wednesday at 17:00, whatever single requests have come to."""
FEW = "few"
"""What stands in the place of a hidden figure."""

Cell = int | str | None


@dataclass(frozen=True)
class Line:
    """A prefecture, or with `code` TOTAL the country, as everybody may know it. FEW: hidden; None: nothing to tell.

    Weeks of stock in tenths and the share of answers in per cent, both cut off; quantities rounded.
    """

    code: str
    weeks: Cell
    rate: Cell
    institutions: Cell
    asked: Cell
    institutions_accepted: Cell
    accepted: Cell

    @classmethod
    def of(cls, code: str, area: Area, columns: Sequence[frozenset[str]]) -> Self:
        """The area's figures; `columns` are the keys hidden of stock, rate, what was asked and what was accepted."""
        weeks, rate, asked, accepted = (code in each for each in columns)
        given = area.quantities
        return cls(
            code,
            FEW if weeks else _cut(area.stock.weeks, 10),
            FEW if rate else _cut(area.survey.rate, 100),
            FEW if asked else given.institutions,
            FEW if asked else rounded(given.asked),
            FEW if accepted else given.institutions_accepted,
            FEW if accepted else rounded(given.accepted),
        )


def _cut(share: Fraction | None, parts: int) -> int | None:
    return None if share is None else int(share * parts)


def lines_of(areas: Sequence[Area]) -> list[Line]:
    """The prefectures in their order and the country after them, small numbers hidden. No query."""
    asked = {each.code: each.quantities.institutions for each in areas}
    accepted = {each.code: each.quantities.institutions_accepted for each in areas}
    left = {code: count - accepted[code] for code, count in asked.items()}
    of_asked = hidden(asked)
    columns = (
        hidden({each.code: each.stock.answered for each in areas}),
        hidden({each.code: each.survey.institutions for each in areas}),
        of_asked,
        # Where nearly all were accepted, the one that wasn't would be the difference; where all were, what was asked.
        hidden(accepted, left, also=of_asked),
    )
    lines = [Line.of(each.code, each, columns) for each in areas]
    return [*lines, Line.of(TOTAL, reading.total(areas), columns)] if areas else []


def publish(rounds: Sequence[SurveyRound], now: datetime) -> None:
    """Write down those of the rounds whose time has come and that aren't published yet, from the figures as they are
    kept at `now` (aware). Runs inside the refresh, whose lock lets one at a time. Two queries, and six for each item of
    a round that is new."""
    due = [each for each in rounds if each.closes_at + AFTER <= now]
    published = set(PublishedTable.objects.filter(round__in=due).values_list("round_id", flat=True))
    made = [
        PublishedTable(
            round=survey_round,
            item=item,
            as_of=now,
            lines=[astuple(line) for line in lines_of(reading.every_area(survey_round, item))],
        )
        for survey_round in due
        if survey_round.pk not in published
        for item in Item.in_order()
    ]
    PublishedTable.objects.bulk_create(made)


def published_rounds(rounds: Sequence[SurveyRound]) -> list[SurveyRound]:
    """Those of them that are published, in the same order. One query."""
    known = set(PublishedTable.objects.filter(round__in=rounds).values_list("round_id", flat=True).distinct())
    return [each for each in rounds if each.pk in known]


def published(survey_round: SurveyRound, item: Item) -> tuple[datetime | None, list[Line]]:
    """(as of when, lines) of a round and item as they were published; (None, []) where nothing was. One query."""
    found = PublishedTable.objects.filter(round=survey_round, item=item).first()
    return (found.as_of, [Line(*line) for line in found.lines]) if found else (None, [])
