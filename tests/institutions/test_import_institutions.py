"""`manage.py import_institutions`: the ministry's list, with its warts."""

from __future__ import annotations

import csv
import gzip
import io
import os
import pty
import subprocess
import sys
import tracemalloc
import zipfile
from collections import Counter
from pathlib import Path

import openpyxl
import psycopg
import pytest

from institutions.imports import import_institutions
from institutions.models import Institution, InstitutionKind
from institutions.rules.code import code_warning
from sosportal.lib import clock
from tests.institutions.lists import HEADING, SAMPLE, code, hospitals, run, text, versions, write
from tests.support.database import runtime_url_of_test_database

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parent.parent.parent
COMMAND = "import_institutions"
ALL = (*HEADING, "種別", "電話番号", "担当者氏名", "メールアドレス")


def sample() -> list[dict[str, str]]:
    with SAMPLE.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


# --- The real list ------------------------------------------------------------------------------------------------


def test_the_sample_is_as_people_send_it() -> None:
    content = SAMPLE.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == content.count(b"\n") == len(sample()) + 1
    repeated = [n for n in Counter(row["医療機関コード"] for row in sample()).values() if n > 1]
    assert len(repeated) == 25
    assert any("\uff21" <= character <= "\uff3a" for row in sample() for character in row["医療機関名"])
    assert not any("-" in row["郵便番号"] for row in sample())


def test_the_sample_is_taken_and_counted() -> None:
    ran = run(COMMAND, SAMPLE, "--format", "json")
    assert ran.code == 0
    counts = {name: ran.json[name] for name in ("read", "new", "changed", "unchanged", "repeated", "refused")}
    assert counts == {"read": 344, "new": 319, "changed": 0, "unchanged": 0, "repeated": 25, "refused": 0}
    assert ran.json["written"]
    assert Institution.objects.count() == 319


def test_names_keep_their_own_characters_but_not_double_spaces() -> None:
    run(COMMAND, SAMPLE)
    for row in sample():
        stored = Institution.objects.get(code=row["医療機関コード"])
        assert stored.name == row["医療機関名"].replace("  ", " ")
        assert stored.prefecture_id == row["医療機関コード"][:2]
        assert stored.postal_code == row["郵便番号"]
    assert Institution.objects.filter(name__regex="[Ａ-Ｚ]").exists()
    assert any("  " in row["医療機関名"] + row["住所"] for row in sample())


def test_codes_whose_check_digit_does_not_fit_are_warned_of_and_taken() -> None:
    ran = run(COMMAND, SAMPLE, "--format", "json")
    off = {row["医療機関コード"] for row in sample() if code_warning(row["医療機関コード"])}
    lines = {line for line, row in enumerate(sample(), start=2) if row["医療機関コード"] in off}
    assert {warning["line"] for warning in ran.json["warnings"]} == lines
    assert "検査数字" in ran.err
    assert f"{SAMPLE}:{min(lines)}: 注意: 医療機関コード: " in ran.err
    assert Institution.objects.filter(code__in=off).count() == len(off) == 7


def test_the_kinds_of_the_sample() -> None:
    run(COMMAND, SAMPLE)
    kinds = Counter(Institution.objects.values_list("kind", flat=True))
    assert set(kinds) == {InstitutionKind.HOSPITAL, InstitutionKind.CLINIC}
    assert kinds[InstitutionKind.CLINIC] > 50


def test_the_same_file_twice_touches_nothing() -> None:
    run(COMMAND, SAMPLE)
    before = versions()
    ran = run(COMMAND, SAMPLE, "--format", "json")
    assert (ran.json["new"], ran.json["changed"], ran.json["unchanged"]) == (0, 0, 319)
    assert versions() == before


