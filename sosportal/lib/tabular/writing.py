"""From rows to a file: CSV in UTF-8 with BOM, CSV in CP932, or XLSX, from an iterator, a few rows in memory at a time.

No cell starts a formula (`safe_cell`); numbers stay numbers. What CP932 can't hold is never replaced unless the caller
says so: `unwritable` lists it beforehand, and writing it raises TableProblem. The same rows make the same bytes.
"""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from tempfile import TemporaryFile
from typing import IO, Any

import xlsxwriter
from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from sosportal.lib.business_calendar import jst
from sosportal.lib.tabular.cells import safe_cell
from sosportal.lib.tabular.delimited import NOT_CP932
from sosportal.lib.tabular.package_guard import LAST_ROW
from sosportal.lib.tabular.problem import TableProblem
from sosportal.lib.tabular.raw import CHUNK
from sosportal.lib.text import clean_line

Cell = str | int | float | Decimal | date | datetime | None
CellRow = Sequence[Cell]

GETA = "〓"
"""What stands for a character that CP932 can't hold, where the reader has agreed to it."""

_BOM = b"\xef\xbb\xbf"
_LONGEST_NAME = 100
_LONGEST_CELL = 32_767
_MOST_DIGITS = 10**15
_MOST_UNWRITABLE = 1_000
# A fixed moment: a workbook says when it was made, and would never be the same file twice.
_CREATED = datetime(2000, 1, 1)  # noqa: DTZ001 - xlsxwriter takes naive moments alone
_LINE_BREAK = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_NOT_IN_NAMES = re.compile('[\x00-\x1f\x7f<>:"/\\\\|?*]')


@dataclass(frozen=True)
class FillIn:
    """Columns (from 0) of a workbook in which people fill in whole numbers from 0 to `maximum`; all else is locked.

    `ask` is what Excel says where something else is typed.
    """

    columns: frozenset[int]
    maximum: int
    ask: str


class FileKind(StrEnum):
    """The kinds of file that go out."""

    UTF8 = "utf8"
    CP932 = "cp932"
    XLSX = "xlsx"

    @property
    def label(self) -> str:
        """Its name on screen."""
        return {"utf8": "CSV（UTF-8）", "cp932": "CSV（Shift_JIS）", "xlsx": "Excel（XLSX）"}[self.value]

    @property
    def suffix(self) -> str:
        """`.csv` or `.xlsx`."""
        return ".xlsx" if self is FileKind.XLSX else ".csv"

    @property
    def content_type(self) -> str:
        """As the header names it."""
        return {
            FileKind.UTF8: "text/csv; charset=utf-8",
            FileKind.CP932: "text/csv; charset=Shift_JIS",
            FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }[self]


KIND_CHOICES = [(kind.value, kind.label) for kind in FileKind]


@dataclass(frozen=True)
class Written:
    """What was written: rows below the heading, bytes, and the SHA-256 of the bytes in hex."""

    rows: int
    size: int
    sha256: str


@dataclass(frozen=True)
class Unwritable:
    """A character that CP932 can't hold: in which row (1 is the first below the heading; 0 the heading itself), in
    the column of which heading."""

    row: int
    column: str
    character: str

    @property
    def code_point(self) -> str:
        """`U+20BB7`."""
        return f"U+{ord(self.character):04X}"

    def __str__(self) -> str:
        return f"{self.row}行目「{self.column}」の「{self.character}」（{self.code_point}）"


def unwritable(
    heading: Sequence[str], rows: Iterable[CellRow], most: int | None = _MOST_UNWRITABLE
) -> list[Unwritable]:
    """What CP932 can't hold, each character once per cell, the first `most` of them (None: all). Reads the rows
    once."""
    return list(itertools.islice(_unwritable(heading, rows), most))


def write(
    binary: IO[bytes],
    kind: FileKind,
    heading: Sequence[str],
    rows: Iterable[CellRow],
    *,
    geta: bool = False,
    fill_in: FillIn | None = None,
) -> Written:
    """Write the table into `binary`, which is open for writing and reading and stands at its start.

    `fill_in`: what is to be filled in, in a workbook; a CSV can't say it.

    `geta`: what CP932 can't hold becomes 〓. Without it raises TableProblem for the first such character; also for
    more rows than a sheet has and for a text longer than its cells hold. What is in `binary` by then is no file.
    """
    counted = _Counted(rows)
    if kind is FileKind.XLSX:
        _write_workbook(binary, heading, counted, fill_in)
    else:
        for chunk in _csv_chunks(kind, heading, counted, geta=geta):
            binary.write(chunk)
    size = binary.tell()
    binary.seek(0)
    digest = hashlib.sha256()
    while chunk := binary.read(CHUNK):
        digest.update(chunk)
    return Written(counted.count, size, digest.hexdigest())


