"""The survey in a real browser: answered step by step with scripts on and off, and every state without fault.

With SCREENSHOTS=DIR in the environment each state is kept there as a picture.
"""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from institutions.models import Institution, Role, User
from sosportal.lib import clock
from surveys.models import Figures, Item, SurveyResponse
from tests import factories
from tests.journeys.scene import EVERY_WAY, lay_rounds
from tests.support.browser import HEIGHT, PC, PHONE, POINTER, Looker, enter, set_media, visitor
from tests.support.portal import Portal
from tests.surveys.pages import logged_in

pytestmark = pytest.mark.browser

SEND = "回答を送信する"
SAME_GLOVES = re.compile("^⑤非滅菌手袋に、 ?先週の数を入れる$")


@pytest.fixture
def place(live_portal: Portal) -> Institution:
    """A hospital that answered for masks, goggles and gloves last week; gloves are asked for."""
    now = clock.now()
    made = factories.institution(name="架空中央病院")
    person = factories.member(made, name="見本 花子", username="nurse")
    factories.campaign(now=now)
    items = {each.order: each.pk for each in Item.objects.all()}
    last = {
        items[5]: Figures(6200, 4000, 1000),
        items[1]: Figures(12000, 7000, 4000),
        items[3]: Figures(240, 96, 0),
    }
    lay_rounds(now)
    factories.answer(person, made, last, now=now - timedelta(days=14))
    factories.answer(person, made, last | {items[5]: Figures(6400, 4000, 1000)}, now=now - timedelta(days=7))
    factories.answer(person, made, last, now=now - timedelta(days=7))
    return made


def visit(page: Page, portal: Portal, username: str, path: str) -> None:
    """Open a page as that user, without the way through the log-in page."""
    cookie = settings.SESSION_COOKIE_NAME
    session = logged_in(User.objects.get(username=username)).cookies[cookie].value
    enter(page.context, cookie, session, portal.url)
    page.goto(portal.url + path)


def figure(page: Page, item: str, name: str) -> str:
    """The selector of an input, by the words on the page."""
    group = page.get_by_role("group", name=item)
    return f"#{group.get_by_label(name).get_attribute('id')}"


@EVERY_WAY
def test_the_survey_is_answered_by_keyboard(
    live_portal: Portal, place: Institution, browser: Browser, width: int, scripts: bool
) -> None:
    with visitor(browser, width=width, scripts=scripts) as page:
        visit(page, live_portal, "nurse", "/survey/?next=/other/")
        main = page.get_by_role("main")
        main.get_by_role("button", name=SAME_GLOVES).press("Enter")
        told = main.get_by_role("region", name="⑤非滅菌手袋").get_by_role("status")
        expect(told).to_contain_text("先週の3つの数を入れました")
        stock = page.locator(figure(page, "⑤非滅菌手袋", "在庫量"))
        purchase = page.locator(figure(page, "⑤非滅菌手袋", "1週間の購入見込み量"))
        expect(stock).to_have_value("6,200")

        stock.fill("３，４００枚")
        purchase.fill("5")
        purchase.press("Enter")
        expect(page.get_by_role("alert")).to_be_focused()
        expect(page.get_by_role("alert")).to_contain_text("まだ送信されていません")
        expect(purchase).to_have_value("5")
        assert SurveyResponse.objects.filter(round__closes_at__gt=clock.now()).count() == 0

        purchase.press("Enter")
        expect(main.get_by_role("status")).to_contain_text("回答を受け付けました。")
        expect(main.locator("aside")).to_contain_text("0.8週分")
        set_media(page, "print")
        expect(main.get_by_role("table").first).to_contain_text("3,400")
        expect(main.get_by_role("link", name="もとの画面にもどる")).not_to_be_visible()
        set_media(page, "screen")
        main.get_by_role("link", name="これまでの回答", exact=True).click()
        expect(main.get_by_role("img").first).to_be_visible()
        expect(main.get_by_role("table").first).to_contain_text("3,400")
        page.go_back()
        main.get_by_role("link", name="もとの画面にもどる").click()
        expect(page).to_have_url(f"{live_portal.url}/other/")


