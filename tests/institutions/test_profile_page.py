"""The page of ユーザー基礎情報登録: what staff type and lose nothing of, what is locked, who sees it; 自分の登録."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from institutions.models import Institution, Particulars, Role, User
from requests_app.models import Content, SosRequest
from sosportal.lib.clock import JST
from sosportal.lib.models import FormReceipt
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=JST)
TYPED = {"telephone": "06-1111-2222", "contact_person": "新 担当", "email": "new@example.jp"}


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def place() -> Institution:
    return factories.institution(name="架空中央病院", code="1311111111")


@pytest.fixture
def nurse(place: Institution, client: Client) -> User:
    person = factories.member(place, name="見本 花子")
    client.force_login(person)
    return person


def text(answer: Any) -> str:
    return str(answer.content.decode())


def words(answer: Any) -> str:
    return re.sub(r"<[^>]+>|\s+", "", text(answer))


def address(place: Institution, query: str = "") -> str:
    return f"/institution/{place.code}/{query}"


def form_of(client: Client, place: Institution, query: str = "") -> dict[str, str]:
    """The hidden fields of a page that was just opened."""
    page = text(client.get(address(place, query)))
    return dict(re.findall(r'<input type="hidden" name="(token|seen)" value="([^"]+)">', page))


def save(client: Client, place: Institution, query: str = "", **changes: str) -> Any:
    return client.post(address(place, query), form_of(client, place, query) | TYPED | changes)


def fresh(place: Institution) -> Institution:
    return Institution.objects.get(pk=place.pk)


# --- 保存 -------------------------------------------------------------------------------------------------------------


def test_staff_save_and_the_page_says_so_and_who_changed_what(
    client: Client, place: Institution, nurse: User
) -> None:
    answer = save(client, place)
    assert (answer.status_code, answer.headers["Location"]) == (302, address(place))
    assert vars(fresh(place).particulars) == TYPED
    page = client.get(address(place))
    assert "ユーザー基礎情報を保存しました。" in text(page)
    changes = words(page).partition("最近の変更")[2]
    assert "電話番号：03-0000-0000→06-1111-2222担当者氏名：見本花子→新担当" in changes


def test_after_a_save_one_is_back_where_one_was(client: Client, place: Institution, nurse: User) -> None:
    assert save(client, place, "?next=/requests/").headers["Location"] == "/requests/"
    assert save(client, place, "?next=https://evil.example/").headers["Location"] == address(place)
    assert save(client, place, "?next=//evil.example/").headers["Location"] == address(place)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("０６（１１１１）２２２２", "06(1111)2222"),
        ("06ー1111ー2222", "06-1111-2222"),
        ("06—1111–2222\u200b", "06-1111-2222"),
        ("０６‐１１１１－２２２２", "06-1111-2222"),
        ("+81 6 1111 2222", "+81 6 1111 2222"),
    ],
)
def test_widths_and_any_dash_of_a_telephone_number_do_not_matter(
    client: Client, place: Institution, nurse: User, typed: str, kept: str
) -> None:
    assert save(client, place, telephone=typed).status_code == 302
    assert fresh(place).telephone == kept


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("telephone", "", "電話番号を入力してください。"),
        ("telephone", "内線12", "電話番号ではありません"),
        ("telephone", "0---------", "市外局番から"),
        ("telephone", "0312345", "電話番号ではありません"),
        ("telephone", "0" * 5000, "電話番号ではありません"),
        ("telephone", "٠٣-١٢٣٤-٥٦٧٨", "電話番号ではありません"),
        ("contact_person", "\u200b\u202e", "担当者氏名を入力してください。"),
        ("contact_person", "あ" * 101, "100文字以内で"),
        ("email", "new＠example.jp", "メールアドレスではありません"),
        ("email", "new@example.jp\x01", "使えない文字"),
        ("email", "a@example", "メールアドレスではありません"),
    ],
)
def test_what_can_not_be_taken_is_said_and_stays(
    client: Client, place: Institution, nurse: User, field: str, typed: str, said: str
) -> None:
    before = fresh(place).particulars
    answer = save(client, place, **{"contact_person": "残る 人", field: typed})
    assert answer.status_code == 422
    page = text(answer)
    assert said in page
    assert "まだ保存していません" in page
    assert f'href="#id_{field}"' in page
    if field != "contact_person":
        assert "残る 人" in page
    assert fresh(place).particulars == before


@pytest.mark.parametrize("typed", ["\x00", "\ud800"])
def test_what_nobody_can_type_is_no_error_of_ours(
    client: Client, place: Institution, nurse: User, typed: str
) -> None:
    data = (form_of(client, place) | TYPED | {"contact_person": "X"}).items()
    body = "&".join(f"{name}={value}" for name, value in data).encode()
    body = body.replace(b"=X", b"=%00" if typed == "\x00" else b"=%ED%A0%80")
    answer = client.post(address(place), body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 400


def test_the_register_stays_what_a_form_says(client: Client, place: Institution, nurse: User) -> None:
    before = fresh(place)
    more = {"name": "乗っ取り", "code": "2700000000", "address": "x", "prefecture": "27", "kind": "clinic"}
    assert save(client, place, **more, has_agreement="on", institution="999").status_code == 302
    after = fresh(place)
    for name in ("name", "code", "address", "prefecture_id", "kind", "has_agreement"):
        assert getattr(after, name) == getattr(before, name)


def test_a_double_click_saves_once_and_answers_the_same(
    client: Client, place: Institution, nurse: User
) -> None:
    form = form_of(client, place) | TYPED
    first, second = client.post(address(place), form), client.post(address(place), form)
    assert (first.status_code, second.status_code) == (302, 302)
    assert FormReceipt.objects.count() == 1
    again = client.post(address(place), form | {"telephone": "03-9999-9999"})
    assert again.status_code == 409
    assert fresh(place).telephone == "06-1111-2222"


def test_somebody_was_faster_both_texts_are_shown_and_the_next_save_stands(
    client: Client, place: Institution, nurse: User
) -> None:
    form = form_of(client, place)
    other = factories.member(place, name="同僚 次郎")
    given = Particulars("03-8888-8888", "同僚 次郎", place.email)
    place.keep_particulars(other, given, seen=place.particulars.mark, now=NOW)
    answer = client.post(address(place), form | TYPED)
    assert answer.status_code == 409
    both = words(answer)
    assert "電話番号03-8888-888806-1111-2222" in both
    assert "担当者氏名同僚次郎新担当" in both
    assert 'value="06-1111-2222"' in text(answer)
    assert fresh(place).particulars == given
    hidden = dict(re.findall(r'<input type="hidden" name="(token|seen)" value="([^"]+)">', text(answer)))
    assert client.post(address(place), hidden | TYPED).status_code == 302
    assert vars(fresh(place).particulars) == TYPED


def test_a_form_without_its_token_is_asked_for_again(client: Client, place: Institution, nurse: User) -> None:
    answer = client.post(address(place), TYPED | {"seen": place.particulars.mark})
    assert answer.status_code == 422
    assert 'value="新 担当"' in text(answer)
    broken = {"seen": "x" * 100_000, "token": str(uuid.uuid4())}
    assert client.post(address(place), TYPED | broken).status_code == 409


# --- What is locked, and how it is changed ----------------------------------------------------------------------------


def test_what_the_register_keeps_is_shown_with_the_way_to_change_it(
    client: Client, place: Institution, nurse: User
) -> None:
    page = text(client.get(address(place)))
    ways = re.findall(r'href="(/inquiries/new/\?subject=register[^"]+)"', page)
    assert len(ways) == 7
    asked = text(client.get(ways[0].replace("&amp;", "&")))
    assert "医療機関名を、次のとおり変更してください。" in asked
    assert re.search(r'value="register"[^>]*checked', asked)
    assert re.search(r'value="ministry"[^>]*checked', asked)
    people = re.search(r'href="(/inquiries/new/\?subject=login[^"]+)"', page)
    assert people
    asked = text(client.get(people[1].replace("&amp;", "&")))
    assert "利用者を追加または削除してください。" in asked
    assert re.search(r'value="login"[^>]*checked', asked)


def test_an_inquiry_s_address_says_nothing_of_its_own(client: Client, nurse: User) -> None:
    page = client.get("/inquiries/new/?subject=<b>&about=<script>&institution=9999999999&text=evil&desk=x")
    assert page.status_code == 200
    assert "evil" not in text(page)
    assert "<script>" not in text(page)


def test_blank_particulars_are_named(client: Client, place: Institution, nurse: User) -> None:
    Institution.objects.filter(pk=place.pk).update(telephone="", email="")
    assert "電話番号とメールアドレスが、まだ登録されていません。" in text(client.get(address(place)))


# --- Who sees it ------------------------------------------------------------------------------------------------------


def test_the_people_are_shown_to_their_own(client: Client, place: Institution, nurse: User) -> None:
    factories.member(place, name="同僚 次郎", username="jiro", last_login=NOW)
    factories.member(place, name="去った 人", is_active=False)
    factories.member(factories.institution(), name="よその 人")
    people = words(client.get(address(place))).partition("利用者")[2]
    assert "同僚次郎jiro2026/11/2510:00" in people
    assert "去った" not in people
    assert "よその" not in people


def test_an_officer_s_name_stays_the_officer_s(client: Client, place: Institution, nurse: User) -> None:
    operator = factories.user(Role.OPERATOR, name="運用 太郎")
    desk = Client()
    desk.force_login(operator)
    page = desk.get(f"/admin/institutions/institution/{place.pk}/change/")
    assert page.status_code == 200
    sent = {
        **{name: getattr(place, name) for name in ("code", "kind", "postal_code", "address", "telephone")},
        **{name: getattr(place, name) for name in ("contact_person", "email")},
        "name": "改称病院",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
        **factories.seen(place),
    }
    assert desk.post(f"/admin/institutions/institution/{place.pk}/change/", sent).status_code == 302
    changes = words(client.get(address(place))).partition("最近の変更")[2]
    assert "医療機関名：架空中央病院→改称病院運用担当者" in changes
    assert "運用太郎" not in changes


def test_to_the_only_one_or_to_a_list_with_search(client: Client, place: Institution, nurse: User) -> None:
    assert client.get("/institution/").headers["Location"] == address(place)
    back = client.get("/institution/?next=/requests/").headers["Location"]
    assert back == address(place, "?next=%2Frequests%2F")
    other = factories.institution(factories.OSAKA, name="別の病院")
    factories.join(nurse, other)
    page = text(client.get("/institution/"))
    assert address(place) in page
    assert address(other) in page
    found = text(client.get("/institution/?q=別の"))
    assert address(place) not in found
    assert address(other) in found
    assert client.get("/institution/?q=%EF%BC%81&page=x").status_code == 200


def test_a_foreign_one_is_not_there(client: Client, nurse: User) -> None:
    other = factories.institution()
    assert client.get(address(other)).status_code == 404
    assert client.post(address(other), TYPED).status_code == 404


@pytest.mark.parametrize("many", [1, 8])
def test_the_cost_does_not_grow(
    client: Client, place: Institution, nurse: User, many: int, django_assert_num_queries: Any
) -> None:
    for n in range(many):
        factories.member(place)
        given = replace(place.particulars, telephone=f"03-0000-000{n}")
        fresh(place).keep_particulars(nurse, given, seen=fresh(place).particulars.mark, now=NOW)
    with django_assert_num_queries(8):
        client.get(address(place))


# --- From a request and back ------------------------------------------------------------------------------------------


def test_what_the_check_misses_leads_here_and_back(client: Client, place: Institution, nurse: User) -> None:
    factories.campaign(now=NOW)
    Institution.objects.filter(pk=place.pk).update(telephone="")
    form = f"/requests/new/{place.code}/"
    page = text(client.get(form))
    assert "電話番号がありません" in page
    said = page.partition("電話番号がありません")[2]
    press = re.search(r'name="do" value="(go:[^"]+)"', said)
    assert press
    way = client.post(form, {"token": str(uuid.uuid4()), "do": press[1]}).headers["Location"]
    assert way.startswith(f"/institution/{place.code}/?next=")
    answer = save(client, place, "?" + way.partition("?")[2])
    assert answer.headers["Location"].startswith(form)
    made = SosRequest.create_draft(
        nurse, place, Content(lines={factories.gloves().pk: 100}, opinion="", confirmed_terms=True), now=NOW
    )
    assert made.number


# --- 自分の登録 -------------------------------------------------------------------------------------------------------


def test_one_s_own_name_and_address_are_shown(client: Client, nurse: User) -> None:
    page = text(client.get("/me/"))
    assert nurse.email in page
    assert "見本 花子" in page
    assert "/inquiries/new/?subject=login&amp;about=account" in page
    officer = Client()
    officer.force_login(factories.user(Role.MINISTRY))
    assert "/inquiries/" not in text(officer.get("/me/")).partition("<main")[2].partition("</main>")[0]
