"""The list of deliveries, and the queue as a file."""

from __future__ import annotations

import io
import re
from typing import Any

import openpyxl
import pytest
import time_machine
from django.test import Client

from institutions.models import Role, User
from requests_app.models import ExportLog, Receipt
from tests import factories
from tests.requests_app.deliveries.admin.pages import (
    DELIVERIES,
    EXPORT,
    UPLOAD,
    body,
    page,
)
from tests.requests_app.deliveries.vendor import (
    SHIPPED,
    allocated,
    handed,
    received,
    shipped,
)

pytestmark = pytest.mark.django_db


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