def keep(page: Page, state: str) -> None:
    """Pictures of the page as it stands, where wanted."""
    if directory := os.environ.get("SCREENSHOTS"):
        for width in (PHONE, PC):
            page.set_viewport_size({"width": width, "height": HEIGHT})
            page.screenshot(path=str(Path(directory) / f"survey-{state}-{width}.png"), full_page=True)


def test_every_state_is_without_fault(live_portal: Portal, place: Institution, browser: Browser) -> None:
    faults = {}
    with visitor(browser) as page:
        looker = Looker(page)

        def look(state: str) -> None:
            keep(page, state)
            if found := looker.faults():
                faults[state] = found

        visit(page, live_portal, "nurse", "/survey/")
        main = page.get_by_role("main")
        look("form")
        main.get_by_role("button", name=SEND).last.click()
        expect(page.locator("#errors")).to_be_focused()
        look("refused")
        main.get_by_role("button", name=SAME_GLOVES).click()
        look("same")
        main.locator("summary", has_text="①").click()
        for name, typed in (
            ("在庫量", "１２，０００枚"),
            ("1週間の想定消費量", "7000"),
            ("1週間の購入見込み量", "80"),
        ):
            page.fill(figure(page, "①医療用(サージカル)マスク", name), typed)
        page.fill(figure(page, "⑤非滅菌手袋", "在庫量"), "3400")
        page.fill(figure(page, "⑤非滅菌手袋", "1週間の購入見込み量"), "5")
        main.get_by_role("button", name=SEND).last.click()
        look("asked")
        factories.answer(User.objects.get(username="nurse"), place)
        main.get_by_role("button", name=SEND).last.click()
        look("conflict")
        main.get_by_role("button", name=SEND).last.click()
        look("done")
        main.get_by_role("link", name="回答を直す").click()
        look("correction")
        main.get_by_role("link", name="これまでの回答を見る").click()
        main.locator("summary", has_text="訂正").first.click()
        look("history")

        long_name = "架空市医師会立とても長い名前のこども発達支援総合診療所"
        factories.member(place, factories.institution(name=long_name), username="association")
        visit(page, live_portal, "association", "/survey/")
        look("choose")
        factories.member(username="newcomer")
        visit(page, live_portal, "newcomer", "/survey/")
        look("nowhere")
    assert faults == {}


def test_no_round_is_without_fault(live_portal: Portal, browser: Browser) -> None:
    place = factories.institution(name="架空中央病院")
    factories.member(place, username="nurse")
    with visitor(browser, width=PHONE) as page:
        visit(page, live_portal, "nurse", f"/survey/{place.code}/")
        expect(page.get_by_role("main")).to_contain_text("いま、回答を受け付けている回はありません。")
        assert Looker(page).faults() == []
        page.goto(f"{live_portal.url}/survey/{place.code}/history/")
        expect(page.get_by_role("main")).to_contain_text("まだ回答はありません。")
        assert Looker(page).faults() == []


def test_the_admin_pages_of_the_survey_are_without_fault(
    live_portal: Portal, place: Institution, browser: Browser
) -> None:
    factories.user(Role.MINISTRY, username="ministry")
    response = SurveyResponse.objects.filter(version__gt=1).latest("pk")
    survey = "/admin/surveys"
    pages = {
        "admin-list": f"{survey}/surveyresponse/",
        "admin-response": f"{survey}/surveyresponse/{response.pk}/change/",
        "admin-rounds": f"{survey}/surveyround/",
        "admin-round": f"{survey}/surveyround/{response.round_id}/change/",
        "admin-items": f"{survey}/item/",
        "admin-item": f"{survey}/item/{Item.objects.get(order=5).pk}/change/",
    }
    faults = {}
    with visitor(browser) as page:
        looker = Looker(page, targets=POINTER)
        for state, path in pages.items():
            visit(page, live_portal, "ministry", path)
            keep(page, state)
            if found := looker.faults():
                faults[state] = found
    assert faults == {}
