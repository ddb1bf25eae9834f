"""Earlier rounds of the survey."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from sosportal.lib import clock
from surveys.forms import LABELS, answered_items
from surveys.models import Item, SurveyResponse
from surveys.presenters import charts
from surveys.queries import past_rounds, rounds_since_first_answer
from surveys.views.access import institution_of

ROUNDS_A_PAGE = 10


@login_required
@require_safe
def history(request: HttpRequest, code: str) -> HttpResponse:
    """What the institution answered round by round, and every correction."""
    institution = institution_of(request, code)
    responses = SurveyResponse.objects.visible_to(request.user)
    rounds = rounds_since_first_answer(responses, institution.pk, clock.now())
    page = Paginator(rounds, ROUNDS_A_PAGE).get_page(request.GET.get("page"))
    items = tuple(Item.objects.order_by("order"))
    rounds_of_page = past_rounds(responses, institution.pk, page)
    past = [(each, answered_items(each.response, items) if each.response else []) for each in rounds_of_page]
    return render(
        request,
        "surveys/history.html",
        {
            "institution": institution,
            "past": past,
            "charts": charts(rounds_of_page, items),
            "now": clock.now(),
            "page": page,
            "items": {item.pk: item for item in items},
            "labels": LABELS,
            "link": lambda number: f"?{urlencode({'page': number})}",
        },
    )
