"""What the dashboards show of the kept figures. The cost is that of small tables, however many requests
there are.

Rows come in through `visible_to`. Of the country only totals leave this module for who may not see every prefecture.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from django.db.models import Min, QuerySet, Sum

from institutions.models import Prefecture
from requests_app.models import (
    PrefectureRound,
    PrefectureStanding,
    ProgressState,
    RequestFigure,
    StockFigure,
)
from surveys.models import Item, SurveyRound

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from institutions.models import User

OLD = timedelta(minutes=15)
KEPT = 13
"""How many rounds are kept up to date: the present one and the twelve before it."""


@dataclass(frozen=True)
class AsOf:
    """Of which moment the figures are (None: nothing was summed up yet), and whether that is too long ago."""

    at: datetime | None
    is_old: bool


@dataclass(frozen=True)
class Survey:
    """How many institutions there are in a round and how many answered; how many requests came in its week."""

    institutions: int = 0
    answered: int = 0
    requests: int = 0

    @property
    def rate(self) -> Fraction | None:
        """The share that answered; None where nobody was asked."""
        return Fraction(self.answered, self.institutions) if self.institutions else None


@dataclass(frozen=True)
class Stock:
    """An item: what those have and use who told (`StockFigure`)."""

    answered: int = 0
    stock: int = 0
    consumption: int = 0
    below_1: int = 0
    below_2: int = 0
    below_3: int = 0

    @property
    def weeks(self) -> Fraction | None:
        """Weeks of stock of all together; None where nobody uses any."""
        return Fraction(self.stock, self.consumption) if self.consumption else None


@dataclass(frozen=True)
class Quantities:
    """An item: what was asked for in the week of a round, and what came of it (`RequestFigure`)."""

    requests: int = 0
    institutions: int = 0
    institutions_accepted: int = 0
    asked: int = 0
    confirmed: int = 0
    accepted: int = 0
    allocated: int = 0
    shipped: int = 0
    received: int = 0


@dataclass(frozen=True)
class Standing:
    """Requests by status, whenever applied for (`PrefectureStanding`)."""

    drafts: int = 0
    errors: int = 0
    unconfirmed: int = 0
    again: int = 0
    confirmed: int = 0
    late: int = 0
    accepted: int = 0
    oldest_unconfirmed: datetime | None = None
    oldest_confirmed: datetime | None = None

    @property
    def under_review(self) -> int:
        """都道府県・国確認中."""
        return self.unconfirmed + self.confirmed

    @property
    def oldest(self) -> datetime | None:
        """When the one that waits longest was applied for."""
        return min((each for each in (self.oldest_unconfirmed, self.oldest_confirmed) if each), default=None)


@dataclass(frozen=True)
class Area:
    """A prefecture (or, with code "", the country) in a round, for an item."""

    code: str
    name: str
    survey: Survey
    stock: Stock
    quantities: Quantities
    standing: Standing


HALF = Fraction(1, 2)
"""Below this share of answers a round does not say much yet."""
NATION = "全国"
_TABLES: tuple[tuple[Any, Any], ...] = (
    (Survey, PrefectureRound),
    (Stock, StockFigure),
    (Quantities, RequestFigure),
    (Standing, PrefectureStanding),
)


def as_of(now: datetime) -> AsOf:
    """When the figures were summed up last. One query."""
    state = ProgressState.objects.first()
    return AsOf(state.as_of if state else None, state is None or now - state.as_of > OLD)


def rounds_kept(now: datetime) -> list[SurveyRound]:
    """The rounds there are figures of, the newest first. One query."""
    return list(SurveyRound.objects.filter(opens_at__lte=now).order_by("-opens_at")[:KEPT])


def areas(user: User | AnonymousUser, survey_round: SurveyRound, item: Item) -> list[Area]:
    """The prefectures the user may see, by code. Five queries."""
    return _areas([table.objects.visible_to(user) for _, table in _TABLES], survey_round, item)


def every_area(survey_round: SurveyRound, item: Item) -> list[Area]:
    """All prefectures, for what is published of them with small numbers hidden. Five queries."""
    return _areas([table.objects.all() for _, table in _TABLES], survey_round, item)


def nation(survey_round: SurveyRound, item: Item) -> Area:
    """The country as a whole: sums alone. Four queries."""
    found = [
        kind(**_sums(kind, _narrowed(table.objects.all(), table, survey_round, item)))
        for kind, table in _TABLES
    ]
    return Area("", NATION, *found)


def total(found: Iterable[Area]) -> Area:
    """The areas as one. No query."""
    found = list(found)
    return Area(
        "",
        NATION,
        _added(Survey, [each.survey for each in found]),
        _added(Stock, [each.stock for each in found]),
        _added(Quantities, [each.quantities for each in found]),
        _added(Standing, [each.standing for each in found]),
    )


def trend(
    rounds: Sequence[SurveyRound], item: Item, prefecture: str = ""
) -> list[tuple[SurveyRound, Survey, Stock, Quantities]]:
    """Round by round, the oldest first, of a prefecture the caller was shown to be in scope, or of the country. Three
    queries."""
    found = []
    for kind, table in _TABLES[:3]:
        rows = table.objects.filter(round__in=rounds)
        rows = rows if table is PrefectureRound else rows.filter(item=item)
        rows = rows.filter(prefecture_id=prefecture) if prefecture else rows
        names = _names(kind)
        sums = rows.order_by().values("round_id").annotate(**{f"s_{name}": Sum(name) for name in names})
        found.append({row["round_id"]: kind(**{n: int(row[f"s_{n}"] or 0) for n in names}) for row in sums})
    survey, stock, quantities = found
    return [
        (
            each,
            survey.get(each.pk, Survey()),
            stock.get(each.pk, Stock()),
            quantities.get(each.pk, Quantities()),
        )
        for each in sorted(rounds, key=lambda each: each.opens_at)
    ]


def by_item(prefecture: str, survey_round: SurveyRound) -> Mapping[int, tuple[Stock, Quantities]]:
    """Every item of a prefecture the caller was shown to be in scope, by its id. Two queries."""
    found: dict[int, list[Any]] = {}
    for place, (kind, table) in enumerate(_TABLES[1:3]):
        names = _names(kind)
        for row in table.objects.filter(round=survey_round, prefecture_id=prefecture).values(
            "item_id", *names
        ):
            found.setdefault(row["item_id"], [Stock(), Quantities()])[place] = kind(
                **{name: row[name] for name in names}
            )
    return {item: (stock, quantities) for item, (stock, quantities) in found.items()}


# --- Reading the tables ---------------------------------------------------------------------------------------------


def _areas(tables: Sequence[QuerySet[Any]], survey_round: SurveyRound, item: Item) -> list[Area]:
    parts: dict[str, list[Any]] = {}
    for place, ((kind, table), rows) in enumerate(zip(_TABLES, tables, strict=True)):
        names = _names(kind)
        for row in _narrowed(rows, table, survey_round, item).values("prefecture_id", *names):
            empty = [Survey(), Stock(), Quantities(), Standing()]
            parts.setdefault(row["prefecture_id"], empty)[place] = kind(**{name: row[name] for name in names})
    prefectures = Prefecture.objects.filter(pk__in=parts).order_by("code")
    return [Area(code, name, *parts[code]) for code, name in prefectures.values_list("code", "name")]


def _narrowed(rows: QuerySet[Any], table: type[Any], survey_round: SurveyRound, item: Item) -> QuerySet[Any]:
    if table is PrefectureStanding:
        return rows
    rows = rows.filter(round=survey_round)
    return rows if table is PrefectureRound else rows.filter(item=item)


def _names(kind: Any) -> list[str]:
    return [field.name for field in fields(kind)]


def _sums(kind: Any, rows: QuerySet[Any]) -> dict[str, Any]:
    names = _names(kind)
    found = rows.aggregate(**{f"s_{name}": (Min if "oldest" in name else Sum)(name) for name in names})
    return {name: found[f"s_{name}"] if "oldest" in name else int(found[f"s_{name}"] or 0) for name in names}


def _added(kind: Any, parts: Sequence[Any]) -> Any:
    values = {}
    for name in _names(kind):
        given = [getattr(part, name) for part in parts]
        values[name] = min((each for each in given if each), default=None) if "oldest" in name else sum(given)
    return kind(**values)
