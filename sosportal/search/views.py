"""検索: one page for everything, and a page of one kind."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from institutions.views.access import looking
from requests_app.presenters.listing import page_number
from sosportal.lib import clock
from sosportal.search.finding import Asked, find, find_in

PER_PAGE = 20


@login_required
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Requests, announcements and help that contain the words (q), ten of each; with `in` a page of one kind.

    Officers find help here; requests they find in the admin, where the page leads them.
    """
    user, asked, kind = (
        looking(request),
        Asked.read(request.GET.get("q", "")),
        request.GET.get("in", ""),
    )
    only = find_in(user, asked, kind, page_number(request.GET.get("page", "")), PER_PAGE)
    only = only if only and only.total else None
    groups = [only] if only else find(user, asked, now=clock.now())
    desk = ""
    if user.is_staff and asked.words:
        desk = f"{reverse('admin:requests_app_sosrequest_changelist')}?{urlencode({'q': asked.words})}"
    context = {"asked": asked, "groups": groups, "only": only, "kind": kind, "desk": desk}
    return render(request, "search/search.html", context)
