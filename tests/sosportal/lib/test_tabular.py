"""Lists as people send them: encodings, line ends, headings, bad rows, XLSX values; and safe cells going out."""

import csv
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosportal.lib.tabular import Row, TableProblem, read_table, safe_cell
from tests.sosportal.lib.lists import CODE, LIST, NAME, POST, ROWS, problem_of, rows_of


def problems_of_any(data: bytes) -> list[TableProblem]:
    """What is wrong with a file that may hold anything: nothing, or one problem, and never another exception."""
    try:
        rows_of(data)
    except TableProblem as problem:
        return [problem]
    return []


# --- encodings, packing, line ends ----------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"], ids=["CRLF", "LF", "CR"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_every_encoding_line_end_and_packing_reads_the_same(
    encoding: str, line_end: str, packed: bool
) -> None:
    data = LIST.replace("\r\n", line_end).encode(encoding)

    assert rows_of(gzip.compress(data) if packed else data) == ROWS


def test_the_last_line_needs_no_end() -> None:
    assert rows_of(LIST.rstrip().encode()) == ROWS


def test_a_path_is_read_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "list.bin"
    path.write_bytes(gzip.compress(LIST.encode()))

    assert list(read_table(path, required=[CODE], optional=[NAME, POST])) == ROWS
    assert list(read_table(str(path), required=[CODE], optional=[NAME, POST])) == ROWS


def test_a_pipe_is_read() -> None:
    class Pipe:
        def __init__(self) -> None:
            self._inner = io.BytesIO(LIST.encode("cp932"))

        def read(self, size: int = -1, /) -> bytes:
            return self._inner.read(min(size, 7))

    assert list(read_table(Pipe(), required=[CODE, NAME], optional=[POST])) == ROWS


def test_an_open_file_is_read_from_its_start_and_left_open() -> None:
    file = io.BytesIO(LIST.encode())
    file.read()

    assert list(read_table(file, required=[CODE, NAME], optional=[POST])) == ROWS
    assert not file.closed


def test_a_character_split_between_chunks_is_read() -> None:
    names = [f"{'あ' * (n % 7)}病院{n}" for n in range(20_000)]
    data = "\r\n".join([NAME, *names]).encode()
    assert len(data) > 3 * 64 * 1024

    for shift in range(3):
        padded = (" " * shift).encode() + data
        assert [row.cells[NAME] for row in rows_of(padded, required=[NAME], optional=[])] == names


@pytest.mark.parametrize("first", ["utf-8", "cp932"])
def test_mixed_encodings_are_refused_with_the_line_that_differs(first: str) -> None:
    second = {"utf-8": "cp932", "cp932": "utf-8"}[first]
    lines = [f"{CODE},{NAME}\r\n".encode(first), "1,架空病院\r\n".encode(first), b"2,A\r\n"]
    data = b"".join([*lines, "3,東京医療センター\r\n".encode(second), "4,見本\r\n".encode(first)])

    problem = problem_of(data)

    assert problem.line == 4
    assert "文字コードが、ほかの行と違います" in problem.message


def test_mixed_encodings_that_cp932_would_read_as_nonsense_are_refused() -> None:
    """Both lines decode as CP932; only judging line by line finds the one that is not."""
    data = f"{CODE},{NAME}\r\n".encode("cp932") + "1,東京".encode()
    assert data.decode("cp932")

    assert problem_of(data).line == 2


def test_half_width_kana_in_cp932_are_not_taken_for_utf8() -> None:
    data = f"{CODE},{NAME}\r\n1,ﾆｱ\r\n2,ﾃｱﾄｲﾅｱ\r\n".encode("cp932")
    assert "ﾆｱ".encode("cp932").decode("utf-8")  # valid by chance

    assert [row.cells[NAME] for row in rows_of(data)] == ["ﾆｱ", "ﾃｱﾄｲﾅｱ"]


def test_a_bom_binds_to_utf8() -> None:
    data = f"{CODE},{NAME}\r\n".encode("utf-8-sig") + "1,架空".encode("cp932")

    assert problem_of(data).line == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (LIST.encode("utf-16"), "UTF-16"),
        (LIST.encode("utf-16-le"), "文字ではないデータ"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe\xfd", "文字として読めません"),
        (f"{CODE},{NAME}\r\n1,".encode() + b"\xff\xff", "文字として読めません"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "古い形式"),
        (b"PK\x03\x04 no package", "Excelのファイルとして読めません"),
        (gzip.compress(LIST.encode())[:-9], "圧縮ファイルが壊れています"),
        (b"\x1f\x8b", "圧縮ファイルが壊れています"),
        (b"", "何も書かれていません"),
        (b"\r\n,,\r\n", "何も書かれていません"),
        (f"{CODE},{NAME}\r\n".encode() + b"a" * (1024 * 1024 + 100_000), "1行が長すぎます"),
        (f"{CODE},{NAME}\r\n1,".encode() + b"a" * 200_000, "セルが長すぎます"),
    ],
    ids=[
        "UTF-16",
        "UTF-16 without BOM",
        "picture",
        "no encoding",
        "old Excel",
        "no package",
        "cut off",
        "only begun",
        "empty",
        "blank",
        "endless line",
        "long cell",
    ],
)
def test_what_is_no_list_is_refused(data: bytes, words: str) -> None:
    assert words in problem_of(data).message


# --- heading and rows -----------------------------------------------------------------------------------------


def test_headings_match_in_any_width_case_and_spacing() -> None:
    data = "医療機関　コード , ＥＭａｉｌ,ｶﾅ\r\n1,2,3\r\n".encode()

    assert rows_of(data, required=[CODE, "email", "カナ"]) == [Row(2, {CODE: "1", "email": "2", "カナ": "3"})]


