"""Cells pasted into the survey in a real browser: into a figure with scripts on, into the field at the end without."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from sosportal.lib import clock
from surveys.models import Figures, SurveyResponse
from tests import factories
from tests.journeys.scene import EVERY_WAY, lay_rounds
from tests.journeys.test_survey_pages import visit
from tests.support.browser import Looker, visitor
from tests.support.portal import Portal

pytestmark = pytest.mark.browser

PASTE = """(text) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  document.activeElement.dispatchEvent(
    new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


@EVERY_WAY
def test_a_block_of_cells_is_pasted_and_a_week_unchanged_is_one_press(
    live_portal: Portal, browser: Browser, width: int, scripts: bool
) -> None:
    now = clock.now()
    place = factories.institution(name="架空中央病院")
    person = factories.member(place, username="nurse")
    factories.campaign(now=now)
    lay_rounds(now)
    gloves = factories.gloves().pk
    factories.answer(person, place, {gloves: Figures(6200, 4000, 1200)}, now=now - timedelta(days=7))
    with visitor(browser, width=width, scripts=scripts) as page:
        visit(page, live_portal, "nurse", f"/survey/{place.code}/")
        if scripts:
            assert Looker(page).faults() == []
            page.focus(f"#stock-{gloves}")
            page.evaluate(PASTE, "3,400\t4,100\t500\n")
            expect(page.locator("#pasted-told")).to_contain_text("3つの数を入れました")
        else:
            page.locator("summary", has_text="Excelの表から貼り付ける").click()
            page.fill("#pasted", "⑤非滅菌手袋\t3,400\t4,100\t500")
            page.get_by_role("button", name="貼り付けた数を入力欄に入れる").click()
            expect(page.locator("#block")).to_contain_text("3つの数を、下の入力欄に入れました")
        expect(page.locator(f"#weekly_purchase-{gloves}")).to_have_value("500")
        page.goto(f"{live_portal.url}/survey/{place.code}/")
        page.get_by_role("button", name=re.compile("先週と変わりなし.*上の数で回答を送信する")).click()
        expect(page.get_by_role("main").get_by_role("status")).to_contain_text("回答を受け付けました。")
    standing = SurveyResponse.objects.get(institution=place, round__closes_at__gt=now)
    assert standing.figures() == {gloves: Figures(6200, 4000, 1200)}
