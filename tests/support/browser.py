"""Debian's Chromium, and what every page must stand in it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.support import machine

PC, PHONE, NARROWEST = 1280, 360, 320  # px
FINGER = 44  # px: the least height of what is pressed on a phone

# What is pressed, except links inside running text (WCAG 2.5.8 leaves them out).
_TOO_SMALL = """
finger => [...document.querySelectorAll("a, button, summary, input:not([type=hidden]), select, textarea")]
  .filter(e => e.checkVisibility() && !e.classList.contains("skip") && !e.classList.contains("hidden-text"))
  .filter(e => !(e.tagName === "A" && ["P", "LI", "DD", "SPAN"].includes(e.parentElement.tagName)
                 && e.parentElement.textContent.trim() !== e.textContent.trim()))
  .map(e => [e.closest("label") ?? e, e])
  .filter(([target]) => target.getBoundingClientRect().height < finger)
  .map(([, e]) => e.outerHTML.slice(0, 120))
"""


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium for the time of the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=machine.chromium(), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def visitor(browser: Browser, *, width: int = PC, scripts: bool = True) -> Iterator[Page]:
    """A page in a browser of its own (no cookies of anybody else), `width` px wide, in Japanese."""
    context = browser.new_context(
        viewport={"width": width, "height": 800}, locale="ja-JP", java_script_enabled=scripts
    )
    try:
        yield context.new_page()
    finally:
        context.close()


class Looker:
    """Looks at page after page, and remembers what the browser complained about in between."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._note)

    def _note(self, message: ConsoleMessage) -> None:
        # A page that answers 4xx is what these tests are often about; the browser reports each.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def faults(self) -> list[Any]:
        """All that is wrong with the page as it stands: axe's violations, sideways scrolling, small targets,
        more than one filled button, complaints of the browser (the content security policy among them)."""
        found: list[Any] = [
            (violation["id"], [node["html"][:160] for node in violation["nodes"]])
            for violation in Axe().run(self.page).response["violations"]
        ]
        root = "document.documentElement"
        if self.page.evaluate(f"{root}.scrollWidth > {root}.clientWidth"):
            found.append("scrolls sideways")
        if self.page.viewport_size and self.page.viewport_size["width"] < 640:
            found += [("too small for a finger", html) for html in self.page.evaluate(_TOO_SMALL, FINGER)]
        if self.page.locator(".button:not(.button--second)").count() > 1:
            found.append("more than one filled button")
        found += self.complaints
        self.complaints.clear()
        return found
