"""The vendor's shipping file: understood as people write it, refused as a whole with line, column and reason."""

from __future__ import annotations

import io
import json
import tracemalloc
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from institutions.models import Role
from requests_app.exceptions import NotHandedOff, NotPermitted
from requests_app.imports import read_shipments
from requests_app.models import RequestEvent, Shipment, SosRequest
from requests_app.models.shipping import Parcel, ship
from requests_app.rules.allocation import Rule
from requests_app.rules.transitions import Verb
from sosportal.lib.findings import ListOutcome
from sosportal.lib.models import OutboxMessage
from sosportal.lib.tabular import FileKind, TableProblem, read_table, write
from tests import factories
from tests.requests_app.allocation import rounds
from tests.requests_app.deliveries.vendor import (
    GLOVES,
    HEADING,
    SHIPPED,
    allocated,
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


def found(outcome: ListOutcome) -> list[tuple[int | None, str | None, str]]:
    return [(each.line, each.column, each.message) for each in outcome.problems.kept]


# --- what is understood -------------------------------------------------------------------------------------------


def test_a_row_becomes_a_parcel_an_event_and_a_mail(request_: SosRequest) -> None:
    outcome = taken_in(shipping_file([row_for(request_)]))

    assert (outcome.new, outcome.written, outcome.refused) == (1, True, 0)
    shipment = Shipment.objects.get()
    assert (shipment.quantity, shipment.shipped_on, shipment.carrier) == (4100, date(2026, 12, 1), "架空運輸")
    assert (shipment.slip_number, shipment.version, shipment.imported_at) == ("123456789012", 1, SHIPPED)
    event = RequestEvent.objects.get(verb=Verb.SHIP.value)
    assert event.content["parcels"][0]["quantity"] == 4100
    assert event.content["parcels"][0]["before"] is None
    mail = OutboxMessage.objects.get(subject__contains="発送しました", to=request_.institution.email)
    for words in ("4,100枚（41箱）", "架空運輸", "123456789012", "12/1（火）", "受領を確認"):
        assert words in mail.body


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.parametrize("line_end", [b"\r\n", b"\n", b"\r"], ids=["CRLF", "LF", "CR"])
def test_every_encoding_and_line_end(request_: SosRequest, encoding: str, line_end: bytes) -> None:
    data = shipping_file([row_for(request_)], encoding=encoding).replace(b"\r\n", line_end)

    assert taken_in(data).new == 1


@pytest.mark.parametrize(
    "day", ["2026/12/01", "12月1日", "令和8年12月1日", "１２／１", "46357", "2026年12月1日(火)"]
)
def test_days_as_people_write_them(request_: SosRequest, day: str) -> None:
    taken_in(shipping_file([row_for(request_, day=day)]))

    assert Shipment.objects.get().shipped_on == date(2026, 12, 1)


@pytest.mark.parametrize("quantity", ["4,100", "４１００", "4100枚", " 4 100 "])
def test_quantities_as_people_write_them(request_: SosRequest, quantity: str) -> None:
    taken_in(shipping_file([row_for(request_, quantity)]))

    assert Shipment.objects.get().quantity == 4100


def test_numbers_items_and_slips_as_people_write_them(request_: SosRequest) -> None:
    number = request_.number.translate(str.maketrans("0123456789-", "０１２３４５６７８９－"))
    row = row_for(request_, number=number, item="非滅菌 手袋", slip="１２３４－５６７８ａ")

    taken_in(shipping_file([row]))

    assert Shipment.objects.get().slip_number == "12345678A"


def test_an_excel_file_with_real_days_and_numbers(request_: SosRequest) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADING)
    sheet.append([request_.number, GLOVES, 4100, date(2026, 12, 1), "架空運輸", 123456789012])
    binary = io.BytesIO()
    book.save(binary)

    assert taken_in(binary.getvalue()).new == 1
    assert Shipment.objects.get().slip_number == "123456789012"


# --- the same again, and corrections ------------------------------------------------------------------------------


def test_the_same_file_twice_changes_nothing(request_: SosRequest) -> None:
    data = shipping_file([row_for(request_)])
    taken_in(data)
    events, mails = RequestEvent.objects.count(), OutboxMessage.objects.count()

    again = taken_in(data)

    assert (again.new, again.changed, again.unchanged) == (0, 0, 1)
    assert Shipment.objects.count() == 1
    assert (RequestEvent.objects.count(), OutboxMessage.objects.count()) == (events, mails)


def test_another_quantity_by_the_same_slip_is_a_new_version(request_: SosRequest) -> None:
    taken_in(shipping_file([row_for(request_, 4100)]))

    outcome = taken_in(shipping_file([row_for(request_, 4000)]))

    assert (outcome.new, outcome.changed) == (0, 1)
    assert list(Shipment.objects.order_by("version").values_list("version", "quantity")) == [
        (1, 4100),
        (2, 4000),
    ]
    assert [each.quantity for each in Shipment.objects.current()] == [4000]
    event = RequestEvent.objects.filter(verb=Verb.SHIP.value).latest("id")
    assert event.content["parcels"][0]["before"]["quantity"] == 4100
    assert OutboxMessage.objects.filter(body__contains="発送の記録を訂正しました").exists()