def test_a_dry_run_counts_and_writes_nothing() -> None:
    ran = run(COMMAND, SAMPLE, "--dry-run", "--format", "json")
    assert ran.code == 0
    assert (ran.json["new"], ran.json["written"], ran.json["dry_run"]) == (319, False, True)
    assert Institution.objects.count() == 0
    run(COMMAND, SAMPLE)
    Institution.objects.filter(code=sample()[0]["医療機関コード"]).update(name="前の名前")
    before = versions()
    ran = run(COMMAND, SAMPLE, "--dry-run")
    assert "変更 1" in ran.out
    assert "変更の内訳: 医療機関名 1" in ran.out
    assert "何も変えていません" in ran.out
    assert versions() == before


# --- Formats ------------------------------------------------------------------------------------------------------


def as_xlsx(content: str) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in csv.reader(io.StringIO(content)):
        sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


FORMATS = {
    "UTF-8 with BOM": lambda content: content.encode("utf-8-sig"),
    "UTF-8": lambda content: content.encode(),
    "CP932": lambda content: content.encode("cp932"),
    "LF": lambda content: content.replace("\r\n", "\n").encode(),
    "CR": lambda content: content.replace("\r\n", "\r").encode("utf-8-sig"),
    "gzip": lambda content: gzip.compress(content.encode("utf-8-sig")),
    "gzip of CP932": lambda content: gzip.compress(content.encode("cp932")),
    "XLSX": as_xlsx,
}


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_says_the_same(form: str, tmp_path: Path) -> None:
    content = SAMPLE.read_bytes().decode("utf-8-sig")
    path = tmp_path / "list"
    path.write_bytes(FORMATS[form](content))
    ran = run(COMMAND, path, "--format", "json")
    assert (ran.code, ran.json["new"], ran.json["repeated"], ran.json["refused"]) == (0, 319, 25, 0)
    assert run(COMMAND, SAMPLE, "--format", "json").json["unchanged"] == 319


