"""The PDF of a request: what it says, that everything is in it, and that it fetches nothing."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client

from institutions.models import Institution, Role, User
from requests_app.models import Content, SosRequest
from requests_app.rules.transitions import Status
from sosportal.lib import pdf
from tests import factories
from tests.support.paper import Paper

pytestmark = [pytest.mark.django_db, pytest.mark.pdf]

HARD = "髙﨑①𠮷田"


@pytest.fixture
def place() -> Institution:
    factories.campaign()
    return factories.institution(name=f"{HARD}病院", contact_person="﨑山 𠮷子")


@pytest.fixture
def person(place: Institution) -> User:
    return factories.member(place, name="髙橋 ①子")


@pytest.fixture
def client(person: User) -> Client:
    browser = Client()
    browser.force_login(person)
    return browser


def address(request: SosRequest) -> str:
    return f"/requests/{request.number}/pdf/"


def made(client: Client, request: SosRequest) -> Paper:
    answer = client.get(address(request))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    return Paper.of(answer.content)


@pytest.mark.parametrize("status", Status)
def test_it_says_what_the_sheet_says(
    client: Client, person: User, place: Institution, status: Status
) -> None:
    request = factories.request_in(status, person, place)
    text = made(client, request).text
    for words in (request.number, status.label, HARD, "髙橋 ①子", "﨑山 𠮷子", place.code, "4,100枚"):
        assert words in text
    assert "これまでの動き" in text
    assert "これからの流れ" in text


def test_it_can_be_read_aloud_and_holds_its_fonts(client: Client, person: User, place: Institution) -> None:
    paper = made(client, factories.request_in(Status.UNDER_REVIEW, person, place))
    root = paper.catalogue
    assert root["/MarkInfo"]["/Marked"]
    assert str(root["/Lang"]) == "ja"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert HARD in str(paper.reader.metadata and paper.reader.metadata.title)
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()
    assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/L", "/LI"} <= paper.tags()
    fonts = paper.fonts()
    assert fonts
    assert all(embedded and "NotoSansCJK" in name.replace("-", "") for name, embedded in fonts), fonts


def test_a_name_that_no_file_may_have(person: User, client: Client, place: Institution) -> None:
    Institution.objects.filter(pk=place.pk).update(name='a/b\\c:"d"\r\nX: 1' + "𠮷" * 180)
    request = factories.draft(person, Institution.objects.get(pk=place.pk))
    header = client.get(address(request))["Content-Disposition"]
    name = unquote(header.partition("filename*=utf-8''")[2])
    assert name.startswith(f"要請{request.number}_a_b_c__d_")
    assert name.endswith(".pdf")
    assert not set(name) & set('/\\:"<>|?*\r\n')
    assert len(name.encode()) < 255


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What WeasyPrint opened."""
    opened: list[str] = []

    def refuse(self: object, asked: urllib.request.Request, *args: object, **kwargs: object) -> None:
        opened.append(asked.full_url)
        raise urllib.error.URLError("refused")

    monkeypatch.setattr(urllib.request.OpenerDirector, "open", refuse)
    return opened


def test_what_people_typed_stays_text_and_nothing_is_fetched(
    client: Client, person: User, place: Institution, no_network: list[str]
) -> None:
    typed = (
        '<img src="https://example.com/x.png"><link rel="stylesheet" href="file:///etc/passwd">'
        '<style>@import "http://example.com/x.css"</style>{{ 7*7 }}'
    )
    request = SosRequest.create_draft(person, place, Content(True, {factories.gloves().pk: 100}, typed))
    text = made(client, request).text
    assert "<img" in text
    assert "{{ 7*7 }}" in text
    assert no_network == []
    refused = pdf.render(f"<html lang=ja><title>x</title><body>あ{typed}</body></html>")
    assert b"passwd" not in refused
    assert no_network == []
    # The net must hold something: without the refusal the same page asks for three things.
    from weasyprint import HTML

    HTML(string=f"<html><body>{typed}</body></html>", base_url="about:blank").render()
    assert len(no_network) == 3


def test_a_long_history_makes_no_long_paper(client: Client, person: User, place: Institution) -> None:
    request = factories.draft(person, place)
    for n in range(40):
        request = request.revise(person, factories.content(100 + n), seen_version=request.version)
    paper = made(client, request)
    assert len(paper.reader.pages) <= 3
    assert "このほか29件は、要請の画面にあります。" in paper.text


def test_officers_have_it_too(person: User, place: Institution) -> None:
    request = factories.request_in(Status.UNDER_REVIEW, person, place)
    request.memo(factories.user(Role.PREFECTURE), "内輪の話") if hasattr(request, "leave_memo") else None
    browser = Client()
    browser.force_login(factories.user(Role.PREFECTURE))
    answer = browser.get(f"/admin/requests_app/sosrequest/{request.pk}/pdf/")
    assert answer.status_code == 200
    text = Paper.of(answer.content).text
    assert request.number in text
    assert "内輪の話" not in text


def test_the_cost_does_not_grow(
    client: Client, person: User, place: Institution, django_assert_num_queries: Any
) -> None:
    request = factories.draft(person, place)
    client.get(address(request))
    with django_assert_num_queries(QUERIES):
        client.get(address(request))
    for n in range(5):
        request = request.revise(person, factories.content(100 + n), seen_version=request.version)
    with django_assert_num_queries(QUERIES):
        client.get(address(request))


QUERIES = 17


class TestWhereNoneCanBeMade:
    def test_without_pango_the_page_says_to_print(
        self, client: Client, person: User, place: Institution, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pdf, "lacking", lambda: "no pango")
        request = factories.draft(person, place)
        answer = client.get(address(request), follow=True)
        assert answer.redirect_chain == [(f"/requests/{request.number}/print/", 302)]
        assert "「印刷」で、A4に印刷できます" in answer.content.decode()
        assert address(request) not in client.get(f"/requests/{request.number}/").content.decode()

    def test_while_too_many_are_made(
        self, client: Client, person: User, place: Institution, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pdf, "PATIENCE", 0.01)
        monkeypatch.setattr(pdf, "_free", threading.BoundedSemaphore(1))
        request = factories.draft(person, place)
        with pdf._turn():
            assert client.get(address(request)).status_code == 503
        assert client.get(address(request)).status_code == 200
