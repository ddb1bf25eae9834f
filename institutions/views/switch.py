"""Which of their institutions a person looks at: kept in the session, for lists and overviews alone."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from institutions.models import Institution
from institutions.views.access import CHOSEN, acting, chosen, institution_staff
from sosportal.lib.addresses import own_path
from sosportal.lib.text import clean_line

A_PAGE = 50
LONGEST_SEARCH = 100  # characters
LONGEST_KEY = 19  # digits


@require_http_methods(["GET", "HEAD", "POST"])
@institution_staff
def switch(request: HttpRequest) -> HttpResponse:
    """The person's institutions, to choose one of them or すべて; a post chooses, and leads back to `next`."""
    if request.method == "POST":
        return _choose(request)
    user, back = acting(request), own_path(request.GET.get("next", ""))
    words = clean_line(request.GET.get("q", ""))[:LONGEST_SEARCH]
    mine = Institution.objects.visible_to(user).matching(words).order_by("code")
    page = Paginator(mine.only("code", "name"), A_PAGE).get_page(request.GET.get("page"))
    keep = {"next": back} if back else {}
    context = {
        "page": page,
        "words": words,
        "keep": keep,
        "back": back,
        "chosen": chosen(request),
        "total": len(user.institution_ids),
        "link": lambda number: f"?{urlencode({**keep, 'q': words, 'page': number})}",
    }
    return render(request, "institution/switch.html", context)


def _choose(request: HttpRequest) -> HttpResponse:
    """One of the person's own by its id, or すべて for none. Raises Http404 for any other."""
    text = request.POST.get("institution", "")
    if not text:
        request.session.pop(CHOSEN, None)
    elif (
        text.isascii()
        and text.isdigit()
        and len(text) < LONGEST_KEY
        and int(text) in acting(request).institution_ids
    ):
        request.session[CHOSEN] = int(text)
    else:
        raise Http404
    return HttpResponseRedirect(own_path(request.POST.get("next", "")) or reverse("home"))
