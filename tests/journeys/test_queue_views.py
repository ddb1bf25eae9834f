"""A ministry's officer narrows the queue, keeps the view as a link, and reads a hospital's weeks from their table."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from institutions.models import Role
from requests_app.rules.transitions import Status
from surveys.models import Figures
from tests import factories
from tests.journeys.at_office import QUEUE, filters_by
from tests.journeys.scene import at_work, ready
from tests.support.browser import NARROWEST, PC, PHONE
from tests.support.portal import Portal

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "scripts"), [(PC, True), (PHONE, False)])
def test_a_view_is_kept_and_the_weeks_are_read(
    live_portal: Portal, browser: Browser, width: int, scripts: bool
) -> None:
    scene = ready()
    short = factories.draft(scene.nurse, scene.hospital)
    factories.answer(scene.nurse, scene.hospital, {factories.gloves().pk: Figures(300, 4000, 100)})
    short = short.submit(scene.nurse, seen_version=short.version)
    other = factories.request_in(Status.UNDER_REVIEW, place=factories.institution(name="架空しらかば病院"))
    other.log_telephone(factories.user(Role.MINISTRY), whom="物品管理", what="在庫を確かめた。")

    with at_work(browser, live_portal, factories.user(Role.MINISTRY), width=width, scripts=scripts) as page:
        page.goto(f"{live_portal.url}{QUEUE}")
        rows = page.locator("#result_list tbody tr")
        expect(rows).to_have_count(2)
        expect(page.get_by_text("フィルターを選ぶ")).to_be_visible(visible=width == PHONE)
        filters_by(page, "電話確認なし")
        expect(rows).to_have_count(1)
        filters_by(page, "1週分未満")
        expect(rows).to_contain_text([short.number])
        page.get_by_role("link", name="この表示のリンク").click()
        kept = page.url
        assert "weeks=1" in kept
        assert "telephone=no" in kept

        page.goto(f"{live_portal.url}{QUEUE}")
        page.goto(kept)
        expect(rows).to_have_count(1)
        page.get_by_role("link", name="備蓄：1週分未満").click()
        assert "weeks" not in page.url
        assert "telephone=no" in page.url
        page.get_by_role("link", name=f"推移 {scene.hospital.name} {short.number}").click()
        chart = page.get_by_role("img", name="⑤非滅菌手袋の推移")
        expect(chart).to_be_visible()
        table = page.get_by_role("table", name="⑤非滅菌手袋の8週の推移")
        expect(table).to_be_hidden()
        page.get_by_text("⑤非滅菌手袋の推移を表で見る").click()
        expect(table).to_contain_text("300枚")
        expect(table).to_contain_text("0.1週分")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [PHONE, NARROWEST])
def test_long_figures_and_names_do_not_push_a_page_sideways(
    live_portal: Portal, browser: Browser, width: int
) -> None:
    scene = ready()
    gloves = factories.gloves()
    factories.answer(scene.nurse, scene.hospital, {gloves.pk: Figures(44_590, 55_210, 13_370)})
    draft = factories.draft(scene.nurse, scene.hospital)
    pages = {
        scene.officer: [f"{QUEUE}{draft.submit(scene.nurse, seen_version=draft.version).pk}/change/"],
        factories.user(Role.MINISTRY): ["/admin/progress/?item=1"],
        scene.nurse: [f"/survey/{scene.hospital.code}/history/"],
    }
    for person, paths in pages.items():
        with at_work(browser, live_portal, person, width=width, scripts=False) as page:
            for path in paths:
                answer = page.goto(f"{live_portal.url}{path}")
                assert answer is not None
                assert answer.ok
                assert page.evaluate("document.documentElement.scrollWidth") <= width, path
