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


def firefox() -> str | None:
    """The path of Firefox: the environment variable FIREFOX, else Debian's; None when there is none."""
    named = os.environ.get("FIREFOX")
    if named:
        return named if Path(named).exists() else None
    return (
        shutil.which("firefox-esr") or shutil.which("firefox") or shutil.which("firefox-esr", path="/usr/bin")
    )


@functools.cache
def lacking_for_browsers() -> str:
    """What browser tests need and this machine lacks, as a sentence; empty when all is there."""
    lacking = []
    if chromium() is None:
        lacking.append("Chromium (apt-get install chromium, or set CHROMIUM to its path)")
    if not _has_japanese_font():
        lacking.append("a Japanese font (apt-get install fonts-noto-cjk)")
    return f"Missing: {', '.join(lacking)}." if lacking else ""


@functools.cache
def lacking_for_firefox() -> str:
    """What the journeys in Firefox need and this machine lacks, as a sentence; empty when all is there."""
    lacking = []
    if firefox() is None:
        lacking.append("Firefox (apt-get install firefox-esr, or set FIREFOX to its path)")
    if not _has_japanese_font():
        lacking.append("a Japanese font (apt-get install fonts-noto-cjk)")
    return f"Missing: {', '.join(lacking)}." if lacking else ""


@functools.cache
def lacking_for_pdf() -> str:
    """What the tests of PDFs need and this machine lacks, as a sentence; empty when all is there."""
    from sosportal.lib import pdf  # reads no settings before a PDF is made

    lacking = [pdf.lacking()] if pdf.lacking() else []
    if not _has_japanese_font():
        lacking.append("Missing: a Japanese font (apt-get install fonts-noto-cjk).")
    return " ".join(lacking)


def lacking_by_marker() -> dict[str, str]:
    """What keeps the tests of a marker from running here; only the markers that can't run."""
    told = {"browser": lacking_for_browsers(), "firefox": lacking_for_firefox(), "pdf": lacking_for_pdf()}
    return {marker: lacking for marker, lacking in told.items() if lacking}


def _has_japanese_font() -> bool:
    lister = shutil.which("fc-list")
    if lister is None:
        return False
    return bool(subprocess.run([lister, ":lang=ja"], capture_output=True, check=False).stdout.strip())
