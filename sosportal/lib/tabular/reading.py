"""From a file to rows by column: format by content, heading, limits, problems."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Protocol, cast

from sosportal.lib.tabular import delimited, workbook
from sosportal.lib.tabular.problem import TableProblem
from sosportal.lib.tabular.raw import CHUNK, RawRow, check_size
from sosportal.lib.text import find_unreadable, search_key

MAX_BYTES = 100 * 1024 * 1024
"""Limit of a file in bytes, packed and unpacked alike, unless another is given."""
MAX_ROWS = 200_000
"""Limit of rows below the heading, unless another is given."""

_GZIP, _ZIP, _OLE = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_IN_MEMORY = 1024 * 1024


class Readable(Protocol):
    """Anything bytes can be read from: an open file, an upload, a pipe."""

    def read(self, size: int = ..., /) -> bytes: ...


@dataclass(frozen=True)
class Row:
    """One row below the heading: the line it starts on (1 is the first of the file or sheet) and its cells by column.

    Cells are text as it stands in the file, without the spaces around it. An optional column that the file
    does not have is absent from `cells`, which is not the same as blank.
    """

    line: int
    cells: dict[str, str]


def read_table(
    source: str | Path | Readable,
    *,
    required: Sequence[str],
    optional: Sequence[str] = (),
    max_bytes: int = MAX_BYTES,
    max_rows: int = MAX_ROWS,
    on_problem: Callable[[TableProblem], None] | None = None,
) -> Iterator[Row]:
    """The rows of a CSV, gzipped CSV or XLSX file (its first visible sheet), told apart by content, not by name.

    The first row that is not blank is the heading. Its names may differ from `required` and `optional` in
    width, case and spaces; other columns are ignored, blank rows skipped. Raises TableProblem for a file
    that can't be read as a whole, possibly after some rows; a single bad row raises it too or, with
    `on_problem`, is handed there, once per bad cell, and left out. A file given open is read from its start
    and left open. Raises OSError for a path that can't be opened.
    """
    with ExitStack() as stack:
        binary = _seekable(source, max_bytes, stack)
        check_size(binary.seek(0, 2), max_bytes)
        filled = (row for row in _raw_rows(binary, max_bytes) if any(row.cells) or row.problems)
        heading = next(filled, None)
        if heading is None:
            raise TableProblem(None, None, "ファイルに何も書かれていません。")
        columns = _columns(heading, required, optional)
        width = max((index + 1 for index, name in enumerate(heading.cells) if name), default=0)
        for count, raw in enumerate(filled, start=1):
            if count > max_rows:
                raise TableProblem(raw.line, None, f"行が多すぎます。{max_rows:,}行までに分けてください。")
            problems = list(_problems(raw, columns, width))
            if not problems:
                yield Row(raw.line, {name: raw.cells[index] for name, index in columns.items()})
            for problem in problems:
                if on_problem is None:
                    raise problem
                on_problem(problem)


def _seekable(source: str | Path | Readable, max_bytes: int, stack: ExitStack) -> IO[bytes]:
    if isinstance(source, (str, Path)):
        return stack.enter_context(open(source, "rb"))
    seekable = getattr(source, "seekable", None)
    if seekable is not None and seekable():
        return cast("IO[bytes]", source)
    copy = stack.enter_context(SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115 (the stack closes it)
    while chunk := source.read(CHUNK):
        copy.write(chunk)
        check_size(copy.tell(), max_bytes)
    return cast("IO[bytes]", copy)


def _raw_rows(binary: IO[bytes], max_bytes: int) -> Iterator[RawRow]:
    binary.seek(0)
    start = binary.read(len(_ZIP))
    if start.startswith(_OLE):
        message = "古い形式（.xls）か、パスワードのかかったファイルです。パスワードなしの.xlsxで保存し直してください。"
        raise TableProblem(None, None, message)
    if start.startswith(_ZIP):
        return workbook.rows(binary, max_bytes=max_bytes)
    return delimited.rows(binary, gzipped=start.startswith(_GZIP), max_bytes=max_bytes)


def _columns(heading: RawRow, required: Sequence[str], optional: Sequence[str]) -> Mapping[str, int]:
    """Where each column stands. A name missing or standing twice is refused: guessing would mix things up."""
    places: dict[str, list[int]] = {}
    for index, name in enumerate(heading.cells):
        places.setdefault(search_key(name), []).append(index)
    columns: dict[str, int] = {}
    for name in (*required, *optional):
        found = places.get(search_key(name), [])
        if len(found) > 1:
            raise TableProblem(heading.line, name, "この見出しの列が2つ以上あります。1つにしてください。")
        if found:
            columns[name] = found[0]
        elif name in required:
            raise TableProblem(
                heading.line, name, "この見出しの列がありません。1行目に見出しを入れてください。"
            )
    return columns


def _problems(raw: RawRow, columns: Mapping[str, int], width: int) -> Iterator[TableProblem]:
    if raw.exact and (len(raw.cells) < width or any(raw.cells[width:])):
        counts = f"見出しは{width}列、この行は{len(raw.cells)}列"
        yield TableProblem(raw.line, None, f"列の数が見出しと違います（{counts}）。")
        return
    for name, index in columns.items():
        message = raw.problems.get(index) or find_unreadable(raw.cells[index])
        if message:
            yield TableProblem(raw.line, name, message)
