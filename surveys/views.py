"""The survey's pages: choose an institution, answer, look back. Officers look at answers in the admin."""

from __future__ import annotations

import uuid
from dataclasses import astuple, dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from institutions.models import Institution, Role, User
from institutions.permissions import lacks_reason
from institutions.queries import suspension_notices
from institutions.views import proxy
from institutions.views.access import acting, chosen, may_open, with_proxy
from sosportal.lib import clock
from sosportal.lib.addresses import own_path
from sosportal.lib.once import LOST_TOKEN, TokenReused, run_once
from surveys.exceptions import RoundClosed, StaleResponse, SurveyRefusal
from surveys.forms import (
    LABELS,
    Sent,
    SurveyForm,
    answered_items,
    as_last_week,
    typed_rows,
    typed_texts,
)
from surveys.models import Item, SurveyResponse, SurveyRound
from surveys.queries import Sheet, answered_in, past_rounds, rounds_since_first_answer, sheet
from surveys.rules.jump import Question

CONFLICT, UNPROCESSABLE = 409, 422
INSTITUTIONS_A_PAGE = 50
ROUNDS_A_PAGE = 10
LONGEST_SEARCH = 100  # characters


# --- Which institution --------------------------------------------------------------------------------------------


@login_required
@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """To the survey of the user's institution, or a list to choose from where there are several."""
    user = _member(request).narrowed_to(chosen(request))
    institutions = Institution.objects.visible_to(user)
    if len(user.institution_ids) == 1:
        return HttpResponseRedirect(_address(request, institutions.get()))
    now = clock.now()
    survey_round = SurveyRound.objects.open_at(now)
    words = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    page = Paginator(institutions.matching(words), INSTITUTIONS_A_PAGE).get_page(request.GET.get("page"))
    answered: dict[int, SurveyResponse] = {}
    if survey_round is not None:
        responses = SurveyResponse.objects.visible_to(user)
        answered = answered_in(responses, survey_round, [each.pk for each in page])
    rows = [(each, _address(request, each), answered.get(each.pk)) for each in page]
    keep = {"next": path} if (path := _next(request)) else {}
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


def _member(request: HttpRequest) -> User:
    """The user, who is institution staff. Raises PermissionDenied for officers and operators."""
    user = request.user
    if not isinstance(user, User) or user.role != Role.INSTITUTION:
        raise PermissionDenied
    return user


def _institution(request: HttpRequest, code: str) -> Institution:
    """The institution of that code. Raises Http404 when the user may not see it, PermissionDenied when not answer."""
    with_proxy(request)
    institution = get_object_or_404(Institution.objects.visible_to(request.user), code=code)
    if not may_open(request, institution):
        raise PermissionDenied
    return institution


def _next(request: HttpRequest) -> str:
    return own_path(request.GET.get("next", ""))


def _address(request: HttpRequest, institution: Institution, **query: str) -> str:
    """The address of an institution's form; where the user came from comes along."""
    if path := _next(request):
        query["next"] = path
    address = reverse("survey_answer", args=[institution.code])
    return f"{address}?{urlencode(query)}" if query else address


# --- The answer ---------------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, code: str) -> HttpResponse:
    """The form of the open round; what was answered, when `?done=` says that it just was."""
    institution = _institution(request, code)
    if request.method != "POST" and lacks_reason(acting(request), institution):
        return HttpResponseRedirect(proxy.address(institution, proxy.SURVEY))
    visit = Visit(request, institution, clock.now())
    if request.method == "POST":
        return _post(visit)
    survey_round = SurveyRound.objects.open_at(visit.now)
    if survey_round is None:
        return visit.no_round()
    visit.read(survey_round)
    if "done" in request.GET and visit.sheet.standing is not None:
        return visit.done()
    return visit.page(SurveyForm(sheet=visit.sheet))


@dataclass
class Visit:
    """One request for the form: who asks, for which institution, when (aware), and what came with it."""

    request: HttpRequest
    institution: Institution
    now: datetime
    sent: Sent = field(init=False)
    sheet: Sheet = field(init=False)

    def __post_init__(self) -> None:
        self.sent = Sent.of(self.request.POST)

    def read(self, survey_round: SurveyRound) -> None:
        """Look up the sheet of the round, as it now stands."""
        responses = SurveyResponse.objects.visible_to(self.request.user)
        self.sheet = sheet(responses, self.institution.pk, survey_round, self.now)

    def typed(self) -> dict[str, str]:
        """The posted figures, as they were typed."""
        return typed_texts(self.request.POST, self.sheet.items)

    def page(self, form: SurveyForm, status: int = 200, **context: Any) -> HttpResponse:
        """The form, with a new token and the version that it shows."""
        base = {
            "form": form,
            "token": uuid.uuid4(),
            "version": self.sheet.version,
            "questions": [],
            "settled": form.still_settled(self.sent.settled),
            "same": None,
            "conflict": "",
            "late": False,
            "closed": None,
        }
        return self._render("surveys/answer.html", {**base, **context}, status)

    def done(self) -> HttpResponse:
        """What was answered, weeks of stock, and the way back."""
        parts = [part for part in SurveyForm(sheet=self.sheet).parts if not part.figures.is_blank]
        return self._render("surveys/done.html", {"answers": parts}, 200)

    def no_round(self, status: int = 200) -> HttpResponse:
        """No round is open: what was typed is shown, to be written down."""
        typed = typed_rows(self.request.POST, Item.objects.asked()) if self.request.POST else []
        return self._render("surveys/no_round.html", {"typed": typed}, status)

    def _render(self, template: str, context: dict[str, Any], status: int) -> HttpResponse:
        base = {
            "institution": self.institution,
            "suspended": suspension_notices([self.institution.pk], self.now),
            "sheet": getattr(self, "sheet", None),
            "address": _address(self.request, self.institution),
            "next": _next(self.request),
            "labels": LABELS,
        }
        return render(self.request, template, {**base, **context}, status=status)


