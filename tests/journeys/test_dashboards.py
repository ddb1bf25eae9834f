"""The dashboards in the browser: prefecture and ministry officer, the public page; axe, keyboard, narrow screens."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from institutions.models import Institution
from requests_app.models import PublicSwitch
from requests_app.progress.refreshing import refresh_progress
from requests_app.rules.transitions import Status
from sosportal.lib import clock
from surveys.models import Figures
from tests import factories
from tests.journeys.keyboard import faults_by_keyboard, tab_to
from tests.journeys.scene import Scene, at_work, ready
from tests.support.browser import NARROWEST, PC, PHONE, POINTER, Looker, set_media, visitor
from tests.support.portal import Portal

pytestmark = pytest.mark.browser
COUNTRY = "/admin/progress/"
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def scene(live_portal: Portal) -> Scene:
    """Answers of the last round and of this one in Tokyo and Osaka, a request in Tokyo, all summed up."""
    found = ready()
    now = clock.now()
    for prefecture, stock in ((factories.TOKYO, 1500), (factories.OSAKA, 400)):
        for _ in range(3):
            place = factories.institution(prefecture)
            person = factories.member(place)
            for moment in (now - timedelta(days=9), now):
                factories.answer(person, place, {factories.gloves().pk: Figures(stock, 1000, 0)}, now=moment)
    Institution.objects.update(created_at=now - timedelta(weeks=4))
    factories.request_in(Status.UNDER_REVIEW, found.nurse, found.hospital)
    refresh_progress()
    return found


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text(text)


def test_a_prefecture_officer_from_the_first_page_down_to_the_request(
    live_portal: Portal, scene: Scene, browser: Browser
) -> None:
    with at_work(browser, live_portal, scene.officer, scripts=False) as page:
        page.goto(live_portal.url)
        waiting = page.get_by_role("region", name="いま待っているもの")
        expect(waiting.get_by_role("listitem").first).to_contain_text(
            "確認を待つ要請 1件", use_inner_text=False
        )
        page.get_by_role("link", name=re.compile("くわしく見る")).click()
        heading(page, "東京都の状況")
        expect(page.get_by_role("main")).to_contain_text("時点")
        page.get_by_role("link", name="確認中の要請がある機関").click()
        page.get_by_role("rowheader").get_by_role("link", name=scene.hospital.name).click()
        heading(page, scene.hospital.name)
        number = scene.only_request().number
        page.get_by_role("link", name=number).click()
        heading(page, scene.only_request().title)


@pytest.mark.parametrize("width", [PC, PHONE])
def test_the_ministry_from_the_country_down_to_a_request_and_back(
    live_portal: Portal, scene: Scene, browser: Browser, width: int
) -> None:
    """What was chosen on the way down still stands on the way up."""
    with at_work(browser, live_portal, scene.ministry, width=width, scripts=False) as page:
        page.goto(f"{live_portal.url}{COUNTRY}")
        page.get_by_role("navigation", name="物資").get_by_role("link", name=re.compile("^②")).click()
        chosen = "item="
        assert chosen in page.url
        page.get_by_role("rowheader", name="東京都").get_by_role("link").click()
        heading(page, "東京都の状況")
        assert chosen in page.url
        page.get_by_role("link", name="確認中の要請がある機関").click()
        heading(page, "東京都の医療機関")
        expect(page.get_by_role("rowheader")).to_have_count(1)
        page.get_by_role("rowheader").get_by_role("link", name=scene.hospital.name).click()
        heading(page, scene.hospital.name)
        request = scene.only_request()
        page.get_by_role("link", name=request.number).click()
        heading(page, request.title)

        factories.accept(factories.confirm(request))
        refresh_progress()
        page.go_back()
        heading(page, scene.hospital.name)
        expect(page.get_by_role("row").filter(has_text=request.number)).to_contain_text("受付完了")
        crumbs = page.locator(".breadcrumbs")
        crumbs.get_by_role("link", name="東京都", exact=True).click()
        heading(page, "東京都の状況")
        assert chosen in page.url
        expect(page.get_by_role("listitem").filter(has_text="確認中の要請がある機関")).to_contain_text("0")
        crumbs.get_by_role("link", name="全国の状況", exact=True).click()
        heading(page, "全国の状況")
        assert chosen in page.url
        assert not page.evaluate(SIDEWAYS)


def test_the_ministry_reads_the_map_with_the_keyboard_alone(
    live_portal: Portal, scene: Scene, browser: Browser
) -> None:
    with at_work(browser, live_portal, scene.ministry, scripts=False) as page:
        page.goto(live_portal.url + COUNTRY)
        osaka = page.get_by_role("link", name=re.compile("^大阪府 0.4週分 回答率 100%"))
        tab_to(page, osaka)
        page.keyboard.press("Enter")
        heading(page, "大阪府の状況")
        page.get_by_role("link", name="備蓄の少ない順").click()
        expect(page.get_by_role("rowheader")).to_have_count(3)
        page.get_by_label("医療機関名、医療機関コード").fill("だれもしらない")
        page.get_by_role("button", name="検索").click()
        expect(page.get_by_role("main")).to_contain_text("見つかりませんでした")


def test_a_saved_address_is_a_saved_view(live_portal: Portal, scene: Scene, browser: Browser) -> None:
    waiting = re.compile("^確認中(?!の区分)")
    with at_work(browser, live_portal, scene.ministry, scripts=False) as page:
        page.goto(live_portal.url + COUNTRY)
        page.get_by_role("navigation", name="表示する数字").get_by_role("link", name="確認中").click()
        page.get_by_role("columnheader", name=waiting).get_by_role("link").click()
        page.get_by_role("columnheader", name=waiting).get_by_role("link").click()
        first = page.get_by_role("rowheader").first
        expect(first).to_contain_text("東京都")
        address = page.url
    with at_work(browser, live_portal, scene.ministry) as page:
        page.goto(address)
        expect(page.get_by_role("rowheader").first).to_contain_text("東京都")
        expect(page.get_by_role("columnheader", name=waiting)).to_have_attribute("aria-sort", "descending")


def test_switched_on_everybody_sees_it_and_off_again_nobody(
    live_portal: Portal, scene: Scene, browser: Browser
) -> None:
    with at_work(browser, live_portal, scene.ministry) as page, visitor(browser) as outside:
        outside.goto(f"{live_portal.url}/progress/")
        heading(outside, "ページが見つかりません")
        page.goto(live_portal.url + COUNTRY)
        page.get_by_role("link", name="公開ページ：非公開").click()
        page.get_by_role("link", name="公開する前に下見する").click()
        expect(page.get_by_role("main")).to_contain_text("これは下見です")
        page.get_by_role("link", name="公開ページの設定に戻る").click()
        page.get_by_role("button", name="公開する").click()
        expect(page.get_by_role("alert")).to_contain_text("理由を入力してください")
        page.get_by_label("理由").fill("報道発表にあわせて")
        page.get_by_role("button", name="公開する").click()
        expect(page.get_by_role("status")).to_contain_text("公開しました")
        outside.reload()
        heading(outside, "物資の備蓄と要請の状況")
        assert not outside.context.cookies()
        page.get_by_label("理由").fill("終わりました")
        page.get_by_role("button", name="公開をやめる").click()
        expect(page.get_by_role("status")).to_contain_text("公開をやめました")
        outside.reload()
        heading(outside, "ページが見つかりません")


def pages_of(scene: Scene) -> list[str]:
    return [
        "/admin/",
        COUNTRY,
        f"{COUNTRY}?measure=review&sort=-late",
        f"{COUNTRY}13/",
        f"{COUNTRY}13/institutions/",
        f"{COUNTRY}13/institutions/?view=silent&q=病院",
        f"{COUNTRY}institutions/{scene.hospital.code}/",
        f"{COUNTRY}publication/",
        f"{COUNTRY}publication/preview/",
    ]


def test_every_dashboard_is_accessible(live_portal: Portal, scene: Scene, browser: Browser) -> None:
    faults = {}
    with at_work(browser, live_portal, scene.ministry) as page:
        looker = Looker(page, targets=POINTER)
        for path in pages_of(scene):
            page.goto(live_portal.url + path)
            faults[path] = looker.faults()
            if page.evaluate(SIDEWAYS):
                faults[path].append((f"{PC} px", "scrolls sideways"))
    PublicSwitch.turn(scene.ministry, on=True, reason="報道発表", seen=0)
    with visitor(browser) as page:
        looker = Looker(page, targets=POINTER)
        for path in ("/progress/", "/progress/?measure=rate"):
            page.goto(live_portal.url + path)
            faults[path] = looker.faults()
    assert {path: found for path, found in faults.items() if found} == {}


def test_on_a_phone_the_country_is_a_short_page(live_portal: Portal, scene: Scene, browser: Browser) -> None:
    """The map first, then the trend, then a table of what fits; the other columns are chosen above it."""
    with at_work(browser, live_portal, scene.ministry, width=PHONE, scripts=False) as page:
        page.goto(live_portal.url + COUNTRY)
        places = [page.locator(f"#{name}").bounding_box() for name in ("map", "trend-weeks", "table")]
        tops = [box["y"] for box in places if box]
        assert tops == sorted(tops)
        assert len(tops) == 3
        table = page.get_by_role("table").last
        heads = table.get_by_role("columnheader").all_inner_texts()
        assert ["".join(head.split()) for head in heads] == ["都道府県↑", "備蓄の区分", "回答率", "確認中"]
        assert page.evaluate("document.documentElement.scrollHeight") < 7_000
        assert not page.evaluate(SIDEWAYS)
        page.get_by_text("ほかの数を見る").click()
        page.get_by_role("link", name="受領").click()
        expect(table.get_by_role("columnheader", name="受領")).to_be_visible()
        assert not page.evaluate(SIDEWAYS)
        row = table.get_by_role("row", name="東京都")
        expect(row.get_by_role("cell").first).to_contain_text("1週分以上 2週分未満")


def test_on_a_phone_the_public_page_has_a_line_for_each_prefecture(
    live_portal: Portal, scene: Scene, browser: Browser
) -> None:
    """The other figures are one press away, by keyboard and with scripts off too."""
    PublicSwitch.turn(scene.ministry, on=True, reason="報道発表", seen=0)
    with visitor(browser, width=PHONE, scripts=False) as page:
        page.goto(f"{live_portal.url}/progress/")
        assert page.evaluate("document.documentElement.scrollHeight") < 6_000
        assert not page.evaluate(SIDEWAYS)
        row = page.locator("#p13")
        expect(row.get_by_text("要請数量（約）")).not_to_be_visible()
        row.locator("summary").focus()
        page.keyboard.press("Enter")
        expect(row.get_by_text("要請数量（約）")).to_be_visible()
        page.set_viewport_size({"width": PC, "height": 800})
        expect(row.get_by_role("rowheader", name="東京都")).to_be_visible()
        expect(row.locator("summary")).not_to_be_visible()
    with visitor(browser, width=PHONE) as page:  # the checker itself is a script
        looker = Looker(page, targets=POINTER)
        page.goto(f"{live_portal.url}/progress/")
        page.locator("#p13 summary").click()
        assert looker.faults() == []


@pytest.mark.parametrize("width", [PC, PHONE])
def test_every_tile_and_link_shows_where_the_focus_is(
    live_portal: Portal, scene: Scene, browser: Browser, width: int
) -> None:
    faults = {}
    with at_work(browser, live_portal, scene.ministry, width=width) as page:
        for path in (COUNTRY, f"{COUNTRY}13/", f"{COUNTRY}13/institutions/"):
            page.goto(live_portal.url + path)
            faults[path] = faults_by_keyboard(page)
    assert {path: found for path, found in faults.items() if found} == {}


def test_one_map_at_a_time_and_both_on_paper_and_in_high_contrast(
    live_portal: Portal, scene: Scene, browser: Browser
) -> None:
    with at_work(browser, live_portal, scene.ministry) as page:
        page.goto(live_portal.url + COUNTRY)
        wide, narrow = page.locator(".tile-map__wide"), page.locator(".tile-map__narrow")
        expect(wide).to_be_visible()
        expect(narrow).to_be_hidden()
        page.emulate_media(forced_colors="active")
        tile, name = wide.locator(".tile--short").first, wide.locator(".tile-name").first
        colours = [each.evaluate("e => getComputedStyle(e).fill") for each in (tile, name)]
        assert colours[0] != colours[1]
        page.emulate_media(forced_colors="none")
        set_media(page, "print")
        expect(wide).to_be_visible()
        set_media(page, "screen")
        for width in (PHONE, NARROWEST):
            page.set_viewport_size({"width": width, "height": 800})
            expect(narrow).to_be_visible()
            expect(wide).to_be_hidden()
            assert not page.evaluate(SIDEWAYS)
