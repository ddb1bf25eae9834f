"""Files made to fill the memory: refused from what they tell and from what they unpack to; and long honest lists."""

import gzip
import io
import subprocess
import sys
from pathlib import Path

import pytest

from sosportal.lib.tabular import MAX_BYTES, Row, TableProblem, read_table
from sosportal.lib.tabular.package_guard import check_package
from tests.sosportal.lib.packages import (
    HOSTILE,
    MEGA,
    SMALL,
    big_styles,
    heading,
    locked,
    pack,
    parts_of,
    replaced,
    sheet,
    standing_twice,
    with_zip64_end,
    without,
)

CODE = "医療機関コード"
MOST_MORE_MEMORY = 100 * MEGA

# Reads the list named on its command line and prints: rows, peak memory added in bytes, the problem's message.
# The peak is that of this program alone (VmHWM): getrusage() goes on from the peak of whoever started it, and
# beside a large test process no file would ever seem to take any memory.
READ_AND_MEASURE = """
import re, sys
from sosportal.lib.tabular import TableProblem, read_table
def peak():
    with open("/proc/self/status") as status:
        return int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read())[1]) * 1024
if len(sys.argv) > 2:  # the negative control: the guard is switched off
    from sosportal.lib.tabular import workbook
    workbook.check_package = lambda *_: None
before, rows, message = peak(), 0, ""
try:
    for rows, _ in enumerate(read_table(sys.argv[1], required=["医療機関コード"]), start=1):
        pass
except TableProblem as problem:
    message = problem.message
print(rows, peak() - before, message)
"""


SAID = {
    "big_sheet": "展開して100MBまで",
    "sheet_with_a_lie": "Excelのファイルとして読めません",
    "unfolding_entities": "Excelのファイルとして読めません",
    "sheet_that_says_it_is_a_chart": "グラフだけのシート",
}


def read_and_measure(path: Path, *more: str) -> tuple[int, int, str]:
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", READ_AND_MEASURE, str(path), *more],
        cwd=root,
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=120,
    )
    rows, memory, message = done.stdout.strip("\n").split(" ", 2)
    return int(rows), int(memory), message


def test_the_ground_of_the_hostile_packages_is_sound() -> None:
    file = io.BytesIO(pack(parts_of(sheet(SMALL))))

    assert list(read_table(file, required=[CODE])) == [Row(2, {CODE: "0110112489"})]


