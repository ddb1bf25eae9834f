"""Debian's Chromium, and what every page must stand in it. Knows no Django: the pictures are taken without it too."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, sync_playwright

from tests.support import machine
from tests.support.structure import faults_of_forced_colours, faults_of_structure

PC, PHONE, NARROWEST = 1280, 360, 320  # px
HEIGHT = 800  # px
SHORTEST = 256  # px: with NARROWEST, a screen of 1280 by 1024 magnified four times
FINGER = 44  # px: the least size of what is pressed on a phone
POINTER = 24  # px: the least size of anything that is pressed (WCAG 2.5.8)
PATIENCE = 20_000  # milliseconds: a busy machine is slow, not broken

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# WCAG 2.2 AA and what axe calls good practice. Named, because axe leaves out wcag22aa (target sizes) by itself.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# The same page where the reader's machine is dark: what may be another one there is the contrast alone.
CONTRAST = {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": ["color-contrast"]}}

_AXE = "options => axe.run(document, options).then(found => found.violations)"

# Named by the browser itself, beside what it writes to the console.
_REPORT_CSP = """
document.addEventListener("securitypolicyviolation", event =>
  console.error(`Content Security Policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
"""

# What is pressed, except links inside running text (WCAG 2.5.8 leaves them out) and what is shown only with the focus.
_PRESSED = """
[...document.querySelectorAll("a[href], button, summary, input:not([type=hidden]), select, textarea")]
  .filter(e => e.checkVisibility() && !e.closest("[aria-hidden=true]") && !e.disabled)
  .filter(e => { const box = e.getBoundingClientRect(); return box.width > 2 && box.bottom > 0; })
  .filter(e => !(e.tagName === "A" && getComputedStyle(e).display === "inline"
                 && e.parentElement.textContent.trim() !== e.textContent.trim()))
"""
_TOO_SMALL = f"""
([width, height]) => {_PRESSED}
  .map(e => [(e.closest("label") ?? e).getBoundingClientRect(), e])
  .filter(([box]) => box.height < height - 0.1 || box.width < width - 0.1)
  .map(([box, e]) => `${{Math.round(box.width)}}×${{Math.round(box.height)}} ${{e.outerHTML.slice(0, 140)}}`)
"""
_SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium for the time of the block. One at a time in a thread: Playwright allows no second."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=machine.chromium(), args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def visitor(browser: Browser, *, width: int = PC, scripts: bool = True, sharpness: int = 1) -> Iterator[Page]:
    """A page in a browser of its own (no cookies of anybody else), `width` px wide, in Japanese. With a
    `sharpness` of 2 each px is two pixels of the screen wide, as on a phone."""
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT},
        device_scale_factor=sharpness,
        locale="ja-JP",
        timezone_id="Asia/Tokyo",
        java_script_enabled=scripts,
    )
    context.set_default_timeout(PATIENCE)
    try:
        yield context.new_page()
    finally:
        context.close()


def enter(context: BrowserContext, name: str, value: str, url: str) -> None:
    """Put a session cookie into the browser: logged in, without the time of a log-in."""
    context.add_cookies([{"name": name, "value": value, "url": url}])


class Looker:
    """Looks at page after page at the width of a PC and of a phone, and remembers what the browser complained about.

    `targets` says how big what is pressed must be on a phone: FINGER, or POINTER for pages made for a PC.
    """

    def __init__(self, page: Page, *, targets: int = FINGER) -> None:
        self.page = page
        self.targets = targets
        self.complaints: list[str] = []
        page.add_init_script(_REPORT_CSP)
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("response", self._note_response)

    def _note(self, message: ConsoleMessage) -> None:
        # A page that answers 4xx is what these tests are often about; the browser reports each.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def _note_response(self, response: Response) -> None:
        missing = response.status >= 400 and not response.request.is_navigation_request()
        if missing or response.status == 500:
            self.complaints.append(f"{response.status} {response.url}")

    def faults(self, *, scan: bool = True) -> list[Any]:
        """All that is wrong with the page as it stands: axe's violations, light and dark, what structure.py finds,
        sideways scrolling (down to 320 px, as at 400 %), small targets, more than one filled button, complaints of the
        browser (the content security policy among them).

        Leaves the page as wide and as light as it found it. Without `scan` only the scrolling, the buttons and the
        complaints are looked at.
        """
        page, before = self.page, self.page.viewport_size
        found: list[Any] = []
        if scan:
            page.evaluate(Axe().axe_script)
        for width in (PC, PHONE) if scan else ():
            page.set_viewport_size({"width": width, "height": HEIGHT})
            found += [(f"{width} px", *each) for each in self._violations() + self._too_small(width)]
            found += [(f"{width} px, dark", *each) for each in self._violations_in_the_dark()]
        if scan:
            found += [("any width", *each) for each in faults_of_structure(page)]
            found += [("any width", *each) for each in faults_of_forced_colours(page)]
        for width, height in ((PHONE, HEIGHT), (NARROWEST, SHORTEST)):
            page.set_viewport_size({"width": width, "height": height})
            if page.evaluate(_SIDEWAYS):
                found.append((f"{width} px", "scrolls sideways"))
        if before:
            page.set_viewport_size(before)
        if page.locator(".button:not(.button--second)").count() > 1:
            found.append(("any width", "more than one filled button"))
        found += [("any width", complaint) for complaint in self.complaints]
        self.complaints.clear()
        return found

    def _violations_in_the_dark(self) -> list[tuple[Any, ...]]:
        self.page.emulate_media(color_scheme="dark")
        found = self._violations(CONTRAST)
        self.page.emulate_media(color_scheme="light")
        return found

    def _violations(self, options: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        options = options or {"resultTypes": ["violations"], "runOnly": RULES}
        violations = self.page.evaluate(_AXE, options)
        return [(each["id"], [node["html"][:160] for node in each["nodes"]]) for each in violations]

    def _too_small(self, width: int) -> list[tuple[Any, ...]]:
        least = self.targets if width == PHONE else POINTER
        small = self.page.evaluate(_TOO_SMALL, [POINTER, least])
        return [("too small to press", html) for html in small]


def status_of(page: Page, press: Callable[[], object]) -> int:
    """The HTTP status of the answer to the form that `press()` sends; of the page it was led to, after a redirect."""
    with page.expect_response(_is_a_page) as answer:
        press()
    page.wait_for_load_state()
    return int(answer.value.status)


def _is_a_page(response: Response) -> bool:
    return response.request.is_navigation_request() and not 300 <= response.status < 400


def set_media(page: Page, media: Literal["print", "screen"]) -> None:
    """Show the page as on paper, or as on the screen again."""
    page.emulate_media(media=media)
