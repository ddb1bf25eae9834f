"""代理入力 through the pages: begun with a reason, under a banner, on the hospitals' own forms, for one institution."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from institutions.models import Institution, Membership, Role, User
from requests_app.models import SosRequest
from sosportal.lib.clock import JST
from surveys.models import SurveyEvent, SurveyRound
from tests import factories

NOW = datetime(2026, 11, 24, 10, 22, tzinfo=JST)
REASON = "FAXで依頼"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        factories.campaign(now=NOW)
        SurveyRound.objects.open_for(NOW)
        yield


@pytest.fixture
def place() -> Institution:
    return factories.institution(name="架空病院")


def client(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def begin(browser: Client, place: Institution, to: str = "request") -> str:
    answer = browser.post(f"/proxy/{place.code}/?to={to}", {"reason": REASON})
    assert answer.status_code == 302
    return str(answer["Location"])


def form(quantity: str = "4100") -> dict[str, str]:
    item = factories.gloves().pk
    return {
        "token": str(uuid.uuid4()),
        "seen_version": "0",
        "confirmed": "on",
        "opinion": "",
        f"item_{item}": "on",
        f"quantity_{item}": quantity,
    }


def test_an_officer_without_an_entry_is_led_to_the_admin(place: Institution) -> None:
    browser = client(factories.user(Role.PREFECTURE))
    assert browser.get(f"/requests/new/{place.code}/")["Location"] == "/admin/"
    assert browser.get(f"/survey/{place.code}/").status_code == 403


def test_the_institutions_page_leads_to_the_entry(place: Institution) -> None:
    page = f"/admin/institutions/institution/{place.pk}/change/"
    for role in (Role.PREFECTURE, Role.MINISTRY):
        shown = client(factories.user(role)).get(page).content.decode()
        assert f'<a href="/proxy/{place.code}/?to=survey">代理で調査に回答する</a>' in shown
        assert f'<a href="/proxy/{place.code}/?to=request">代理で要請を作成する</a>' in shown
    assert "代理で調査" not in client(factories.user(Role.OPERATOR)).get(page).content.decode()


def test_an_entry_needs_a_reason(place: Institution) -> None:
    browser = client(factories.user(Role.PREFECTURE))
    for reason in ("", "　", "あ" * 101):
        answer = browser.post(f"/proxy/{place.code}/?to=request", {"reason": reason})
        assert answer.status_code == 422
    assert browser.get(f"/requests/new/{place.code}/")["Location"] == "/admin/"


def test_an_officer_files_by_telephone(place: Institution) -> None:
    officer = factories.user(Role.PREFECTURE, name="見本 一郎")
    browser = client(officer)
    assert begin(browser, place) == f"/requests/new/{place.code}/"
    shown = browser.get(f"/requests/new/{place.code}/").content.decode()
    assert (
        f'代理入力中：架空病院（<span class="num">{place.code}</span>）の代わりに、東京都 見本 一郎' in shown
    )
    assert REASON in shown
    answer = browser.post(f"/requests/new/{place.code}/", form())
    assert answer.status_code == 302, answer.content.decode()
    request = SosRequest.objects.get()
    for page in ("", "edit/", "submit/", "print/"):
        shown = browser.get(f"/requests/{request.number}/{page}").content.decode()
        assert "架空病院" in shown
    assert "代理：東京都 見本 一郎" in browser.get(f"/requests/{request.number}/").content.decode()
    printed = browser.get(f"/requests/{request.number}/print/").content.decode()
    assert "代理：東京都 見本 一郎" in printed
    officers = browser.get(f"/admin/requests_app/sosrequest/{request.pk}/change/").content.decode()
    assert "代理：東京都 見本 一郎" in officers
    assert REASON in officers
    hospital = client(factories.member(place)).get(f"/requests/{request.number}/").content.decode()
    assert "代理：東京都 見本 一郎" in hospital
    assert "代理入力中" not in hospital
    ended = browser.post("/proxy/end/")
    assert ended["Location"] == "/admin/"
    assert browser.get(f"/requests/{request.number}/")["Location"] == "/admin/"


def test_an_entry_opens_no_other_institution(place: Institution) -> None:
    other = factories.institution()
    hers = factories.draft(factories.member(other), other, now=NOW)
    browser = client(factories.user(Role.PREFECTURE))
    begin(browser, place)
    for path in (
        *(f"/requests/new/{other.code}/", f"/requests/{hers.number}/", f"/requests/{hers.number}/edit/"),
        *(f"/requests/{hers.number}/submit/", f"/requests/{hers.number}/print/"),
    ):
        assert browser.get(path).status_code == 404, path
    assert browser.get(f"/survey/{other.code}/").status_code == 403
    assert browser.get("/requests/")["Location"] == "/admin/"


def test_an_entry_for_a_foreign_institution_can_not_be_begun(place: Institution) -> None:
    foreign = factories.institution(factories.OSAKA)
    browser = client(factories.user(Role.PREFECTURE))
    absent = browser.get("/proxy/9999999999/")
    for answer in (
        browser.get(f"/proxy/{foreign.code}/"),
        browser.post(f"/proxy/{foreign.code}/", {"reason": "x"}),
    ):
        assert answer.status_code == absent.status_code == 404
    session = browser.session
    session["proxy"] = {"institution_id": foreign.pk, "code": foreign.code, "name": "x", "reason": "x"}
    session.save()
    assert browser.get(f"/requests/new/{foreign.code}/").status_code == 404, (
        "an officer who was moved meanwhile"
    )


def test_a_clerk_of_an_association_enters_for_two_clinics(place: Institution) -> None:
    other = factories.institution(name="第二診療所")
    clerk = factories.member(place, other, name="架空市医師会 佐藤")
    Membership.objects.filter(user=clerk).update(as_proxy=True)
    browser = client(clerk)
    for each in (place, other):
        asked = browser.get(f"/survey/{each.code}/")
        assert asked["Location"] == f"/proxy/{each.code}/?to=survey"
        assert begin(browser, each, "survey") == f"/survey/{each.code}/"
        assert "代理入力中" in browser.get(f"/survey/{each.code}/").content.decode()
        assert browser.get(f"/requests/new/{each.code}/").status_code == 200
    answer = browser.post(f"/requests/new/{place.code}/", form())
    assert answer.status_code == 422, "the entry that was begun is for the other clinic"
    assert "代理で入力する理由" in answer.content.decode()
    assert "4100" in answer.content.decode(), "nothing typed is lost"
    begin(browser, place)
    assert browser.post(f"/requests/new/{place.code}/", form()).status_code == 302
    assert SosRequest.objects.get().events()[0].actor_text == "代理：架空市医師会 佐藤"
    assert not SurveyEvent.objects.exists()
