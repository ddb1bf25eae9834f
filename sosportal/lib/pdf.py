"""PDF from HTML, by WeasyPrint: tagged (PDF/UA-1), its fonts embedded, and nothing fetched from anywhere.

Needs pango on the machine (operations guide); where it is missing, `lacking` says so and pages offer printing alone.
"""

from __future__ import annotations

import ctypes
import functools
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse

from sosportal.lib.tabular.writing import named

if TYPE_CHECKING:
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

VARIANT = "pdf/ua-1"
STYLE = "css/paper.css"
LIBRARIES = ("pango-1.0", "pangoft2-1.0", "harfbuzz-subset")
AT_ONCE = 1
"""How many a process makes at a time: each costs a core and some 10 MB."""
PATIENCE = 20  # seconds

_free = threading.BoundedSemaphore(AT_ONCE)


class Busy(Exception):
    """Too many PDFs are asked for at once."""


@functools.cache
def lacking() -> str:
    """What keeps this machine from making PDFs, as a sentence; "" when nothing does. Looks for the libraries alone:
    most processes never make a PDF."""
    for library in LIBRARIES:
        if not any(_is_there(name) for name in (f"lib{library}.so.0", f"lib{library}.0.dylib")):
            return (
                f"PDF needs {library} (apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)."
            )
    return ""


def _is_there(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def render(html: str) -> bytes:
    """The PDF of a whole page. What it refers to is not fetched: no image, no style sheet, no font but the machine's.

    Call outside any transaction: it takes a good part of a second. One at a time per process; raises Busy after
    `PATIENCE` seconds of waiting for one's turn.
    """
    from weasyprint import HTML, URLFetcher

    with _turn():
        styles, fonts = _ground()
        page = HTML(string=html, base_url="about:blank", url_fetcher=URLFetcher(allowed_protocols=()))
        made = page.write_pdf(stylesheets=[styles], font_config=fonts, pdf_variant=VARIANT)
    return bytes(made or b"")


def respond(content: bytes, name: str) -> HttpResponse:
    """The PDF as a download called `name` (whatever it holds), with `.pdf`."""
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = named(name, ".pdf")
    return response


@contextmanager
def _turn() -> Iterator[None]:
    if not _free.acquire(timeout=PATIENCE):
        raise Busy
    try:
        yield
    finally:
        _free.release()


@functools.cache
def _ground() -> tuple[CSS, FontConfiguration]:
    """The style sheet, read once per process."""
    from weasyprint import CSS, URLFetcher
    from weasyprint.text.fonts import FontConfiguration

    for name in ("weasyprint", "weasyprint.progress"):  # each step of each PDF is no news
        logging.getLogger(name).setLevel(logging.ERROR)
    fonts = FontConfiguration()
    text = (settings.BASE_DIR / "static" / STYLE).read_text()
    nothing = URLFetcher(allowed_protocols=())
    return CSS(string=text, font_config=fonts, base_url="about:blank", url_fetcher=nothing), fonts
