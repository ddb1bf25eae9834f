"""お知らせ: the list, and one of them, which is thereby read."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from institutions import queries
from institutions.models import Announcement
from institutions.views.access import acting, institution_staff
from sosportal.lib import clock


@require_safe
@institution_staff
def announcement_list(request: HttpRequest) -> HttpResponse:
    """The announcements of now, or (view=past) those that have ended or were withdrawn."""
    user, now, past = acting(request), clock.now(), request.GET.get("view") == "past"
    page = queries.announcement_page(user, now, past=past, page=request.GET.get("page", "1"))
    unread = frozenset() if past else queries.unread_among(user, list(page), now)
    context = {"page": page, "past": past, "unread": unread, "now": now}
    return render(request, "announcements/list.html", context)


@require_safe
@institution_staff
def announcement_detail(request: HttpRequest, announcement: int) -> HttpResponse:
    """One announcement; opening it marks it read. Withdrawn, it says so and why, without its text."""
    user, now = acting(request), clock.now()
    rows = Announcement.objects.select_related("prefecture")
    found = (rows.visible_to(user) | rows.withdrawn_from(user)).filter(pk=announcement).first()
    if found is None:
        raise Http404
    if request.method == "GET" and found.withdrawn_at is None:
        found.mark_read(user, now)
    return render(request, "announcements/detail.html", {"announcement": found, "now": now})
