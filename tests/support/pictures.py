"""How the guides' pictures are taken, written down, and compared with what the pages show today.

A picture is out of date when its page says something else: `lines` is what the part of the page in the picture says,
text and controls in their order, with the state of the controls; figures and dates are levelled, because they are other
ones every day. How a page looks is not compared: a machine's fonts would make it another page.
"""

from __future__ import annotations

import difflib
import hashlib
import io
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

from PIL import Image
from playwright.sync_api import FloatRect, Locator, Page

from sosportal.lib import pictures
from sosportal.lib.pictures import Picture

COMMAND = "make pictures"
WORDS = Path(__file__).resolve().parent.parent / "journeys" / "shown"
MARGIN = 8  # px around what is taken
COLOURS = 256

# A page's main part begins and ends with room of its own.
_BOX = """
part => {
  const boxes = [...(part.tagName === "MAIN" ? part.children : [part])].map(each => each.getBoundingClientRect())
    .filter(box => box.height > 1);
  const x = Math.min(...boxes.map(box => box.left)), y = Math.min(...boxes.map(box => box.top));
  const right = Math.max(...boxes.map(box => box.right)), bottom = Math.max(...boxes.map(box => box.bottom));
  return {x, y, width: right - x, height: bottom - y};
}
"""
_ADDRESS = re.compile(r"^\s*- /url:.*$")
_FIGURES = re.compile(r"[0-9０-９][0-9０-９,.:/-]*")
_WEEKDAY = re.compile(r"（[月火水木金土日]）")


@dataclass(frozen=True)
class Shot:
    """What stands before the lens: the parts of the page that the picture shows, none twice."""

    name: str
    alt: str
    page: Page
    parts: Sequence[Locator]
    tallest: int

    def lines(self) -> list[str]:
        """What the parts say."""
        return [line for part in self.parts for line in levelled(part.aria_snapshot())]

    def box(self) -> FloatRect:
        """The least rectangle around the parts, in px from the top of the page; no taller than `tallest`."""
        self.page.evaluate("scrollTo(0, 0)")  # else what sticks to the screen stands in the midst of the page
        boxes = [part.evaluate(_BOX) for part in self.parts]
        wide, high = self.page.evaluate(
            "[document.documentElement.clientWidth, document.documentElement.scrollHeight]"
        )
        left = max(0.0, min(box["x"] for box in boxes) - MARGIN)
        top = max(0.0, min(box["y"] for box in boxes) - MARGIN)
        right = min(float(wide), max(box["x"] + box["width"] for box in boxes) + MARGIN)
        bottom = min(float(high), max(box["y"] + box["height"] for box in boxes) + MARGIN)
        height = min(bottom - top, self.tallest)
        return {"x": round(left), "y": round(top), "width": round(right - left), "height": round(height)}


class Keeper(Protocol):
    """Who is handed one shot after another."""

    def see(self, shot: Shot) -> None: ...

    def finish(self) -> None: ...


def levelled(snapshot: str) -> list[str]:
    """A snapshot of Playwright's (roles, names and texts) without addresses, every figure as 0, every weekday as 日."""
    lines = (line.rstrip() for line in snapshot.splitlines())
    kept = (line for line in lines if line and not _ADDRESS.match(line))
    return [_WEEKDAY.sub("（日）", _FIGURES.sub("0", line)).replace('"0"', "0") for line in kept]


def of_album(album: str, name: str) -> bool:
    """Whether the picture called `name` belongs to the album."""
    return name.startswith(f"{album}-")


def fingerprint(lines: Sequence[str]) -> str:
    """Of what a picture shows."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


@dataclass
class Taker:
    """Takes each picture of an album and writes down what it shows; `finish` writes the manifest, and removes the
    pictures that the album holds no more. A picture that still says the same stays as it is, but for `anew`: dates in
    it are no reason to store another."""

    album: str
    anew: bool = False
    taken: dict[str, Picture] = field(default_factory=dict)

    def see(self, shot: Shot) -> None:
        lines, box = shot.lines(), shot.box()
        made = Picture(shot.name, shot.alt, int(box["width"]), int(box["height"]), fingerprint(lines))
        self.taken[shot.name] = made
        if made == pictures.pictures().get(shot.name) and not self.anew:
            return
        png = shot.page.screenshot(full_page=True, clip=box, animations="disabled")
        (pictures.folder() / f"{shot.name}.webp").write_bytes(packed(png))
        (WORDS / f"{shot.name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def finish(self) -> None:
        others = {name: each for name, each in pictures.pictures().items() if not of_album(self.album, name)}
        rows = {name: asdict(each) for name, each in sorted((others | self.taken).items())}
        for row in rows.values():
            del row["name"]
        text = json.dumps(rows, ensure_ascii=False, indent=1)
        (pictures.folder() / pictures.MANIFEST).write_text(f"{text}\n", encoding="utf-8")
        pictures.pictures.cache_clear()
        for file in [*pictures.folder().glob("*.webp"), *WORDS.glob("*.txt")]:
            if file.stem not in rows:
                file.unlink()


@dataclass
class Comparer:
    """Compares what the pages show with what the manifest says; `faults` tells every difference and how to mend it."""

    album: str
    seen: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def see(self, shot: Shot) -> None:
        self.seen.add(shot.name)
        kept = pictures.pictures().get(shot.name)
        lines = shot.lines()
        if kept is None:
            self._fault(shot.name, "was never taken")
        elif kept.alt != shot.alt:
            self._fault(shot.name, f"is described otherwise: {shot.alt!r}, in the manifest {kept.alt!r}")
        elif kept.shown != fingerprint(lines):
            self._fault(shot.name, "shows what the page says no more", _difference(shot.name, lines))

    def finish(self) -> None:
        for name in pictures.pictures():
            if of_album(self.album, name) and name not in self.seen:
                self._fault(name, "is taken no more")

    def _fault(self, name: str, what: str, more: str = "") -> None:
        self.faults.append(f"Picture {name} {what}. Take the pictures anew: {COMMAND}\n{more}")


def _difference(name: str, lines: Sequence[str]) -> str:
    file = WORDS / f"{name}.txt"
    before = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return "\n".join(difflib.unified_diff(before, lines, "picture", "page", n=1, lineterm=""))


def packed(png: bytes) -> bytes:
    """A screenshot as WebP without loss but in the colours: a page has few of them."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    few = image.quantize(COLOURS, dither=Image.Dither.NONE).convert("RGB")
    out = io.BytesIO()
    few.save(out, "WEBP", lossless=True, method=6)
    return out.getvalue()
