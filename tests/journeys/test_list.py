"""データ一覧画面 (manual 3-1): three views, a search, an order; by the columns on a PC, by a choice on a phone."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect

from institutions.models import Announcement, AnnouncementContent
from requests_app.models import SosRequest
from requests_app.rules.transitions import Status
from sosportal.lib import clock
from tests import factories
from tests.journeys.scene import EVERY_WAY, Scene, at_work, ready
from tests.support.browser import FINGER, PC, Looker
from tests.support.portal import Portal

pytestmark = pytest.mark.browser

COLUMNS = ["タイトル", "申請日時", "医療機関名", "医療機関コード", "対応ステータス"]
VIEWS = ("実施中の緊急配布要請", "最近参照したデータ", "フォロー中の緊急配布要請", "すべて選択")


def four_requests(scene: Scene) -> dict[str, SosRequest]:
    """One of each status; the accepted one is 40 days old."""
    now = clock.now()
    there = (scene.nurse, scene.hospital)
    long_ago = now - timedelta(days=40)
    found = {"accepted": factories.request_in(Status.ACCEPTED, *there, now=long_ago)}
    found["error"] = factories.request_in(Status.ERROR, *there, now=now - timedelta(hours=3))
    found["review"] = factories.request_in(Status.UNDER_REVIEW, *there, now=now - timedelta(hours=2))
    found["draft"] = factories.draft(*there, now=now - timedelta(hours=1))
    return found


@EVERY_WAY
def test_views_search_and_order(live_portal: Portal, browser: Browser, width: int, scripts: bool) -> None:
    scene = ready()
    made = four_requests(scene)
    with at_work(browser, live_portal, scene.nurse, width=width, scripts=scripts) as page:
        looker = Looker(page, targets=FINGER)
        page.goto(f"{live_portal.url}/requests/")
        assert looker.faults(scan=scripts) == []
        assert shown(page) == by_title(made, "draft", "review", "error")
        expect(page.get_by_role("main")).to_contain_text("3 個の項目 • 並び替え基準: タイトル")
        if width == PC:
            heads = page.get_by_role("columnheader").all_inner_texts()
            assert [head.split("\n")[0].rstrip("↑↓") for head in heads] == COLUMNS

        choose_view(page, "すべて選択")
        assert shown(page) == by_title(made, "draft", "review", "error", "accepted")
        choose_view(page, "最近参照したデータ")
        expect(page.get_by_role("main")).to_contain_text("まだ開いた要請はありません。")
        assert looker.faults(scan=scripts) == []

        page.goto(f"{live_portal.url}/requests/{made['accepted'].number}/")
        page.goto(f"{live_portal.url}/requests/{made['error'].number}/")
        page.goto(f"{live_portal.url}/requests/?view=recent")
        assert shown(page) == numbers(made, "error", "accepted")
        assert looker.faults(scan=scripts) == []

        choose_view(page, "すべて選択")
        order_by(page, width, "申請日時")
        assert shown(page)[:2] == numbers(made, "accepted", "review")
        order_by(page, width, "申請日時")
        assert shown(page)[:2] == numbers(made, "review", "accepted")
        page.goto(f"{live_portal.url}/requests/")  # as it was left
        assert shown(page)[:2] == numbers(made, "review", "accepted")
        had_as_a_file(page, "CSV", made)
        had_as_a_file(page, "XLSX", made)
        assert looker.faults(scan=scripts) == []

        full_width = str.maketrans("0123456789-", "０１２３４５６７８９－")
        search(page, made["accepted"].number.translate(full_width))
        assert shown(page) == numbers(made, "accepted")
        search(page, "みつからない")
        expect(page.get_by_role("main")).to_contain_text("「みつからない」に当てはまる要請はありません。")
        assert looker.faults(scan=scripts) == []

        # The search of every page looks through everything, requests of any age first.
        page.goto(live_portal.url)
        whole = page.get_by_role("banner").get_by_role("search")
        whole.get_by_label("検索").fill("架空中央")
        whole.get_by_role("button", name="検索").click()
        expect(page.get_by_role("heading", name="緊急配布要請")).to_contain_text(f"{len(made)}件")
        for request in made.values():
            expect(page.get_by_role("main")).to_contain_text(request.number)
        assert looker.faults(scan=scripts) == []


@EVERY_WAY
def test_one_search_finds_requests_announcements_and_help(
    live_portal: Portal, browser: Browser, width: int, scripts: bool
) -> None:
    scene = ready()
    request = factories.draft(scene.nurse, scene.hospital)
    content = AnnouncementContent("緊急配布の受付について", "手袋の受付を始めました。")
    announced = Announcement.publish(scene.ministry, content)
    found = {
        "緊急配布要請": request.title,
        "お知らせ": announced.title,
        "使い方": "登録した要請を直す、取り下げる",
    }
    with at_work(browser, live_portal, scene.nurse, width=width, scripts=scripts) as page:
        looker, main = Looker(page, targets=FINGER), page.get_by_role("main")
        page.goto(live_portal.url)
        whole = page.get_by_role("banner").get_by_role("search")
        whole.get_by_label("検索").fill("緊急配布")
        whole.get_by_role("button", name="検索").click()
        for heading in found:
            expect(main.get_by_role("heading", level=2, name=heading)).to_be_visible()
        assert looker.faults(scan=scripts) == []
        searched = page.url
        for title in found.values():
            name = re.compile(".*".join(re.split("[_/]", title)))
            main.get_by_role("link", name=name).click()
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            assert page.url != searched
            page.goto(searched)
        main.get_by_label("さがすことば").fill("％<b>みつからない</b>")
        main.get_by_role("button", name="検索").click()
        expect(main.get_by_role("status")).to_contain_text(
            "「％<b>みつからない</b>」に当てはまるものはありません。"
        )
        expect(main.get_by_role("heading", name="探せるもの")).to_be_visible()
        assert looker.faults(scan=scripts) == []


def had_as_a_file(page: Page, kind: str, made: dict[str, SosRequest]) -> None:
    """この一覧をファイルにする: every request of the list stands in it."""
    page.locator("summary", has_text="この一覧をファイルにする").click()
    choice = page.get_by_label("ファイルの形式")
    label = next(each for each in choice.locator("option").all_inner_texts() if kind in each.upper())
    choice.select_option(label=label)
    with page.expect_download() as saved:
        page.get_by_role("button", name="ダウンロード").click()
    file = saved.value.path()
    if kind == "CSV":
        text = file.read_text(encoding="utf-8-sig")
    else:
        (sheet,) = load_workbook(BytesIO(file.read_bytes())).worksheets
        text = str(list(sheet.values))
    for request in made.values():
        assert request.number in text
    page.locator("summary", has_text="この一覧をファイルにする").click()


@EVERY_WAY
def test_page_by_page(live_portal: Portal, browser: Browser, width: int, scripts: bool) -> None:
    scene = ready()
    for _ in range(21):
        factories.draft(scene.nurse, scene.hospital)
    with at_work(browser, live_portal, scene.nurse, width=width, scripts=scripts) as page:
        looker = Looker(page, targets=FINGER)
        page.goto(f"{live_portal.url}/requests/?view=all")
        first = shown(page)
        page.get_by_role("link", name="次のページ").click()
        expect(page.get_by_role("navigation", name="ページ")).to_contain_text("2 / 2")
        assert len(first) + len(shown(page)) == len({*first, *shown(page)}) == 21
        assert looker.faults(scan=scripts) == []
        page.get_by_role("link", name="前のページ").click()
        assert shown(page) == first


def numbers(made: dict[str, SosRequest], *keys: str) -> list[str]:
    return [made[key].number for key in keys]


def by_title(made: dict[str, SosRequest], *newest_first: str) -> list[str]:
    """As the list begins (manual 3-1): タイトル ↑, and among equal ones, of one day, the newest first."""
    rows = [made[key] for key in newest_first]
    return [request.number for request in sorted(rows, key=lambda request: request.title)]


def shown(page: Page) -> list[str]:
    """The numbers of the requests on the page, from the top."""
    page.wait_for_load_state()
    rows = page.get_by_role("rowheader").all_inner_texts()
    return [row.split("要請番号")[1].split()[0] for row in rows]


def choose_view(page: Page, name: str) -> None:
    views = page.get_by_role("navigation", name="表示一覧")
    assert [text.strip() for text in views.get_by_role("link").all_inner_texts()] == list(VIEWS)
    views.get_by_role("link", name=name).click()
    expect(views.get_by_role("link", name=name)).to_have_attribute("aria-current", "true")


def order_by(page: Page, width: int, column: str) -> None:
    """By the column's head, or by the choice that a phone shows instead; once more, the other way round."""
    if width == PC:
        head = page.get_by_role("columnheader", name=column)
        before = head.get_attribute("aria-sort")
        head.get_by_role("link").click()
        turned = "descending" if before == "ascending" else "ascending"
        expect(head).to_have_attribute("aria-sort", turned)
        return
    more = page.locator("details.list-tools__more")
    if more.get_attribute("open") is None:
        more.locator("summary").click()
    choice = page.get_by_label("並び替え")
    falling = choice.input_value() == "submitted"
    choice.select_option(label=f"{column}（{'降順' if falling else '昇順'}）")
    page.get_by_role("search", name="このリスト").get_by_role("button", name="検索").click()


def search(page: Page, words: str) -> None:
    here = page.get_by_role("search", name="このリスト")
    here.get_by_label("このリストを検索...").fill(words)
    here.get_by_role("button", name="検索").click()
