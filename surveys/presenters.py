"""An institution's last weeks of one item: a drawing, its words and its table. Draws no pixel by script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from sosportal.lib.numbers import format_count
from surveys.models import Figures, Item
from surveys.queries import PastRound
from surveys.rules.figures import shown_weeks

WIDTH, HEIGHT = 360, 150
LEFT, RIGHT, TOP, BOTTOM = 4, 356, 18, 126
BAR = Fraction(1, 2)  # of a week's width
MARK = 4  # from the middle of a mark to its edge
NOTHING = "—"


class Week(Protocol):
    """A round of the survey (`11/25の回`) with the institution's figures by item id; empty where it did not answer."""

    @property
    def round(self) -> str: ...

    @property
    def figures(self) -> Mapping[int, Figures]: ...


@dataclass(frozen=True)
class Looked:
    """A week of the history."""

    round: str
    figures: Mapping[int, Figures]


def charts(past: Sequence[PastRound], items: Sequence[Item]) -> list[Weeks]:
    """The drawings of a page of the history (its rounds, the newest first), of every item that was answered in them."""
    weeks = [
        Looked(each.survey_round.label, each.response.figures() if each.response else {})
        for each in reversed(past)
    ]
    return [found for item in items if (found := weeks_of(item, weeks))]


@dataclass(frozen=True)
class Bar:
    """A week's stock."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Line:
    """A line through the weeks that were answered, broken where one was not; and its marks."""

    paths: Sequence[str]
    marks: Sequence[tuple[int, int]]

    @property
    def squares(self) -> list[tuple[int, int]]:
        """The upper left corners of square marks."""
        return [(x - MARK, y - MARK) for x, y in self.marks]


@dataclass(frozen=True)
class TableRow:
    """A week in the table."""

    round: str
    stock: str
    consumption: str
    purchase: str
    weeks: str


@dataclass(frozen=True)
class Weeks:
    """What the page shows of an item's last weeks."""

    item: Item
    top: str
    bars: Sequence[Bar]
    consumption: Line
    purchase: Line
    labels: Sequence[tuple[int, str]]
    rows: Sequence[TableRow]
    words: str


def weeks_of(item: Item, weeks: Sequence[Week]) -> Weeks | None:
    """The item's weeks, the oldest first; None when none of them was answered."""
    given = [week.figures.get(item.pk) for week in weeks]
    values = [value for figures in given if figures for value in _values(figures) if value is not None]
    if not values:
        return None
    scale = _Scale(max(values) or 1, len(weeks))
    return Weeks(
        item,
        f"{format_count(scale.most)}{item.unit}",
        [
            scale.bar(n, figures.stock)
            for n, figures in enumerate(given)
            if figures and figures.stock is not None
        ],
        scale.line([figures.weekly_consumption if figures else None for figures in given]),
        scale.line([figures.weekly_purchase if figures else None for figures in given]),
        [(scale.middle(n), week.round.removesuffix("の回")) for n, week in enumerate(weeks)],
        [_row(week.round, figures, item) for week, figures in zip(weeks, given, strict=True)],
        _words(item, weeks, given),
    )


@dataclass(frozen=True)
class _Scale:
    """From figures to places in the drawing."""

    most: int
    weeks: int

    @property
    def step(self) -> Fraction:
        return Fraction(RIGHT - LEFT, self.weeks)

    def middle(self, n: int) -> int:
        return round(LEFT + self.step * n + self.step / 2)

    def height(self, value: int) -> int:
        return round(BOTTOM - Fraction(value, self.most) * (BOTTOM - TOP))

    def bar(self, n: int, value: int) -> Bar:
        width = round(self.step * BAR)
        y = self.height(value)
        return Bar(self.middle(n) - width // 2, y, width, BOTTOM - y)

    def line(self, values: Sequence[int | None]) -> Line:
        marks: list[tuple[int, int]] = []
        runs: list[list[tuple[int, int]]] = [[]]
        for n, value in enumerate(values):
            if value is None:
                runs.append([])
            else:
                marks.append((self.middle(n), self.height(value)))
                runs[-1].append(marks[-1])
        return Line([" ".join(f"{x},{y}" for x, y in run) for run in runs if len(run) > 1], marks)


def _values(figures: Figures) -> tuple[int | None, int | None, int | None]:
    return figures.stock, figures.weekly_consumption, figures.weekly_purchase


def _row(name: str, figures: Figures | None, item: Item) -> TableRow:
    stock, consumption, purchase = (
        NOTHING if value is None else f"{format_count(value)}{item.unit}"
        for value in _values(figures or Figures())
    )
    weeks = figures.weeks if figures else None
    told = NOTHING if weeks is None else f"{shown_weeks(weeks):,.1f}週分"
    return TableRow(name, stock, consumption, purchase, told)


def _words(item: Item, weeks: Sequence[Week], given: Sequence[Figures | None]) -> str:
    """What the drawing says, for who does not see it: from when to when, and the last answer."""
    answered = [(week, figures) for week, figures in zip(weeks, given, strict=True) if figures]
    week, last = answered[-1]
    row = _row(week.round, last, item)
    return (
        f"{item.label}の推移。{weeks[0].round}から{weeks[-1].round}まで、回答は{len(answered)}回。"
        f"{row.round}は、在庫量 {row.stock}、1週間の想定消費量 {row.consumption}、1週間の購入見込み量 {row.purchase}、"
        f"備蓄 {row.weeks}。"
    )
