"""The list of requests, and the choice of an institution for a new one."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from institutions.models import Institution
from institutions.queries import suspension_notices
from requests_app.presenters.listing import Choice, Listing
from requests_app.queries import intake as intake_queries
from requests_app.queries import listing as queries
from requests_app.rules.transitions import Status
from requests_app.views.access import institution_staff, looking
from sosportal.lib import clock
from sosportal.lib.text import clean_line

MOST_SHOWN = 50


@require_safe
@institution_staff
def request_list(request: HttpRequest) -> HttpResponse:
    """The requests of the person's institutions (manual 3-1): three views, search, order, pages of 20."""
    user, now = looking(request), clock.now()
    choice = Choice.read(request.GET)
    page = queries.request_list(
        user,
        now=now,
        view=choice.view,
        words=choice.words,
        sort=choice.sort,
        page=choice.page,
    )
    listing = Listing(choice, page, reverse("request_list"))
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
            "suspended": suspended,
        },
    )


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
