"""XLSX lists: values become the text people see, and nothing is lost on the way."""

import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from sosportal.lib.tabular import Row, TableProblem
from tests.sosportal.lib.lists import CODE, NAME, POST, ROWS, problem_of, rows_of
from tests.sosportal.lib.packages import heading, pack, parts_of, row, sheet


def workbook(rows: Sequence[Sequence[Any]], formats: dict[str, str] | None = None) -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for line in rows:
        page.append(list(line))
    for place, number_format in (formats or {}).items():
        page[place].number_format = number_format
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_workbook_reads_as_the_csv_does() -> None:
    table: list[list[Any]] = [
        [CODE, NAME, POST],
        ["0110112489", "架空髙﨑①病院", "0050813"],
        ["0110112745", "見本医院", None],
    ]

    assert rows_of(workbook(table)) == ROWS


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        ("0012", "General", "0012"),
        (" 𠮷野 ", "General", "𠮷野"),
        (4100, "General", "4100"),
        (4100.0, "#,##0", "4100"),
        (1.5, "General", "1.5"),
        (110112489, "0000000000", "0110112489"),
        (1310123456, "General", "1310123456"),
        (10**15, "General", "1000000000000000"),
        (True, "General", "TRUE"),
        (datetime(2026, 5, 13), "yyyy/m/d", "2026-05-13"),  # noqa: DTZ001 (Excel knows no zones)
        (datetime(2026, 5, 13, 17, 30), "yyyy/m/d h:mm", "2026-05-13 17:30:00"),  # noqa: DTZ001
        (date(2026, 5, 13), "yyyy/m/d", "2026-05-13"),
        (time(17, 30), "h:mm", "17:30:00"),
        (timedelta(hours=30), "[h]:mm", "1 day, 6:00:00"),
    ],
)
def test_values_become_the_text_people_see(value: Any, number_format: str, text: str) -> None:
    data = workbook([[CODE], [value]], {"A2": number_format})

    assert rows_of(data, required=[CODE]) == [Row(2, {CODE: text})]


@pytest.mark.parametrize(
    ("stored", "text"), [("4100.0", "4100"), ("4.1E3", "4100"), ("0.5", "0.5"), ("-3", "-3")]
)
def test_numbers_as_other_programs_store_them(stored: str, text: str) -> None:
    rows = [heading(), f"<row><c><v>{stored}</v></c></row>".encode()]

    assert rows_of(pack(parts_of(sheet(rows))), required=[CODE]) == [Row(2, {CODE: text})]


def test_a_formula_gives_its_last_value_and_an_error_is_refused() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, [CODE, NAME])
        page.write_formula(1, 0, "=40+1", None, 41)
        page.write_string(1, 1, "一")
        page.write_formula(2, 0, "=NA()", None, "#N/A")
    problems: list[TableProblem] = []

    rows = rows_of(file.getvalue(), on_problem=problems.append)

    assert rows == [Row(2, {CODE: "41", NAME: "一"})]
    assert [(problem.line, problem.column) for problem in problems] == [(3, CODE)]
    assert "#N/A" in problems[0].message


def test_the_first_visible_sheet_is_read() -> None:
    book = openpyxl.Workbook()
    hidden = book.active
    assert hidden is not None
    hidden.sheet_state = "hidden"
    book.create_sheet("list").append([CODE])
    book["list"].append(["1"])
    file = io.BytesIO()
    book.save(file)

    assert rows_of(file.getvalue(), required=[CODE]) == [Row(2, {CODE: "1"})]


def test_a_workbook_without_a_visible_sheet_is_refused() -> None:
    sound = workbook([[CODE], ["1"]])
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sound)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'state="visible"', b'state="hidden"'))

    assert problem_of(file.getvalue(), required=[CODE]).message == "表のシートがありません。"


def test_rows_beyond_the_extent_a_sheet_tells_of_itself_are_not_lost() -> None:
    told = b"".join(sheet([heading(), row("1"), row("2")])).replace(
        b"<sheetData>", b'<dimension ref="A1:A2"/><sheetData>'
    )
    assert b"dimension" in told

    assert [found.cells[CODE] for found in rows_of(pack(parts_of(told)), required=[CODE])] == ["1", "2"]


def test_gaps_between_rows_keep_their_numbers() -> None:
    assert [row.line for row in rows_of(workbook([[CODE], [], [], ["1"], [], ["2"]]), required=[CODE])] == [
        4,
        6,
    ]


def test_notes_beside_the_table_do_no_harm() -> None:
    assert rows_of(workbook([[CODE], ["1", None, None, "メモ"]]), required=[CODE]) == [Row(2, {CODE: "1"})]


def test_a_workbook_can_be_too_long() -> None:
    data = workbook([[CODE], *([n] for n in range(1, 12))])

    assert len(rows_of(data, required=[CODE], max_rows=11)) == 11
    assert problem_of(data, required=[CODE], max_rows=10).line == 12
