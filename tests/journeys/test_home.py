"""ホーム as a nurse walks it: what is due leads to where it is done, nothing to a dead end, and one press may do."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from institutions.models import Inquiry
from institutions.rules.inquiry import Desk, Subject
from requests_app.rules.transitions import Status
from sosportal.lib import clock
from surveys.models import SurveyResponse
from tests import factories
from tests.journeys.at_hospital import Nurse
from tests.journeys.scene import EVERY_WAY, LAST_WEEK, Scene, at_work, ready
from tests.support.browser import FINGER, PC, Looker, status_of
from tests.support.portal import Portal

pytestmark = pytest.mark.browser

UNCHANGED = re.compile("変わりなし.*この数で回答を送信する")
WIDEST = 3840  # px
LONGEST = "found => Math.max(0, ...found.map(each => each.getBoundingClientRect().width))"
TABS = ["ホーム", "調査", "お知らせ", "お問い合わせ", "その他"]


def all_that_can_be_due(scene: Scene) -> None:
    """A draft, one that failed its check, one under review with a question, and an answer to an inquiry."""
    there, now = (scene.nurse, scene.hospital), clock.now()
    factories.draft(*there, now=now - timedelta(hours=3))
    factories.request_in(Status.ERROR, *there, now=now - timedelta(hours=2))
    applied = factories.request_in(Status.UNDER_REVIEW, *there, now=now - timedelta(hours=1))
    applied.ask(scene.officer, "次の納品はいつですか。")
    asked = Inquiry.ask(
        *there, subject=Subject.REQUEST, desk=Desk.PREFECTURE, text="いつ届きますか。", now=now
    )
    asked.answer(scene.officer, "来週です。", seen_revision=asked.revision)


def ways_on(page: Page, place: str) -> list[str]:
    """The addresses of the links in a part of the page, within the portal."""
    found = page.locator(f"{place} a[href]").evaluate_all("links => links.map(link => link.href)")
    return sorted({each.partition("#")[0] for each in found if urlsplit(each).scheme == "http"})


@EVERY_WAY
def test_everything_due_leads_to_where_it_is_done(
    live_portal: Portal, browser: Browser, width: int, scripts: bool
) -> None:
    scene = ready()
    all_that_can_be_due(scene)
    with at_work(browser, live_portal, scene.nurse, width=width, scripts=scripts) as page:
        nurse, looker = Nurse(page, live_portal, scene), Looker(page, targets=FINGER)
        page.goto(live_portal.url)
        assert looker.faults(scan=scripts) == []
        whose = page.locator(".page__whose").bounding_box()
        explained = page.get_by_role("link", name=re.compile("この画面の説明")).bounding_box()
        assert whose
        assert explained
        beside = explained["y"] + explained["height"] / 2
        assert whose["y"] <= beside <= whose["y"] + whose["height"], "no line of its own"
        due = {
            "担当者からの照会に回答してください": "緊急配布要請",
            "お問い合わせに回答がありました": "お問い合わせ",
            "要請がまだ申請されていません": "緊急配布要請",
            "直りました。もう一度、申請してください": "緊急配布要請",
        }
        for matter, there in due.items():
            page.goto(live_portal.url)
            item = nurse.main.get_by_role("listitem").filter(
                has=page.get_by_role("heading", name=matter, exact=True)
            )
            item.get_by_role("link").last.click()
            nurse.heading(there)
        for part in ("nav[aria-label=メイン]", "main", "footer"):
            page.goto(live_portal.url)
            for address in ways_on(page, part):
                answer = page.goto(address)
                assert answer, address
                assert answer.ok, f"{answer.status} {address}"
        page.goto(live_portal.url)
        tabs = page.get_by_role("navigation", name="メイン").get_by_role("link").all_inner_texts()
        assert [re.split(r"[\s\d]", tab.strip())[0] for tab in tabs] == TABS


def test_on_a_screen_of_4k_nothing_runs_across_it(live_portal: Portal, browser: Browser) -> None:
    """One column in the middle, with lines no longer than on a PC."""
    scene = ready()
    all_that_can_be_due(scene)
    with at_work(browser, live_portal, scene.nurse, width=WIDEST) as page:
        for path in (
            "/",
            "/requests/?view=all",
            f"/requests/new/{scene.hospital.code}/",
            "/survey/",
            "/search/",
        ):
            page.goto(f"{live_portal.url}{path}")
            main = page.get_by_role("main").bounding_box()
            assert main
            assert abs(main["x"] * 2 + main["width"] - WIDEST) < 2, path
            assert page.locator("main :is(p, li, table)").evaluate_all(LONGEST) <= PC, path


@EVERY_WAY
def test_a_week_unchanged_is_one_press_at_home(
    live_portal: Portal, browser: Browser, width: int, scripts: bool
) -> None:
    scene = ready()
    with at_work(browser, live_portal, scene.nurse, width=width, scripts=scripts) as page:
        nurse, looker = Nurse(page, live_portal, scene), Looker(page, targets=FINGER)
        page.goto(live_portal.url)
        nurse.says("⑤非滅菌手袋：在庫量 3,400枚")
        assert looker.faults(scan=scripts) == []
        status_of(page, nurse.main.get_by_role("button", name=UNCHANGED).click)
        nurse.told("回答を受け付けました。")
        assert looker.faults(scan=scripts) == []
        nurse.main.get_by_role("link", name="ホームへもどる").click()
        nurse.heading("いま必要なことはありません")
        expect(nurse.main).to_contain_text("今週は回答済みです")
    standing = SurveyResponse.objects.get(institution=scene.hospital, round__closes_at__gt=clock.now())
    assert standing.figures() == {factories.gloves().pk: LAST_WEEK}
