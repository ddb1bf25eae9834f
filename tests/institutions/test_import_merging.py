"""`manage.py import_institutions`: what rows say of an institution, what is changed by them and what is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from institutions.models import Institution, InstitutionKind
from tests import factories
from tests.institutions.lists import HEADING, code, hospitals, run, versions, write

pytestmark = pytest.mark.django_db
COMMAND = "import_institutions"
ALL = (*HEADING, "種別", "電話番号", "担当者氏名", "メールアドレス")


# --- What is normalised, what repeats -----------------------------------------------------------------------------


def test_widths_hyphens_and_invisible_characters_do_not_matter(tmp_path: Path) -> None:
    number = code(1)
    wide = number.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    cells = {
        "医療機関コード": f"{wide[:2]}-{wide[2:]}\u200b",
        "医療機関名": "社会福祉法人\u3000\u3000か\u3099病院\u202e",
        "郵便番号": "〒１００－０００１",
        "住所": "架空市１丁目\r\n２番",
        "種別": " 病 院 ",
        "電話番号": "０３（１２３４）５６７８",
        "担当者氏名": "髙橋\u3000𠮷男",
        "メールアドレス": "a@example.jp",
    }
    path = write(tmp_path / "list.csv", [list(cells.values())], list(cells))
    assert run(COMMAND, path).err == ""
    stored = Institution.objects.get()
    assert (stored.code, stored.name, stored.postal_code) == (number, "社会福祉法人\u3000が病院", "1000001")
    assert (stored.address, stored.kind) == ("架空市１丁目 ２番", InstitutionKind.HOSPITAL)
    assert (stored.telephone, stored.contact_person) == ("03(1234)5678", "髙橋\u3000𠮷男")


def test_rows_that_say_the_same_are_one(tmp_path: Path) -> None:
    row = hospitals(1)[0]
    same = (f" {row[0]} ", row[1], "100-0001", row[3])
    ran = run(COMMAND, write(tmp_path / "list.csv", [row, same, row]), "--format", "json")
    assert (ran.code, ran.json["read"], ran.json["new"], ran.json["repeated"]) == (0, 3, 1, 2)


def test_rows_that_contradict_each_other_are_all_refused(tmp_path: Path) -> None:
    first, second, third = hospitals(3)
    other = (first[0], "別の病院", first[2], "別の住所")
    path = write(tmp_path / "list.csv", [first, second, other, third])
    ran = run(COMMAND, path, "--format", "json")
    assert (ran.code, ran.json["refused"], ran.json["new"]) == (4, 2, 2)
    assert [problem["line"] for problem in ran.json["problems"]] == [2, 4]
    assert "4行目と同じ医療機関コードですが、医療機関名と住所が違います" in ran.json["problems"][0]["message"]
    assert Institution.objects.count() == 0
    assert run(COMMAND, path, "--skip-bad-rows").code == 5
    assert set(Institution.objects.values_list("code", flat=True)) == {second[0], third[0]}


# --- What is changed, what is kept --------------------------------------------------------------------------------


@pytest.fixture
def known() -> Institution:
    return factories.institution(code=code(1), kind=InstitutionKind.CLINIC)


def particulars(institution: Institution) -> dict[str, str]:
    names = ("name", "kind", "postal_code", "address", "telephone", "contact_person", "email")
    fresh = Institution.objects.get(pk=institution.pk)
    return {name: getattr(fresh, name) for name in names}


def test_absent_columns_blank_nothing_and_no_guess_undoes_a_correction(
    known: Institution, tmp_path: Path
) -> None:
    before = particulars(known)
    ran = run(
        COMMAND,
        write(tmp_path / "list.csv", [(known.code, "改称病院", "1000002", "新住所")]),
        "--format",
        "json",
    )
    assert (ran.json["changed"], ran.json["changed_columns"]) == (
        1,
        {"医療機関名": 1, "郵便番号": 1, "住所": 1},
    )
    assert particulars(known) == before | {"name": "改称病院", "postal_code": "1000002", "address": "新住所"}
    assert Institution.objects.get(pk=known.pk).updated_at > known.updated_at


def test_blank_cells_blank_nothing_and_are_warned_of(known: Institution, tmp_path: Path) -> None:
    before = particulars(known)
    path = write(tmp_path / "list.csv", [(known.code, known.name, "", "", "", "", "", "")], ALL)
    ran = run(COMMAND, path, "--format", "json")
    assert (ran.code, ran.json["unchanged"]) == (0, 1)
    assert [warning["column"] for warning in ran.json["warnings"]] == ["郵便番号", "住所"]
    assert particulars(known) == before


def test_what_the_columns_say_is_taken(known: Institution, tmp_path: Path) -> None:
    says = (
        known.code,
        known.name,
        "1000001",
        known.address,
        "病院",
        "03-9999-0000",
        "新 担当",
        "new@example.jp",
    )
    run(COMMAND, write(tmp_path / "list.csv", [says], ALL))
    changed = {
        "kind": "hospital",
        "telephone": "03-9999-0000",
        "contact_person": "新 担当",
        "email": "new@example.jp",
    }
    assert particulars(known) == particulars(known) | changed


def test_agreements_are_taken_and_a_blank_cell_says_nothing(known: Institution, tmp_path: Path) -> None:
    heading = (*HEADING, "医療措置協定")
    new = hospitals(2)[1]

    def told(word: str) -> tuple[bool, Any]:
        rows = [(known.code, known.name, "", "", word), (*new, word)]
        ran = run(COMMAND, write(tmp_path / "list.csv", rows, heading), "--format", "json")
        assert ran.code == 0, ran.err
        has = set(Institution.objects.filter(code__in=[known.code, new[0]]).values_list("has_agreement"))
        assert len(has) == 1
        return has.pop()[0], ran.json["changed_columns"]

    assert told("") == (False, {})
    assert told("締結") == (True, {"医療措置協定": 2})
    assert told("　") == (True, {})
    assert told("○") == (True, {})
    assert told("未締結") == (False, {"医療措置協定": 2})
    contradicting = [(*new, "締結"), (*new, "未締結")]
    ran = run(COMMAND, write(tmp_path / "list.csv", contradicting, heading))
    assert "医療措置協定が違います" in ran.err


def test_a_change_touches_nothing_but_its_row(tmp_path: Path) -> None:
    rows = hospitals(20)
    run(COMMAND, write(tmp_path / "list.csv", rows))
    before = versions()
    rows[7] = (rows[7][0], "改称病院", *rows[7][2:])
    ran = run(COMMAND, write(tmp_path / "list.csv", rows), "--format", "json")
    assert (ran.json["changed"], ran.json["unchanged"]) == (1, 19)
    after = versions()
    assert {number for number in before if before[number] != after[number]} == {rows[7][0]}


def test_institutions_missing_from_the_list_stay(known: Institution, tmp_path: Path) -> None:
    run(COMMAND, write(tmp_path / "list.csv", hospitals(3)[1:]))
    assert Institution.objects.filter(pk=known.pk).exists()
