"""The form of the open round: answered, corrected, filled from last week or from cells that were copied."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import astuple, dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from institutions.models import Institution
from institutions.permissions import lacks_reason
from institutions.queries import suspension_notices
from institutions.views import proxy
from institutions.views.access import acting
from sosportal.lib import clock
from sosportal.lib.numbers import format_count
from sosportal.lib.once import LOST_TOKEN, TokenReused, answer_to, run_once
from surveys.exceptions import FiguresChanged, RoundClosed, StaleResponse, SurveyRefusal
from surveys.forms import LABELS, Sent, SurveyForm, as_last_week, repeated, typed_rows, typed_texts
from surveys.imports.pasting import understand
from surveys.models import Figures, Item, SurveyResponse, SurveyRound
from surveys.models.response import MAX_FIGURE
from surveys.queries import Sheet, sheet
from surveys.rules.jump import Question
from surveys.views.access import address_of, institution_of, way_back


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, code: str) -> HttpResponse:
    """The form of the open round; what was answered, when `?done=` says that it just was."""
    institution = institution_of(request, code)
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
            "put": "",
            "block": None,
            "pasted": "",
            "repeated": repeated(self.sheet),
            "typed": True,
            "repeat_token": uuid.uuid4(),
            "conflict": "",
            "late": False,
            "closed": None,
        }
        return self._render("surveys/answer.html", {**base, **context}, status)

    def done(self) -> HttpResponse:
        """What was answered, weeks of stock, and the way back."""
        parts = [part for part in SurveyForm(sheet=self.sheet).parts if not part.figures.is_blank]
        return self._render("surveys/done.html", {"answers": parts}, 200)

    def to_done(self) -> HttpResponse:
        """To the page that shows what was answered."""
        return HttpResponseRedirect(address_of(self.request, self.institution, done="1"))

    def no_round(self, status: int = 200) -> HttpResponse:
        """No round is open: what was typed is shown, to be written down."""
        typed = typed_rows(self.request.POST, Item.objects.asked()) if self.request.POST else []
        return self._render("surveys/no_round.html", {"typed": typed}, status)

    def _render(self, template: str, context: dict[str, Any], status: int) -> HttpResponse:
        base = {
            "institution": self.institution,
            "suspended": suspension_notices([self.institution.pk], self.now),
            "sheet": getattr(self, "sheet", None),
            "address": address_of(self.request, self.institution),
            "next": way_back(self.request),
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
    if visit.sent.repeat is not None:
        return _repeat(visit, survey_round, visit.sent.repeat)
    if not visit.sent.saves:
        return _fill(visit)
    form = SurveyForm(visit.request.POST, sheet=visit.sheet)
    if form.is_valid() and visit.sent.token is None:
        form.add_error(None, LOST_TOKEN)
    if not form.is_valid():
        return visit.page(form, HTTPStatus.UNPROCESSABLE_ENTITY, version=visit.sent.version)
    if questions := form.questions(visit.sent.settled):
        return _ask(visit, form, questions)
    return _save(visit, form, survey_round)


def _save(visit: Visit, form: SurveyForm, survey_round: SurveyRound) -> HttpResponse:
    """Save once, however often the form comes in."""
    sent, figures = visit.sent, form.figures()
    said = [[item_id, *astuple(given)] for item_id, given in sorted(figures.items())]
    try:
        _answer_once(visit, survey_round, said, lambda: figures)
    except (StaleResponse, TokenReused) as conflict:
        visit.read(survey_round)
        form = SurveyForm(sheet=visit.sheet, typed=visit.typed(), compare=True)
        return visit.page(form, HTTPStatus.CONFLICT, conflict=conflict.message)
    except RoundClosed:
        return _closed(visit, survey_round)
    except SurveyRefusal as refusal:
        form.add_error(None, refusal.message)
        return visit.page(form, HTTPStatus.UNPROCESSABLE_ENTITY, version=sent.version)
    return visit.to_done()


def _answer_once(
    visit: Visit, survey_round: SurveyRound, said: object, figures: Callable[[], dict[int, Figures]]
) -> None:
    """Answer with `figures()`, once per token and `said`. Raises TokenReused and the refusals of `answer`."""
    user, sent = acting(visit.request), visit.sent

    def act() -> str:
        saved = SurveyResponse.answer(
            user,
            survey_round,
            visit.institution,
            figures(),
            required=visit.sheet.required,
            seen_version=sent.version,
        )
        return f"{saved.pk}:{saved.version}"

    body = _body(visit, survey_round, said)
    run_once(sent.token or uuid.uuid4(), actor_id=user.pk, body=body, now=visit.now, act=act)


def _body(visit: Visit, survey_round: SurveyRound, said: object) -> list[object]:
    """What the form said, to tell one post from another."""
    return [survey_round.pk, visit.institution.pk, visit.sent.version, said]


# --- 先週と変わりなし ---------------------------------------------------------------------------------------------


def _repeat(visit: Visit, survey_round: SurveyRound, seen: str) -> HttpResponse:
    """Send the earlier figures of the whole sheet, if they are those that the page showed (`seen`, their digest)."""

    def figures() -> dict[int, Figures]:
        if not seen or visit.sheet.repeatable_digest != seen:
            raise FiguresChanged
        return dict(visit.sheet.repeatable)

    if visit.sent.token is None:
        return _not_repeated(visit, LOST_TOKEN, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        _answer_once(visit, survey_round, ["repeat", seen], figures)
    except RoundClosed:
        return _closed(visit, survey_round)
    except (TokenReused, StaleResponse, FiguresChanged) as conflict:
        visit.read(survey_round)
        return _not_repeated(visit, conflict.message, HTTPStatus.CONFLICT)
    except SurveyRefusal as refusal:
        return _not_repeated(visit, refusal.message, HTTPStatus.UNPROCESSABLE_ENTITY)
    return visit.to_done()


def _not_repeated(visit: Visit, message: str, status: int) -> HttpResponse:
    """The form as it now stands, and why the earlier figures were not sent."""
    return visit.page(SurveyForm(sheet=visit.sheet), status, conflict=message, typed=False)


# --- Figures put into the form: nothing is saved, nothing is judged -----------------------------------------------


def _fill(visit: Visit) -> HttpResponse:
    """The form with last week's figures of one item, one figure in units, or the cells that were pasted."""
    texts, sent = visit.typed(), visit.sent
    context: dict[str, Any] = {}
    if sent.same is not None:
        texts, context["same"] = as_last_week(texts, visit.sheet, sent.same), sent.same
    elif sent.put is not None:
        name, figure = sent.put
        if name in texts and 0 <= figure <= MAX_FIGURE:
            texts[name], context["put"] = format_count(figure), name
    else:
        block = understand(sent.pasted or "", visit.sheet.items, visit.sheet.required)
        texts |= block.texts
        context |= {"block": block, "pasted": "" if block.texts else sent.pasted}
    form = SurveyForm(sheet=visit.sheet, typed=texts)
    return visit.page(form, version=sent.version, **context)


