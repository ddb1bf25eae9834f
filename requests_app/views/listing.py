"""The list of requests, and the choice of an institution for a new one."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TypedDict, cast
from urllib.parse import unquote_plus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from institutions.models import Institution, User
from institutions.queries import suspension_notices
from requests_app.exports import Export, send
from requests_app.exports.own_list import HEADING, MOST_WRITTEN, list_cells
from requests_app.models import ExportLog, ListChoice
from requests_app.presenters.listing import Choice, Listing
from requests_app.queries import intake as intake_queries
from requests_app.queries import listing as queries
from requests_app.rules.transitions import Status
from requests_app.views.access import institution_staff, looking
from sosportal.lib import clock
from sosportal.lib.tabular import KIND_CHOICES, FileKind, TableProblem, unwritable
from sosportal.lib.text import clean_line

MOST_SHOWN = 50
MOST_PLACES = 30
TOO_MANY = f"ファイルにできるのは、{MOST_WRITTEN:,}件までです。検索や絞り込みで、件数を減らしてください。"


class Asked(TypedDict):
    """What a list is asked for, without its page."""

    view: str
    words: str
    sort: str
    status: str
    place: str


@require_safe
@institution_staff
def request_list(request: HttpRequest) -> HttpResponse:
    """The requests of the person's institutions (manual 3-1): three views, search, filters, order, pages of 20. The
    view that was chosen last is the one that opens next time, on whatever device."""
    user, now = looking(request), clock.now()
    kept = ListChoice.of(user)
    choice = Choice.read(request.GET, kept)
    if choice.chosen and choice.kept != kept and request.method == "GET":
        ListChoice.keep(user, choice.kept, now)
    page = queries.request_list(user, now=now, page=choice.page, **asked(choice))
    listing = Listing(choice, page, reverse("request_list"), places_of(user))
    intake = intake_queries.intake(now)
    suspended = suspension_notices(user.institution_ids, now)
    return render(
        request,
        "requests/list.html",
        {
            "listing": listing,
            "intake": intake,
            "stops": intake_queries.stops_ahead(now),
            "statuses": Status,
            "taking": intake.notice is not None,
            "kinds": KIND_CHOICES,
            "several": len(user.institution_ids) > 1,
            "suspended": suspended,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@institution_staff
def request_file(request: HttpRequest) -> HttpResponse:
    """The list that the query string asks for, all its pages, as a file, logged; only a post sends one. What CP932
    can't hold is shown first, with 422; a list of more than MOST_WRITTEN is refused and says so."""
    user, now = looking(request), clock.now()
    choice = Choice.read(request.GET)
    back = HttpResponseRedirect(choice.address(reverse("request_list")))
    kind = request.POST.get("kind", "")
    if request.method != "POST" or kind not in set(FileKind):
        return back
    rows = queries.rows_to_write(user, now=now, **asked(choice))
    if rows[: MOST_WRITTEN + 1].count() > MOST_WRITTEN:
        messages.warning(request, TOO_MANY)
        return back
    found = unwritable(HEADING, list_cells(rows)) if kind == FileKind.CP932 else []
    if found and "geta" not in request.POST:
        listing = Listing(choice, queries.ListPage([], 1, 1, 0), reverse("request_list"))
        context = {"listing": listing, "found": found[:MOST_SHOWN], "count": len(found), "back": back.url}
        return render(request, "requests/file.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    export = Export(
        ExportLog.What.OWN_LIST,
        f"緊急配布要請_{clock.jst(now):%Y%m%d_%H%M}",
        FileKind(kind),
        HEADING,
        list_cells(rows),
        filters=unquote_plus(choice.address("")),
        geta=bool(found),
        replaced=found,
    )
    try:
        return cast(HttpResponse, send(export, user, now))
    except TableProblem as problem:
        messages.warning(request, str(problem))
        return back


def asked(choice: Choice) -> Asked:
    """What the list's queries take of a choice."""
    return {
        "view": choice.view,
        "words": choice.words,
        "sort": choice.sort,
        "status": choice.status,
        "place": choice.place,
    }


def places_of(user: User) -> list[tuple[str, str]]:
    """(code, name) of the person's institutions, to choose one from; none where there is one, or too many. One query
    where there are several."""
    if not 1 < len(user.institution_ids) <= MOST_PLACES:
        return []
    return list(Institution.objects.visible_to(user).order_by("code").values_list("code", "name"))


@require_safe
@institution_staff
def request_new(request: HttpRequest) -> HttpResponse:
    """新規: straight to the form of the only institution; who enters for several chooses one.

    Each form gets its token here, by its address: who comes back to it with the browser's back button after a save
    comes to the same token.
    """
    user = looking(request)
    words = clean_line(request.GET.get("q", ""))[: queries.LONGEST_SEARCH]
    mine = Institution.objects.visible_to(user)
    found = list(mine.matching(words).order_by("code").values_list("code", "name")[: MOST_SHOWN + 1])
    if len(found) == 1 and not words:
        return HttpResponseRedirect(form_address(found[0][0]))
    ways = [(form_address(code), code, name) for code, name in found[:MOST_SHOWN]]
    return render(
        request, "requests/choose.html", {"found": ways, "more": len(found) > MOST_SHOWN, "words": words}
    )


def form_address(code: str) -> str:
    """The form of a new request of the institution, with a token of its own."""
    return f"{reverse('request_create', args=[code])}?form={uuid.uuid4()}"
