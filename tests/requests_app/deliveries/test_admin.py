"""The officers' pages: a preview before anything is done, 409 when it changed, the same file again, bad rows named."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from institutions.models import Institution, Role, User
from requests_app.imports import read_shipments
from requests_app.models import ExportLog, HandOff, Receipt, RequestEvent, Shipment, ShipmentUpload
from requests_app.models.handing_off import plan_whole
from requests_app.rules.transitions import Verb
from tests import factories
from tests.requests_app.allocation import rounds
from tests.requests_app.deliveries.vendor import (
    SHIPPED,
    VENDOR,
    allocated,
    handed,
    received,
    row_for,
    shipped,
    shipping_file,
    taken_in,
)

pytestmark = pytest.mark.django_db

HAND_OFFS = "/admin/requests_app/handoff/"
NEW = f"{HAND_OFFS}new/"
DELIVERIES = "/admin/requests_app/delivery/"
UPLOAD = f"{DELIVERIES}import/"
EXPORT = "/admin/requests_app/sosrequest/export/"


@pytest.fixture
def officer() -> User:
    return factories.user(Role.MINISTRY, name="架空 国子")


@pytest.fixture
def client(officer: User) -> Iterator[Client]:
    with time_machine.travel(SHIPPED, tick=False):
        browser = Client()
        browser.force_login(officer)
        yield browser


def page(answer: Any) -> str:
    return re.sub(r"<[^>]+>|\s+", "", answer.content.decode())


def form(**changes: Any) -> dict[str, Any]:
    sent = {"token": str(uuid.uuid4()), "seen": plan_whole().digest, "vendor": VENDOR, "kind": "utf8"}
    return sent | changes


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


# --- hand-off -----------------------------------------------------------------------------------------------------


def test_the_preview_says_what_goes_what_stays_and_what_cp932_can_not_hold(client: Client) -> None:
    places = [factories.institution(name="𠮷田病院"), factories.institution()]
    allocated(4100, 200, places=places)
    Institution.objects.filter(pk=places[1].pk).update(telephone="")

    shown = page(client.get(NEW))

    for words in (
        "載せる行1行",
        "1件4,100枚",
        "届け先が足りない1件",
        "空欄：電話番号",
        "U+20BB7",
        "〓に置き換える",
    ):
        assert words in shown
    assert not HandOff.objects.exists()


def test_made_once_however_often_it_is_pressed_and_the_file_comes_again_and_again(
    client: Client, officer: User
) -> None:
    (request,) = allocated(4100)
    sent = form()

    first, second = client.post(NEW, sent), client.post(NEW, sent)

    made = HandOff.objects.get()
    assert first.headers["Location"] == second.headers["Location"] == f"{HAND_OFFS}{made.pk}/change/"
    assert RequestEvent.objects.filter(verb=Verb.HAND_OFF.value).count() == 1
    files = [client.post(f"{HAND_OFFS}{made.pk}/file/") for _ in range(2)]
    data = [body(each) for each in files]
    assert data[0] == data[1]
    assert request.number.encode() in data[0]
    assert "filename*=utf-8''" in files[0].headers["Content-Disposition"]
    logs = ExportLog.objects.filter(hand_off=made)
    assert [(log.by_id, log.row_count, log.sha256, log.is_the_file) for log in logs] == [
        (officer.pk, 1, made.sha256, True)
    ] * 2
    shown = page(client.get(f"{HAND_OFFS}{made.pk}/change/"))
    assert shown.count("作成時と同じファイル") == 2
    assert made.sha256 in shown


def test_what_changed_since_the_preview_is_shown_and_nothing_is_lost(client: Client) -> None:
    allocated(4100)
    sent = form(vendor="別の事業者")
    Institution.objects.update(telephone="03-5555-5555")

    answer = client.post(NEW, sent)

    assert answer.status_code == 409
    assert "引き渡す内容が変わりました" in page(answer)
    assert "別の事業者" in answer.content.decode()
    assert "03-5555-5555" in page(answer)
    assert not HandOff.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"vendor": ""}, "売払先事業者を入力してください"),
        ({"vendor": "名" * 101}, "100文字以内"),
        ({"kind": "pdf"}, "ファイルの形式を選んでください"),
        ({"kind": "cp932"}, "Shift_JISで書けない文字があります"),
        ({"token": "x"}, "もう一度押してください"),
    ],
)
def test_a_refused_form_says_why(client: Client, changes: dict[str, Any], words: str) -> None:
    allocated(4100, places=[factories.institution(name="𠮷田病院")])

    answer = client.post(NEW, form(**changes))

    assert answer.status_code == 422
    assert words in page(answer)
    assert not HandOff.objects.exists()


def test_cp932_with_the_tick_keeps_its_list(client: Client) -> None:
    allocated(4100, places=[factories.institution(name="𠮷田病院")])

    client.post(NEW, form(kind="cp932", geta="on"))

    made = HandOff.objects.get()
    assert "U+20BB7" in page(client.get(f"{HAND_OFFS}{made.pk}/change/"))
    data = body(client.post(f"{HAND_OFFS}{made.pk}/file/"))
    assert "〓田病院" in data.decode("cp932")
    assert ExportLog.objects.get().replaced == made.replaced


def test_a_correction_from_the_page_of_the_hand_off(client: Client) -> None:
    (request,) = allocated(4100)
    made = handed()
    Institution.objects.filter(pk=request.institution_id).update(telephone="03-9999-9999")
    assert "1件の届け先が変わりました" in page(client.get(f"{HAND_OFFS}{made.pk}/change/"))
    preview = client.get(f"{HAND_OFFS}{made.pk}/correct/")
    assert "03-0000-0000" in page(preview)
    seen = re.search(r'name="seen" value="(\w+)"', preview.content.decode())
    assert seen is not None

    client.post(f"{HAND_OFFS}{made.pk}/correct/", form(seen=seen[1]))

    correction = HandOff.objects.get(corrects=made)
    assert "03-9999-9999" in body(client.post(f"{HAND_OFFS}{correction.pk}/file/")).decode("utf-8-sig")
    assert client.get(f"{HAND_OFFS}{correction.pk}/correct/").status_code == 404


def test_a_correction_is_meant_for_the_vendor_of_what_it_corrects(client: Client) -> None:
    (request,) = allocated(4100)
    made = handed()
    allocated(500, now=rounds.NOW + timedelta(hours=1))
    client.post(f"{HAND_OFFS}new/", form(vendor="別の架空商事", seen=plan_whole().digest))
    assert list(HandOff.objects.values_list("vendor", flat=True)) == ["別の架空商事", VENDOR]
    Institution.objects.filter(pk=request.institution_id).update(telephone="03-9999-9999")
    assert f'value="{VENDOR}"' in client.get(f"{HAND_OFFS}{made.pk}/correct/").content.decode()


def test_what_changed_of_a_big_hand_off_is_looked_up_when_it_is_asked_for(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    (request,) = allocated(4100)
    made = handed()
    Institution.objects.filter(pk=request.institution_id).update(telephone="03-9999-9999")
    monkeypatch.setattr("requests_app.admin.handoff.COMPARED", 0)

    shown = client.get(f"{HAND_OFFS}{made.pk}/change/")

    assert "届け先が変わりました" not in page(shown)
    assert f'href="{HAND_OFFS}{made.pk}/correct/"' in shown.content.decode()
    assert "03-9999-9999" in page(client.get(f"{HAND_OFFS}{made.pk}/correct/"))


def test_only_the_ministry_sees_hand_offs() -> None:
    allocated(100)
    made = handed()
    browser = Client()
    browser.force_login(factories.user(Role.PREFECTURE))

    for address in (HAND_OFFS, NEW, f"{HAND_OFFS}{made.pk}/change/", f"{HAND_OFFS}{made.pk}/file/"):
        assert browser.get(address).status_code == 404
        assert browser.post(address, form()).status_code == 404
    assert not ExportLog.objects.exists()


# --- the shipping file --------------------------------------------------------------------------------------------


def upload(data: bytes, name: str = "発送.csv") -> dict[str, Any]:
    return {"file": SimpleUploadedFile(name, data)}


def seen_in(answer: Any) -> dict[str, str]:
    found = re.search(r'name="seen" value="(\w+)"', answer.content.decode())
    assert found is not None
    return {"seen": found[1]}


def test_preview_then_import_once(client: Client) -> None:
    (request,) = allocated(4100)
    handed()

    preview = client.post(UPLOAD, upload(shipping_file([row_for(request)])), follow=True)
    assert "新規1件" in page(preview)
    assert "架空運輸" in page(preview)
    assert not Shipment.objects.exists()
    address = preview.redirect_chain[-1][0]
    first = client.post(address, seen_in(preview))
    second = client.post(address, seen_in(preview))

    assert first.headers["Location"] == second.headers["Location"] == DELIVERIES
    assert Shipment.objects.count() == 1
    assert RequestEvent.objects.filter(verb=Verb.SHIP.value).count() == 1
    assert not ShipmentUpload.objects.exists()


def test_wrong_rows_are_listed_and_nothing_is_kept(client: Client) -> None:
    (request,) = allocated(4100)
    handed()
    rows = [row_for(request), row_for(request, "百", "9999")]

    answer = client.post(UPLOAD, upload(shipping_file(rows)))

    assert answer.status_code == 422
    assert "1行を直してください。何も取り込んでいません。" in page(answer)
    assert "3発送数量" in page(answer)
    assert not ShipmentUpload.objects.exists()
    assert not Shipment.objects.exists()


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({}, "発送ファイルを選んでください"),
        (upload(b""), "何も書かれていません"),
        (upload(b"PK\x03\x04junk", "a.xlsx"), "読めません"),
        (upload(b"a,b\r\n1,2\r\n"), "この見出しの列がありません"),
    ],
)
def test_a_file_that_can_not_be_read_is_refused(client: Client, sent: dict[str, Any], words: str) -> None:
    for part in sent.values():
        part.seek(0)
    answer = client.post(UPLOAD, sent)

    assert answer.status_code == 422
    assert words in page(answer)


def test_a_body_of_10_megabytes_is_413(client: Client) -> None:
    assert client.post(UPLOAD, upload(b"x" * 10 * 1024 * 1024)).status_code == 413


def test_warnings_are_agreed_to(client: Client) -> None:
    (request,) = allocated(4100)
    handed()
    preview = client.post(UPLOAD, upload(shipping_file([row_for(request, 5000)])), follow=True)
    address = preview.redirect_chain[-1][0]
    assert "配布の決定4,100枚（41箱）より多くなります" in page(preview)

    refused = client.post(address, seen_in(preview))
    assert refused.status_code == 422
    assert not Shipment.objects.exists()

    client.post(address, seen_in(preview) | {"agreed": "on"})
    assert Shipment.objects.get().quantity == 5000


def test_a_file_that_would_do_something_else_by_now_is_shown_again(client: Client) -> None:
    (request,) = allocated(4100)
    handed()
    preview = client.post(UPLOAD, upload(shipping_file([row_for(request)])), follow=True)
    taken_in(shipping_file([row_for(request, 4000)]))

    answer = client.post(preview.redirect_chain[-1][0], seen_in(preview))

    assert answer.status_code == 409
    assert "発送の記録が変わりました" in page(answer)
    assert [each.quantity for each in Shipment.objects.current()] == [4000]


@pytest.mark.parametrize(
    "slip", ["1234-5678-9012", "9999"], ids=["the same parcel", "another parcel of the line"]
)
def test_what_another_file_recorded_between_the_look_and_the_lock_is_shown_not_overwritten(
    client: Client, monkeypatch: pytest.MonkeyPatch, slip: str
) -> None:
    (request,) = allocated(4100)
    handed()
    preview = client.post(UPLOAD, upload(shipping_file([row_for(request)])), follow=True)

    def read_and_be_overtaken(*args: Any, **options: Any) -> Any:
        found = read_shipments(*args, **options)
        monkeypatch.undo()
        taken_in(shipping_file([row_for(request, 4000, slip)]))
        return found

    sent = seen_in(preview)
    monkeypatch.setattr("requests_app.admin.delivery.read_shipments", read_and_be_overtaken)
    answer = client.post(preview.redirect_chain[-1][0], sent)

    assert answer.status_code == 409
    assert "発送の記録が訂正されました" in page(answer)
    assert ("4,000枚→4,100枚" if slip != "9999" else "配布の決定4,100枚（41箱）より多くなります") in page(
        answer
    )
    assert [each.quantity for each in Shipment.objects.all()] == [4000]
    again = client.post(preview.redirect_chain[-1][0], seen_in(answer) | {"agreed": "on"})
    assert again.headers["Location"] == DELIVERIES
    assert Shipment.objects.count() == 2


def test_somebody_elses_upload_does_not_exist(client: Client) -> None:
    (request,) = allocated(4100)
    handed()
    preview = client.post(UPLOAD, upload(shipping_file([row_for(request)])), follow=True)
    browser = Client()
    browser.force_login(factories.user(Role.MINISTRY))

    assert browser.get(preview.redirect_chain[-1][0]).status_code == 404


# --- the list -----------------------------------------------------------------------------------------------------


def test_open_differences_are_a_filter(client: Client, officer: User) -> None:
    waiting, short, lacking, silent, well = allocated(100, 200, 300, 400, 500)
    handed()
    shipped(short, 100, "S0001")
    received(lacking, shipped(lacking, 300, "S0002"), 200, "足りない")
    shipped(silent, 400, "S0003")
    received(well, shipped(well, 500, "S0004"))

    def found(value: str) -> set[str]:
        shown = client.get(DELIVERIES, {"difference": value} if value else {})
        return set(re.findall(r"26\d\d-\d{4}", shown.content.decode()))

    def numbers(*requests: Any) -> set[str]:
        return {each.number for each in requests}

    everything = numbers(waiting, short, lacking, silent, well)
    assert found("") == everything
    assert found("unshipped") == numbers(waiting)
    assert found("shipped") == numbers(short)
    assert found("received") == numbers(lacking)
    assert found("waiting") == numbers(short, silent)
    assert found("late") == set()
    assert found("any") == numbers(waiting, short, lacking)
    with time_machine.travel(SHIPPED.replace(day=9), tick=False):
        client.force_login(officer)
        assert found("late") == numbers(short, silent)
        assert found("any") == everything - numbers(well)
    assert Receipt.objects.count() == 2


def test_officers_see_their_prefecture_alone() -> None:
    tokyo, osaka = allocated(
        100, 200, places=[factories.institution(), factories.institution(factories.OSAKA)]
    )
    handed()
    browser = Client()
    browser.force_login(factories.user(Role.PREFECTURE, prefecture_id=factories.OSAKA))

    shown = browser.get(DELIVERIES).content.decode()
    assert osaka.number in shown
    assert tokyo.number not in shown
    searched = browser.get(DELIVERIES, {"q": tokyo.number}).content.decode()
    assert f"{tokyo.number}</span>" not in searched
    assert browser.get(UPLOAD).status_code == 403


def test_names_are_searched_by_their_letters_codes_and_numbers_by_their_beginning(
    client: Client,
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    places = [factories.institution(name="柊町病院"), factories.institution(name="楠台クリニック")]
    one, other = allocated(100, 200, places=places)
    handed()

    def found(text: str) -> set[str]:
        shown = client.get(DELIVERIES, {"q": text}).content.decode()
        return {each.number for each in (one, other) if f"{each.number}</span>" in shown}

    with CaptureQueriesContext(connection) as asked:
        assert found("柊町") == {one.number}
    assert "search_key" in str(asked.captured_queries)
    assert all(
        "name_grams" in each["sql"] for each in asked if "search_key" in each["sql"].split("WHERE")[-1]
    )
    assert found("柊町　病院") == {one.number}
    assert found(places[1].code) == {other.number}
    assert found(other.number) == {other.number}


def test_bad_parameters_lead_to_the_plain_list(client: Client) -> None:
    for name in ("difference", "item"):
        assert client.get(DELIVERIES, {name: "９" * 30}).status_code == 302
    assert client.get(DELIVERIES, {"q": "\u202e１２３　架空 _ % 10e30"}).status_code == 200


def test_the_list_costs_the_same_for_any_number_of_lines(client: Client) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    costs = []
    for count in (2, 9):
        for n, request in enumerate(allocated(*[100] * count)):
            if n == 0:
                handed()
            shipped(request, 100, f"T{request.pk:05d}")
        with CaptureQueriesContext(connection) as made:
            client.get(DELIVERIES)
        costs.append(len(made))
    assert costs[0] == costs[1]


# --- the queue as a file ------------------------------------------------------------------------------------------


def test_the_queue_as_a_file_holds_what_is_filtered_and_is_logged(client: Client, officer: User) -> None:
    first, second = allocated(100, 200, places=[factories.institution(name="=1+1"), factories.institution()])

    answer = client.post(f"{EXPORT}?status=ACCEPTED&q={first.number}", {"kind": "utf8"})
    data = body(answer).decode("utf-8-sig")

    assert first.number in data
    assert second.number not in data
    assert ",'=1+1," in data
    log = ExportLog.objects.get()
    assert (log.by_id, log.what, log.row_count) == (officer.pk, "queue", 1)
    assert log.filters == f"status=ACCEPTED&q={first.number}"
    assert log.finished_at is not None
    assert log.sha256


def test_an_excel_export_opens(client: Client) -> None:
    (request,) = allocated(4100)

    data = body(client.post(f"{EXPORT}?status=ACCEPTED", {"kind": "xlsx"}))

    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    found = dict(zip(rows[0], rows[1], strict=True))
    assert found["要請番号"] == request.number
    assert found["物資"] == "⑤非滅菌手袋"
    assert found["配布の決定"] == 4100


def test_what_cp932_can_not_hold_is_shown_before_the_export(client: Client) -> None:
    allocated(100, places=[factories.institution(name="𠮷田病院")])

    asked = client.post(f"{EXPORT}?status=ACCEPTED", {"kind": "cp932"})
    assert asked.status_code == 422
    assert "U+20BB7" in page(asked)
    assert not ExportLog.objects.exists()

    data = body(client.post(f"{EXPORT}?status=ACCEPTED", {"kind": "cp932", "geta": "1"}))
    assert "〓田病院" in data.decode("cp932")
    assert ExportLog.objects.get().replaced == ["1行目「医療機関名」の「𠮷」（U+20BB7）"]


def test_an_officer_exports_the_own_prefecture_alone_and_sees_the_own_log() -> None:
    tokyo, osaka = allocated(
        100, 200, places=[factories.institution(), factories.institution(factories.OSAKA)]
    )
    browser = Client()
    browser.force_login(factories.user(Role.PREFECTURE, prefecture_id=factories.OSAKA))

    data = body(browser.post(f"{EXPORT}?status=ACCEPTED", {"kind": "utf8"})).decode("utf-8-sig")

    assert osaka.number in data
    assert tokyo.number not in data
    assert "status=ACCEPTED" in page(browser.get("/admin/requests_app/exportlog/"))
    stranger = Client()
    stranger.force_login(factories.user(Role.PREFECTURE))
    assert "status=ACCEPTED" not in page(stranger.get("/admin/requests_app/exportlog/"))


def test_a_get_or_an_unknown_kind_exports_nothing(client: Client) -> None:
    allocated(100)

    assert client.get(f"{EXPORT}?status=ACCEPTED").status_code == 302
    assert client.post(f"{EXPORT}?status=ACCEPTED", {"kind": "pdf"}).status_code == 302
    assert client.post(f"{EXPORT}?status=NOWHERE", {"kind": "utf8"}).status_code == 302
    assert not ExportLog.objects.exists()


def test_the_review_page_shows_the_parcels_and_the_chain(client: Client) -> None:
    (request,) = allocated(4100)
    handed()
    received(request, shipped(request), 4000, "箱が1つ不足")

    shown = page(client.get(f"/admin/requests_app/sosrequest/{request.pk}/change/"))

    for words in (
        "発送と受領",
        "123456789012",
        "発送と違います",
        "箱が1つ不足",
        "発送4,100枚",
        "受領4,000枚",
    ):
        assert words in shown