def _post(visit: Visit) -> HttpResponse:
    survey_round = SurveyRound.objects.filter(pk=visit.sent.round_id).first()
    if survey_round is None:
        return _closed(visit, None)
    visit.read(survey_round)
    if not survey_round.takes_answers_at(visit.now):
        return _late(visit, survey_round)
    if visit.sent.same is not None:
        return _same(visit, visit.sent.same)
    form = SurveyForm(visit.request.POST, sheet=visit.sheet)
    if form.is_valid() and visit.sent.token is None:
        form.add_error(None, LOST_TOKEN)
    if not form.is_valid():
        return visit.page(form, UNPROCESSABLE, version=visit.sent.version)
    if questions := form.questions(visit.sent.settled):
        return _ask(visit, form, questions)
    return _save(visit, form, survey_round)


def _save(visit: Visit, form: SurveyForm, survey_round: SurveyRound) -> HttpResponse:
    """Save once, however often the form comes in."""
    user, sent = acting(visit.request), visit.sent
    figures = form.figures()
    said = [[item_id, *astuple(given)] for item_id, given in sorted(figures.items())]
    body = [survey_round.pk, visit.institution.pk, sent.version, said]

    def act() -> str:
        saved = SurveyResponse.answer(
            user,
            survey_round,
            visit.institution,
            figures,
            required=visit.sheet.required,
            seen_version=sent.version,
        )
        return f"{saved.pk}:{saved.version}"

    try:
        run_once(sent.token or uuid.uuid4(), actor_id=user.pk, body=body, now=visit.now, act=act)
    except (StaleResponse, TokenReused) as conflict:
        visit.read(survey_round)
        form = SurveyForm(sheet=visit.sheet, typed=visit.typed(), compare=True)
        return visit.page(form, CONFLICT, conflict=conflict.message)
    except RoundClosed:
        return _closed(visit, survey_round)
    except SurveyRefusal as refusal:
        form.add_error(None, refusal.message)
        return visit.page(form, UNPROCESSABLE, version=sent.version)
    return HttpResponseRedirect(_address(visit.request, visit.institution, done="1"))


def _same(visit: Visit, item_id: int) -> HttpResponse:
    """The form with last week's figures of one item filled in; nothing is saved, nothing is judged."""
    texts = as_last_week(visit.typed(), visit.sheet, item_id)
    form = SurveyForm(sheet=visit.sheet, typed=texts)
    return visit.page(form, version=visit.sent.version, same=item_id)


def _ask(visit: Visit, form: SurveyForm, questions: list[Question]) -> HttpResponse:
    """Box or piece? Not yet saved; the same figures sent once more are."""
    settled = form.still_settled(visit.sent.settled) | {question.key for question in questions}
    return visit.page(form, UNPROCESSABLE, version=visit.sent.version, questions=questions, settled=settled)


def _late(visit: Visit, survey_round: SurveyRound) -> HttpResponse:
    """The round is over; but a post whose answer was lost on the way is told that it was saved."""
    form = SurveyForm(visit.request.POST, sheet=visit.sheet)
    if visit.sent.token is not None and visit.sent.same is None and form.is_valid():
        return _save(visit, form, survey_round)
    return _closed(visit, survey_round)


def _closed(visit: Visit, closed: SurveyRound | None) -> HttpResponse:
    """The round went by while somebody was typing: the figures stand in the next one's form, not yet sent."""
    survey_round = SurveyRound.objects.open_at(visit.now)
    if survey_round is None:
        return visit.no_round(CONFLICT)
    visit.read(survey_round)
    form = SurveyForm(sheet=visit.sheet, typed=visit.typed(), compare=visit.sheet.standing is not None)
    return visit.page(form, CONFLICT, late=True, closed=closed, settled=frozenset())


# --- Earlier rounds -----------------------------------------------------------------------------------------------


@login_required
@require_safe
def history(request: HttpRequest, code: str) -> HttpResponse:
    """What the institution answered round by round, and every correction."""
    institution = _institution(request, code)
    responses = SurveyResponse.objects.visible_to(request.user)
    rounds = rounds_since_first_answer(responses, institution.pk, clock.now())
    page = Paginator(rounds, ROUNDS_A_PAGE).get_page(request.GET.get("page"))
    items = tuple(Item.objects.order_by("order"))
    past = [
        (each, answered_items(each.response, items) if each.response else [])
        for each in past_rounds(responses, institution.pk, page)
    ]
    return render(
        request,
        "surveys/history.html",
        {
            "institution": institution,
            "past": past,
            "page": page,
            "items": {item.pk: item for item in items},
            "labels": LABELS,
            "link": lambda number: f"?{urlencode({'page': number})}",
        },
    )