# --- What stands between the form and the answer ------------------------------------------------------------------


def _ask(visit: Visit, form: SurveyForm, questions: list[Question]) -> HttpResponse:
    """Box or piece? Not yet saved; the same figures sent once more are."""
    settled = form.still_settled(visit.sent.settled) | {question.key for question in questions}
    return visit.page(
        form,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        version=visit.sent.version,
        questions=questions,
        settled=settled,
    )


def _late(visit: Visit, survey_round: SurveyRound) -> HttpResponse:
    """The round is over; but a post whose answer was lost on the way is told that it was saved."""
    sent = visit.sent
    if sent.repeat is not None:
        body = _body(visit, survey_round, ["repeat", sent.repeat])
        if answer_to(sent.token, actor_id=acting(visit.request).pk, body=body):
            return visit.to_done()
    form = SurveyForm(visit.request.POST, sheet=visit.sheet)
    if sent.token is not None and sent.repeat is None and sent.saves and form.is_valid():
        return _save(visit, form, survey_round)
    return _closed(visit, survey_round)


def _closed(visit: Visit, closed: SurveyRound | None) -> HttpResponse:
    """The round went by while somebody was typing: the figures stand in the next one's form, not yet sent."""
    survey_round = SurveyRound.objects.open_at(visit.now)
    if survey_round is None:
        return visit.no_round(HTTPStatus.CONFLICT)
    visit.read(survey_round)
    typed = visit.sent.repeat is None
    texts = visit.typed() if typed else None
    form = SurveyForm(sheet=visit.sheet, typed=texts, compare=typed and visit.sheet.standing is not None)
    return visit.page(form, HTTPStatus.CONFLICT, late=True, closed=closed, settled=frozenset(), typed=typed)