def test_rows_that_say_the_same_count_once_and_those_that_contradict_are_refused(
    request_: SosRequest,
) -> None:
    row = row_for(request_)
    assert taken_in(shipping_file([row, row]), dry_run=True).repeated == 1

    outcome = taken_in(shipping_file([row, row_for(request_, 4000)]))

    assert found(outcome) == [
        (3, "伝票番号", "2行目と同じ荷物ですが、内容が違います。正しい1行だけにしてください。")
    ]
    assert not Shipment.objects.exists()


@pytest.mark.parametrize("kind", FileKind)
@pytest.mark.parametrize(
    "carrier", ["=1+1", "＝架空運輸", "+81運輸", "＠架空便", "-架空", "－架空", "'架空運輸"]
)
def test_a_carrier_that_begins_as_a_formula_goes_out_harmless_and_comes_back_as_it_was(
    request_: SosRequest, carrier: str, kind: FileKind
) -> None:
    taken_in(shipping_file([row_for(request_, carrier=carrier)]))
    shipment = Shipment.objects.get()
    assert shipment.carrier == carrier
    row: list[Any] = [
        *(request_.number, GLOVES, shipment.quantity, shipment.shipped_on),
        *(shipment.carrier, shipment.slip_number),
    ]
    binary = io.BytesIO()

    write(binary, kind, HEADING, [row])

    cells = {name: text for each in read_table(binary, required=HEADING) for name, text in each.cells.items()}
    assert cells["運送会社"] == ("'" + carrier).replace("''", "'")
    again = taken_in(binary.getvalue())
    assert (again.new, again.changed, again.unchanged) == (0, 0, 1)


def test_a_slip_number_that_begins_as_a_formula_is_refused(request_: SosRequest) -> None:
    rows = [row_for(request_, slip=f"{start}12345") for start in ("=", "＝", "+", "＋", "@", "＠")]

    outcome = taken_in(shipping_file(rows))

    assert [column for _, column, _ in found(outcome)] == ["伝票番号"] * 6
    assert not Shipment.objects.exists()


# --- what is refused ----------------------------------------------------------------------------------------------


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


# --- the command --------------------------------------------------------------------------------------------------


def command(path: Path, *args: str) -> tuple[dict[str, object], str]:
    out, err = StringIO(), StringIO()
    with time_machine.travel(SHIPPED, tick=False):
        try:
            call_command("import_shipments", str(path), "--format", "json", *args, stdout=out, stderr=err)
        except CommandError as error:
            return {"exit": error.returncode, **json.loads(out.getvalue() or "{}")}, err.getvalue()
    return {"exit": 0, **json.loads(out.getvalue())}, err.getvalue()


def test_the_command_does_the_same(request_: SosRequest, tmp_path: Path) -> None:
    factories.user(Role.MINISTRY, username="kuni")
    path = tmp_path / "ship.csv"
    path.write_bytes(shipping_file([row_for(request_)]))

    dry, _ = command(path, "--by", "kuni", "--dry-run")
    assert (dry["new"], dry["written"], Shipment.objects.count()) == (1, False, 0)
    done, _ = command(path, "--by", "kuni")
    assert (done["new"], done["written"], Shipment.objects.count()) == (1, True, 1)
    again, _ = command(path, "--by", "kuni")
    assert (again["exit"], again["new"], again["unchanged"]) == (0, 0, 1)

    path.write_bytes(shipping_file([row_for(request_, "百")]))
    refused, told = command(path, "--by", "kuni")
    assert refused["exit"] == 4
    assert "ship.csv:2: 発送数量: " in told


def test_the_command_wants_an_officer_of_the_ministry(request_: SosRequest, tmp_path: Path) -> None:
    factories.user(Role.PREFECTURE, username="ken")
    path = tmp_path / "ship.csv"
    path.write_bytes(shipping_file([row_for(request_)]))

    for name in ("ken", "nobody"):
        assert command(path, "--by", name)[0]["exit"] == 2
    assert not Shipment.objects.exists()


# --- cost ---------------------------------------------------------------------------------------------------------


def test_judging_and_recording_cost_the_same_for_any_number_of_rows() -> None:
    officer = factories.user(Role.MINISTRY)
    costs = []
    for count in (2, 9):
        requests = allocated(*[100] * count)
        handed()
        data = shipping_file([row_for(each, slip=f"S{each.pk}000") for each in requests])
        with CaptureQueriesContext(connection) as judging:
            read_shipments(io.BytesIO(data), officer, now=SHIPPED)
        with CaptureQueriesContext(connection) as recording:
            taken_in(data, by=officer)
        costs.append((len(judging), len(recording)))
    assert costs[0] == costs[1]
    assert costs[0][0] == 5