def bomb(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package, package.open("xl/a.xml", "w") as part:
        for _ in range(120):
            part.write(bytes(1024 * 1024))
    return path


def broken_files(directory: Path) -> dict[str, Path]:
    mixed = text(hospitals(2)).encode() + text(hospitals(1)).encode("cp932")
    contents = {
        "mixed.csv": mixed,
        "empty.csv": b"",
        "nul.csv": text(hospitals(1)).encode().replace(b"1000001", b"\0"),
        "utf16.csv": text(hospitals(1)).encode("utf-16"),
        "quotes.csv": text(hospitals(1)).encode() + b'"open',
        "columns.csv": text(hospitals(1), ("コード", "名前", "郵便番号", "住所")).encode(),
        "broken.csv.gz": gzip.compress(text(hospitals(1)).encode())[:-6],
        "bomb.csv.gz": gzip.compress(bytes(120 * 1024 * 1024), 1),
        "old.xls": b"\xd0\xcf\x11\xe0" + bytes(100),
        "text.xlsx": b"PK\x03\x04 no workbook",
    }
    for name, content in contents.items():
        (directory / name).write_bytes(content)
    return {
        **{name: directory / name for name in contents},
        "bomb.xlsx": bomb(directory / "bomb.xlsx"),
        "absent.csv": directory / "absent.csv",
        "directory": directory,
    }


def test_files_that_cannot_be_read_are_refused_as_a_whole(tmp_path: Path) -> None:
    for name, path in broken_files(tmp_path).items():
        ran = run(COMMAND, path)
        assert ran.code == 3, name
        assert ran.out == "", name
        assert ran.err.startswith(str(path)), name
        assert ran.err.count("\n") == 1, name
    assert Institution.objects.count() == 0


# --- Bad rows -----------------------------------------------------------------------------------------------------


def test_one_bad_row_of_500_is_named_and_nothing_is_imported(tmp_path: Path) -> None:
    rows = hospitals(500)
    rows[316] = (rows[316][0][:9], *rows[316][1:])
    path = write(tmp_path / "list.csv", rows)
    ran = run(COMMAND, path)
    assert ran.code == 4
    assert f"{path}:318: 医療機関コード: 「{rows[316][0]}」は10桁の数字ではありません。" in ran.err
    assert "先頭の0が消えていないか" in ran.err
    assert "1行を直してください。何も取り込んでいません。" in ran.err
    assert "取り込めない行 1" in ran.out
    assert Institution.objects.count() == 0


def test_bad_rows_can_be_left_out(tmp_path: Path) -> None:
    rows = hospitals(500)
    rows[316] = ("", *rows[316][1:])
    path = write(tmp_path / "list.csv", rows)
    ran = run(COMMAND, path, "--skip-bad-rows", "--format", "json")
    assert ran.code == 5
    assert (ran.json["new"], ran.json["refused"], ran.json["written"]) == (499, 1, True)
    assert ran.json["problems"] == [
        {"line": 318, "column": "医療機関コード", "message": "医療機関コードがありません。"}
    ]
    assert Institution.objects.count() == 499
    dry = run(COMMAND, path, "--skip-bad-rows", "--dry-run")
    assert (dry.code, "取り込めない行 1" in dry.out) == (5, True)


@pytest.mark.parametrize(
    ("changed", "column", "reason"),
    [
        ({"医療機関コード": "131000000"}, "医療機関コード", "先頭の0が消えていないか"),
        ({"医療機関コード": "13100000０A"}, "医療機関コード", "10桁の数字ではありません"),
        ({"医療機関コード": "٣٣٣٣٣٣٣٣٣٣"}, "医療機関コード", "10桁の数字ではありません"),
        ({"医療機関コード": "4810000001"}, "医療機関コード", "都道府県（01〜47）ではありません"),
        ({"医療機関コード": "0010000001"}, "医療機関コード", "都道府県（01〜47）ではありません"),
        ({"医療機関コード": "1350000001"}, "医療機関コード", "「種別」の列に"),
        ({"医療機関名": " \u3000 "}, "医療機関名", "空欄です"),
        ({"医療機関名": "\u200b"}, "医療機関名", "空欄です"),
        ({"医療機関名": "あ" * 201}, "医療機関名", "200文字以内"),
        ({"医療機関名": "架空\x07病院"}, "医療機関名", "使えない文字（U+0007）"),
        ({"郵便番号": "100000"}, "郵便番号", "先頭の0が消えていないか"),
        ({"郵便番号": "100-00012"}, "郵便番号", "7桁の数字ではありません"),
        ({"郵便番号": "東京都"}, "郵便番号", "7桁の数字ではありません"),
        ({"住所": "あ" * 301}, "住所", "300文字以内"),
        ({"種別": "動物病院"}, "種別", "使えません。病院、診療所、"),
        ({"電話番号": "312345678"}, "電話番号", "先頭の0が消えていないか"),
        ({"電話番号": "なし"}, "電話番号", "電話番号ではありません"),
        ({"電話番号": "03-1234-5678 03-1234-5679"}, "電話番号", "電話番号ではありません"),
        ({"担当者氏名": "あ" * 101}, "担当者氏名", "100文字以内"),
        ({"医療措置協定": "たぶん"}, "医療措置協定", "使えません。締結か未締結を入力してください。"),
        ({"メールアドレス": "a@b"}, "メールアドレス", "メールアドレスではありません"),
        (
            {"メールアドレス": "a@example.jp\r\nBcc: b@example.jp"},
            "メールアドレス",
            "メールアドレスではありません",
        ),
        ({"メールアドレス": "ａ＠ｅｘａｍｐｌｅ．ｊｐ"}, "メールアドレス", "メールアドレスではありません"),
    ],
)
def test_what_a_cell_may_not_say(changed: dict[str, str], column: str, reason: str, tmp_path: Path) -> None:
    good = dict.fromkeys(ALL, "") | dict(zip(HEADING, hospitals(1)[0], strict=True))
    told = good | changed
    path = write(tmp_path / "list.csv", [list(told.values())], list(told))
    ran = run(COMMAND, path, "--format", "json")
    assert ran.code == 4
    (problem,) = ran.json["problems"]
    assert (problem["line"], problem["column"]) == (2, column)
    assert reason in problem["message"]
    assert Institution.objects.count() == 0


def test_every_bad_cell_of_a_row_is_named_and_the_row_counts_once(tmp_path: Path) -> None:
    path = write(tmp_path / "list.csv", [("1", "", "2", "住所"), *hospitals(1)])
    ran = run(COMMAND, path, "--format", "json")
    assert ran.json["refused"] == 1
    assert [problem["column"] for problem in ran.json["problems"]] == [
        "医療機関コード",
        "医療機関名",
        "郵便番号",
    ]


def test_a_row_of_too_few_or_too_many_cells_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(text(hospitals(1)) + "1310000017,架空病院,1000001\r\n" + f"{code(9)},a,1000001,b,c,d\r\n")
    ran = run(COMMAND, path, "--format", "json")
    assert [problem["line"] for problem in ran.json["problems"]] == [3, 4]
    assert all("列の数が見出しと違います" in problem["message"] for problem in ran.json["problems"])


def test_thousands_of_bad_rows_are_counted_and_not_all_listed(tmp_path: Path) -> None:
    path = write(tmp_path / "list.csv", [("1", *row[1:]) for row in hospitals(1500)])
    ran = run(COMMAND, path, "--format", "json")
    assert (ran.json["refused"], len(ran.json["problems"]), ran.json["problems_left_out"]) == (
        1500,
        1000,
        500,
    )
    assert "ほか500件" in ran.err


# --- Together with others, memory, the command line ---------------------------------------------------------------


def test_memory_does_not_grow_with_the_list(tmp_path: Path) -> None:
    peaks = []
    for count in (2_000, 8_000):
        content = write(tmp_path / f"{count}.csv", hospitals(count)).read_bytes()
        tracemalloc.start()
        import_institutions(io.BytesIO(content), now=clock.now())
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 300_000  # bytes; holding the rows would take more than 3 million


def test_somebody_who_holds_the_table_is_waited_for_and_then_left_alone(
    committed_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("institutions.imports.institutions.LOCK_SECONDS", 1)
    path = write(tmp_path / "list.csv", hospitals(3))
    with psycopg.connect(runtime_url_of_test_database()) as other:
        other.execute("LOCK TABLE institutions_institution IN ROW EXCLUSIVE MODE")
        ran = run(COMMAND, path)
    assert ran.code == 6
    assert "もう一度実行してください" in ran.err
    assert Institution.objects.count() == 0
    assert run(COMMAND, path).code == 0


def environment() -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": runtime_url_of_test_database(), "FORCE_COLOR": "1"}


def test_in_a_pipe_there_is_no_bar_and_the_exit_code_is_the_data_s(
    committed_db: None, tmp_path: Path
) -> None:
    path = write(tmp_path / "list.csv", [*hospitals(2), ("1", "x", "1000001", "y")])
    done = subprocess.run(
        [sys.executable, "manage.py", COMMAND, str(path), "--format", "json"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4
    assert done.stdout.count("\n") == 1
    assert '"refused": 1' in done.stdout
    assert done.stderr.splitlines() == [
        f"{path}:4: 医療機関コード: 「1」は10桁の数字ではありません。",
        "Refused: 1行を直してください。何も取り込んでいません。",
    ]


def test_on_a_terminal_there_is_a_bar(committed_db: None, tmp_path: Path) -> None:
    path = write(tmp_path / "list.csv", hospitals(300))
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "manage.py", COMMAND, str(path)],
        cwd=ROOT,
        env={**environment(), "TERM": "xterm", "COLUMNS": "80"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    seen = b""
    while True:
        try:
            block = os.read(ours, 4096)
        except OSError:
            break
        if not block:
            break
        seen += block
    os.close(ours)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "医療機関の取り込み" in seen.decode()
    assert "%" in seen.decode()
    assert "新規 300" in out.decode()
    assert "医療機関の取り込み" not in out.decode()


def test_a_wrong_call_is_no_data_error() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", COMMAND], cwd=ROOT, env=environment(), capture_output=True, check=False
    )
    assert done.returncode == 2
