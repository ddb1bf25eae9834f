"""Every chapter of the guides in the browser: for everybody's eyes, its pictures there and no wider than a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from institutions.models import Role
from sosportal.guide.parts import Guide
from sosportal.guide.shelf import GUIDES
from tests import factories
from tests.journeys.scene import at_work
from tests.support.browser import PC, PHONE, Looker
from tests.support.portal import Portal

pytestmark = pytest.mark.browser

# Scrolled to, a picture comes; what it is wide on the screen, beside what the file is.
_COME = """
async picture => {
  picture.scrollIntoView();
  await picture.decode();
  const box = picture.getBoundingClientRect();
  return [picture.naturalWidth > 0, box.right <= document.documentElement.clientWidth + 0.5];
}
"""


def pictures_of(page: Page) -> list[list[bool]]:
    """Of each picture of the page: whether it came, and whether it fits."""
    return [each.evaluate(_COME) for each in page.locator(".picture img").all()]


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.slug)
def test_every_chapter_is_for_everybody(live_portal: Portal, browser: Browser, guide: Guide) -> None:
    reader = factories.user(Role.OPERATOR)
    faults: dict[str, object] = {}
    with at_work(browser, live_portal, reader) as page:
        looker = Looker(page)
        for chapter in guide.chapters:
            page.goto(f"{live_portal.url}{guide.address(chapter)}")
            for width in (PC, PHONE):
                page.set_viewport_size({"width": width, "height": 800})
                if not all(came and fits for came, fits in pictures_of(page)):
                    faults[f"{chapter.slug} {width}"] = "a picture is missing, or wider than the screen"
            if found := looker.faults():
                faults[chapter.slug] = found
    assert not faults, faults


def test_a_picture_of_a_pc_opens_in_full_size_with_scripts_off(live_portal: Portal, browser: Browser) -> None:
    officer = factories.user(Role.PREFECTURE)
    with at_work(browser, live_portal, officer, width=PHONE, scripts=False) as page:
        page.goto(f"{live_portal.url}/guide/office/queue/")
        page.get_by_role("link", name="画面の例を大きく見る").first.click()
        page.wait_for_url("**/static/guide/desk-queue.webp")
