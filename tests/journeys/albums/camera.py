"""What every album needs: the portal, a browser, and who is handed the pictures."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Browser, Locator, Page, expect

from tests.journeys.scene import Scene
from tests.support.pictures import Keeper, Shot
from tests.support.portal import Portal

PHONE_SHARP = 2  # pixels a px: as on a phone
TALLEST_PHONE = 760  # px: a picture is no taller than a screen
TALLEST_PC = 900
BROKEN = "画面を表示できませんでした"


@dataclass
class Camera:
    """Hands each shot to `keeper`. `tallest` in px: what lies below is not in the picture, but still compared."""

    browser: Browser
    portal: Portal
    scene: Scene
    keeper: Keeper
    tallest: int = TALLEST_PC

    def shows(self, page: Page, name: str, alt: str, *parts: Locator, tallest: int = 0) -> None:
        """The parts of the page as they stand; each has to be there, and to be one. No page that broke is shown."""
        expect(page.get_by_role("heading", name=BROKEN)).to_have_count(0)
        for part in parts:
            expect(part).to_be_visible()
        self.keeper.see(Shot(name, alt, page, parts, tallest or self.tallest))