def test_a_package_with_the_long_form_of_its_end_is_read() -> None:
    file = io.BytesIO(with_zip64_end(pack(parts_of(sheet(SMALL)))))

    assert list(read_table(file, required=[CODE])) == [Row(2, {CODE: "0110112489"})]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_package_is_refused_within_the_memory(name: str, tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(HOSTILE[name]())

    rows, memory, message = read_and_measure(path)

    assert memory <= MOST_MORE_MEMORY
    assert rows == 0
    assert SAID.get(name, "中身が大きすぎます") in message
    with pytest.raises(TableProblem) as refused, path.open("rb") as file:
        check_package(file, MAX_BYTES)
    assert refused.value.message == message


def test_without_the_guard_such_a_package_fills_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(big_styles(20 * MEGA))

    _, memory, _ = read_and_measure(path, "unguarded")

    assert memory > MOST_MORE_MEMORY


def gzip_bomb(told: int | None) -> bytes:
    packed = gzip.compress(f"{CODE}\n".encode() + (b"1" * 127 + b"\n") * (2 * MEGA))
    return packed if told is None else packed[:-4] + told.to_bytes(4, "little")


@pytest.mark.parametrize("told", [None, 1000], ids=["told", "lying"])
def test_a_gzip_bomb_is_refused_within_the_memory(told: int | None, tmp_path: Path) -> None:
    path = tmp_path / "list.csv.gz"
    path.write_bytes(gzip_bomb(told))
    assert path.stat().st_size < MEGA

    rows, memory, message = read_and_measure(path)

    assert "大きすぎます" in message
    assert rows == 0
    assert memory <= 20 * MEGA


def test_a_long_list_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    with path.open("w", encoding="cp932") as file:
        file.write(f"{CODE},住所\n")
        file.writelines(f"{n:010},架空県見本市本町{n}番地\n" for n in range(100_000))

    rows, memory, message = read_and_measure(path)

    assert (rows, message) == (100_000, "")
    assert memory <= 10 * MEGA


@pytest.mark.parametrize("packed", [False, True])
def test_the_limit_of_bytes_is_that_of_the_unpacked_file(packed: bool) -> None:
    data = f"{CODE}\n".encode() + b"1\n" * 1000
    file = io.BytesIO(gzip.compress(data) if packed else data)

    assert len(list(read_table(file, required=[CODE], max_bytes=len(data)))) == 1000
    with pytest.raises(TableProblem, match="大きすぎます"):
        list(read_table(file, required=[CODE], max_bytes=len(data) - 1))


def test_a_pipe_without_end_is_refused() -> None:
    class Endless:
        def read(self, size: int = -1, /) -> bytes:
            return b"1\n" * (size // 2)

    with pytest.raises(TableProblem, match="大きすぎます"):
        list(read_table(Endless(), required=[CODE], max_bytes=MEGA))


@pytest.mark.parametrize("numbers", [(1, 3, 2), (1, 2, 2), (1, 2_000_000), (1, 10**12), (1, "２")])
def test_rows_out_of_order_or_off_the_sheet_are_refused_not_dropped(numbers: tuple[object, ...]) -> None:
    rows = [f'<row r="{n}"><c t="inlineStr"><is><t>{CODE}</t></is></c></row>'.encode() for n in numbers]

    with pytest.raises(TableProblem, match="Excelのファイルとして読めません"):
        list(read_table(io.BytesIO(pack(parts_of(sheet(rows)))), required=[CODE]))


def read_or_refused(data: bytes) -> list[Row] | None:
    try:
        return list(read_table(io.BytesIO(data), required=[CODE]))
    except TableProblem:
        return None


def test_a_damaged_package_is_read_right_or_refused() -> None:
    sound = pack(parts_of(sheet(SMALL)))

    for place in range(0, len(sound), 7):
        damaged = bytearray(sound)
        damaged[place] ^= 0xFF
        assert read_or_refused(bytes(damaged)) in (None, [Row(2, {CODE: "0110112489"})])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (locked(), "パスワードを外してください"),
        (without("[Content_Types].xml"), "Excelのファイルとして読めません"),
        (without("xl/workbook.xml"), "Excelのファイルとして読めません"),
        (replaced("[Content_Types].xml", b"<Types>"), "Excelのファイルとして読めません"),
        (replaced("[Content_Types].xml", b"<a/>" + b" " * 9 * MEGA), "中身が大きすぎます"),
        (replaced("xl/workbook.xml", b"<a/>"), "表のシートがありません"),
        (replaced("xl/workbook.xml", b"no XML"), "Excelのファイルとして読めません"),
        (
            replaced("xl/worksheets/sheet1.xml", sheet([heading(), b"<row><c"])),
            "Excelのファイルとして読めません",
        ),
        (standing_twice(), "Excelのファイルとして読めません"),
    ],
    ids=[
        "locked",
        "no content types",
        "no workbook",
        "broken content types",
        "endless content types",
        "another workbook",
        "no XML",
        "broken sheet",
        "standing twice",
    ],
)
def test_an_unsound_package_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(TableProblem, match=words):
        list(read_table(io.BytesIO(data), required=[CODE]))


def test_pictures_in_a_workbook_do_no_harm() -> None:
    file = io.BytesIO(replaced("xl/media/image1.png", b"\x89PNG" + bytes(MEGA)))

    assert list(read_table(file, required=[CODE])) == [Row(2, {CODE: "0110112489"})]
