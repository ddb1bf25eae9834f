"""Files that go out: three kinds, no formula, nothing replaced in silence, flat memory, the same bytes again."""

import csv
import io
import tracemalloc
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.http import StreamingHttpResponse
from hypothesis import given, settings
from hypothesis import strategies as st

from sosportal.lib.tabular import (
    CellRow,
    FileKind,
    TableProblem,
    Written,
    download,
    read_table,
    unwritable,
    write,
)
from sosportal.lib.tabular import writing as module

HEADING = ["医療機関名", "メモ", "数量"]
ROWS: list[CellRow] = [["𠮷田・髙﨑①病院", "1行目\r\n2行目", 4100], ["見本医院", None, -5]]
STARTS = ["=1+1", "+81-3", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠A", "−1", " =1"]


def made(kind: FileKind, rows: Iterable[CellRow] = ROWS, **options: Any) -> tuple[bytes, Written]:
    binary = io.BytesIO()
    written = write(binary, kind, HEADING, rows, **options)
    return binary.getvalue(), written


def cells(kind: FileKind, data: bytes) -> list[list[Any]]:
    """The file as a stranger's program reads it."""
    if kind is FileKind.XLSX:
        sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
        return [[cell.value for cell in row] for row in sheet.iter_rows()]
    text = data.decode("cp932" if kind is FileKind.CP932 else "utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


# --- what stands in the cells -------------------------------------------------------------------------------------


def test_utf8_begins_with_its_mark_and_keeps_every_character() -> None:
    data, written = made(FileKind.UTF8)

    assert data.startswith(b"\xef\xbb\xbf")
    assert cells(FileKind.UTF8, data) == [
        HEADING,
        ["𠮷田・髙﨑①病院", "1行目\n2行目", "4100"],
        ["見本医院", "", "-5"],
    ]
    assert (written.rows, written.size) == (2, len(data))


def test_xlsx_keeps_every_character_and_numbers_and_days() -> None:
    moment = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
    data, _ = made(
        FileKind.XLSX, [*ROWS, [date(2026, 11, 25), moment, Decimal("1.5")], ["x" * 9, "", 10**20]]
    )

    found = cells(FileKind.XLSX, data)
    assert found[1] == ["𠮷田・髙﨑①病院", "1行目\n2行目", 4100]
    assert found[2] == ["見本医院", None, -5]
    assert found[3] == [datetime(2026, 11, 25), datetime(2026, 11, 25, 17, 0), 1.5]  # noqa: DTZ001 - a cell
    assert found[4][2] == str(10**20)


def test_days_and_moments_in_csv_are_in_japans_time() -> None:
    data, _ = made(FileKind.UTF8, [[date(2026, 11, 25), datetime(2026, 11, 25, 15, 30, tzinfo=UTC), 1]])

    assert cells(FileKind.UTF8, data)[1] == ["2026/11/25", "2026/11/26 00:30", "1"]


@pytest.mark.parametrize("kind", FileKind)
@pytest.mark.parametrize("start", STARTS)
def test_no_cell_starts_a_formula(kind: FileKind, start: str) -> None:
    data, _ = made(kind, [[start, "x", -5]], geta=True)

    cell = str(cells(kind, data)[1][0])
    assert cell.startswith("'")
    assert b"<f>" not in data


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20))
@settings(max_examples=200)
def test_any_text_stays_one_cell(text: str) -> None:
    data, _ = made(FileKind.UTF8, [["a", text, 1]])

    assert module.cell_text(text) == cells(FileKind.UTF8, data)[1][1]


def test_our_own_reader_takes_what_was_written() -> None:
    for kind in FileKind:
        data, _ = made(kind, [["髙﨑①病院", "1行目\n2行目", 4100]])

        (row,) = read_table(io.BytesIO(data), required=HEADING)
        assert row.cells == {"医療機関名": "髙﨑①病院", "メモ": "1行目\n2行目", "数量": "4100"}


# --- CP932 --------------------------------------------------------------------------------------------------------


def test_what_cp932_cannot_hold_is_listed_once_per_cell() -> None:
    rows: list[CellRow] = [["髙①", "", 1], ["𠮷𠮷と葛\U000e0100", "~¥", 2], ["a\u2028b\xa0", None, 3]]

    found = unwritable(HEADING, rows)

    assert [(one.row, one.column, one.character, one.code_point) for one in found] == [
        (2, "医療機関名", "𠮷", "U+20BB7"),
        (2, "医療機関名", "\U000e0100", "U+E0100"),
        (2, "メモ", "¥", "U+00A5"),
        (3, "医療機関名", "\xa0", "U+00A0"),
    ]
    assert len(unwritable(HEADING, rows, most=1)) == 1


def test_the_twins_of_unicode_that_shift_jis_has_but_once_are_written() -> None:
    """WAVE DASH and FULLWIDTH TILDE are one character of JIS X 0208, as are the minus signs."""
    data, _ = made(FileKind.CP932, [["8\u301c10階", "a\u22121", 1]])

    assert cells(FileKind.CP932, data)[1][:2] == ["8\uff5e10階", "a\uff0d1"]


