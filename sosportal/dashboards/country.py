"""全国の状況: the map of the prefectures, its table, and what became of the rounds. For the ministry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.safestring import SafeString

from requests_app.progress import reading
from requests_app.progress.reading import Area, AsOf
from sosportal.dashboards.asking import FIRST_SORT, Asked
from sosportal.dashboards.common import Key, Trend, amount, difference, large, period, up_to
from sosportal.dashboards.drawing import Tile, legend_sign, narrow_map, sign, wide_map
from sosportal.dashboards.measures import (
    RATE,
    WEEKS,
    Band,
    Reading,
    days_since,
    percent,
    weeks_text,
)
from surveys.models import Item, SurveyRound

if TYPE_CHECKING:
    from institutions.models import User

LOWEST = 6
BRIEF = frozenset({FIRST_SORT, "weeks", "rate", "review"})
"""The columns that fit on a phone beside the measure's own; the one that the table is sorted by is shown there too."""


@dataclass(frozen=True)
class Column:
    """A column of the table: its key in the address, its heading, what it sorts by, what it shows."""

    key: str
    label: str
    sort: Callable[[Area, datetime], Any]
    text: Callable[[Area, datetime], str]


COLUMNS = (
    Column("weeks", "備蓄（週分）", lambda a, n: a.stock.weeks, lambda a, n: weeks_text(a.stock.weeks)),
    Column("rate", "回答率", lambda a, n: a.survey.rate, lambda a, n: percent(a.survey.rate)),
    Column("below1", "1週分未満の機関", lambda a, n: a.stock.below_1, lambda a, n: f"{a.stock.below_1:,}"),
    Column("below2", "2週分未満", lambda a, n: a.stock.below_2, lambda a, n: f"{a.stock.below_2:,}"),
    Column("below3", "3週分未満", lambda a, n: a.stock.below_3, lambda a, n: f"{a.stock.below_3:,}"),
    Column(
        "review",
        "確認中",
        lambda a, n: a.standing.under_review,
        lambda a, n: f"{a.standing.under_review:,}件",
    ),
    Column("late", "対応の遅れ", lambda a, n: a.standing.late, lambda a, n: f"{a.standing.late:,}件"),
    Column(
        "oldest",
        "最も古い申請",
        lambda a, n: None if a.standing.oldest is None else days_since(a.standing.oldest, n),
        lambda a, n: "—" if a.standing.oldest is None else f"{days_since(a.standing.oldest, n):,}日前",
    ),
    Column("asked", "要請数量", lambda a, n: a.quantities.asked, lambda a, n: f"{a.quantities.asked:,}"),
    Column(
        "confirmed",
        "都道府県の確認",
        lambda a, n: a.quantities.confirmed,
        lambda a, n: f"{a.quantities.confirmed:,}",
    ),
    Column(
        "accepted", "国の受付", lambda a, n: a.quantities.accepted, lambda a, n: f"{a.quantities.accepted:,}"
    ),
    Column(
        "allocated", "配布", lambda a, n: a.quantities.allocated, lambda a, n: f"{a.quantities.allocated:,}"
    ),
    Column("shipped", "発送", lambda a, n: a.quantities.shipped, lambda a, n: f"{a.quantities.shipped:,}"),
    Column("received", "受領", lambda a, n: a.quantities.received, lambda a, n: f"{a.quantities.received:,}"),
)


