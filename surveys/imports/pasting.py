"""A block of cells copied from Excel: which figure is meant where. Reads only; what it reads stands in the form."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sosportal.lib.numbers import CIRCLED, NumberProblem, format_count, parse_count
from sosportal.lib.text import find_unreadable, search_key
from surveys.forms import counted_otherwise, field_name
from surveys.models import Item
from surveys.models.response import MAX_FIGURE
from surveys.rules.figures import FIGURES

LONGEST = 20_000  # characters
MOST_ROWS = 60
MOST_COLUMNS = 40
LONGEST_SHOWN = 24
HEADINGS = {"在庫": "stock", "消費": "weekly_consumption", "購入": "weekly_purchase"}
_NUMBERED = re.compile(f"[{CIRCLED}]|[0-9]{{1,2}}[.)．、]")
_HAS_DIGIT = re.compile("[0-9０-９]")

TOO_LONG = f"貼り付けた文が長すぎます。{MOST_ROWS}行までにしてください。"
NOTHING = "数が見つかりませんでした。Excelで、物資の名前と3つの数のセルを選んでコピーしてください。"
NO_ITEM = "どの物資か分かりませんでした。物資の名前を確かめてください。"
TOO_MANY = "行が物資の数より多いため、読みませんでした。"
TWICE = "同じ物資の行がもう1つあるため、読みませんでした。"


@dataclass(frozen=True)
class Cell:
    """One cell: its text as pasted, the figure it was understood as (None: not), and what to know about it."""

    text: str
    figure: int | None = None
    note: str = ""


@dataclass(frozen=True)
class PastedRow:
    """One row: its line in the block (from 1), its item, its cells by figure, or why none of it was read."""

    line: int
    item: Item | None
    cells: Mapping[str, Cell] = field(default_factory=dict)
    problem: str = ""

    def cell(self, name: str) -> Cell:
        """The cell of a figure; an empty one where there is none."""
        return self.cells.get(name, Cell(""))


@dataclass(frozen=True)
class Block:
    """What was understood of a block. `problem` says why nothing was."""

    rows: Sequence[PastedRow] = ()
    problem: str = ""

    @property
    def texts(self) -> dict[str, str]:
        """The figures understood, as the form's inputs show them, by field name."""
        return {
            field_name(row.item.pk, name): format_count(cell.figure)
            for row in self.rows
            if row.item is not None
            for name, cell in row.cells.items()
            if cell.figure is not None
        }

    @property
    def item_ids(self) -> frozenset[int]:
        """The items that got figures."""
        return frozenset(int(name.rpartition("-")[2]) for name in self.texts)


def understand(text: str, items: Sequence[Item], required: frozenset[int] = frozenset()) -> Block:
    """What the block says: rows by the items' names or else in order, columns by headings or else in the form's order.

    `items` in any order, `required` the ids of those that must be answered: rows without names are those in their order
    when there are no more of them, else all items by number. Bounded work for any text.
    """
    if len(text) > LONGEST or find_unreadable(text):
        return Block(problem=find_unreadable(text) or TOO_LONG)
    table = _table(text)
    if len(table) > MOST_ROWS:
        return Block(problem=TOO_LONG)
    columns, body = _columns(table)
    ordered = sorted(items, key=lambda item: item.order)
    names = [_named(row, ordered) for _, row in body]
    unnamed = sum(not found.has_name for found in names)
    wanted = [item for item in ordered if item.pk in required]
    in_turn = iter(wanted if unnamed <= len(wanted) else ordered)
    rows: list[PastedRow] = []
    taken: set[int] = set()
    for (line, cells), found in zip(body, names, strict=True):
        item = found.item if found.has_name else next(in_turn, None)
        rows.append(_row(line, cells, found, item, columns, taken))
    block = Block(rows)
    return block if block.texts or any(row.problem or row.cells for row in rows) else Block(problem=NOTHING)


# --- The table ----------------------------------------------------------------------------------------------------


