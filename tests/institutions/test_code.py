"""The institution code (domain, "The institution code")."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from institutions import permissions
from institutions.models import InstitutionKind, Role
from institutions.rules import code as rules

SAMPLE = Path(__file__).parent.parent / "data" / "institutions_sample.csv"
OFF = {  # of the sample: real codes whose last digit fits neither way
    "2813400639",
    "2814006773",
    "2814100568",
    "2710202047",
    "2710303241",
    "3010105195",
    "3010110328",
}


def sample_codes() -> set[str]:
    with SAMPLE.open(encoding="utf-8-sig", newline="") as file:
        return {row["医療機関コード"] for row in csv.DictReader(file)}


def test_the_check_digit_of_real_codes_fits_but_for_the_known_exceptions() -> None:
    assert {code for code in sample_codes() if not rules.check_digit_agrees(code)} == OFF


@pytest.mark.parametrize("code", ["0110112489", "1310233551"])
def test_both_ways_of_the_check_digit_are_taken(code: str) -> None:
    assert rules.code_warning(code) == ""


def test_tokyo_fits_over_seven_digits_alone_and_hokkaido_over_ten() -> None:
    assert not rules._luhn("1310233551")
    assert rules._luhn("1310233551"[-7:])
    assert rules._luhn("0110112489")
    assert not rules._luhn("0110112489"[-7:])


@given(st.text("0123456789", min_size=9, max_size=9))
def test_of_ten_last_digits_at_most_two_fit(nine: str) -> None:
    assert 1 <= sum(rules.check_digit_agrees(f"{nine}{digit}") for digit in range(10)) <= 2


def test_a_slip_of_one_digit_is_warned_of() -> None:
    assert "検査数字" in rules.code_warning("0110112488")
    assert rules.code_warning("011011248") == ""  # no code at all: the form says so


@pytest.mark.parametrize(
    ("code", "prefecture"),
    [
        ("0110112489", "01"),
        ("4718010011", "47"),
        ("0010112489", None),
        ("4818010011", None),
        ("9918010011", None),
    ],
)
def test_a_code_begins_with_a_prefecture(code: str, prefecture: str | None) -> None:
    assert rules.prefecture_of(code) == prefecture


@pytest.mark.parametrize(
    ("code", "name", "kind"),
    [
        ("0110112489", "医療法人 愛全病院", "hospital"),
        ("4614110197", "病院 芳春苑", "hospital"),
        ("0118010040", "独立行政法人国立病院機構 北海道医療センター", "hospital"),
        ("0411510043", "大崎市民病院鳴子温泉分院", "hospital"),
        ("4618010211", "鹿児島大学医学部附属病院", "hospital"),
        ("0713011153", "ひらた中央病院附属中島医院", "clinic"),
        ("3318903188", "真庭市国民健康保険湯原温泉病院二川診療所", "clinic"),
        ("2610309441", "医療法人財団今井会足立病院 四条烏丸レディースクリニック", "clinic"),
        ("2819900107", "神戸中央病院附属健康管理センター", "clinic"),
        ("0110613387", "市立札幌病院前 ひゃくまち眼科", "clinic"),
        ("4011012277", "医療法人 原信会 原口病院循環器科内科", "clinic"),
        ("1310000001", "中央医院", "clinic"),
        ("1330000001", "中央歯科", "dental"),
        ("1340000001", "中央病院前薬局", "pharmacy"),
        ("1360000001", "訪問看護ステーション中央", "home_nursing"),
        ("1350000001", "中央病院", None),
    ],
)
def test_the_kind_follows_from_the_third_digit_and_the_name(code: str, name: str, kind: str | None) -> None:
    assert rules.kind_of(code, name) == kind


def test_the_pure_rooms_speak_of_the_kinds_and_roles_of_the_tables() -> None:
    kinds = {rules.HOSPITAL, rules.CLINIC, rules.DENTAL, rules.PHARMACY, rules.HOME_NURSING}
    assert kinds == set(InstitutionKind.values)
    assert {permissions.MINISTRY, permissions.OPERATOR} == {Role.MINISTRY.value, Role.OPERATOR.value}
