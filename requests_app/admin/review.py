"""The page of one request, and the verbs that officers use from it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from requests_app import permissions
from requests_app.admin.neighbours import came_from, way_from
from requests_app.admin.steps import FRESH, SECTIONS, STEPS, Step
from requests_app.exceptions import (
    NotPermitted,
    QuantityRefused,
    ReasonRequired,
    Refusal,
    StaleVersion,
    TimeRefused,
)
from requests_app.forms.officer import OfficerForm, Seen, UnaskForm
from requests_app.models import Follow, Question, RecentView, SosRequest
from requests_app.presenters.review import ReviewPage
from requests_app.queries import desk
from sosportal.lib import clock, once, pdf
from sosportal.lib.once import LOST_TOKEN

if TYPE_CHECKING:
    from sosportal.lib.admin import ScopedModelAdmin

    Host = ScopedModelAdmin
else:
    Host = object

TEMPLATES = "admin/requests_app/sosrequest"
TAKEN_OVER = "要請番号 {}（{}）は、{}さんが担当を引き継ぎました。"
HELD_NOW = "いまは{}さんが担当しています。"
HELD_BY_NOBODY = "いまは、だれも担当していません。"


def rehearse(act: Callable[[], object]) -> None:
    """Do it and take it back: raises the refusal that doing it would raise, and leaves nothing behind."""
    with transaction.atomic():
        act()
        transaction.set_rollback(True)


class ReviewViews(Host):
    """The views of one request, for SosRequestAdmin."""

    def row_page(self, request: HttpRequest, found: SosRequest) -> HttpResponse:
        """The page. Whoever opens it has looked at the request."""
        self.tell_of_takeovers(request)
        page = self.page(request, found)
        if request.method == "GET":
            RecentView.note(page.user, found, page.now)
        return self.show(request, page)

    def tell_of_takeovers(self, request: HttpRequest) -> None:
        """Tell the officer, once, of the requests that others took over from them, and who has them now. One query,
        five if any."""
        user: Any = request.user
        for each in desk.taken_over(user, clock.now()):
            told = TAKEN_OVER.format(each.number, each.institution, each.by)
            if each.holder != each.by:
                told += HELD_NOW.format(each.holder) if each.holder else HELD_BY_NOBODY
            messages.warning(request, told)

    def step_view(self, request: HttpRequest, key: int, step: str) -> HttpResponse:
        """Use a verb on a request: ask again where the step asks, do it once, lead back to the page.

        Answers 422 with the form when something is to be mended, 409 when the request is no longer what was seen.
        """
        found = self.get_queryset(request).filter(pk=key).first()
        chosen = STEPS.get(step)
        if found is None or chosen is None:
            raise Http404
        if request.method != "POST":
            return HttpResponseRedirect(address(found) + came_from(request).kept)
        user: Any = request.user
        if not permissions.can(user, chosen.verb, found):
            raise PermissionDenied
        page = self.page(request, found)
        form = chosen.form(found, page.request_lines, request.POST)
        return self.take(request, page, chosen, form, Seen.read(request.POST))

    def take(
        self, request: HttpRequest, page: ReviewPage, step: Step, form: OfficerForm, seen: Seen
    ) -> HttpResponse:
        """What a post comes to."""
        found, user = page.request, page.user
        stale = seen.revision != found.revision
        if not form.is_valid():
            return self.changed(request, page, form, seen) if stale else self.refused(request, page, form)
        if "edit" in request.POST:
            return self.show(request, page, form=form, status=HTTPStatus.OK)
        if seen.token is None:
            return self.refused(request, page, form, LOST_TOKEN)

        def act() -> str:
            step.act(found, user, form, seen)
            return step.done

        body = {"step": step.verb.value, "request": found.pk, "seen": seen.revision, "said": form.said()}
        question = step.question(form, page)
        try:
            if question and "agreed" not in request.POST:
                rehearse(act)
                return self.ask(request, page, step, form, seen)
            done = once.run_once(seen.token, actor_id=user.pk, body=body, now=page.now, act=act)
        except StaleVersion:
            return self.changed(request, self.page(request, self.reloaded(request, found)), form, seen)
        except (ReasonRequired, QuantityRefused) as refusal:
            form.add_error(
                form.refused_field if isinstance(refusal, ReasonRequired) else None, refusal.message
            )
            return self.refused(request, page, form)
        except TimeRefused as refusal:
            form.add_error("called_at", refusal.message)
            return self.refused(request, page, form)
        except NotPermitted as refusal:
            raise PermissionDenied from refusal
        except Question.DoesNotExist as absent:
            raise Http404 from absent
        except (Refusal, once.TokenReused) as refusal:
            current = self.page(request, self.reloaded(request, found))
            return self.show(
                request, current, form=form, status=HTTPStatus.CONFLICT, problem=refusal.message, seen=seen
            )
        messages.success(request, done)
        return HttpResponseRedirect(address(found) + came_from(request).kept)

    # --- what is shown --------------------------------------------------------------------------------------------

    def page(self, request: HttpRequest, found: SosRequest) -> ReviewPage:
        """The request as its page shows it."""
        user: Any = request.user
        return ReviewPage(found, user, clock.now())

    def reloaded(self, request: HttpRequest, found: SosRequest) -> SosRequest:
        """The request as it stands now. Raises Http404 when it has left the officer's scope."""
        again: SosRequest | None = self.get_queryset(request).filter(pk=found.pk).first()
        if again is None:
            raise Http404
        return again

    def refused(
        self, request: HttpRequest, page: ReviewPage, form: OfficerForm, problem: str = ""
    ) -> HttpResponse:
        """The page with what is to be mended; what was typed stays."""
        return self.show(request, page, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY, problem=problem)

    def changed(self, request: HttpRequest, page: ReviewPage, form: OfficerForm, seen: Seen) -> HttpResponse:
        """The page with what happened since it was seen; nothing was done, and what was typed stays."""
        return self.show(
            request, page, form=form, status=HTTPStatus.CONFLICT, problem=StaleVersion.message, seen=seen
        )

    def ask(
        self, request: HttpRequest, page: ReviewPage, step: Step, form: OfficerForm, seen: Seen
    ) -> HttpResponse:
        """The page that shows what will be recorded, and asks."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": step.question(form, page),
            "page": page,
            "step": step,
            "form": form,
            "seen": seen,
            "way": came_from(request),
            "rows": form.entered(),
        }
        return TemplateResponse(request, f"{TEMPLATES}/ask.html", context)

    def show(
        self,
        request: HttpRequest,
        page: ReviewPage,
        *,
        form: OfficerForm | None = None,
        status: HTTPStatus = HTTPStatus.OK,
        problem: str = "",
        seen: Seen | None = None,
    ) -> HttpResponse:
        """The page; `form` is the one that was posted, the others are fresh. `seen` leads to what happened since."""
        found = page.request
        forms: dict[str, Any] = {SECTIONS[kind]: kind(found, page.request_lines) for kind in FRESH}
        if form is not None:
            forms[SECTIONS[type(form)]] = form
        last = page.last_event
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": found.title,
            "page": page,
            "original": found,
            "forms": forms,
            "posted": form,
            "problem": problem,
            "since": page.since(seen.event) if seen else [],
            "seen": {name: Seen.fresh(found, last) for name in (*forms, "release")},
            "asked": [
                (question, unasking(question, page, form), Seen.fresh(found, last))
                for question in page.questions
            ],
            "way": way_from(self, request, found),
            "has_view_permission": True,
            "is_followed": Follow.is_on(page.user, found),
            "follow_token": uuid.uuid4(),
            "offers_pdf": not pdf.lacking(),
        }
        return TemplateResponse(request, f"{TEMPLATES}/review.html", context, status=status)


def unasking(question: Question, page: ReviewPage, posted: OfficerForm | None) -> UnaskForm | None:
    """The form to withdraw the question: as it was posted, or fresh; None where there is nothing to withdraw."""
    if not question.is_open or not page.can_unask:
        return None
    if isinstance(posted, UnaskForm) and posted.question_id == question.pk:
        return posted
    return UnaskForm(page.request, page.request_lines, question_id=question.pk)


def address(request: SosRequest) -> str:
    """The page of a request."""
    return reverse("admin:requests_app_sosrequest_change", args=[request.pk])
