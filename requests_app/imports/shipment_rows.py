"""A row of the vendor's shipping file, read by itself: what stands in its cells, not yet whether it can be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date

from sosportal.lib.dates import DayProblem, parse_day
from sosportal.lib.numbers import NumberProblem, parse_count
from sosportal.lib.tabular import Row, TableProblem
from sosportal.lib.tabular.cells import plain_cell
from sosportal.lib.text import clean_line, hankaku_code, search_key

NUMBER, ITEM, QUANTITY = "要請番号", "物資", "発送数量"
DAY, CARRIER, SLIP = "発送日", "運送会社", "伝票番号"
LINE = "明細番号"
REQUIRED = (NUMBER, ITEM, QUANTITY, DAY, CARRIER, SLIP)
OPTIONAL = (LINE,)

LONGEST_CARRIER = 60
_NUMBER = re.compile("[0-9]{8,11}")
_SLIP = re.compile("[0-9A-Z]{4,40}")
_EXPONENT = re.compile(r"[0-9][.0-9]*E\+[0-9]+")
_SHOWN = 30


@dataclass(frozen=True)
class ShipmentRow:
    """What a row says, "" or None for what can't be read, with its `problems`. `item` is a search key, `quantity` still
    a text: its unit is the item's. `line_number` is "" too where the file has no such column."""

    line: int
    number: str
    item: str
    quantity: str
    shipped_on: date | None
    carrier: str
    slip_number: str
    line_number: str
    problems: tuple[TableProblem, ...]


class Wrong(Exception):
    """A cell that can't be taken; `message` says in Japanese why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def read_row(row: Row, today: date) -> ShipmentRow:
    """The row with every problem of its cells. `today` is the day in Japan."""
    values: dict[str, str] = {}
    day: date | None = None
    problems: list[TableProblem] = []
    for column, text in row.cells.items():
        try:
            if column == DAY:
                day = _day(text, today)
            else:
                values[column] = READERS[column](text)
        except Wrong as wrong:
            problems.append(TableProblem(row.line, column, wrong.message))
    return ShipmentRow(
        line=row.line,
        number=values.get(NUMBER, ""),
        item=values.get(ITEM, ""),
        quantity=values.get(QUANTITY, ""),
        shipped_on=day,
        carrier=values.get(CARRIER, ""),
        slip_number=values.get(SLIP, ""),
        line_number=values.get(LINE, ""),
        problems=tuple(problems),
    )


def quantity_of(row: ShipmentRow, units: Collection[str]) -> int:
    """The quantity, in one of the units or without. Raises Wrong."""
    try:
        quantity = parse_count(row.quantity, units=tuple(units))
    except NumberProblem as problem:
        raise Wrong(problem.message) from problem
    if quantity == 0:
        raise Wrong("0です。発送していないものは、ファイルから除いてください。")
    return quantity


def quoted(text: str) -> str:
    """A cell as a message cites it."""
    line = clean_line(text)
    return f"「{line[:_SHOWN]}{'…' if len(line) > _SHOWN else ''}」"


def _number(text: str) -> str:
    digits = hankaku_code(text)
    if not _NUMBER.fullmatch(digits):
        raise Wrong(f"{quoted(text)}は要請番号ではありません。2611-0482のような番号を入れてください。")
    return f"{digits[:4]}-{digits[4:]}"


def _something(text: str) -> str:
    line = clean_line(text)
    if not line:
        raise Wrong("空欄です。入力してください。")
    return line


def _item(text: str) -> str:
    return search_key(_something(text))


def _carrier(text: str) -> str:
    line = plain_cell(_something(text))
    if len(line) > LONGEST_CARRIER:
        raise Wrong(f"{LONGEST_CARRIER}文字以内にしてください（いまは{len(line)}文字です）。")
    return line


def _slip(text: str) -> str:
    """In half-width capitals and digits: 1234-5678 and １２３４５６７８ are the same slip."""
    slip = unicodedata.normalize("NFKC", _something(text)).upper()
    if _EXPONENT.fullmatch(slip):
        raise Wrong(
            f"{quoted(text)}は桁が失われています。Excelでは列を「文字列」にして、番号を入れ直してください。"
        )
    slip = hankaku_code(slip)
    if not _SLIP.fullmatch(slip):
        raise Wrong(f"{quoted(text)}は伝票番号ではありません。英字と数字で4〜40文字です。")
    return slip


def _day(text: str, today: date) -> date:
    try:
        day = parse_day(text, today)
    except DayProblem as problem:
        raise Wrong(problem.message) from problem
    if day > today:
        raise Wrong(f"{day:%Y/%m/%d}は、まだ来ていない日付です。発送した日を入れてください。")
    return day


READERS: dict[str, Callable[[str], str]] = {
    NUMBER: _number,
    ITEM: _item,
    QUANTITY: _something,
    CARRIER: _carrier,
    SLIP: _slip,
    LINE: hankaku_code,
}
