"""A page as it is printed: no way on but words, nothing wider than the sheet, nothing cut, everything dark on white."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

A4_WIDTH, A4_HEIGHT = 718, 1047  # px at 96 to the inch: 210 by 297 mm with 10 mm left blank all around

# Chromium leaves grounds away on paper: words must be seen on white.
_ON_PAPER = """
() => {
  const found = [], root = document.documentElement;
  const where = e => e.outerHTML.replace(/\\s+/g, " ").slice(0, 140);
  const shown = what => [...document.querySelectorAll(what)]
    .filter(e => e.checkVisibility() && e.getBoundingClientRect().height > 0);
  if (root.scrollWidth > root.clientWidth) {
    const widest = shown("body *").filter(e => e.getBoundingClientRect().right > root.clientWidth + 1).at(-1);
    found.push(["wider than the sheet", widest ? where(widest) : ""]);
  }
  for (const e of shown("nav:not(.guide-contents) a, form[role=search], button, input[type=submit], .skip, .button"))
    found.push(["printed, and of no use on paper", where(e)]);
  for (const e of shown("main *")) {
    const style = getComputedStyle(e);
    if (["auto", "scroll", "hidden", "clip"].includes(style.overflowX) && e.scrollWidth > e.clientWidth + 1
        && e.clientWidth > 1)
      found.push(["cut at the side", where(e)]);
    if (style.position === "fixed" || style.position === "sticky") found.push(["printed on every sheet", where(e)]);
  }
  const light = colour => {
    const parts = colour.match(/[\\d.]+/g).slice(0, 3).map(each => each / 255)
      .map(each => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  for (const e of shown("body *")) {
    if (e.closest("svg") || ![...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim())) continue;
    const style = getComputedStyle(e), box = e.getBoundingClientRect();
    if (box.width < 2 || style.printColorAdjust === "exact") continue;
    if (1.05 / (light(style.color) + 0.05) < 4.5) found.push(["too light for paper", where(e)]);
  }
  return found;
}
"""


def faults_on_paper(page: Page) -> list[tuple[Any, ...]]:
    """(where, what is wrong, the element) for the page as it would be printed."""
    before = page.viewport_size
    page.set_viewport_size({"width": A4_WIDTH, "height": A4_HEIGHT})
    page.emulate_media(media="print")
    found = [("on paper", *each) for each in page.evaluate(_ON_PAPER)]
    page.emulate_media(media="screen")
    if before:
        page.set_viewport_size(before)
    return found
