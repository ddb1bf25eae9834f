"""The shipping file as it comes back: a preview, wrong rows named, taken in once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from institutions.models import Role, User
from requests_app.imports import read_shipments
from requests_app.models import RequestEvent, Shipment, ShipmentUpload
from requests_app.models.shipment import KEPT
from requests_app.rules.transitions import Verb
from requests_app.tasks import forget_shipment_uploads
from tests import factories
from tests.requests_app.deliveries.admin.pages import (
    DELIVERIES,
    UPLOAD,
    page,
    seen_in,
    upload,
)
from tests.requests_app.deliveries.vendor import (
    SHIPPED,
    allocated,
    handed,
    row_for,
    shipping_file,
    taken_in,
)

pytestmark = pytest.mark.django_db


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


def test_a_file_that_nobody_took_in_is_gone_after_a_day(client: Client, officer: User) -> None:
    """For who looks again at once, and from the table by the next run of the schedule, without another upload."""
    (request,) = allocated(4100)
    handed()
    preview = client.post(UPLOAD, upload(shipping_file([row_for(request)])))["Location"]
    with time_machine.travel(SHIPPED + KEPT - timedelta(seconds=1), tick=False):
        client.force_login(officer)
        assert client.get(preview).status_code == 200
        assert forget_shipment_uploads() == 0
    with time_machine.travel(SHIPPED + KEPT, tick=False):
        client.force_login(officer)
        assert client.get(preview).status_code == 404
        assert client.post(preview, {"agreed": "1"}).status_code == 404
        assert forget_shipment_uploads() == 1
        assert forget_shipment_uploads() == 0
    assert not Shipment.objects.exists()