def download(
    kind: FileKind,
    name: str,
    heading: Sequence[str],
    rows: Iterable[CellRow],
    *,
    geta: bool = False,
    done: Callable[[Written], None] | None = None,
) -> HttpResponseBase:
    """The table as a download called `name` (without suffix; any text will do).

    UTF-8 is sent while it is made: give rows that come from a server-side cursor (`queryset.iterator(chunk_size=…)`).
    The others are made first, in a temporary file, so that TableProblem (see `write`) is raised before anything is
    sent. `done` is called once with what was written: with UTF-8 when the last byte is out, or not at all should the
    reader go away before.
    """
    if kind is FileKind.UTF8:
        counted = _Counted(rows)
        response: HttpResponseBase = StreamingHttpResponse(
            _told(_csv_chunks(kind, heading, counted), counted, done), content_type=kind.content_type
        )
    else:
        binary = TemporaryFile()  # noqa: SIM115 - the response closes it
        try:
            written = write(binary, kind, heading, rows, geta=geta)
        except BaseException:
            binary.close()
            raise
        if done is not None:
            done(written)
        binary.seek(0)
        response = FileResponse(binary, content_type=kind.content_type)
        response.headers["Content-Length"] = str(written.size)
    response.headers["Content-Disposition"] = disposition(name, kind)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def disposition(name: str, kind: FileKind) -> str:
    """The header that names a download of this kind."""
    return named(name, kind.suffix)


def named(name: str, suffix: str) -> str:
    """The header that names a download (RFC 6266, RFC 5987), whatever `name` holds: breaks, quotes, slashes."""
    plain = _NOT_IN_NAMES.sub("_", clean_line(name)).strip(" .")[:_LONGEST_NAME] or "list"
    return str(content_disposition_header(True, f"{plain}{suffix}"))


# --- cells --------------------------------------------------------------------------------------------------------


def cell_text(value: Cell) -> str:
    """A cell as CSV holds it: dates as 2026/11/25, moments in Japan's time, line breaks as LF, no formula."""
    if value is None:
        return ""
    if isinstance(value, str):
        return safe_cell(_LINE_BREAK.sub("\n", value))
    if isinstance(value, datetime):
        return f"{jst(value):%Y/%m/%d %H:%M}"
    if isinstance(value, date):
        return f"{value:%Y/%m/%d}"
    return str(value)


def _fits(text: str) -> bool:
    try:
        text.encode("cp932")
    except UnicodeEncodeError:
        return False
    return NOT_CP932.search(text) is None


def _unwritable(heading: Sequence[str], rows: Iterable[CellRow]) -> Iterator[Unwritable]:
    for number, row in enumerate(itertools.chain([heading], rows)):
        if _fits("".join([value for value in row if isinstance(value, str)])):
            continue
        for index, value in enumerate(row):
            if not isinstance(value, str) or _fits(value):
                continue
            column = heading[index] if index < len(heading) else ""
            for character in dict.fromkeys(value):
                # A line break is no character of its own here: it is written as LF.
                if not _fits(character) and not _LINE_BREAK.match(character):
                    yield Unwritable(number, column, character)


# --- CSV ----------------------------------------------------------------------------------------------------------


