"""Browsers from which somebody has logged in before: wrong guesses of strangers don't keep them out.

Guesses at a name are counted together, whatever address they come from; but those of a browser that bears the name's
signed cookie are counted for it alone. The cookie opens nothing: without the password it only has guesses of its own.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

KEPT = timedelta(days=180)
"""Since the last log-in."""
SALT = "institutions.known_browsers"


def cookie_of(username: str) -> str:
    """The cookie's name, in which the user name can't be read: several people share a PC."""
    prefix = "__Host-" if settings.SESSION_COOKIE_SECURE else ""
    return f"{prefix}known-{hashlib.sha256(username.casefold().encode()).hexdigest()[:16]}"


def browser_of(request: HttpRequest, username: str) -> str:
    """The id of this browser, where `username` has logged in from it; "" for every other."""
    name = cookie_of(username)
    found: str | None = request.get_signed_cookie(name, default="", salt=SALT, max_age=KEPT)
    return found or ""


def remember(request: HttpRequest, response: HttpResponse, username: str) -> None:
    """`username` has just logged in from this browser: `response` takes the cookie along, for `KEPT` from now."""
    response.set_signed_cookie(
        cookie_of(username),
        browser_of(request, username) or uuid.uuid4().hex,
        salt=SALT,
        max_age=KEPT,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
