"""XLSX: the rows of the first visible sheet, as the text people see."""

import re
import struct
import warnings
from collections.abc import Iterable, Iterator
from datetime import datetime, time
from typing import IO, Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from sosportal.lib.tabular.package_guard import BROKEN, UNREADABLE, check_package
from sosportal.lib.tabular.problem import TableProblem
from sosportal.lib.tabular.raw import RawRow

_MOST_COLUMNS = 256
_MIDNIGHT = time()
_ZEROS = re.compile("0+")
# What openpyxl lets through when a package is sound but its parts are not what they should be.
_DAMAGE = (
    *UNREADABLE,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    OverflowError,
    AssertionError,
    struct.error,
    ParseError,
    InvalidFileException,
)


def rows(binary: IO[bytes], *, max_bytes: int) -> Iterator[RawRow]:
    """The rows of the first visible sheet, numbered as in the sheet, its first 256 columns.

    Formulas give their last computed value. Raises TableProblem for a file that is no sound workbook of at
    most `max_bytes` unpacked.
    """
    check_package(binary, max_bytes)
    binary.seek(0)
    try:
        yield from _rows(binary)
    except _DAMAGE as error:
        raise TableProblem(None, None, BROKEN) from error


def _rows(binary: IO[bytes]) -> Iterator[RawRow]:
    with warnings.catch_warnings():
        # Remarks on styles that are lacking: nothing to a reader of values.
        warnings.simplefilter("ignore")
        workbook = openpyxl.load_workbook(binary, read_only=True, data_only=True, keep_links=False)
    sheet = next((sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"), None)
    if sheet is None:
        raise TableProblem(None, None, "表のシートがありません。")
    # The extent a file tells of itself may be wrong, and rows beyond it would be lost.
    sheet.reset_dimensions()
    for line, cells in enumerate(sheet.iter_rows(max_col=_MOST_COLUMNS), start=1):
        yield _raw(line, cells)


def _raw(line: int, cells: Iterable[Any]) -> RawRow:
    texts: list[str] = []
    problems: dict[int, str] = {}
    for index, cell in enumerate(cells):
        value = cell.value
        if value is None:
            texts.append("")
            continue
        if cell.data_type == "e":
            problems[index] = f"計算エラー（{value}）になっています。値を入力してください。"
        texts.append(value.strip() if isinstance(value, str) else _shown(value, cell.number_format))
    return RawRow(line, texts, exact=False, problems=problems)


def _shown(value: object, number_format: str) -> str:
    """A value that is no text, as text: numbers in plain digits, with the leading zeros their format shows."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int):
        zeros = len(number_format) if _ZEROS.fullmatch(number_format or "") else 0
        return str(value).zfill(zeros)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == _MIDNIGHT else value.isoformat(" ", "seconds")
    return str(value)
