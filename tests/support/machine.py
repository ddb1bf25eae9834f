"""What the machine offers beyond the package index."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from pathlib import Path


def chromium() -> str | None:
    """The path of Chromium: the environment variable CHROMIUM, else Debian's; None when there is none."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    return shutil.which("chromium") or shutil.which("chromium", path="/usr/bin")


@functools.cache
def lacking_for_browsers() -> str:
    """What browser tests need and this machine lacks, as a sentence; empty when all is there."""
    lacking = []
    if chromium() is None:
        lacking.append("Chromium (apt-get install chromium, or set CHROMIUM to its path)")
    if not _has_japanese_font():
        lacking.append("a Japanese font (apt-get install fonts-noto-cjk)")
    return f"Missing: {', '.join(lacking)}." if lacking else ""


def _has_japanese_font() -> bool:
    lister = shutil.which("fc-list")
    if lister is None:
        return False
    return bool(subprocess.run([lister, ":lang=ja"], capture_output=True, check=False).stdout.strip())
