"""What every request passes: a name for the logs, a look at what was sent, and headers against caches."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from sosportal.lib.logs import REQUEST_ID, handling
from sosportal.pages import error_page

GetResponse = Callable[[HttpRequest], HttpResponse]

# PostgreSQL stores no NUL, and no lone surrogate survives encoding: either would end in a 500 somewhere further in.
# U+FFFD is what Django reads where the bytes are no UTF-8: kept, it would take the place of what somebody wrote.
UNREADABLE = re.compile("[\x00\ud800-\udfff\ufffd]")
# Between a view and `keep_out_of_caches`; never leaves the house.
KEPT = "X-May-Be-Cached"
NO_DEVICE = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"


def name_requests(get_response: GetResponse) -> GetResponse:
    """Give each request an id, for the logs, the error page and the X-Request-ID header."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.META[REQUEST_ID] = uuid.uuid4().hex[:12]
        token = handling.set(request)
        try:
            response = get_response(request)
        finally:
            handling.reset(token)
        response["X-Request-ID"] = request.META[REQUEST_ID]
        return response

    return middleware


class CompressPages(GZipMiddleware):
    """Pages go out compressed, a fifth of their bytes on a slow line; files go as they are, and streams stay streams.

    Against guessing a secret from the length of a compressed page (BREACH): Django pads each answer by chance, the CSRF
    token is masked anew on every page, and the session's cookie isn't sent along by other sites' pictures or scripts.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """As the base class, for what is HTML."""
        if response.streaming or not response.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)


def refuse_unreadable_input(get_response: GetResponse) -> GetResponse:
    """Answer 400 to what nobody can have typed, and 413 to what is too big, before any view or query sees it.

    Looked at are the path, the query, the cookies and the names, values and file names of a form's body. Direction
    marks and zero-width characters pass: the fields strip them (`sosportal.lib.text`).
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if declared_size(request) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return error_page(request, 413)
        if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
            return error_page(
                request, 400
            )  # the server reads no body of undeclared length: better said than taken for empty
        try:
            unreadable = any(UNREADABLE.search(text) for text in everything_sent(request))
        except (SuspiciousOperation, BadRequest, UnreadablePostError):
            return error_page(request, 400)
        if unreadable:
            return error_page(request, 400)
        return get_response(request)

    return middleware


def declared_size(request: HttpRequest) -> int:
    """The Content-Length in bytes; 0 when there is none that can be read."""
    declared = request.META.get("CONTENT_LENGTH") or "0"
    return int(declared) if declared.isascii() and declared.isdigit() else 0


def everything_sent(request: HttpRequest) -> Iterator[str]:
    """Every text of the request that a view may use, one after the other.

    Raises what Django raises for too many fields or files, a broken body, or a client that went away.
    """
    yield request.path_info
    yield from request.COOKIES.values()
    for name, values in request.GET.lists():
        yield name
        yield from values
    if request.method != "POST":
        return
    for name, values in request.POST.lists():
        yield name
        yield from values
    for name, files in request.FILES.lists():
        yield name
        yield from (file.name or "" for file in files)


def may_be_cached(response: HttpResponseBase, seconds: int) -> None:
    """Say that everybody may keep this answer for so many seconds: it is the same for all, and bears no cookie."""
    response[KEPT] = f"public, max-age={seconds}"


def keep_out_of_caches(get_response: GetResponse) -> GetResponse:
    """No page with data is kept by a browser or a proxy, but what `may_be_cached` lets (static files never come here),
    and none asks for a device."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        kept = response.get(KEPT, "")
        del response[KEPT]
        if kept and response.status_code == HTTPStatus.OK and not response.cookies:
            response["Cache-Control"] = kept
        elif "no-store" not in response.get("Cache-Control", ""):
            response["Cache-Control"] = "no-store"
        response["Permissions-Policy"] = NO_DEVICE
        return response

    return middleware