def test_other_columns_are_ignored_and_absent_ones_are_absent() -> None:
    assert rows_of(f"備考,{NAME},備考,{CODE}\r\nx,病院,y,1\r\n".encode()) == [
        Row(2, {CODE: "1", NAME: "病院"})
    ]


def test_a_missing_column_is_named() -> None:
    problem = problem_of(b"\r\nname\r\n1\r\n")

    assert (problem.line, problem.column) == (2, CODE)
    assert str(problem) == f"2行目「{CODE}」：この見出しの列がありません。1行目に見出しを入れてください。"


def test_a_column_that_stands_twice_is_named() -> None:
    problem = problem_of(f"{CODE},{NAME},医療機関名 \r\n1,2,3\r\n".encode())

    assert (problem.line, problem.column) == (1, NAME)


def test_blank_rows_are_skipped_and_lines_keep_their_numbers() -> None:
    data = f"\r\n{CODE},{NAME}\r\n\r\n,\r\n1,一\r\n\r\n2,二\r\n".encode()

    assert [(row.line, row.cells[CODE]) for row in rows_of(data)] == [(5, "1"), (7, "2")]


def test_a_cell_with_line_breaks_is_one_cell_and_the_row_stands_where_it_begins() -> None:
    data = f'{CODE},{NAME}\r\n1,"架空\r\n""病院"""\r\n2,二\r\n'.encode()

    assert [(row.line, row.cells[NAME]) for row in rows_of(data)] == [(2, '架空\r\n"病院"'), (4, "二")]


@pytest.mark.parametrize("line", ['1,"架空', '1,"架空"病院'])
def test_a_quote_without_its_pair_is_refused_and_not_read_over(line: str) -> None:
    problem = problem_of(f"{CODE},{NAME}\r\n0,零\r\n{line}\r\n2,二\r\n3,三\r\n".encode())

    assert problem.line == 3
    assert "引用符" in problem.message


@pytest.mark.parametrize("line", ["1", "1,一,余り", "1,一,,余り"])
def test_shifted_cells_are_refused(line: str) -> None:
    problem = problem_of(f"{CODE},{NAME}\r\n{line}\r\n".encode())

    assert (problem.line, problem.column) == (2, None)
    assert "列の数が見出しと違います（見出しは2列" in problem.message


def test_blank_cells_beyond_the_heading_do_no_harm() -> None:
    assert len(rows_of(f"{CODE},{NAME},,\r\n1,一\r\n2,二,,,,\r\n".encode())) == 2


def test_one_bad_row_of_500_is_named_by_line_and_column() -> None:
    lines = [f"{n},病院{n}" for n in range(500)]
    lines[417] = "417,病\x07院"

    problem = problem_of("\r\n".join([f"{CODE},{NAME}", *lines]).encode())

    assert (problem.line, problem.column) == (419, NAME)
    assert "U+0007" in problem.message


def test_bad_rows_can_be_gathered_and_are_left_out() -> None:
    problems: list[TableProblem] = []
    data = f"{CODE},{NAME}\r\n1,一\r\n\x02,\x07\r\n3\r\n4,四\r\n".encode()

    rows = rows_of(data, on_problem=problems.append)

    assert [row.cells[CODE] for row in rows] == ["1", "4"]
    assert [(problem.line, problem.column) for problem in problems] == [(3, CODE), (3, NAME), (4, None)]


def test_a_control_character_in_an_ignored_column_does_no_harm() -> None:
    assert len(rows_of(f"{CODE},{NAME},備考\r\n1,一,\x07\r\n".encode())) == 1


def test_too_many_rows_are_refused_after_the_last_that_may_be() -> None:
    data = "\r\n".join([f"{CODE},{NAME}", "1,一", "", "2,二", "3,三"]).encode()

    assert len(rows_of(data, max_rows=3)) == 3
    problem = problem_of(data, max_rows=2)
    assert (problem.line, problem.message) == (5, "行が多すぎます。2行までに分けてください。")


cells = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), max_size=6)


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=8), st.sampled_from(["\r\n", "\n", "\r"]))
def test_what_was_written_is_read(table: list[tuple[str, str]], line_end: str) -> None:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerow([CODE, NAME])
    writer.writerows(table)

    found = [(row.cells[CODE], row.cells[NAME]) for row in rows_of(file.getvalue().encode())]

    assert found == [row for row in table if any(row)]


@given(
    st.binary(max_size=300) | st.binary(max_size=300).map(lambda tail: f"{CODE},{NAME}\r\n1,".encode() + tail)
)
def test_any_bytes_give_rows_or_a_problem(data: bytes) -> None:
    for prefix in (b"", b"PK\x03\x04", b"\x1f\x8b\x08\0"):
        problems = problems_of_any(prefix + data)
        assert all(problem.message.endswith("。") for problem in problems)


# --- cells going out ------------------------------------------------------------------------------------------

STARTS = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "﹦", "﹢", "﹣", "﹫", "−"]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("space", ["", " ", "\u3000", "\u00a0 "])
def test_no_cell_starts_a_formula(start: str, space: str) -> None:
    assert safe_cell(f"{space}{start}1+1") == f"'{space}{start}1+1"


@pytest.mark.parametrize(
    "value", ["", "架空病院", "1-2", "a=b", "'=1", "髙﨑①𠮷", "株式会社＝架空", "（株）", " x"]
)
def test_other_cells_stay(value: str) -> None:
    assert safe_cell(value) == value


@given(st.text())
def test_a_safe_cell_stays_as_it_is(value: str) -> None:
    safe = safe_cell(value)

    assert safe_cell(safe) == safe
    assert safe in (value, f"'{value}")
