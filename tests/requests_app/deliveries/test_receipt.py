"""受領の確認: one press or another quantity with its story; once, whatever is pressed how often."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from institutions.models import Role, User
from requests_app.exceptions import AlreadyReceived, DayRefused, NotPermitted, ReasonRequired, ShipmentChanged
from requests_app.models import Delivery, Receipt, RequestEvent, Shipment, SosRequest
from requests_app.queries.delivery import parcels_of
from requests_app.rules.transitions import Verb
from sosportal.lib.models import OutboxMessage
from tests import factories
from tests.requests_app.deliveries.vendor import (
    ARRIVED,
    allocated,
    handed,
    received,
    row_for,
    shipped,
    shipping_file,
    taken_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_() -> SosRequest:
    (request,) = allocated(4100)
    handed()
    return request


@pytest.fixture
def parcel(request_: SosRequest) -> Shipment:
    return shipped(request_)


@pytest.fixture
def nurse(request_: SosRequest) -> User:
    return factories.member(request_.institution)


@pytest.fixture
def client(nurse: User) -> Iterator[Client]:
    with time_machine.travel(ARRIVED, tick=False):
        browser = Client()
        browser.force_login(nurse)
        yield browser


def address(request: SosRequest, parcel: Shipment) -> str:
    return f"/requests/{request.number}/parcels/{parcel.pk}/receive/"


def said(quantity: object = "4,000", **changes: str) -> dict[str, Any]:
    typed = {
        "token": str(uuid.uuid4()),
        "quantity": quantity,
        "received_on": "2026/12/3",
        "comment": "箱が1つ不足",
    }
    return typed | changes


def same() -> dict[str, str]:
    return {"token": str(uuid.uuid4()), "same": "1"}


def page(answer: Any) -> str:
    return re.sub(r"<[^>]+>|\s+", "", answer.content.decode())


# --- the verb -----------------------------------------------------------------------------------------------------


def test_what_was_sent_arrived(request_: SosRequest, parcel: Shipment) -> None:
    received(request_, parcel)

    receipt = Receipt.objects.get()
    assert (receipt.shipment_id, receipt.quantity, receipt.received_on) == (
        parcel.pk,
        4100,
        date(2026, 12, 3),
    )
    event = RequestEvent.objects.get(verb=Verb.RECEIVE.value)
    assert (event.content["shipped"], event.content["received"]) == (4100, 4100)
    (state,) = parcels_of([request_.pk])[request_.pk]
    assert state.difference == 0


def test_another_quantity_needs_its_story(request_: SosRequest, parcel: Shipment) -> None:
    with pytest.raises(ReasonRequired):
        received(request_, parcel, 4000)
    received(request_, parcel, 4000, "箱が1つ不足")

    (state,) = parcels_of([request_.pk])[request_.pk]
    assert state.difference == -100
    line = request_.lines.get()
    delivery = Delivery.objects.get(pk=line.pk)
    assert (line.outcome.quantity, delivery.handed, delivery.shipped, delivery.received) == (
        4100,
        4100,
        4100,
        4000,
    )


def test_a_parcel_is_received_once(request_: SosRequest, parcel: Shipment) -> None:
    received(request_, parcel)

    with pytest.raises(AlreadyReceived):
        received(request_, parcel)
    assert Receipt.objects.count() == 1


def test_a_corrected_parcel_is_looked_at_again(request_: SosRequest, parcel: Shipment) -> None:
    taken_in(shipping_file([row_for(request_, 4000)]))

    with pytest.raises(ShipmentChanged):
        received(request_, parcel)
    current = Shipment.objects.current().get()
    received(request_, current)
    assert Receipt.objects.get().shipment_id == parcel.pk
    assert (current.version, Receipt.objects.get().quantity) == (2, 4000)


@pytest.mark.parametrize("day", [date(2026, 11, 30), date(2026, 12, 4)])
def test_the_day_lies_between_the_sending_and_today(
    request_: SosRequest, parcel: Shipment, nurse: User, day: date
) -> None:
    with pytest.raises(DayRefused):
        request_.receive(nurse, parcel.pk, 4100, received_on=day, now=ARRIVED)


def test_only_the_own_institution_confirms(request_: SosRequest, parcel: Shipment) -> None:
    stranger = factories.member(factories.institution())
    for actor in (stranger, factories.user(Role.MINISTRY), factories.user(Role.PREFECTURE)):
        with pytest.raises(NotPermitted):
            request_.receive(actor, parcel.pk, 4100, received_on=date(2026, 12, 3), now=ARRIVED)
    assert not Receipt.objects.exists()


# --- the page -----------------------------------------------------------------------------------------------------


def test_the_page_shows_the_parcel_and_one_press_confirms_it(
    client: Client, request_: SosRequest, parcel: Shipment
) -> None:
    shown = page(client.get(f"/requests/{request_.number}/"))
    for words in ("物資が発送されました", "4,100枚（41箱）", "架空運輸", "伝票番号123456789012"):
        assert words in shown

    answer = client.post(address(request_, parcel), same(), follow=True)

    assert answer.status_code == 200
    assert "受領を確認しました。" in page(answer)
    assert "4,100枚を受領" in page(answer)
    assert "届いた数量は発送数量と同じ" not in page(answer)
    assert Receipt.objects.get().received_on == date(2026, 12, 3)


def test_another_quantity_in_full_width_digits(
    client: Client, request_: SosRequest, parcel: Shipment
) -> None:
    answer = client.post(
        address(request_, parcel), said("４，０００枚", received_on="１２月２日"), follow=True
    )

    receipt = Receipt.objects.get()
    assert (receipt.quantity, receipt.received_on, receipt.comment) == (
        4000,
        date(2026, 12, 2),
        "箱が1つ不足",
    )
    assert "発送より100枚少ない" in page(answer)
    assert "国と都道府県の担当者が確認します" in page(answer)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (said(""), "届いた数量を入力してください"),
        (said("-5"), "0より小さい数"),
        (said("1_000"), "読めません"),
        (said("10" * 30), "読めません"),
        (said("9" * 31), "大きすぎます"),
        (said(comment=""), "連絡事項に書いてください"),
        (said(received_on=""), "届いた日を入力してください"),
        (said(received_on="2026/12/9"), "発送日から今日まで"),
        (said(received_on="いつか"), "日付として読めません"),
        (said(token="x"), "もう一度押してください"),
    ],
)
def test_what_can_not_be_taken_is_named_and_stays(
    client: Client, request_: SosRequest, parcel: Shipment, typed: dict[str, Any], words: str
) -> None:
    if words == "読めません" and len(str(typed["quantity"])) > 50:
        words = "大きすぎます"

    answer = client.post(address(request_, parcel), typed)

    assert answer.status_code == 422
    assert words in page(answer)
    assert "エラー：" in page(answer)
    for text in (typed["quantity"], typed["received_on"], typed["comment"]):
        assert str(text) in answer.content.decode()
    assert not Receipt.objects.exists()


def test_a_double_post_is_one_receipt_and_the_same_answer(
    client: Client, request_: SosRequest, parcel: Shipment
) -> None:
    body = same()

    first, second = (client.post(address(request_, parcel), body) for _ in range(2))

    assert (first.status_code, second.status_code) == (302, 302)
    assert first.headers["Location"] == second.headers["Location"]
    assert RequestEvent.objects.filter(verb=Verb.RECEIVE.value).count() == 1


def test_the_one_press_sent_again_after_midnight_gets_the_same_answer(
    nurse: User, request_: SosRequest, parcel: Shipment
) -> None:
    body, browser = same(), Client()
    with time_machine.travel(ARRIVED, tick=False) as clock:
        browser.force_login(nurse)
        first = browser.post(address(request_, parcel), body)
        clock.shift(timedelta(hours=14))
        browser.force_login(nurse)
        second = browser.post(address(request_, parcel), body)

    assert (first.status_code, second.status_code) == (302, 302)
    assert Receipt.objects.get().received_on == ARRIVED.date()


def test_the_one_press_and_typed_figures_are_not_the_same_form(
    client: Client, request_: SosRequest, parcel: Shipment
) -> None:
    body = same()
    client.post(address(request_, parcel), body)

    assert client.post(address(request_, parcel), said(4100, token=body["token"])).status_code == 409


def test_two_tabs_the_second_is_told_and_loses_nothing(
    client: Client, request_: SosRequest, parcel: Shipment
) -> None:
    client.post(address(request_, parcel), same())

    answer = client.post(address(request_, parcel), said("3,900"))

    assert answer.status_code == 409
    assert "すでに確認されています" in page(answer)
    assert "4,100枚を受領" in page(answer)
    assert "3,900" in page(answer)
    assert Receipt.objects.get().quantity == 4100


def test_a_correction_in_between_is_shown(client: Client, request_: SosRequest, parcel: Shipment) -> None:
    taken_in(shipping_file([row_for(request_, 4000)]))

    answer = client.post(address(request_, parcel), same())

    assert answer.status_code == 409
    assert "発送の記録が訂正されました" in page(answer)
    assert "訂正前4,100枚" in page(answer)
    assert not Receipt.objects.exists()


def test_strangers_and_absent_parcels_answer_alike(request_: SosRequest, parcel: Shipment) -> None:
    (other,) = allocated(100)
    browser = Client()
    browser.force_login(factories.member(other.institution))

    foreign = browser.post(address(request_, parcel), same())
    wrong = browser.post(address(other, parcel), same())
    absent = browser.post(f"/requests/{other.number}/parcels/999999/receive/", same())

    assert {foreign.status_code, wrong.status_code, absent.status_code} == {404}
    assert not Receipt.objects.exists()


def test_text_typed_never_runs(client: Client, request_: SosRequest, parcel: Shipment) -> None:
    answer = client.post(address(request_, parcel), said(comment="<script>1</script>"), follow=True)

    assert "<script>1" not in answer.content.decode()
    assert "&lt;script&gt;1" in answer.content.decode()


def test_home_lists_what_is_to_be_confirmed(client: Client, request_: SosRequest, parcel: Shipment) -> None:
    assert "届いた物資の受領を確認してください" in page(client.get("/"))

    client.post(address(request_, parcel), same())

    assert "届いた物資の受領を確認してください" not in page(client.get("/"))


def test_the_timeline_tells_it_in_peoples_words(
    client: Client, request_: SosRequest, parcel: Shipment
) -> None:
    client.post(address(request_, parcel), said())

    shown = page(client.get(f"/requests/{request_.number}/"))

    for words in (
        "売払先事業者に引渡し4,100枚",
        "国から架空物産株式会社へ",
        "発送⑤非滅菌手袋4,100枚",
        "受領を確認4,000枚",
        "発送は4,100枚",
        "箱が1つ不足",
    ):
        assert words in shown


def test_the_mail_names_the_carrier_and_the_slip(request_: SosRequest, parcel: Shipment) -> None:
    assert OutboxMessage.objects.filter(body__contains="伝票番号：123456789012").exists()


def test_the_cost_does_not_grow_with_the_parcels(
    client: Client, request_: SosRequest, django_assert_num_queries: Any
) -> None:
    shipped(request_, 100, "0001")
    with django_assert_num_queries(18):
        client.get(f"/requests/{request_.number}/")
    for n in range(2, 8):
        shipped(request_, 100, f"000{n}")
    with django_assert_num_queries(18):
        client.get(f"/requests/{request_.number}/")
