"""What the map can show of a prefecture: a figure, and how good or bad it is in a shape, a word and a colour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from requests_app.progress.reading import Area
from requests_app.rules.quantity import cut_to_tenths
from sosportal.lib import clock

FEW = Fraction(1, 2)
"""Below this share of answers a figure is a hint at most."""
NONE = "—"
TEN_THOUSAND = 10_000


class Band(StrEnum):
    """How it stands. The value names the tile's colour class and its shape."""

    SHORT = "short"
    LOW = "low"
    ENOUGH = "enough"
    FEW = "few"


@dataclass(frozen=True)
class Reading:
    """A figure as a tile shows it (`1.8`), as a sentence says it (`1.8週分`), its band, and what it sorts by."""

    figure: str
    words: str
    band: Band
    value: Fraction | None


@dataclass(frozen=True)
class Measure:
    """A way to look at the map: its key in the address, what it is called, its legend, and how a prefecture reads."""

    key: str
    label: str
    heading: str
    legend: Sequence[tuple[Band, str]]
    read: Callable[[Area, datetime], Reading]
    of_item: bool = False


def weeks_text(weeks: Fraction | None) -> str:
    """`1.8`; a dash where it can't be said, `99+` where it says nothing any more."""
    if weeks is None:
        return NONE
    return "99+" if weeks >= 100 else cut_to_tenths(weeks)


def percent(share: Fraction | None) -> str:
    """`92%`, cut off: 100% means all."""
    return NONE if share is None else f"{int(share * 100)}%"


def short_count(number: int) -> str:
    """`1,204`, and from ten thousand on `1.2万`: what fits on a tile."""
    return f"{number:,}" if number < TEN_THOUSAND else f"{cut_to_tenths(Fraction(number, TEN_THOUSAND))}万"


def days_since(moment: datetime, now: datetime) -> int:
    """Whole days in Japan's calendar."""
    return max(0, (clock.jst(now).date() - clock.jst(moment).date()).days)


def band_of_weeks(weeks: Fraction | None, rate: Fraction | None) -> Band:
    """Below one week, below two, two and more; a hint where fewer than half answered."""
    if weeks is None or rate is None or rate < FEW:
        return Band.FEW
    return Band.SHORT if weeks < 1 else Band.LOW if weeks < 2 else Band.ENOUGH


def read_weeks(weeks: Fraction | None, rate: Fraction | None) -> Reading:
    """Weeks of stock, beside the share that answered."""
    figure = weeks_text(weeks)
    words = "備蓄の回答なし" if weeks is None else f"{figure}週分"
    return Reading(figure, words, band_of_weeks(weeks, rate), weeks)


def _weeks(area: Area, now: datetime) -> Reading:
    return read_weeks(area.stock.weeks, area.survey.rate)


def read_rate(rate: Fraction | None) -> Reading:
    """The share that answered."""
    if rate is None:
        return Reading(NONE, "医療機関なし", Band.FEW, None)
    band = Band.SHORT if rate < FEW else Band.LOW if rate < Fraction(4, 5) else Band.ENOUGH
    return Reading(percent(rate), f"回答率 {percent(rate)}", band, rate)


def _rate(area: Area, now: datetime) -> Reading:
    return read_rate(area.survey.rate)


def _review(area: Area, now: datetime) -> Reading:
    count, late = area.standing.under_review, area.standing.late
    band = Band.SHORT if late else Band.LOW if count else Band.ENOUGH
    more = f"（うち対応の遅れ {late:,}件）" if late else ""
    return Reading(short_count(count), f"確認中 {count:,}件{more}", band, Fraction(count))


def _oldest(area: Area, now: datetime) -> Reading:
    oldest = area.standing.oldest
    if oldest is None:
        return Reading("0日", "確認中の要請なし", Band.ENOUGH, Fraction(-1))
    days = days_since(oldest, now)
    band = Band.SHORT if days >= 7 else Band.LOW if days >= 3 else Band.ENOUGH
    return Reading(f"{days:,}日", f"最も古い申請から{days:,}日", band, Fraction(days))


def _share(done: int, asked: int, name: str) -> Reading:
    if not asked:
        return Reading(NONE, "要請なし", Band.FEW, None)
    share = Fraction(done, asked)
    band = Band.SHORT if share < Fraction(1, 2) else Band.LOW if share < Fraction(9, 10) else Band.ENOUGH
    return Reading(percent(share), f"要請数量の{percent(share)}を{name}", band, share)


def _accepted(area: Area, now: datetime) -> Reading:
    return _share(area.quantities.accepted, area.quantities.asked, "受付")


def _allocated(area: Area, now: datetime) -> Reading:
    return _share(area.quantities.allocated, area.quantities.asked, "配布")


WEEKS = Measure(
    "weeks",
    "備蓄",
    "都道府県ごとの備蓄（週分）",
    (
        (Band.SHORT, "1週分未満"),
        (Band.LOW, "1週分以上 2週分未満"),
        (Band.ENOUGH, "2週分以上"),
        (Band.FEW, "回答が5割未満"),
    ),
    _weeks,
    of_item=True,
)
RATE = Measure(
    "rate",
    "回答率",
    "都道府県ごとの週次調査の回答率",
    (
        (Band.SHORT, "5割未満"),
        (Band.LOW, "5割以上 8割未満"),
        (Band.ENOUGH, "8割以上"),
        (Band.FEW, "医療機関なし"),
    ),
    _rate,
)
REVIEW = Measure(
    "review",
    "確認中",
    "都道府県・国確認中の要請（件）",
    ((Band.SHORT, "対応の遅れがある"), (Band.LOW, "確認中の要請がある"), (Band.ENOUGH, "確認中の要請なし")),
    _review,
)
OLDEST = Measure(
    "oldest",
    "待ち日数",
    "確認中の要請で、最も古い申請からの日数",
    ((Band.SHORT, "7日以上"), (Band.LOW, "3日以上 7日未満"), (Band.ENOUGH, "3日未満、または確認中なし")),
    _oldest,
)
_SHARES = (
    (Band.SHORT, "5割未満"),
    (Band.LOW, "5割以上 9割未満"),
    (Band.ENOUGH, "9割以上"),
    (Band.FEW, "この回の要請なし"),
)
ACCEPTED = Measure(
    "accepted", "受付", "この回に申請された数量のうち、受付した割合", _SHARES, _accepted, of_item=True
)
ALLOCATED = Measure(
    "allocated", "配布", "この回に申請された数量のうち、配布を決めた割合", _SHARES, _allocated, of_item=True
)
MEASURES = {each.key: each for each in (WEEKS, RATE, REVIEW, OLDEST, ACCEPTED, ALLOCATED)}
