"""Which institution one answers for."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from institutions.models import Institution
from institutions.views.access import chosen
from sosportal.lib import clock
from surveys.models import SurveyResponse, SurveyRound
from surveys.queries import answered_in
from surveys.views.access import address_of, member, way_back

INSTITUTIONS_A_PAGE = 50
LONGEST_SEARCH = 100  # characters


@login_required
@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """To the survey of the user's institution, or a list to choose from where there are several."""
    user = member(request).narrowed_to(chosen(request))
    institutions = Institution.objects.visible_to(user)
    if len(user.institution_ids) == 1:
        return HttpResponseRedirect(address_of(request, institutions.get()))
    now = clock.now()
    survey_round = SurveyRound.objects.open_at(now)
    words = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    page = Paginator(institutions.matching(words), INSTITUTIONS_A_PAGE).get_page(request.GET.get("page"))
    answered: dict[int, SurveyResponse] = {}
    if survey_round is not None:
        responses = SurveyResponse.objects.visible_to(user)
        answered = answered_in(responses, survey_round, [each.pk for each in page])
    rows = [(each, address_of(request, each), answered.get(each.pk)) for each in page]
    keep = {"next": path} if (path := way_back(request)) else {}
    return render(
        request,
        "surveys/choose.html",
        {
            "none_at_all": not user.institution_ids,
            "survey_round": survey_round,
            "rows": rows,
            "page": page,
            "words": words,
            "keep": keep,
            "link": lambda number: f"?{urlencode({**keep, 'q': words, 'page': number})}",
        },
    )
