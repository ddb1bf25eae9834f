"""What is wrong of a vendor's shipping file: said by line, column and reason, and nothing of it taken in."""

from __future__ import annotations

import tracemalloc
from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction

from institutions.models import Role
from requests_app.exceptions import NotHandedOff, NotPermitted
from requests_app.models import Shipment, SosRequest
from requests_app.models.shipping import Parcel, ship
from requests_app.rules.allocation import Rule
from sosportal.lib.tabular import TableProblem
from tests import factories
from tests.requests_app.allocation import rounds
from tests.requests_app.deliveries.vendor import (
    HEADING,
    allocated,
    found,
    handed,
    row_for,
    shipping_file,
    taken_in,
)
from tests.sosportal.lib.packages import big_sheet

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_() -> SosRequest:
    (request,) = allocated(4100)
    handed()
    return request


def test_one_bad_row_of_500_refuses_them_all() -> None:
    requests = allocated(*[100] * 5)
    handed()
    rows = [row_for(request, 1, f"SLIP{n:04d}") for request in requests for n in range(100)]
    rows[249][2] = "百"

    outcome = taken_in(shipping_file(rows))

    assert (outcome.refused, outcome.written) == (1, False)
    assert found(outcome)[0][:2] == (251, "発送数量")
    assert not Shipment.objects.exists()


@pytest.mark.parametrize(
    ("cells", "column", "words"),
    [
        ({"number": "2611-9999"}, "要請番号", "要請はありません"),
        ({"number": "あ"}, "要請番号", "要請番号ではありません"),
        ({"item": "②N95マスク又はDS2マスク"}, "物資", "この物資はありません"),
        ({"item": "手袋"}, "物資", "物資の名前ではありません"),
        ({"item": ""}, "物資", "空欄"),
        ({"quantity": "0"}, "発送数量", "0です"),
        ({"quantity": "-5"}, "発送数量", "0より小さい"),
        ({"quantity": "1e3"}, "発送数量", "読めません"),
        ({"quantity": "41箱"}, "発送数量", "読めません"),
        ({"quantity": "1_000"}, "発送数量", "読めません"),
        ({"quantity": "9" * 31}, "発送数量", "大きすぎます"),
        ({"day": "2026/2/30"}, "発送日", "暦にありません"),
        ({"day": "2026/12/02"}, "発送日", "まだ来ていない"),
        ({"day": "2026/11/26"}, "発送日", "引渡しの日"),
        ({"day": "すぐ"}, "発送日", "読めません"),
        ({"carrier": " "}, "運送会社", "空欄"),
        ({"carrier": "あ" * 61}, "運送会社", "60文字"),
        ({"slip": ""}, "伝票番号", "空欄"),
        ({"slip": "1.23457E+11"}, "伝票番号", "桁が失われています"),
        ({"slip": "<b>1</b>"}, "伝票番号", "伝票番号ではありません"),
    ],
)
def test_a_bad_cell_is_named_by_line_column_and_reason(
    request_: SosRequest, cells: dict[str, str], column: str, words: str
) -> None:
    outcome = taken_in(shipping_file([row_for(request_, **cells)]))

    ((line, where, message),) = found(outcome)
    assert (line, where) == (2, column)
    assert words in message
    assert not Shipment.objects.exists()


def test_all_that_is_wrong_of_all_rows_is_said_at_once() -> None:
    """What can't be read, what does not exist, what was not handed off and what contradicts itself: no waves."""
    request, other = allocated(4100, 200)
    handed()
    (waiting,) = allocated(300)
    rows = [
        row_for(request, "百", "0001", day="2026/11/26", carrier=""),
        row_for(request, "41箱", "1", number="2611-9999", item="手袋", day="すぐ"),
        row_for(waiting, "0", "0003", day="2026/12/02"),
        row_for(request, 1, "0004", item="②N95マスク又はDS2マスク", number="あ", carrier="あ" * 61),
        row_for(other, 200, "0005", item="②N95マスク又はDS2マスク"),
        row_for(other, 100, "0006"),
        row_for(other, 200, "0006"),
    ]

    outcome = taken_in(shipping_file(rows))

    assert [(line, column) for line, column, _ in found(outcome)] == [
        *((2, "運送会社"), (2, "発送日"), (2, "発送数量")),
        *((3, "発送日"), (3, "伝票番号"), (3, "要請番号"), (3, "物資"), (3, "発送数量")),
        *((4, "発送日"), (4, "要請番号"), (4, "発送数量")),
        *((5, "要請番号"), (5, "運送会社")),
        (6, "物資"),
        (8, "伝票番号"),
    ]
    assert (outcome.read, outcome.refused) == (7, 6)
    assert not Shipment.objects.exists()