def test_cp932_replaces_nothing_unless_told_to() -> None:
    with pytest.raises(TableProblem) as refused:
        made(FileKind.CP932)
    assert (refused.value.line, refused.value.column) == (2, "医療機関名")
    assert "U+20BB7" in refused.value.message

    data, _ = made(FileKind.CP932, geta=True)
    assert cells(FileKind.CP932, data)[1] == ["〓田・髙﨑①病院", "1行目\n2行目", "4100"]


def test_what_is_not_listed_can_be_written() -> None:
    every = "".join(chr(code) for code in range(0x20, 0xFFFF) if not 0xD800 <= code <= 0xDFFF)
    listed = {one.character for one in unwritable(["a"], [[every]], most=100_000)}
    rest = "".join(character for character in every if character not in listed)

    binary = io.BytesIO()
    write(binary, FileKind.CP932, ["a"], [["x" + rest]])

    assert len(rest) > 6_000


# --- limits of a sheet --------------------------------------------------------------------------------------------


def test_more_rows_than_a_sheet_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LAST_ROW", 3)

    made(FileKind.XLSX, [["a", "b", 1]] * 2)
    with pytest.raises(TableProblem, match="2行まで"):
        made(FileKind.XLSX, [["a", "b", 1]] * 3)


def test_a_text_that_no_cell_holds_is_refused_and_not_cut() -> None:
    data, _ = made(FileKind.XLSX, [["a", "あ" * 32_767, 1]])
    assert len(cells(FileKind.XLSX, data)[1][1]) == 32_767

    with pytest.raises(TableProblem, match="セルに入りません"):
        made(FileKind.XLSX, [["a", "あ" * 32_768, 1]])


# --- the same again, and flat memory ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FileKind)
def test_the_same_rows_make_the_same_bytes(kind: FileKind) -> None:
    first, again = made(kind, geta=True), made(kind, geta=True)

    assert first == again
    assert first[1].sha256 != made(kind, ROWS[1:], geta=True)[1].sha256


@pytest.mark.parametrize("kind", FileKind)
def test_memory_does_not_grow_with_the_rows(kind: FileKind) -> None:
    def rows(count: int) -> Iterator[CellRow]:
        return (["架空総合病院", f"行{number}", number] for number in range(count))

    def peak(count: int) -> int:
        with open("/dev/null", "w+b") if kind is not FileKind.XLSX else io.BytesIO() as binary:
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            write(binary, kind, HEADING, rows(count))
            size = len(binary.getvalue()) if isinstance(binary, io.BytesIO) else 0
            return tracemalloc.get_traced_memory()[1] - before - size

    tracemalloc.start()
    try:
        peak(100)  # what is loaded once
        small, large = peak(5_000), peak(50_000)
    finally:
        tracemalloc.stop()
    assert large < small + 2 * 1024 * 1024


# --- downloads ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db  # closing a response looks at the connection
@pytest.mark.parametrize("kind", FileKind)
def test_a_download_is_the_file_and_says_what_it_was(kind: FileKind) -> None:
    told: list[Written] = []

    response = download(kind, "引渡し 2026-11-25", HEADING, ROWS, geta=True, done=told.append)

    data, written = made(kind, geta=True)
    with closing(response):
        assert body(response) == data
    assert told == [written]
    assert response.headers["Content-Type"] == kind.content_type


@pytest.mark.django_db
def test_utf8_is_sent_while_it_is_made() -> None:
    taken = 0

    def rows() -> Iterator[CellRow]:
        nonlocal taken
        for _ in range(100_000):
            taken += 1
            yield ["架空総合病院", "メモ", 1]

    told: list[Written] = []
    response = download(FileKind.UTF8, "a", HEADING, rows(), done=told.append)
    assert isinstance(response, StreamingHttpResponse)
    chunks: Iterator[bytes] = iter(response.streaming_content)  # type: ignore[arg-type]
    next(chunks)
    next(chunks)

    assert 0 < taken < 10_000
    response.close()
    assert told == []


def test_what_cannot_be_written_is_known_before_anything_is_sent() -> None:
    told: list[Written] = []

    with pytest.raises(TableProblem):
        download(FileKind.CP932, "a", HEADING, ROWS, done=told.append)

    assert told == []


@pytest.mark.parametrize(
    "name", ['a"b\r\nX-Evil: 1', "../../etc/passwd", "\u202e一覧\x00", "", "...", "名" * 400]
)
def test_a_file_name_is_safe_whatever_it_says(name: str) -> None:
    header = module.disposition(name, FileKind.UTF8)

    assert header.startswith("attachment; filename")
    assert header.endswith(('.csv"', ".csv"))
    assert not {"\r", "\n", "\x00", "/", "\\"} & set(header)
    assert "%2F" not in header
    assert header.isascii()
