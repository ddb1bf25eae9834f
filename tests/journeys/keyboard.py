"""A page met with the Tab key alone: what it reaches, and whether one sees where one is (WCAG 2.1.1, 2.4.7, 2.4.11)."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, expect

MOST_STOPS = 400

# Everything that can be used, with how it looks while it doesn't have the focus.
_LIST = """
() => {
  const met = choices => choices.find(each => each.checked) ?? choices[0];  // the arrow keys do the rest
  const usable = "a[href], button, summary, input:not([type=hidden]), select, textarea, [tabindex='0']";
  window.ring = e => { const s = getComputedStyle(e); return [s.outlineStyle, s.outlineWidth, s.boxShadow].join(); };
  window.stops = [...document.querySelectorAll(usable)]
    .filter(e => e.checkVisibility() && !e.disabled && !e.closest("[aria-hidden=true]"))
    .filter((e, at, all) => e.type !== "radio" || e === met(all.filter(each => each.name === e.name)));
  window.rings = stops.map(ring);
  document.activeElement.blur();
  return stops.map(e => e.outerHTML.slice(0, 140));
}
"""
# Where the focus is: its place in the list, whether it shows, whether any point of it can be seen.
_WHERE = """
async () => {
  const e = document.activeElement, place = stops.indexOf(e);
  const points = box => [0.1, 0.5, 0.9].flatMap(x => [0.05, 0.2, 0.5, 0.8, 0.95].map(y =>
    [box.left + box.width * x, box.top + box.height * y]));
  const seen = () => points(e.getBoundingClientRect()).some(([x, y]) => {
    const top = document.elementFromPoint(x, y);
    return top && (e.contains(top) || top.contains(e) && e.closest("label") === top.closest("label")
                   && getComputedStyle(e).opacity === "0");
  });
  for (let tries = 0; tries < 40 && !seen(); tries++) await new Promise(done => setTimeout(done, 25));
  const style = getComputedStyle(e);
  const ringed = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 || style.boxShadow !== "none";
  return [place, ringed && ring(e) !== rings[place], seen()];
}
"""


def faults_by_keyboard(page: Page) -> list[tuple[str, str]]:
    """(what is wrong, the element) for everything on the page that the Tab key doesn't reach or doesn't show."""
    page.emulate_media(reduced_motion="reduce")  # so that the page is where it scrolls to
    stops = page.evaluate(_LIST)
    assert 0 < len(stops) < MOST_STOPS
    found: list[tuple[str, str]] = []
    reached: set[int] = set()
    for _ in range(len(stops) + 2):
        page.keyboard.press("Tab")
        place, shows, seen = _where(page)
        if place < 0 or place in reached:
            continue
        reached.add(place)
        if not shows:
            found.append(("the focus does not show", stops[place]))
        if not seen:
            found.append(("the focus is hidden behind something", stops[place]))
    return found + [("not reached", stop) for i, stop in enumerate(stops) if i not in reached]


def _where(page: Page) -> Any:
    return page.evaluate(_WHERE)


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until `target` has the focus."""
    for _ in range(MOST_STOPS):
        if target.evaluate("e => e === document.activeElement"):
            return
        page.keyboard.press("Tab")
    expect(target).to_be_focused()
