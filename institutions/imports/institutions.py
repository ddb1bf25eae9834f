"""The ministry's list of institutions into the database: COPY to a staging table, then one UPDATE and one INSERT.

What is unchanged is not touched, not even locked. Memory stays flat, whatever the number of rows.

Decided: a code that stands twice with the same particulars is merged (the published lists of 2025-08 repeat 536
institutions so); with different ones all its rows are refused, for nobody but the list's maker knows which is right.
A blank cell overwrites nothing. What an institution's own staff keep (電話番号, 担当者氏名, メールアドレス) is kept
once they kept it: they know it better; the list's maker is told which lines said otherwise. 種別 is guessed for a new
institution only, so that no guess undoes a correction.
Institutions that are missing from the list stay as they are: a list may be of one prefecture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import compress
from typing import IO, Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from institutions.imports import staging
from institutions.imports.institution_rows import CODE, OPTIONAL, REQUIRED, copy_values, read_row
from sosportal.lib.findings import ListOutcome
from sosportal.lib.tabular import Row, TableProblem, read_table

LOCK_SECONDS = 10
_MOVE_BAR_EVERY = 200  # rows
_LINES_NAMED = 5
_ROWS_A_TIME = 1_000

OnProgress = Callable[[float], None]


def import_institutions(
    binary: IO[bytes],
    *,
    now: datetime,
    dry_run: bool = False,
    skip_bad_rows: bool = False,
    on_progress: OnProgress = lambda done: None,
) -> ListOutcome:
    """Create and change institutions as the list in `binary` says (see above), in one transaction or not at all.

    Nothing is written on a dry run, nor when a row is refused unless `skip_bad_rows`. `now` (aware) becomes the
    time of change. `on_progress` takes the share that is read, 0 to 1. Waits at most 10 s for others who write
    institutions, and keeps them waiting while it writes. Raises TableProblem for a file that can't be read as a
    whole, django.db.OperationalError when it can't get the lock.
    """
    outcome = ListOutcome()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(staging.CREATE)
        _stage(cursor, _rows(binary, outcome, on_progress), outcome)
        _settle_repeated(cursor, outcome)
        outcome.written = not dry_run and (skip_bad_rows or not outcome.problems)
        if outcome.written:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
            cursor.execute(staging.LOCK)
        _count(cursor, outcome)
        _name_overruled(cursor, outcome)
        if outcome.written and (outcome.changed or outcome.new):
            cursor.execute(staging.UPDATE, [now])
            cursor.execute(staging.INSERT, [now, now])
        cursor.execute(staging.DROP)
    return outcome


def _rows(binary: IO[bytes], outcome: ListOutcome, on_progress: OnProgress) -> Iterator[Row]:
    """The readable rows; the bar moves along."""
    size = binary.seek(0, 2) if binary.seekable() else 0
    table = read_table(binary, required=REQUIRED, optional=OPTIONAL, on_problem=outcome.problems.add)
    for count, row in enumerate(table):
        if size and count % _MOVE_BAR_EVERY == 0:
            on_progress(binary.tell() / size)
        yield row


def _stage(cursor: CursorWrapper, rows: Iterable[Row], outcome: ListOutcome) -> None:
    good = 0
    with cursor.copy(staging.COPY) as copy:
        for row in rows:
            institution = read_row(row, outcome.problems.add)
            if institution is not None:
                good += 1
                outcome.warnings.extend(institution.warnings())
                copy.write_row(copy_values(institution))
    outcome.read = good + outcome.refused
    cursor.execute(staging.ANALYZE)


def _settle_repeated(cursor: CursorWrapper, outcome: ListOutcome) -> None:
    """Refuse the rows that contradict each other, merge those that are the same."""
    cursor.execute(staging.CONTRADICTIONS)
    codes = []
    for code, lines, differing in cursor.fetchall():
        codes.append(code)
        headings = [heading for heading, differs in zip(staging.COLUMNS, differing, strict=True) if differs]
        outcome.problems.extend(_contradiction(line, lines, headings) for line in lines)
    if codes:
        cursor.execute(staging.DROP_CODES, [codes])
    cursor.execute(staging.DROP_REPEATED)
    outcome.repeated = cursor.rowcount


def _contradiction(line: int, lines: list[int], headings: list[str]) -> TableProblem:
    others = "、".join(f"{other}行目" for other in [each for each in lines if each != line][:_LINES_NAMED])
    reason = (
        f"{others}と同じ医療機関コードですが、{'と'.join(headings)}が違います。正しい1行だけにしてください。"
    )
    return TableProblem(line, CODE, reason)


def _count(cursor: CursorWrapper, outcome: ListOutcome) -> None:
    cursor.execute(staging.COUNT)
    counts: tuple[Any, ...] = cursor.fetchone() or ()
    outcome.new, outcome.changed, outcome.unchanged, *cells = counts
    by_heading = zip(staging.COLUMNS, cells, strict=True)
    outcome.changed_columns = {heading: count for heading, count in by_heading if count}


def _name_overruled(cursor: CursorWrapper, outcome: ListOutcome) -> None:
    """Warn of the lines that say other than what the institution's staff keep."""
    cursor.execute(staging.OVERRULED)
    while rows := cursor.fetchmany(_ROWS_A_TIME):
        for line, overruled in rows:
            for heading in compress(staging.STAFF_KEEP, overruled):
                reason = "医療機関が登録した内容と違います。医療機関の内容を残しました。"
                outcome.warnings.add(TableProblem(line, heading, reason))
