"""One request: its page and its sheet of paper."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from requests_app.models import RecentView, SosRequest
from requests_app.presenters import paper
from requests_app.presenters.record import Record
from requests_app.views.access import acting, may_open, staff_or_proxy
from sosportal.lib import clock
from surveys.models import Item


@require_safe
@staff_or_proxy
def detail(request: HttpRequest, number: str) -> HttpResponse:
    """Where a request stands, what to do next, what was found and what happened. Opening it is remembered."""
    record = load(request, number)
    if request.method == "GET":
        RecentView.note(record.user, record.request, record.now)
    return render(request, "requests/detail.html", {"record": record})


@require_safe
@staff_or_proxy
def printed(request: HttpRequest, number: str) -> HttpResponse:
    """印刷用に表示: the same on one sheet of A4."""
    return render(request, "requests/print.html", {"record": load(request, number)})


@require_safe
@staff_or_proxy
def pdf(request: HttpRequest, number: str) -> HttpResponse:
    """The same as a PDF. Where none can be made, the page to print; 503 while too many are being made."""
    return paper.as_pdf(request, load(request, number))


def load(request: HttpRequest, number: str) -> Record:
    """The request of that number with all its pages show. Three queries, and a fourth for its events when they are
    looked at. Raises Http404 unless the user may see it, and an officer enters for its institution."""
    user = acting(request)
    found = get_object_or_404(
        SosRequest.objects.visible_to(user)
        .select_related("institution__prefecture", "campaign")
        .prefetch_related("lines"),
        number=number,
    )
    if not may_open(request, found.institution):
        raise Http404
    items = {item.pk: item for item in Item.in_order()}
    return Record(found, found.events().for_institution(), items, user, clock.now())
