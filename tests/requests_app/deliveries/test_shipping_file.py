"""The vendor's shipping file: understood as people write it, refused as a whole with line, column and reason."""

from __future__ import annotations

import io
import json
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from institutions.models import Role
from requests_app.imports import read_shipments
from requests_app.models import RequestEvent, Shipment, SosRequest
from requests_app.rules.transitions import Verb
from sosportal.lib.models import OutboxMessage
from sosportal.lib.tabular import FileKind, read_table, write
from tests import factories
from tests.requests_app.deliveries.vendor import (
    GLOVES,
    HEADING,
    SHIPPED,
    allocated,
    found,
    handed,
    row_for,
    shipping_file,
    taken_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_() -> SosRequest:
    (request,) = allocated(4100)
    handed()
    return request


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
