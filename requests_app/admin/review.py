"""The page of one request, and the verbs that officers use from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from requests_app import officer_queries, permissions
from requests_app.exceptions import NotPermitted, QuantityRefused, ReasonRequired, Refusal, StaleVersion
from requests_app.models import SosRequest
from requests_app.officer_forms import (
    AcceptForm,
    ConfirmForm,
    NoteForm,
    OfficerForm,
    Seen,
    TelephoneForm,
)
from requests_app.presenters.review import ReviewPage
from requests_app.rules.transitions import VERB_ROLES, Verb
from sosportal.lib import clock, once
from sosportal.lib.admin import role_of

if TYPE_CHECKING:
    from institutions.models import User
    from sosportal.lib.admin import ScopedModelAdmin

    Host = ScopedModelAdmin
else:
    Host = object

TEMPLATES = "admin/requests_app/sosrequest"
LOST_TOKEN = "画面の情報が足りませんでした。内容を確かめて、もう一度操作してください。"  # noqa: S105 - a message


@dataclass(frozen=True)
class Step:
    """One verb on the page: its form, what it does, and how it speaks. `asks`: a page asks again before it is done."""

    verb: Verb
    form: type[OfficerForm]
    act: Callable[[SosRequest, User, Any, Seen], SosRequest]
    done: str
    asks: str = ""
    button: str = ""


STEPS = {
    "confirm": Step(
        Verb.CONFIRM,
        ConfirmForm,
        lambda request, user, form, seen: request.confirm(
            user, form.quantities(), form.cleaned_data["note"], seen_revision=seen.revision
        ),
        "都道府県の確認を記録しました。",
        asks="都道府県の確認を記録します",
        button="都道府県の確認を記録する",
    ),
    "note": Step(
        Verb.NOTE,
        NoteForm,
        lambda request, user, form, seen: request.note(
            user, form.cleaned_data["note"], seen_revision=seen.revision
        ),
        "都道府県入力欄を保存しました。確認は、まだ記録していません。",
    ),
    "telephone": Step(
        Verb.TELEPHONE,
        TelephoneForm,
        lambda request, user, form, seen: request.log_telephone(user, **form.cleaned_data),
        "電話の記録を足しました。",
    ),
    "accept": Step(
        Verb.ACCEPT,
        AcceptForm,
        lambda request, user, form, seen: request.accept(
            user,
            seen_revision=seen.revision,
            quantities=form.quantities(),
            reason=form.cleaned_data["reason"],
        ),
        "受付完了にしました。",
        asks="受付完了にします",
        button="受付完了にする",
    ),
}
SECTIONS = {ConfirmForm: "confirm", NoteForm: "confirm", TelephoneForm: "telephone", AcceptForm: "accept"}


def rehearse(act: Callable[[], object]) -> None:
    """Do it and take it back: raises the refusal that doing it would raise, and leaves nothing behind."""
    with transaction.atomic():
        act()
        transaction.set_rollback(True)


class ReviewViews(Host):
    """The views of one request, for SosRequestAdmin."""

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page. It takes no post: the verbs have addresses of their own."""
        found = self.find_or_404(request, object_id)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return self.show(request, self.page(request, found))

    def step_view(self, request: HttpRequest, key: int, step: str) -> HttpResponse:
        """Use a verb on a request: ask again where the step asks, do it once, lead back to the page.

        Answers 422 with the form when something is to be mended, 409 when the request is no longer what was seen.
        """
        found = self.get_queryset(request).filter(pk=key).first()
        chosen = STEPS.get(step)
        if found is None or chosen is None:
            raise Http404
        if request.method != "POST":
            return HttpResponseRedirect(address(found))
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
        try:
            if step.asks and "agreed" not in request.POST:
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
        except NotPermitted as refusal:
            raise PermissionDenied from refusal
        except (Refusal, once.TokenReused) as refusal:
            current = self.page(request, self.reloaded(request, found))
            return self.show(
                request, current, form=form, status=HTTPStatus.CONFLICT, problem=refusal.message, seen=seen
            )
        messages.success(request, done)
        return HttpResponseRedirect(address(found))

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
            "title": step.asks,
            "page": page,
            "step": step,
            "form": form,
            "seen": seen,
            "rows": [(line, form.cleaned_data[f"quantity_{line.item_id}"]) for line in page.request_lines],
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
        forms: dict[str, Any] = {
            SECTIONS[kind]: kind(found, page.request_lines)
            for kind in (ConfirmForm, TelephoneForm, AcceptForm)
        }
        if form is not None:
            forms[SECTIONS[type(form)]] = form
        following = officer_queries.next_waiting(
            SosRequest.objects.visible_to(request.user),
            found,
            confirmed=role_of(request) in {role.value for role in VERB_ROLES[Verb.ACCEPT]},
        )
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
            "seen": {name: Seen.fresh(found, page.last_event) for name in forms},
            "following": following,
            "has_view_permission": True,
        }
        return TemplateResponse(request, f"{TEMPLATES}/review.html", context, status=status)


def address(request: SosRequest) -> str:
    """The page of a request."""
    return reverse("admin:requests_app_sosrequest_change", args=[request.pk])