class _Counted:
    """Rows, counted as they pass."""

    def __init__(self, rows: Iterable[CellRow]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[CellRow]:
        for row in self._rows:
            self.count += 1
            yield row


def _csv_chunks(
    kind: FileKind, heading: Sequence[str], rows: Iterable[CellRow], *, geta: bool = False
) -> Iterator[bytes]:
    """The file in pieces of about 64 KB."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    if kind is FileKind.UTF8:
        yield _BOM
    for number, row in enumerate(itertools.chain([heading], rows)):
        texts = [cell_text(value) for value in row]
        if kind is FileKind.CP932:
            texts = [_in_cp932(text, geta, number, heading, index) for index, text in enumerate(texts)]
        writer.writerow(texts)
        if buffer.tell() >= CHUNK:
            yield _drained(buffer, kind)
    yield _drained(buffer, kind)


def _drained(buffer: io.StringIO, kind: FileKind) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode("cp932" if kind is FileKind.CP932 else "utf-8")


def _in_cp932(text: str, geta: bool, number: int, heading: Sequence[str], index: int) -> str:
    if _fits(text):
        return text
    if geta:
        return "".join(character if _fits(character) else GETA for character in text)
    first = next(character for character in text if not _fits(character))
    found = Unwritable(number, heading[index] if index < len(heading) else "", first)
    message = f"「{first}」（{found.code_point}）は、Shift_JISでは書けません。UTF-8かExcelを選んでください。"
    raise TableProblem(number + 1, found.column, message)


def _told(
    chunks: Iterator[bytes], counted: _Counted, done: Callable[[Written], None] | None
) -> Iterator[bytes]:
    """The chunks as they are; `done` hears what they came to."""
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
        yield chunk
    if done is not None:
        done(Written(counted.count, size, digest.hexdigest()))


# --- XLSX ---------------------------------------------------------------------------------------------------------


def _write_workbook(
    binary: IO[bytes], heading: Sequence[str], rows: Iterable[CellRow], fill_in: FillIn | None = None
) -> None:
    """Row by row, each forgotten once it is on the disk. Texts are texts: nothing becomes a formula or a link."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    workbook = xlsxwriter.Workbook(binary, options)
    with closing(workbook):
        workbook.set_properties({"created": _CREATED})
        sheet = workbook.add_worksheet()
        formats = {
            str: workbook.add_format({"bold": True}),
            date: workbook.add_format({"num_format": "yyyy/mm/dd"}),
            datetime: workbook.add_format({"num_format": "yyyy/mm/dd hh:mm"}),
        }
        to_fill = fill_in.columns if fill_in else frozenset()
        filled = workbook.add_format(
            {"locked": False, "num_format": "#,##0", "bg_color": "#fffbe6", "border": 1}
        )
        if fill_in:
            sheet.protect("", {"format_columns": True, "sort": True, "autofilter": True})
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, max(len(heading) - 1, 0), 16)
        for number, row in enumerate(itertools.chain([heading], rows)):
            if number >= LAST_ROW:
                message = f"Excelのシートに入るのは{LAST_ROW - 1:,}行までです。CSVを選んでください。"
                raise TableProblem(None, None, message)
            for index, value in enumerate(row):
                if number and index in to_fill:
                    _write_to_fill(sheet, number, index, value, filled)
                elif not _write_cell(sheet, number, index, value, formats):
                    where = heading[index] if index < len(heading) else ""
                    message = "文が長すぎて、Excelのセルに入りません。CSVを選んでください。"
                    raise TableProblem(number + 1, where, message)
        if fill_in and number:
            _validate(sheet, fill_in, number)


def _write_cell(sheet: Any, row: int, column: int, value: Cell, formats: Mapping[type, Any]) -> bool:
    """A cell of its kind, texts of the first row in bold; False for a text that is too long for one."""
    if isinstance(value, int | float | Decimal) and -_MOST_DIGITS < value < _MOST_DIGITS:
        sheet.write_number(row, column, value)
    elif isinstance(value, datetime):
        sheet.write_datetime(row, column, jst(value).replace(tzinfo=None), formats[datetime])
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, formats[date])
    elif text := cell_text(value):
        if len(text.encode("utf-16-le")) // 2 > _LONGEST_CELL:
            return False
        sheet.write_string(row, column, text, formats[str] if row == 0 else None)
    return True


def _write_to_fill(sheet: Any, row: int, column: int, value: Cell, filled: Any) -> None:
    """A cell that stays open: its figure, or nothing."""
    if isinstance(value, int):
        sheet.write_number(row, column, value, filled)
    else:
        sheet.write_blank(row, column, None, filled)


def _validate(sheet: Any, fill_in: FillIn, last: int) -> None:
    for column in sorted(fill_in.columns):
        sheet.data_validation(
            1,
            column,
            last,
            column,
            {
                "validate": "integer",
                "criteria": "between",
                "minimum": 0,
                "maximum": fill_in.maximum,
                "error_title": "数を確かめてください",
                "error_message": fill_in.ask,
                "error_type": "warning",
            },
        )