def _table(text: str) -> list[tuple[int, list[str]]]:
    """The rows that hold something, with their lines. Cells with line breaks or quotes come quoted from Excel."""
    try:
        found = list(csv.reader(text.splitlines(keepends=True), delimiter="\t"))
    except csv.Error:
        found = [line.split("\t") for line in text.splitlines()]
    rows = [(n, [cell.strip() for cell in row[:MOST_COLUMNS]]) for n, row in enumerate(found, start=1)]
    return [(n, row) for n, row in rows if any(row)]


def _columns(
    table: list[tuple[int, list[str]]],
) -> tuple[Mapping[int, str] | None, list[tuple[int, list[str]]]]:
    """Which column holds which figure by its heading (None without one), and the rows below."""
    if not table:
        return None, table
    found: dict[int, str] = {}
    for index, cell in enumerate(table[0][1]):
        name = next((name for word, name in HEADINGS.items() if word in search_key(cell)), None)
        if name and name not in found.values():
            found[index] = name
    return (found, table[1:]) if found else (None, table)


@dataclass(frozen=True)
class _Named:
    """The name a row begins with: where it stands, and whose it is (None: nobody's, or there is none)."""

    index: int
    item: Item | None

    @property
    def has_name(self) -> bool:
        return self.index >= 0


def _named(row: Sequence[str], items: Sequence[Item]) -> _Named:
    """The first cell that names an item; or the first that holds words and no figure, which nobody bears."""
    words = -1
    for index, cell in enumerate(row):
        if item := _item(cell, items):
            return _Named(index, item)
        if words < 0 and cell and not _HAS_DIGIT.search(cell) and not _is_unit(cell, items):
            words = index
    # A word behind figures is a remark.
    before = all(not _HAS_DIGIT.search(cell) for cell in row[: max(words, 0)])
    return _Named(words if before else -1, None)


def _item(cell: str, items: Sequence[Item]) -> Item | None:
    """The one item that the cell names, with or without its number, whole or in part."""
    key = search_key(_NUMBERED.sub("", cell, count=1)) if _NUMBERED.match(cell) else search_key(cell)
    if not key:
        return None
    names = {search_key(item.name): item for item in items}
    if key in names:
        return names[key]
    if _HAS_DIGIT.fullmatch(key[0]) or len(key) < 2:
        return None
    part = [item for name, item in names.items() if key in name or name in key]
    return part[0] if len(part) == 1 else None


def _is_unit(cell: str, items: Sequence[Item]) -> bool:
    return search_key(cell) in {search_key(item.unit) for item in items}


# --- One row ------------------------------------------------------------------------------------------------------


def _row(
    line: int,
    cells: Sequence[str],
    named: _Named,
    item: Item | None,
    columns: Mapping[int, str] | None,
    taken: set[int],
) -> PastedRow:
    if item is None:
        return PastedRow(line, None, problem=NO_ITEM if named.has_name else TOO_MANY)
    if item.pk in taken:
        return PastedRow(line, item, problem=TWICE)
    taken.add(item.pk)
    if columns is None:
        own = [cell for cell in cells[named.index + 1 :] if not _is_unit(cell, [item])]
        if not named.has_name and len(own) > len(FIGURES) and not own[0]:
            own = own[1:]  # where the name would stand
        placed = dict(zip(FIGURES, own, strict=False))
    else:
        placed = {name: cells[index] for index, name in columns.items() if index < len(cells)}
    return PastedRow(line, item, {name: _cell(text, item) for name, text in placed.items() if text})


def _cell(text: str, item: Item) -> Cell:
    shown = text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
    try:
        return Cell(shown, parse_count(text, maximum=MAX_FIGURE, units=(item.unit,)))
    except NumberProblem as problem:
        otherwise = counted_otherwise(text, item)
        if otherwise is None:
            return Cell(shown, None, problem.message)
        return Cell(
            shown, otherwise.units, f"{format_count(otherwise.number)}{otherwise.word}＝{otherwise.amount}"
        )
