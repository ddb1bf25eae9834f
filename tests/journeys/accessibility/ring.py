"""The ring around what has the focus, measured on the screen's own points (WCAG 1.4.11, 2.4.7, 2.4.13)."""

from __future__ import annotations

import io
from collections.abc import Iterator

from PIL import Image
from playwright.sync_api import Locator, Page

AROUND = 9  # px looked at on both sides of an edge: wider than the ring and its distance
LEAST = 3.0  # contrast
SAME = 6  # of 255: less is the letters' smoothing

Colour = tuple[int, int, int]

_FIRST_BOX = """
e => { const box = [...e.getClientRects()].find(each => each.width > 1 && each.height > 1);
       return [box.left, box.top, box.right, box.bottom].map(Math.round); }
"""


def contrast(one: Colour, other: Colour) -> float:
    dark, light = sorted(map(_luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    parts = [each / 255 for each in colour]
    red, green, blue = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def faults_of_ring(page: Page, target: Locator) -> list[str]:
    """What is wrong with the ring of `target`, side by side: no ring, or one that its neighbours swallow.

    On each side a line of points is read from outside to inside, without the focus and with it: what changed is the
    ring. Some part of it stands out by 3 to 1 from what lies outside of it, some part from what lies inside.
    """
    page.keyboard.press("Tab")  # from here on somebody uses the keyboard
    target.evaluate("e => e.scrollIntoView({ block: 'center' })")
    page.evaluate("document.activeElement.blur()")
    before = _seen(page)
    target.evaluate("e => e.focus({ preventScroll: true })")
    after = _seen(page)
    box = target.evaluate(_FIRST_BOX)
    found = []
    for side, points in _edges(box, before.size):
        plain = [_colour(before, at) for at in points]
        ringed = [_colour(after, at) for at in points]
        if fault := _fault(plain, ringed):
            found.append(f"{side}: {fault}")
    return found


def _seen(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide"))).convert("RGB")


def _colour(image: Image.Image, at: tuple[int, int]) -> Colour:
    found = image.getpixel(at)
    assert isinstance(found, tuple)
    return found[0], found[1], found[2]


def _edges(box: list[int], size: tuple[int, int]) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """Lines of points across the middle of each side of the box, from outside to inside; none beyond the screen."""
    left, top, right, bottom = box
    middle, centre = (top + bottom) // 2, (left + right) // 2
    lines = {
        "left": [(left + n, middle) for n in range(-AROUND, AROUND)],
        "right": [(right - 1 - n, middle) for n in range(-AROUND, AROUND)],
        "top": [(centre, top + n) for n in range(-AROUND, AROUND)],
        "bottom": [(centre, bottom - 1 - n) for n in range(-AROUND, AROUND)],
    }
    for side, points in lines.items():
        if all(0 <= x < size[0] and 0 <= y < size[1] for x, y in points):
            yield side, points


def _fault(plain: list[Colour], ringed: list[Colour]) -> str:
    changed = [
        n
        for n, (one, other) in enumerate(zip(plain, ringed, strict=True))
        if max(abs(a - b) for a, b in zip(one, other, strict=True)) > SAME
    ]
    if not changed:
        return "no ring"
    ring = [ringed[n] for n in changed]
    outside, inside = ringed[max(changed[0] - 1, 0)], ringed[min(changed[-1] + 1, len(ringed) - 1)]
    for name, neighbour in (("outside", outside), ("inside", inside)):
        best = max(contrast(each, neighbour) for each in ring)
        if best < LEAST:
            return f"{best:.2f} against what lies {name}: {neighbour}"
    return ""
