"""Everything by keyboard: what is used is reached and shows its focus, and a request goes out without a mouse."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from requests_app.models import SosRequest
from requests_app.rules.transitions import Status
from sosportal.lib import clock
from surveys.models import SurveyResponse
from tests import factories
from tests.journeys.at_hospital import APPLY, GLOVES, TERMS
from tests.journeys.keyboard import faults_by_keyboard, tab_to
from tests.journeys.scene import Scene, at_work, ready
from tests.support.browser import NARROWEST, PC, PHONE, SHORTEST, visitor
from tests.support.portal import Portal

pytestmark = pytest.mark.browser


@pytest.fixture
def scene(live_portal: Portal) -> Scene:
    return ready()


def refused_form(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="保存", exact=True).click()


def institution_pages(scene: Scene) -> dict[str, str]:
    """Paths by name; each with a request in that status."""
    there = (scene.nurse, scene.hospital)
    made = {
        "error": factories.request_in(Status.ERROR, *there),
        "review": factories.request_in(Status.UNDER_REVIEW, *there),
        "accepted": factories.request_in(Status.ACCEPTED, *there),
        "draft": factories.draft(*there),
    }
    paths = {name: f"/requests/{request.number}/" for name, request in made.items()}
    return {
        "home": "/",
        "list": "/requests/",
        "new": f"/requests/new/{scene.hospital.code}/",
        "question": f"{paths['draft']}submit/",
        "survey": f"/survey/{scene.hospital.code}/",
        **paths,
    }


@pytest.mark.parametrize("width", [PC, PHONE])
def test_the_tab_key_reaches_everything_and_shows_where_it_is(
    live_portal: Portal, scene: Scene, browser: Browser, width: int
) -> None:
    faults = {}
    pages = institution_pages(scene)
    with at_work(browser, live_portal, scene.nurse, width=width) as page:
        for name, path in pages.items():
            page.goto(live_portal.url + path)
            faults[name] = faults_by_keyboard(page)
        refused_form(page, live_portal.url + pages["new"])
        faults["refused"] = faults_by_keyboard(page)
    with visitor(browser, width=width) as page:
        page.goto(live_portal.url)
        faults["log-in"] = faults_by_keyboard(page)
    assert {name: found for name, found in faults.items() if found} == {}


@pytest.mark.parametrize("width", [PC, PHONE])
def test_officers_pages_too(live_portal: Portal, scene: Scene, browser: Browser, width: int) -> None:
    request = factories.request_in(Status.UNDER_REVIEW, scene.nurse, scene.hospital)
    faults = {}
    with at_work(browser, live_portal, scene.officer, width=width) as page:
        for path in (
            "/admin/",
            "/admin/requests_app/sosrequest/",
            f"/admin/requests_app/sosrequest/{request.pk}/change/",
        ):
            page.goto(live_portal.url + path)
            faults[path] = faults_by_keyboard(page)
    assert {name: found for name, found in faults.items() if found} == {}


PLANTED: dict[str, str] = {
    "not reached": "document.querySelector('main a').tabIndex = -1",
    "the focus does not show": """
        const sheet = new CSSStyleSheet();
        sheet.replaceSync("*:focus { outline: none !important; box-shadow: none !important; }");
        document.adoptedStyleSheets = [sheet];""",
    "the focus is hidden behind something": """
        const bar = document.createElement("div");
        bar.style.cssText = "position: fixed; inset: 0; z-index: 99; background: white";
        document.body.append(bar);""",
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found(live_portal: Portal, browser: Browser, fault: str) -> None:
    with visitor(browser) as page:
        page.goto(live_portal.url)
        assert faults_by_keyboard(page) == []
        page.evaluate(f"() => {{ {PLANTED[fault]} }}")
        assert fault in {name for name, _ in faults_by_keyboard(page)}


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_request_goes_out_by_keyboard_alone(
    live_portal: Portal, scene: Scene, browser: Browser, scripts: bool
) -> None:
    factories.answer(scene.nurse, scene.hospital)
    with at_work(browser, live_portal, scene.nurse, scripts=scripts) as page:
        main = page.get_by_role("main")
        use = keyboard_of(page)
        page.goto(f"{live_portal.url}/requests/")
        tab_to(page, main.get_by_role("link", name="新規"))
        use("Enter")
        tab_to(page, page.get_by_role("checkbox", name=TERMS))
        use("Space")
        tab_to(page, page.get_by_role("checkbox", name=f"{GLOVES}を要請する"))
        use("Space")
        tab_to(page, page.get_by_label(f"{GLOVES}の要請数量"))
        page.keyboard.type("4100")
        tab_to(page, main.get_by_role("button", name="保存"))
        use("Enter")
        expect(main).to_contain_text("下書きを保存しました。")
        tab_to(page, main.get_by_role("link", name=APPLY))
        use("Enter")
        tab_to(page, main.get_by_role("button", name="完了"))
        use("Enter")
        expect(main).to_contain_text("緊急配布要請を受け付けました。")
    assert SosRequest.objects.get().state is Status.UNDER_REVIEW


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_the_weekly_answer_goes_out_by_keyboard_alone(
    live_portal: Portal, scene: Scene, browser: Browser, scripts: bool
) -> None:
    """Three figures typed; the third asks back, has the focus at the summary, and is confirmed by the same button."""
    with at_work(browser, live_portal, scene.nurse, scripts=scripts) as page:
        main = page.get_by_role("main")
        use = keyboard_of(page)
        page.goto(f"{live_portal.url}/survey/{scene.hospital.code}/")
        gloves = page.get_by_role("group", name=GLOVES)
        for name, typed in (("在庫量", "３４００枚"), ("想定消費量", "4,000"), ("購入見込み量", "5")):
            tab_to(page, gloves.get_by_label(name))
            page.keyboard.type(typed)
        tab_to(page, main.get_by_role("button", name="回答を送信する").last)
        use("Enter")
        expect(page.get_by_role("alert")).to_be_focused()
        assert not SurveyResponse.objects.filter(round__closes_at__gt=clock.now()).exists()
        tab_to(page, main.get_by_role("button", name="回答を送信する").last)
        use("Enter")
        expect(main.get_by_role("status")).to_contain_text("回答を受け付けました。")
    answer = SurveyResponse.objects.get(round__closes_at__gt=clock.now())
    assert answer.institution == scene.hospital


def test_magnified_four_times_nothing_lies_on_the_focus(
    live_portal: Portal, scene: Scene, browser: Browser
) -> None:
    """A screen of 1280 by 1024 at 400 %: what has the focus can be seen, and the page is as wide as the screen."""
    pages = institution_pages(scene)
    faults = {}
    with at_work(browser, live_portal, scene.nurse, width=NARROWEST) as page:
        page.set_viewport_size({"width": NARROWEST, "height": SHORTEST})
        for name in ("home", "new", "survey"):
            page.goto(live_portal.url + pages[name])
            faults[name] = faults_by_keyboard(page)
    assert {name: found for name, found in faults.items() if found} == {}


def keyboard_of(page: Page) -> Callable[[str], None]:
    """Press a key, and wait for the page that it may lead to."""

    def press(key: str) -> None:
        page.keyboard.press(key)
        page.wait_for_load_state()

    return press
