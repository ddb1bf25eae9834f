"""The table of the country as a file: figures as figures, one column after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from requests_app.progress.reading import Area
from sosportal.lib.tabular.writing import Cell


def _weeks(area: Area) -> float | None:
    return None if area.stock.weeks is None else int(area.stock.weeks * 100) / 100


COLUMNS: tuple[tuple[str, Callable[[Area], Cell]], ...] = (
    ("都道府県コード", lambda area: area.code),
    ("都道府県", lambda area: area.name),
    ("医療機関", lambda area: area.survey.institutions),
    ("回答した医療機関", lambda area: area.survey.answered),
    ("備蓄の回答", lambda area: area.stock.answered),
    ("在庫量と購入見込み量", lambda area: area.stock.stock),
    ("1週間の想定消費量", lambda area: area.stock.consumption),
    ("備蓄（週分）", _weeks),
    ("1週分未満の機関", lambda area: area.stock.below_1),
    ("2週分未満の機関", lambda area: area.stock.below_2),
    ("3週分未満の機関", lambda area: area.stock.below_3),
    ("この回の要請", lambda area: area.survey.requests),
    ("要請数量", lambda area: area.quantities.asked),
    ("都道府県の確認", lambda area: area.quantities.confirmed),
    ("国の受付", lambda area: area.quantities.accepted),
    ("配布の決定", lambda area: area.quantities.allocated),
    ("発送", lambda area: area.quantities.shipped),
    ("受領", lambda area: area.quantities.received),
    ("未申請", lambda area: area.standing.drafts),
    ("エラー有り", lambda area: area.standing.errors),
    ("都道府県の確認待ち", lambda area: area.standing.unconfirmed),
    ("国の受付待ち", lambda area: area.standing.confirmed),
    ("対応の遅れ", lambda area: area.standing.late),
    ("受付完了", lambda area: area.standing.accepted),
    ("最も古い申請", lambda area: area.standing.oldest),
)
HEADING = [heading for heading, _ in COLUMNS]


def rows(areas: Iterable[Area]) -> Iterator[list[Cell]]:
    """Each area as a row below HEADING."""
    for area in areas:
        yield [read(area) for _, read in COLUMNS]
