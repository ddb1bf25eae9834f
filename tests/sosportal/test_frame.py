"""The frame around every page, the pages that belong to no app, and the error pages."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import django.db
import pytest
import time_machine
from django.db import connection
from django.test import Client

from institutions.models import Role, User
from requests_app.models import CutoffChange
from sosportal.lib.clock import JST
from sosportal.pages import Frame, PlainFrame, time_left
from tests import factories

pytestmark = pytest.mark.django_db

OPEN_PAGES = ["/guide/", "/environment/", "/accessibility/", "/accounts/login/", "/accounts/password/reset/"]
OWN_PAGES = ["/", "/surveys-and-requests/", "/other/", "/accounts/password/change/", "/accounts/logout/"]


def page_of(client: Client, path: str, **more: Any) -> str:
    return str(client.get(path, **more).content.decode())


@pytest.fixture
def nurse(client: Client) -> User:
    person = factories.member(factories.institution(name="架空中央病院"))
    client.force_login(person)
    return person


# --- The deadline --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (59, "あと1分未満"),
        (60, "あと1分"),
        (59 * 60 + 59, "あと59分"),
        (60 * 60, "あと1時間0分"),
        (24 * 60 * 60 - 1, "あと23時間59分"),
        (24 * 60 * 60, "あと1日0時間0分"),
        ((24 + 6) * 3600 + 40 * 60, "あと1日6時間40分"),
        (7 * 24 * 3600, "あと7日0時間0分"),
    ],
)
def test_time_left_in_words(seconds: int, words: str) -> None:
    assert "".join(time_left(dt.timedelta(seconds=seconds))) == words


@pytest.mark.parametrize(
    ("now", "machine", "people", "left"),
    [
        ("2026-11-24T10:20:00+09:00", "2026-11-25T17:00+09:00", "11/25（水）17:00", ("あと1日6時間", "40分")),
        ("2026-11-25T16:59:59.999+09:00", "2026-11-25T17:00+09:00", "11/25（水）17:00", ("あと1分未満", "")),
        ("2026-11-25T17:00:00+09:00", "2026-12-02T17:00+09:00", "12/2（水）17:00", ("あと7日0時間", "0分")),
        ("2026-11-24T01:20:00+00:00", "2026-11-25T17:00+09:00", "11/25（水）17:00", ("あと1日6時間", "40分")),
    ],
)
def test_every_page_begins_with_the_next_cutoff(
    client: Client, now: str, machine: str, people: str, left: tuple[str, str]
) -> None:
    with time_machine.travel(now, tick=False):
        for path in OPEN_PAGES:
            page = page_of(client, path)
            assert f'<time class="deadline__time" datetime="{machine}">{people}</time>' in page
            assert f'{left[0]}<span class="deadline__minutes">{left[1]}</span>' in page


def test_a_moved_cutoff_is_the_one_that_is_shown(client: Client) -> None:
    CutoffChange.objects.create(
        regular_day=dt.date(2026, 11, 25), cutoff_at=dt.datetime(2026, 11, 24, 12, tzinfo=JST)
    )
    with time_machine.travel("2026-11-24T10:20:00+09:00", tick=False):
        assert "11/24（火）12:00</time>" in page_of(client, "/guide/")


# --- Who sees what -------------------------------------------------------------------------------------------------


def test_a_stranger_sees_no_institution_no_tabs_and_no_menu(client: Client) -> None:
    factories.member(factories.institution(name="架空中央病院"))
    for path in OPEN_PAGES:
        page = page_of(client, path)
        assert "架空中央病院" not in page
        assert 'class="tabs"' not in page
        assert 'class="account"' not in page


def test_pages_of_ones_own_ask_a_stranger_to_log_in(client: Client) -> None:
    for path in OWN_PAGES[:3]:
        assert client.get(path)["Location"] == f"/accounts/login/?next={path}"


def test_the_menu_bears_the_institutions_name(client: Client, nurse: User) -> None:
    assert "<summary>架空中央病院</summary>" in page_of(client, "/")


def test_the_menu_counts_further_institutions(client: Client) -> None:
    places = [factories.institution(name=name, code=f"131000000{n}") for n, name in enumerate("いろは")]
    client.force_login(factories.member(*places))
    assert "<summary>い ほか2件</summary>" in page_of(client, "/")


def test_who_has_no_institution_sees_their_own_name(client: Client) -> None:
    client.force_login(factories.user(name="架空 はなこ"))
    assert "<summary>架空 はなこ</summary>" in page_of(client, "/")


def test_officers_find_the_admin_and_start_there(client: Client) -> None:
    client.force_login(factories.user(Role.MINISTRY))
    assert client.get("/")["Location"] == "/admin/"
    assert '<a href="/admin/">管理サイト</a>' in page_of(client, "/guide/")


def test_officers_are_led_to_no_page_of_the_institutions(client: Client) -> None:
    def tabs(page: str) -> list[str]:
        return re.findall(r'<a href="([^"]*)"', page[page.index('class="tabs"') : page.index("</nav>")])

    officer = factories.user(Role.PREFECTURE)
    client.force_login(officer)
    assert tabs(page_of(client, "/guide/")) == ["/admin/", "/guide/"]
    absent = client.get("/admin/institutions/institution/999999999/change/")
    assert absent.status_code == 404
    assert tabs(absent.content.decode()) == ["/admin/", "/guide/"]


def test_names_never_become_markup(client: Client) -> None:
    client.force_login(factories.member(factories.institution(name="<script>alert(1)</script>")))
    page = page_of(client, "/")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("path", "label", "current"),
    [
        ("/", "ホーム", "page"),
        ("/surveys-and-requests/", "調査", "page"),
        ("/other/", "その他", "page"),
        ("/guide/", "その他", "true"),
    ],
)
def test_the_tab_of_the_page_is_marked(
    client: Client, nurse: User, path: str, label: str, current: str
) -> None:
    tabs = re.findall(r'<a href="[^"]*" aria-current="(\w+)">([^<]+)</a></li>', page_of(client, path))
    assert tabs == [(current, label)]


def test_no_tab_or_menu_or_footer_leads_nowhere(client: Client, nurse: User) -> None:
    page = page_of(client, "/")
    links = set(re.findall(r'href="(/[^"#]*)"', page)) - set(re.findall(r'href="(/static/[^"]*)"', page))
    assert {"/", "/surveys-and-requests/", "/other/", "/guide/", "/accounts/password/change/"} <= links
    found = {link: client.get(link, follow=True).status_code for link in links}
    assert found == dict.fromkeys(links, 200)


# --- What it costs -------------------------------------------------------------------------------------------------


def test_a_strangers_page_asks_only_for_moved_cutoffs(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        client.get("/guide/")


def test_a_members_page_costs_session_user_names_cutoffs_and_unread(
    client: Client, nurse: User, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(5):
        client.get("/other/")


def test_nothing_is_looked_up_before_it_is_used(rf: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        Frame(rf.get("/"))


# --- Rules for every page ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*OPEN_PAGES, *OWN_PAGES])
def test_pages_keep_the_rules_of_the_house(client: Client, nurse: User, path: str) -> None:
    if path in OPEN_PAGES:
        client.logout()
    response = client.get(path)
    page = response.content.decode()
    assert response.status_code == 200
    assert '<html lang="ja">' in page
    assert re.search(r"<title>[^<]+｜緊急配布要請ポータル</title>", page)
    assert page.count("<h1") == 1
    assert len(re.findall(r'class="button"', page)) <= 1
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page)
    assert response["Cache-Control"].count("no-store") == 1
    assert "default-src 'self'" in response["Content-Security-Policy"]
    assert "unsafe-inline" not in response["Content-Security-Policy"]
    assert "camera=()" in response["Permissions-Policy"]


# --- Health --------------------------------------------------------------------------------------------------------


def test_health_is_good_while_the_database_answers(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        response = client.get("/health/")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_health_says_when_the_database_is_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Any:
        raise django.db.OperationalError("connection refused")

    monkeypatch.setattr(connection, "cursor", refuse)
    response = client.get("/health/")
    assert (response.status_code, response.json()) == (503, {"status": "unavailable"})


# --- Error pages ---------------------------------------------------------------------------------------------------


@pytest.fixture
def broken(client: Client, settings: Any) -> Client:
    settings.ROOT_URLCONF = "tests.sosportal.broken_urls"
    client.raise_request_exception = False
    return client


def test_not_found_looks_the_same_inside_the_frame(client: Client, nurse: User) -> None:
    response = client.get("/nowhere/")
    page = response.content.decode()
    assert response.status_code == 404
    assert "ページが見つかりません" in page
    assert "架空中央病院" in page
    assert 'href="/">ホームへ' in page


def test_the_telephone_in_the_footer_can_be_dialled(client: Client) -> None:
    footer = page_of(client, "/guide/").split("<footer")[1]
    assert '<a class="num" href="tel:0120000000">0120-000-000</a>' in footer


def test_a_stranger_is_led_to_the_log_in_page(client: Client) -> None:
    assert 'href="/accounts/login/">ログイン画面へ' in page_of(client, "/nowhere/")


def test_a_form_without_its_token_says_how_to_go_on(nurse: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(nurse)
    response = strict.post("/accounts/password/change/", {"oldpassword": "x"})
    page = response.content.decode()
    assert response.status_code == 403
    assert "画面が古くなったため、送信できませんでした" in page
    assert "再読み込みしてから、もう一度送信してください。" in page
    assert "架空中央病院" in page


def test_what_is_forbidden_says_so(broken: Client) -> None:
    response = broken.get("/forbidden/")
    assert response.status_code == 403
    assert "この操作はできません" in response.content.decode()


def test_a_fault_of_ours_gives_a_number_to_tell_and_nothing_else(broken: Client) -> None:
    response = broken.get("/fails/")
    page = response.content.decode()
    assert response.status_code == 500
    assert f'<span class="num">{response["X-Request-ID"]}</span>' in page
    assert "架空 太郎" not in page
    assert "no-store" in response["Cache-Control"]


def test_a_busy_database_is_no_fault_of_the_person(broken: Client) -> None:
    response = broken.get("/busy/")
    assert response.status_code == 503
    assert response["Retry-After"] == "30"
    assert "ただいま混み合っています" in response.content.decode()


def test_pages_about_our_faults_ask_the_database_nothing(
    broken: Client, nurse: User, django_assert_num_queries: Any
) -> None:
    for path in ("/fails/", "/busy/"):
        with django_assert_num_queries(0):
            broken.get(path)


def test_the_plain_frame_knows_all_that_the_layout_asks_for() -> None:
    plain = PlainFrame()
    assert plain.user is None
    assert plain.deadline is None
    assert [label for label, _ in plain.footer_links] == ["操作マニュアル", "動作環境", "アクセシビリティ"]


# --- The admin's door ----------------------------------------------------------------------------------------------


def test_the_admin_asks_a_stranger_to_log_in_on_the_portals_page(client: Client) -> None:
    door = client.get("/admin/", follow=True)
    assert door.redirect_chain[-1] == ("/accounts/login/?next=%2Fadmin%2F", 302)


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin/jsi18n/", "/admin/password_change/"])
def test_institution_staff_find_no_admin(client: Client, nurse: User, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("role", [Role.PREFECTURE, Role.MINISTRY, Role.OPERATOR])
def test_officers_find_the_admin_in_japanese(client: Client, role: Role) -> None:
    client.force_login(factories.user(role))
    page = page_of(client, "/admin/")
    assert "緊急配布要請ポータル 管理サイト" in page
    assert client.get("/admin/login/")["Location"] == "/admin/"
    assert client.get("/admin/password_change/")["Location"] == "/accounts/password/change/"
    assert client.post("/admin/logout/")["Location"] == "/accounts/logout/"


def test_a_closed_officer_finds_nothing(client: Client) -> None:
    officer = factories.user(Role.MINISTRY)
    client.force_login(officer)
    User.objects.filter(pk=officer.pk).update(is_active=False)
    assert client.get("/admin/").status_code == 302
