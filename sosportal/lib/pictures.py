"""The guides' pictures: what their manifest says of each. The browser makes both: `make pictures`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

FOLDER = Path("guide")  # below static/
MANIFEST = "pictures.json"


@dataclass(frozen=True)
class Picture:
    """A picture of a page. `width` and `height` in CSS px (the file may hold more), `shown` the fingerprint of what the
    page said when it was taken."""

    name: str
    alt: str
    width: int
    height: int
    shown: str

    @property
    def path(self) -> str:
        """Of the file, below static/."""
        return str(FOLDER / f"{self.name}.webp")

    @property
    def is_wide(self) -> bool:
        """Whether it was taken on a PC: in a column of text it is too small to be read, and leads to itself."""
        return self.width > 480


def folder() -> Path:
    """Where the pictures and their manifest lie."""
    return Path(settings.STATICFILES_DIRS[0]) / FOLDER


@cache
def pictures() -> dict[str, Picture]:
    """All pictures by name; read once per process."""
    rows = json.loads((folder() / MANIFEST).read_text(encoding="utf-8"))
    return {name: Picture(name, **row) for name, row in rows.items()}


def picture(name: str) -> Picture:
    """The picture of that name. Raises KeyError when there is none."""
    return pictures()[name]
