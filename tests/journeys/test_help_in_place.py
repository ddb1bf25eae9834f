"""Help in place in the browser: it opens beside what one is doing, and costs nothing that was typed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.scene import Scene, log_in_unseen, ready
from tests.support.browser import PC, PHONE, set_media, visitor
from tests.support.portal import Portal

pytestmark = pytest.mark.browser

EXPLAIN = re.compile("この画面の説明")
MEANING = re.compile("この表示の意味")


@pytest.fixture
def scene(live_portal: Portal) -> Scene:
    return ready()


def opened_by(page: Page, name: re.Pattern[str]) -> Page:
    """The new page that pressing this link opens."""
    with page.expect_popup() as opening:
        page.get_by_role("link", name=name).first.click()
    shown = opening.value
    shown.wait_for_load_state()
    return shown


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("width", [PC, PHONE])
def test_help_opens_beside_the_form_and_nothing_typed_is_lost(
    live_portal: Portal, scene: Scene, browser: Browser, width: int, scripts: bool
) -> None:
    with visitor(browser, width=width, scripts=scripts) as page:
        log_in_unseen(page, live_portal, scene.nurse)
        page.goto(f"{live_portal.url}/requests/new/{scene.hospital.code}/")
        quantity = page.get_by_label("要請数量").first
        quantity.fill("4100")
        help_page = opened_by(page, EXPLAIN)
        assert help_page.url.endswith("/guide/hospital/request/#new")
        expect(help_page.get_by_role("heading", name="入力する", exact=True)).to_be_in_viewport()
        help_page.close()
        expect(quantity).to_have_value("4100")

        page.get_by_role("main").get_by_role("button", name="保存", exact=True).click()
        expect(page.locator("#errors")).to_be_focused()
        meaning = opened_by(page, MEANING)
        assert "/guide/hospital/messages/#message-" in meaning.url
        expect(meaning.locator(":target")).to_be_in_viewport()
        meaning.close()
        expect(quantity).to_have_value("4100")


def test_an_officer_finds_the_officers_chapter(live_portal: Portal, scene: Scene, browser: Browser) -> None:
    with visitor(browser) as page:
        log_in_unseen(page, live_portal, scene.officer)
        page.goto(f"{live_portal.url}/admin/requests_app/sosrequest/")
        shown = opened_by(page, EXPLAIN)
        assert shown.url.endswith("/guide/office/queue/#list")
        expect(shown.get_by_role("heading", name="要請の一覧", exact=True)).to_be_visible()
        shown.get_by_role("link", name=re.compile("次の章")).click()
        expect(shown).to_have_url(re.compile("/guide/office/(?!queue)[a-z]+/$"))


def test_on_paper_stands_the_text_alone(live_portal: Portal, browser: Browser) -> None:
    with visitor(browser) as page:
        page.goto(f"{live_portal.url}/guide/hospital/survey/")
        set_media(page, "print")
        expect(page.get_by_role("heading", name="週次調査に回答する")).to_be_visible()
        for left_out in (".site-header", ".site-footer", ".guide-turn", ".crumbs"):
            expect(page.locator(left_out)).to_be_hidden()