@dataclass
class CountryPage:
    """Everything the page shows besides its frame. Fifteen queries at most, whatever there is."""

    user: User
    asked: Asked
    item: Item
    round: SurveyRound
    now: datetime

    @cached_property
    def as_of(self) -> AsOf:
        """Of which moment."""
        return reading.as_of(self.now)

    @cached_property
    def areas(self) -> list[Area]:
        """The prefectures."""
        return reading.areas(self.user, self.round, self.item)

    @cached_property
    def total(self) -> Area:
        """The country."""
        return reading.total(self.areas)

    @cached_property
    def trend(self) -> Trend:
        """Round by round, up to the one that is shown."""
        return Trend(up_to(reading.trend(self.asked.rounds, self.item), self.round), self.item)

    @property
    def period(self) -> str:
        """Which round."""
        return period(self.round)

    @property
    def is_thin(self) -> bool:
        """Whether the round has few answers yet and an earlier one says more."""
        rate = self.total.survey.rate
        return rate is not None and rate < reading.HALF and self.asked.round_before is not None

    @property
    def keys(self) -> list[Key]:
        """The figures at the top."""
        area, before = self.total, self.trend.before
        figure, unit = large(area.quantities.asked)
        standing = area.standing
        return [
            Key(
                f"{self.item.label}の備蓄",
                weeks_text(area.stock.weeks),
                "週分",
                difference(area.stock.weeks, before[2].weeks if before else None),
            ),
            Key(
                "週次調査の回答",
                percent(area.survey.rate),
                "",
                f"{area.survey.answered:,} / {area.survey.institutions:,}機関",
            ),
            Key(
                "都道府県・国確認中",
                f"{standing.under_review:,}",
                "件",
                f"都道府県の確認待ち {standing.unconfirmed:,}件、国の受付待ち {standing.confirmed:,}件",
            ),
            Key(
                "この回に申請された数量",
                figure,
                f"{unit}{self.item.unit}",
                f"要請 {area.survey.requests:,}件、うち受付 {amount(area.quantities.accepted, self.item)}",
            ),
        ]

    # --- the map --------------------------------------------------------------------------------------------------

    @cached_property
    def readings(self) -> list[tuple[Area, Reading]]:
        """Each prefecture as the measure reads it."""
        return [(area, self.asked.measure.read(area, self.now)) for area in self.areas]

    @cached_property
    def tiles(self) -> list[Tile]:
        """Each prefecture as a tile that leads to its page."""
        return [
            Tile(
                area.code,
                area.name,
                read.figure,
                read.band,
                self._label(area, read),
                reverse("admin:progress_prefecture", args=[area.code]) + self.asked.shared,
            )
            for area, read in self.readings
        ]

    def _label(self, area: Area, read: Reading) -> str:
        """`静岡県 1.8週分 回答率 92%`."""
        measure = self.asked.measure
        more = WEEKS if measure is RATE else RATE
        words = [area.name, read.words, more.read(area, self.now).words]
        if measure is WEEKS and read.band is Band.FEW:
            words.append("（参考の値）")
        return " ".join(words)

    @property
    def wide_map(self) -> SafeString:
        """For wide screens."""
        return wide_map(self.tiles, self.asked.measure.heading)

    @property
    def narrow_map(self) -> SafeString:
        """For narrow ones."""
        return narrow_map(self.tiles, self.asked.measure.heading)

    @property
    def legend(self) -> list[tuple[SafeString, str, int]]:
        """(sign, words, how many prefectures) of each band."""
        counts = Counter(read.band for _, read in self.readings)
        return [(legend_sign(band), words, counts[band]) for band, words in self.asked.measure.legend]

    @property
    def worst(self) -> list[tuple[str, str]]:
        """(name, figure) of the prefectures that stand worst by the measure, those with a hint alone left out."""
        known = [
            (area, read) for area, read in self.readings if read.value is not None and read.band is Band.SHORT
        ]
        most = self.asked.measure.key in {"review", "oldest"}
        known.sort(key=lambda pair: pair[1].value or 0, reverse=most)
        return [(area.name, read.figure) for area, read in known[:LOWEST]]

    # --- the table ------------------------------------------------------------------------------------------------

    @property
    def sort(self) -> str:
        """`code`, or the key of a column, with `-` for the largest first."""
        wanted = self.asked.sort
        known = {FIRST_SORT, *(column.key for column in COLUMNS)}
        return wanted if wanted.removeprefix("-") in known else FIRST_SORT

    def _is_brief(self, key: str) -> bool:
        return key in BRIEF - {self.asked.measure.key} or key == self.sort.removeprefix("-")

    @property
    def heads(self) -> list[tuple[str, str, str, bool]]:
        """(heading, address that sorts by it, aria-sort, shown on a phone) of each column."""
        found = []
        for key, label in (
            (FIRST_SORT, "都道府県"),
            *((column.key, column.label) for column in COLUMNS),
        ):
            here = self.sort.removeprefix("-") == key
            falling = self.sort.startswith("-")
            wanted = f"-{key}" if here and not falling else key
            state = ("descending" if falling else "ascending") if here else ""
            found.append((label, self.asked.link(sort=wanted), state, self._is_brief(key)))
        return found

    def _texts(self, area: Area) -> list[tuple[str, str, bool]]:
        return [(column.label, column.text(area, self.now), self._is_brief(column.key)) for column in COLUMNS]

    @property
    def rows(self) -> list[tuple[Tile, SafeString, str, list[tuple[str, str, bool]]]]:
        """(tile, sign, words of the band, [(heading, text, shown on a phone)]) of each prefecture, sorted as asked."""
        legend = dict(self.asked.measure.legend)
        found = [
            (area, (tile, sign(read.band), legend.get(read.band, ""), self._texts(area)))
            for (area, read), tile in zip(self.readings, self.tiles, strict=True)
        ]
        return [row for _, row in self._sorted(found)]

    def _sorted(self, found: list[tuple[Area, Any]]) -> list[tuple[Area, Any]]:
        """By code, or by a column; what has no figure comes last either way."""
        key, falling = self.sort.removeprefix("-"), self.sort.startswith("-")
        chosen = next((column for column in COLUMNS if column.key == key), None)
        if chosen is None:
            return found[::-1] if falling else found
        without = [pair for pair in found if chosen.sort(pair[0], self.now) is None]
        known = [pair for pair in found if chosen.sort(pair[0], self.now) is not None]
        known.sort(key=lambda pair: chosen.sort(pair[0], self.now), reverse=falling)
        return [*known, *without]

    @property
    def total_texts(self) -> list[tuple[str, str, bool]]:
        """(heading, text, shown on a phone) of the country."""
        return self._texts(self.total)
