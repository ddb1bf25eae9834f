"""代理入力 through the pages: begun with a reason, under a banner, on the hospitals' own forms, for one institution."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from institutions.models import Inquiry, InquiryMessage, Institution, Membership, Role, User
from institutions.rules.inquiry import Desk, Subject
from requests_app.models import Campaign, Question, SosRequest
from requests_app.rules.transitions import Status
from sosportal.lib.clock import JST
from surveys.models import SurveyEvent, SurveyResponse, SurveyRound
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
    session["proxies"] = {
        str(foreign.pk): {
            "institution_id": foreign.pk,
            "code": foreign.code,
            "name": "x",
            "reason": "x",
        }
    }
    session.save()
    assert browser.get(f"/requests/new/{foreign.code}/").status_code == 404, (
        "an officer who was moved meanwhile"
    )


def clerk(*places: Institution) -> User:
    person = factories.member(*places, name="架空市医師会 佐藤")
    Membership.objects.filter(user=person).update(as_proxy=True)
    return person


def both(place: Institution) -> list[tuple[User, Institution]]:
    """Who may enter for two institutions at once, and the second one."""
    other = factories.institution(name="第二診療所")
    return [(clerk(place, other), other), (factories.user(Role.PREFECTURE, name="見本 一郎"), other)]


def survey_form(stock: str, version: int = 0) -> dict[str, str]:
    item = factories.gloves().pk
    return {
        "token": str(uuid.uuid4()),
        "round": str(SurveyRound.objects.get().pk),
        "version": str(version),
        f"stock-{item}": stock,
        f"weekly_consumption-{item}": "2500",
        f"weekly_purchase-{item}": "800",
    }


def test_a_clerk_of_an_association_says_why_for_each_clinic(place: Institution) -> None:
    other = factories.institution(name="第二診療所")
    browser = client(clerk(place, other))
    for each in (place, other):
        asked = browser.get(f"/survey/{each.code}/")
        assert asked["Location"] == f"/proxy/{each.code}/?to=survey"
        assert begin(browser, each, "survey") == f"/survey/{each.code}/"
        assert f"代理入力中：{each.name}" in browser.get(f"/survey/{each.code}/").content.decode()
        assert browser.get(f"/requests/new/{each.code}/").status_code == 200


def test_two_tabs_enter_each_for_the_institution_it_shows(place: Institution) -> None:
    """The second entry begins while the form of the first is open: each form is written for the place it names, with
    the reason that was given for that place."""
    for person, other in both(place):
        browser = client(person)
        shown = {}
        for each in (place, other):
            browser.post(f"/proxy/{each.code}/?to=request", {"reason": f"{each.name}から電話"})
            shown[each] = browser.get(f"/requests/new/{each.code}/").content.decode()
        for each, not_this in ((place, other), (other, place)):
            again = browser.get(f"/requests/new/{each.code}/").content.decode()
            for text in (shown[each], again):
                assert f"代理入力中：{each.name}" in text
                assert f"代理入力中：{not_this.name}" not in text
            version = SurveyResponse.objects.filter(institution=each).count()
            answer = browser.post(f"/survey/{each.code}/", survey_form("3400", version))
            assert answer.status_code == 302, answer.content.decode()
            answer = browser.post(f"/requests/new/{each.code}/", form())
            assert answer.status_code == 302, answer.content.decode()
            written = SosRequest.objects.latest("pk")
            assert written.institution == each
            assert written.events()[0].proxy_reason == f"{each.name}から電話"
            told = SurveyEvent.objects.latest("pk")
            assert SurveyResponse.objects.get(pk=told.response_id).institution == each
            assert told.proxy_reason == f"{each.name}から電話"


def test_one_entry_is_ended_and_the_other_goes_on(place: Institution) -> None:
    for person, other in both(place):
        browser = client(person)
        for each in (place, other):
            begin(browser, each)
        at_large = browser.get("/guide/").content.decode()
        for each in (place, other):
            assert f"代理入力中：{each.name}" in at_large
            assert f'action="/proxy/{each.code}/end/"' in at_large
        browser.post(f"/proxy/{place.code}/end/")
        assert browser.get(f"/requests/new/{other.code}/").status_code == 200
        answer = browser.post(f"/requests/new/{place.code}/", form("7300"))
        text = answer.content.decode()
        assert answer.status_code == 422, "somebody was typing in the other tab"
        assert "代理で入力する理由を" in text
        assert 'value="7300"' in text, "nothing typed is lost"
        assert f'href="/proxy/{place.code}/?to=request"' in text, "the way to say why"
        answer = browser.post(f"/survey/{place.code}/", survey_form("7301"))
        text = answer.content.decode()
        assert answer.status_code == 422
        assert 'value="7301"' in text
        assert f'href="/proxy/{place.code}/?to=survey"' in text
        browser.post("/proxy/end/")
        answer = browser.post(f"/requests/new/{other.code}/", form("7300"))
        assert answer.status_code == 422
        assert 'value="7300"' in answer.content.decode()
        assert "代理入力中" not in browser.get("/guide/").content.decode()
    assert not SosRequest.objects.exists()
    assert not SurveyEvent.objects.exists()


def test_the_admin_says_that_an_entry_is_running(place: Institution) -> None:
    officer = factories.user(Role.PREFECTURE)
    browser = client(officer)
    request = factories.draft(factories.member(place), place, now=NOW)
    review = f"/admin/requests_app/sosrequest/{request.pk}/change/"
    pages = ("/admin/", "/admin/requests_app/sosrequest/", review)
    for page in pages:
        assert "代理入力" not in browser.get(page).content.decode()
    begin(browser, place)
    for page in pages:
        shown = browser.get(page).content.decode()
        assert f"代理入力中：{place.name}" in shown
        for way in (f'href="/survey/{place.code}/"', f'href="/requests/new/{place.code}/"'):
            assert way in shown
        assert f'action="/proxy/{place.code}/end/"' in shown
    assert f'href="/requests/{request.number}/">代理入力の画面へ' in browser.get(review).content.decode()
    browser.post(f"/proxy/{place.code}/end/")
    for page in pages:
        assert "代理入力" not in browser.get(page).content.decode()
    assert "代理入力" not in client(factories.user(Role.PREFECTURE)).get("/admin/").content.decode()


def test_a_clerk_is_named_as_such_wherever_a_person_is_named(place: Institution) -> None:
    """The answer to a question, the application in the officers' chain, the receipt, an inquiry, the survey, the kept
    changes: never the bare name."""
    person, officer = clerk(place), factories.user(Role.PREFECTURE)
    browser, desk, hospital = client(person), client(officer), client(factories.member(place))
    begin(browser, place)
    assert browser.post(f"/survey/{place.code}/", survey_form("3400")).status_code == 302
    assert browser.post(f"/requests/new/{place.code}/", form()).status_code == 302
    request = SosRequest.objects.get()
    sent = {"token": str(uuid.uuid4()), "seen_version": "1", "seen_text": Campaign.objects.get().text_mark}
    assert browser.post(f"/requests/{request.number}/submit/", sent).status_code == 302
    request.refresh_from_db()
    assert request.state is Status.UNDER_REVIEW
    request.ask(officer, "在庫は箱数ですか")
    question = Question.objects.get()
    answer = {"token": str(uuid.uuid4()), f"question-{question.pk}-answer": "9箱です"}
    answered = browser.post(f"/requests/{request.number}/questions/{question.pk}/answer/", answer)
    assert answered.status_code == 302, answered.content.decode()
    Inquiry.ask(person, place, subject=Subject.SURVEY, desk=Desk.PREFECTURE, text="いつまでですか")
    late = {**answer, "token": str(uuid.uuid4())}
    conflict = hospital.post(f"/requests/{request.number}/questions/{question.pk}/answer/", late)
    assert conflict.status_code == 409
    shown = [
        *(conflict, hospital.get(f"/requests/{request.number}/"), hospital.get(f"/survey/{place.code}/")),
        *(hospital.get(f"/survey/{place.code}/history/"), hospital.get(f"/requests/{request.number}/print/")),
        desk.get(f"/admin/requests_app/sosrequest/{request.pk}/change/"),
    ]
    for page in shown:
        text = page.content.decode()
        names = text.count("架空市医師会 佐藤")
        assert names
        assert names == text.count("代理：架空市医師会 佐藤"), page.request["PATH_INFO"]
    told = InquiryMessage.objects.values_list("actor_text", flat=True)
    assert list(told) == ["代理：架空市医師会 佐藤"]
    changes = client(factories.user(Role.MINISTRY)).get("/admin/changes/").content.decode()
    assert "医療機関担当者（代理入力）" in changes


def test_an_application_whose_entry_was_ended_is_asked_again(place: Institution) -> None:
    browser = client(factories.user(Role.PREFECTURE))
    begin(browser, place)
    browser.post(f"/requests/new/{place.code}/", form())
    request = SosRequest.objects.get()
    browser.post(f"/proxy/{place.code}/end/")
    sent = {"token": str(uuid.uuid4()), "seen_version": "1", "seen_text": Campaign.objects.get().text_mark}
    answer = browser.post(f"/requests/{request.number}/submit/", sent)
    assert answer.status_code == 422
    assert "代理で入力する理由を" in answer.content.decode()
    request.refresh_from_db()
    assert request.state is Status.DRAFT


def test_who_thinks_better_of_it_goes_back(place: Institution) -> None:
    officers = client(factories.user(Role.PREFECTURE)).get(f"/proxy/{place.code}/?to=request")
    assert (
        f'href="/admin/institutions/institution/{place.pk}/change/">キャンセル' in officers.content.decode()
    )
