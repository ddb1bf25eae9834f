"""データ一覧画面 (manual 3-1): three views, a search, an order; by the columns on a PC, by a choice on a phone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from requests_app.models import SosRequest
from requests_app.rules.transitions import Status
from sosportal.lib import clock
from tests import factories
from tests.journeys.scene import Scene, at_work, ready
from tests.support.browser import PC, PHONE
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


@pytest.mark.parametrize(("width", "scripts"), [(PC, True), (PHONE, False)])
def test_views_search_and_order(live_portal: Portal, browser: Browser, width: int, scripts: bool) -> None:
    scene = ready()
    made = four_requests(scene)
    with at_work(browser, live_portal, scene.nurse, width=width, scripts=scripts) as page:
        page.goto(f"{live_portal.url}/requests/")
        assert shown(page) == by_title(made, "draft", "review", "error")
        expect(page.get_by_role("main")).to_contain_text("3 個の項目 • 並び替え基準: タイトル")
        if width == PC:
            heads = page.get_by_role("columnheader").all_inner_texts()
            assert [head.split("\n")[0].rstrip("↑↓") for head in heads] == COLUMNS

        choose_view(page, "すべて選択")
        assert shown(page) == by_title(made, "draft", "review", "error", "accepted")
        choose_view(page, "最近参照したデータ")
        expect(page.get_by_role("main")).to_contain_text("まだ開いた要請はありません。")

        page.goto(f"{live_portal.url}/requests/{made['accepted'].number}/")
        page.goto(f"{live_portal.url}/requests/{made['error'].number}/")
        page.goto(f"{live_portal.url}/requests/?view=recent")
        assert shown(page) == numbers(made, "error", "accepted")

        choose_view(page, "すべて選択")
        order_by(page, width, "申請日時")
        assert shown(page)[:2] == numbers(made, "accepted", "review")
        order_by(page, width, "申請日時")
        assert shown(page)[:2] == numbers(made, "review", "accepted")

        full_width = str.maketrans("0123456789-", "０１２３４５６７８９－")
        search(page, made["accepted"].number.translate(full_width))
        assert shown(page) == numbers(made, "accepted")
        search(page, "みつからない")
        expect(page.get_by_role("main")).to_contain_text("「みつからない」に当てはまる要請はありません。")

        # The search of every page looks through everything, requests of any age first.
        page.goto(live_portal.url)
        whole = page.get_by_role("banner").get_by_role("search")
        whole.get_by_label("検索").fill("架空中央")
        whole.get_by_role("button", name="検索").click()
        expect(page.get_by_role("heading", name="緊急配布要請")).to_contain_text(f"{len(made)}件")
        for request in made.values():
            expect(page.get_by_role("main")).to_contain_text(request.number)


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
    return [row.split("要請番号")[1].strip() for row in rows]


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
    choice = page.get_by_label("並び替え")
    falling = choice.input_value() == "submitted"
    choice.select_option(label=f"{column}（{'降順' if falling else '昇順'}）")
    page.get_by_role("search", name="このリスト").get_by_role("button", name="検索").click()


def search(page: Page, words: str) -> None:
    here = page.get_by_role("search", name="このリスト")
    here.get_by_label("このリストを検索...").fill(words)
    here.get_by_role("button", name="検索").click()