def test_what_was_never_handed_off_can_not_be_shipped() -> None:
    waiting, undecided = allocated(100)[0], rounds.accepted([200], now=rounds.NOW.replace(hour=15))[0]
    rows = [row_for(waiting), row_for(undecided, 200)]

    assert [each[2] for each in found(taken_in(shipping_file(rows)))] == [
        "まだ売払先事業者に引き渡していない要請です。",
        "配布を決定していない要請です。",
    ]
    rounds.decide(100, Rule.NEED_FIRST)
    parcel = Parcel(waiting.lines.get().pk, "1234", 1, date(2026, 12, 1), "架空運輸")
    officer = factories.user(Role.MINISTRY)
    with pytest.raises(NotHandedOff):
        ship(officer, {waiting.pk: [parcel]}, file_sha256="0" * 64)


def test_a_line_number_must_agree_where_there_is_one(request_: SosRequest) -> None:
    heading = [*HEADING, "明細番号"]
    good = [*row_for(request_), f"{request_.number}-5"]
    bad = [*row_for(request_, slip="9999"), f"{request_.number}-4"]

    ((line, column, message),) = found(taken_in(shipping_file([good, bad], heading)))

    assert (line, column) == (3, "明細番号")
    assert f"{request_.number}-5" in message
    assert taken_in(shipping_file([good], heading)).new == 1


def test_more_than_was_allocated_is_warned_of_and_taken(request_: SosRequest) -> None:
    outcome = taken_in(shipping_file([row_for(request_, 4000, "0001"), row_for(request_, 200, "0002")]))

    (warning,) = outcome.warnings.kept
    assert (warning.line, warning.column) == (3, "発送数量")
    assert "4,200枚" in warning.message
    assert (outcome.new, outcome.written) == (2, True)


def test_one_slip_for_two_institutions_is_warned_of() -> None:
    first, second = allocated(100, 200)
    handed()

    outcome = taken_in(shipping_file([row_for(first), row_for(second)]), dry_run=True)

    assert [str(each) for each in outcome.warnings.kept] == [
        "3行目「伝票番号」：2行目と同じ伝票番号ですが、医療機関が違います。"
    ]


def test_a_mixed_encoding_wrong_columns_and_bombs_are_refused_as_a_whole(request_: SosRequest) -> None:
    good = shipping_file([row_for(request_)])
    mixed = good + shipping_file([row_for(request_)], encoding="cp932").partition(b"\r\n")[2]
    lacking = shipping_file([row_for(request_)[:5]], HEADING[:5])
    for data, words in (
        (mixed, "文字コード"),
        (lacking, "この見出しの列がありません"),
        (b"", "何も書かれて"),
    ):
        with pytest.raises(TableProblem, match=words):
            taken_in(data)
    assert not Shipment.objects.exists()


def test_a_zip_bomb_is_refused_within_little_memory(request_: SosRequest) -> None:
    data = big_sheet()
    tracemalloc.start()
    try:
        with pytest.raises(TableProblem):
            taken_in(data)
        assert tracemalloc.get_traced_memory()[1] < 100 * 1024 * 1024
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("role", [Role.INSTITUTION, Role.PREFECTURE, Role.OPERATOR])
def test_only_the_ministry_records_what_was_sent(request_: SosRequest, role: Role) -> None:
    line = request_.lines.get()
    parcel = Parcel(line.pk, "1234", 1, date(2026, 12, 1), "架空運輸")

    with pytest.raises(NotPermitted):
        ship(factories.user(role), {request_.pk: [parcel]}, file_sha256="0" * 64)
    assert not Shipment.objects.exists()


@pytest.mark.parametrize(
    "statement", ["DELETE FROM requests_app_shipment", "UPDATE requests_app_shipment SET quantity = 1"]
)
def test_shipments_are_never_changed_or_deleted(request_: SosRequest, statement: str) -> None:
    taken_in(shipping_file([row_for(request_)]))

    with (
        pytest.raises(DatabaseError, match=r"refused|permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
