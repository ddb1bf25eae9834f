"""What every dashboard shows: of which moment its figures are, trends over the rounds, figures side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from django.utils.safestring import SafeString

from requests_app.progress.reading import AsOf, Quantities, Stock, Survey
from sosportal.dashboards.drawing import Point, bar_chart, line_chart
from sosportal.dashboards.measures import percent, short_count, weeks_text
from sosportal.lib import clock
from sosportal.lib.jinja import jst_short
from surveys.models import Item, SurveyRound

TrendRow = tuple[SurveyRound, Survey, Stock, Quantities]


@dataclass(frozen=True)
class Key:
    """A figure in large letters: what it is, the figure, its unit, and a line below."""

    name: str
    figure: str
    unit: str = ""
    note: str = ""


def as_of_words(as_of: AsOf) -> str:
    """`11/25（水）10:35時点`."""
    return f"{jst_short(as_of.at)}時点" if as_of.at else "まだ集計していません"


def period(survey_round: SurveyRound) -> str:
    """`11/18（水）17:00〜11/25（水）17:00の回`."""
    return f"{jst_short(survey_round.opens_at)}〜{jst_short(survey_round.closes_at)}の回"


def day_of(survey_round: SurveyRound) -> str:
    """`11/25`, the day on which it closes."""
    day = clock.jst(survey_round.closes_at)
    return f"{day.month}/{day.day}"


def difference(now: Fraction | None, before: Fraction | None) -> str:
    """`前の回より −0.1週分`; "" where there is nothing to compare."""
    if now is None or before is None:
        return ""
    tenths = int(now * 10) - int(before * 10)
    if not tenths:
        return "前の回と同じ"
    return f"前の回より {'+' if tenths > 0 else '−'}{abs(tenths) // 10}.{abs(tenths) % 10}週分"


@dataclass(frozen=True)
class Trend:
    """The rounds up to the one that is shown, of the country or a prefecture."""

    rows: Sequence[TrendRow]
    item: Item

    @property
    def weeks(self) -> SafeString:
        """Weeks of stock as a line."""
        points = [
            Point(day_of(each), None if stock.weeks is None else float(stock.weeks), weeks_text(stock.weeks))
            for each, _, stock, _ in self.rows
        ]
        return line_chart(points, f"{self.item.label}の備蓄。{_told(points, '週分')}")

    @property
    def rate(self) -> SafeString:
        """The share that answered, in per cent, as a line."""
        points = [
            Point(
                day_of(each), None if survey.rate is None else float(survey.rate * 100), percent(survey.rate)
            )
            for each, survey, _, _ in self.rows
        ]
        return line_chart(points, f"週次調査の回答率（%）。{_told(points, '')}")

    @property
    def requests(self) -> SafeString:
        """Requests applied for, as bars."""
        points = [
            Point(day_of(each), survey.requests, short_count(survey.requests))
            for each, survey, _, _ in self.rows
        ]
        return bar_chart(points, f"申請された要請。{_told(points, '件')}")

    @property
    def table(self) -> list[tuple[str, ...]]:
        """The same figures, the newest round first: round, weeks, rate, requests, asked, accepted, allocated."""
        return [
            (
                day_of(each),
                weeks_text(stock.weeks),
                percent(survey.rate),
                f"{survey.requests:,}",
                f"{quantities.asked:,}",
                f"{quantities.accepted:,}",
                f"{quantities.allocated:,}",
            )
            for each, survey, stock, quantities in reversed(self.rows)
        ]

    @property
    def before(self) -> TrendRow | None:
        """The round before the one that is shown."""
        return self.rows[-2] if len(self.rows) > 1 else None


def up_to(rows: Sequence[TrendRow], survey_round: SurveyRound) -> list[TrendRow]:
    """The rounds no later than this one."""
    return [row for row in rows if row[0].opens_at <= survey_round.opens_at]


def _told(points: Sequence[Point], unit: str) -> str:
    """The first and the last figure in a sentence."""
    known = [point for point in points if point.value is not None]
    if not known:
        return "まだ数がありません。"
    if len(known) == 1:
        return f"{known[0].label}の回は{known[0].text}{unit}です。"
    return f"{known[0].label}の回が{known[0].text}{unit}、{known[-1].label}の回が{known[-1].text}{unit}です。"


def amount(number: int, item: Item) -> str:
    """`4,100枚`."""
    return f"{number:,}{item.unit}"


def large(number: int) -> tuple[str, str]:
    """A figure and what stands before its unit: (`612`, `万`), (`4,100`, "")."""
    return (f"{number // 10_000:,}", "万") if number >= 1_000_000 else (f"{number:,}", "")


def since(moment: datetime | None, now: datetime) -> str:
    """`11/20（金）10:35から`; "" for nothing."""
    return f"{jst_short(moment)}から" if moment else ""
