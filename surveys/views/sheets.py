"""The survey as a workbook: taken out, filled in, shown what it would answer, and answered by one more press."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from institutions.models import Institution, User
from institutions.views.access import looking, with_proxy
from sosportal.lib import clock
from sosportal.lib.once import LOST_TOKEN, TokenReused, answer_to, run_once, token_of
from sosportal.lib.tabular import TableProblem
from surveys.exceptions import FiguresChanged, RoundClosed, SurveyRefusal
from surveys.exports import to_fill_in
from surveys.forms import LABELS, ConfirmForm, SheetFileForm
from surveys.imports.filled import Found, answer_all, judge, read_filled, read_kept
from surveys.models import SurveyRound
from surveys.views.access import member

SHOWN = 100
DONE = "{}件の医療機関の回答を受け付けました。"
NO_CHANGE = "もう回答されている数と同じです。変わるところはありません。"


@login_required
@require_safe
def template(request: HttpRequest) -> HttpResponse:
    """The workbook to fill in, for the institutions one is looking at; to its page while no round is open."""
    member(request)
    user, now = looking(request), clock.now()
    survey_round = SurveyRound.objects.open_at(now)
    if survey_round is None:
        return HttpResponseRedirect(reverse("survey_sheet"))
    own = Institution.objects.visible_to(user).filter(pk__in=user.institution_ids)
    return to_fill_in(user, own, survey_round, now)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sheet(request: HttpRequest) -> HttpResponse:
    """Where the workbook is had and brought back; what a file would answer; the answer."""
    member(request)
    user, now = with_proxy(request), clock.now()
    survey_round = SurveyRound.objects.open_at(now)
    if request.method != "POST" or survey_round is None:
        status = HTTPStatus.CONFLICT if request.method == "POST" else HTTPStatus.OK
        return _page(request, survey_round, SheetFileForm(), status=status)
    if "kept" in request.POST:
        return _answer(request, user, survey_round)
    form = SheetFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, survey_round, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        found = read_filled(form.cleaned_data["file"], user, survey_round, now)
    except TableProblem as problem:
        form.add_error("file", str(problem))
        return _page(request, survey_round, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _show(request, user, survey_round, found)


def _answer(request: HttpRequest, user: User, survey_round: SurveyRound) -> HttpResponse:
    """Answer for all institutions of the sheet, or none; once, however often the page is sent."""
    now, token, seen = clock.now(), token_of(request.POST.get("token")), request.POST.get("seen", "")
    given = read_kept(request.POST["kept"])
    said = [seen, *(request.POST.get(name, "") for name in ("round", "kept", "reason"))]
    if done := answer_to(token, actor_id=user.pk, body=said):
        messages.success(request, done)
        return HttpResponseRedirect(reverse("survey"))
    if given is None or token is None:
        form = SheetFileForm({}, {})
        form.add_error(None, LOST_TOKEN)
        return _page(request, survey_round, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    found = judge(given, user, survey_round, now)
    if str(survey_round.pk) != request.POST.get("round"):
        return _show(request, user, survey_round, found, problem=RoundClosed.message)
    if found.problems or found.digest != seen:
        return _show(request, user, survey_round, found, problem=FiguresChanged.message)
    confirmed = ConfirmForm(request.POST, by_proxy=_lacks_reason(user, found))
    if not confirmed.is_valid():
        return _show(request, user, survey_round, found, form=confirmed)
    reason = confirmed.cleaned_data.get("reason", "")

    def act() -> str:
        return DONE.format(answer_all(found, user, survey_round, reason))

    try:
        done = run_once(token, actor_id=user.pk, body=said, now=now, act=act)
    except (SurveyRefusal, TokenReused) as refusal:
        found = judge(given, user, survey_round, now)
        return _show(request, user, survey_round, found, problem=refusal.message)
    messages.success(request, done)
    return HttpResponseRedirect(reverse("survey"))


def _lacks_reason(user: User, found: Found) -> bool:
    """Whether an institution of the sheet is answered for by proxy, and nobody has said why."""
    ids = {each.institution.pk for each in found.answers}
    return bool(ids & user.proxy_ids - user.proxies.keys())


def _show(
    request: HttpRequest,
    user: User,
    survey_round: SurveyRound,
    found: Found,
    *,
    form: ConfirmForm | None = None,
    problem: str = "",
) -> HttpResponse:
    """What the sheet would answer, or what is wrong with it: 422; 409 where something changed meanwhile."""
    status = HTTPStatus.CONFLICT if problem else HTTPStatus.OK
    if not problem and (found.problems or form is not None):
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {
        "found": found,
        "problems": found.problems[:SHOWN],
        "more": max(0, len(found.problems) - SHOWN),
        "answers": found.answers[:SHOWN],
        "more_answers": max(0, len(found.answers) - SHOWN),
        "confirm": form or ConfirmForm(by_proxy=_lacks_reason(user, found)),
        "problem": problem,
        "nothing": NO_CHANGE if not found.answers and not found.problems else "",
    }
    return _page(request, survey_round, SheetFileForm(), status=status, **context)


def _page(
    request: HttpRequest,
    survey_round: SurveyRound | None,
    form: SheetFileForm,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    **context: Any,
) -> HttpResponse:
    base = {
        "survey_round": survey_round,
        "form": form,
        "found": None,
        "problem": "",
        "token": uuid.uuid4(),
        "labels": LABELS,
        "institutions": len(looking(request).institution_ids),
    }
    return render(request, "surveys/sheet.html", {**base, **context}, status=status)
