"""Chapter 2 of the manual in a real browser, and the pages that belong to no app."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from institutions.accounts import password_link
from institutions.models import User
from sosportal.lib.models import OutboxMessage
from tests import factories
from tests.support.browser import PHONE, Looker, visitor
from tests.support.portal import Portal

pytestmark = pytest.mark.browser

NEW = "Another-Pass-7"
FAULTY = """
<input><a class="button">1</a><a class="button" href="/">2</a>
<p style="color: red">x</p><canvas width="900" height="1"></canvas>"""


@pytest.fixture
def nurse(live_portal: Portal) -> User:
    return factories.member(factories.institution(name="架空中央病院"), username="nurse")


def log_in(page: Page, portal: Portal, password: str = factories.PASSWORD) -> None:
    page.goto(f"{portal.url}/accounts/login/")
    page.get_by_label("ユーザー名").fill("nurse")
    page.get_by_label("パスワード").fill(password)
    page.get_by_role("button", name="ログイン").click()


@pytest.mark.parametrize("scripts", [True, False])
def test_forgotten_password_and_back_in(
    live_portal: Portal, nurse: User, browser: Browser, scripts: bool
) -> None:
    with visitor(browser, scripts=scripts) as page:
        log_in(page, live_portal, "forgotten")
        expect(page.get_by_role("alert")).to_contain_text("ログインできませんでした")
        page.get_by_role("link", name="パスワードをお忘れですか?").click()
        page.get_by_label("ユーザー名").fill("nurse")
        page.get_by_role("button", name="パスワードリセット").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("ご案内メールをお送りしました")

        mail = OutboxMessage.objects.get(to=nurse.email)
        found = re.search(r"https?://\S+/accounts/password/reset/key/\S+", mail.body)
        assert found is not None
        page.goto(found[0])
        page.get_by_label("新しいパスワード", exact=True).fill(NEW)
        page.get_by_label("新しいパスワード（確認用）").fill(NEW)
        page.get_by_role("button", name="パスワードを設定する").click()
        page.get_by_role("link", name="ログイン画面へ").click()

        log_in(page, live_portal, NEW)
        expect(page.locator("details.account summary")).to_have_text("架空中央病院")
        page.locator("details.account summary").click()
        page.get_by_role("button", name="ログアウト").click()
        expect(page).to_have_url(re.compile("/accounts/login/$"))


def test_after_a_refusal_the_summary_has_the_focus_and_leads_to_the_field(
    live_portal: Portal, nurse: User, browser: Browser
) -> None:
    with visitor(browser) as page:
        page.goto(f"{live_portal.url}/accounts/login/")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="本文へ")).to_be_focused()
        page.get_by_role("button", name="ログイン").click()
        expect(page.locator("#errors")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_label("パスワード")).to_be_focused()


def test_the_scanner_finds_a_planted_fault(live_portal: Portal, browser: Browser) -> None:
    with visitor(browser, width=PHONE) as page:
        page.goto(f"{live_portal.url}/guide/")
        looker = Looker(page)
        assert looker.faults() == []
        page.evaluate("markup => document.querySelector('main').innerHTML += markup", FAULTY)
        found = looker.faults()
        names = {str(fault[1]) for fault in found}
        assert {"label", "scrolls sideways", "too small to press", "more than one filled button"} <= names, (
            found
        )
        assert any("Content Security Policy" in name for name in names), found


def test_every_page_in_every_state_is_without_fault(
    live_portal: Portal, nurse: User, browser: Browser
) -> None:
    faults = {}
    with visitor(browser) as page:
        looker = Looker(page)

        def look(name: str) -> None:
            if found := looker.faults():
                faults[name] = found

        def visit(path: str) -> None:
            page.goto(live_portal.url + path)
            look(path)

        def press(button: str, state: str) -> None:
            page.get_by_role("main").get_by_role("button", name=button).click()
            look(state)

        for path in ("/accounts/inactive/", "/nowhere/", "/guide/?q=%00", "/accounts/login/"):
            visit(path)
        press("ログイン", "log-in refused")
        visit("/accounts/password/reset/")
        press("パスワードリセット", "reset refused")
        page.get_by_label("ユーザー名").fill("nobody")
        press("パスワードリセット", "reset done")

        link = urlsplit(password_link(nurse)).path
        visit(link)
        press("パスワードを設定する", "new password refused")
        for label in ("新しいパスワード", "新しいパスワード（確認用）"):
            page.get_by_label(label, exact=True).fill(NEW)
        press("パスワードを設定する", "new password set")
        visit(link)

        log_in(page, live_portal, NEW)
        look("/")
        page.locator("details.account summary").click()
        look("menu open")
        for path in (
            "/surveys-and-requests/",
            "/other/",
            "/guide/",
            "/guide/hospital/",
            "/guide/hospital/login/",
            "/environment/",
            "/accessibility/",
            "/nowhere/",
        ):
            visit(path)
        visit("/accounts/reauthenticate/")
        press("確認", "password once more refused")
        visit("/accounts/password/change/")
        press("パスワードを変更する", "change refused")
        page.get_by_label("いまのパスワード").fill(NEW)
        for label in ("新しいパスワード", "新しいパスワード（確認用）"):
            page.get_by_label(label, exact=True).fill(NEW + "x")
        press("パスワードを変更する", "changed")
        visit("/accounts/logout/")
        page.context.clear_cookies(name="csrf")
        press("ログアウト", "page too old")
    assert faults == {}
