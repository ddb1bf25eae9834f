"""保存: the form of a new request and of an edit (manual 3-1 ④, 3-2)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from institutions.models import Institution
from institutions.permissions import lacks_reason
from institutions.views import proxy
from requests_app.exceptions import AlreadyAccepted, AlreadyWithdrawn, NotPossible, Refusal, StaleVersion
from requests_app.forms.request import Carried, RequestForm
from requests_app.models import Content, SosRequest
from requests_app.presenters.filing import FormPage, differences
from requests_app.queries.intake import items_asked_for
from requests_app.rules.transitions import Status, Verb
from requests_app.views import typing
from requests_app.views.access import acting, may_open, staff_or_proxy
from sosportal.lib import clock, once
from sosportal.lib.once import LOST_TOKEN
from surveys.models import Item

ALREADY_SENT = (
    "この画面の内容は、すでに保存されています。直すときは、保存した要請を開いて「編集」を押してください。"
    "別の要請としてもう1件作るときだけ、もう一度「保存」を押してください。"
)
SAVED_BEFORE = (
    "この要請は、すでに保存されています。直すときは「編集」を押してください。"
    "別の要請を作るときは、一覧の「新規」を押してください。"
)
# What is said after a save, by what came of it: (level, words).
SAVED = {
    "draft": (messages.SUCCESS, "下書きを保存しました。まだ申請していません。"),
    "error": (
        messages.SUCCESS,
        "保存しました。まだ申請していません。「システムチェック&申請」を押すと、もう一度調べます。",
    ),
    "checked": (messages.SUCCESS, "変更を保存しました。システムチェックは満たしています。"),
    "failed": (
        messages.WARNING,
        "変更を保存しましたが、申請の条件を満たしていないため、「エラー有り」になりました。",
    ),
    "unchanged": (messages.INFO, "変わったところはありませんでした。"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_or_proxy
def create(request: HttpRequest, code: str) -> HttpResponse:
    """新規: the empty form, and its 保存. Once saved, its address leads to the request (back button)."""
    user, now = acting(request), clock.now()
    institution = get_object_or_404(Institution.objects.visible_to(user), code=code)
    if not may_open(request, institution):
        raise Http404
    if request.method != "POST" and lacks_reason(user, institution):
        return HttpResponseRedirect(proxy.address(institution, proxy.REQUEST))
    carried = Carried.named(request.GET.get("form", ""))
    came_back = request.method != "POST" and "form" in request.GET
    if came_back:
        number, _, outcome = once.answer_to(carried.token, actor_id=user.pk).partition(" ")
        if outcome == "draft":  # the token of another form says something else
            messages.info(request, SAVED_BEFORE)
            return HttpResponseRedirect(reverse("request_detail", args=[number]))
    accepted, items = items_asked_for(now), Item.in_order()
    sent = request.POST if request.method == "POST" else None
    form = RequestForm(items, accepted, sent=sent, judged=typing.is_saving(request))
    page = typing.begin(request, FormPage(institution, None, form, carried, now, request.path))
    if sent is None:
        return show(request, page) if page.is_taking else render(request, "requests/closed.html")

    if not typing.is_saving(request):
        return typing.answer(request, page)

    def act(content: Content) -> str:
        made = SosRequest.create_draft(user, institution, content)
        typing.forget(request, institution, None)
        return f"{made.number} draft"

    return save(request, page, act)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_or_proxy
def edit(request: HttpRequest, number: str) -> HttpResponse:
    """編集: the form with what is saved, and its 保存."""
    user, now = acting(request), clock.now()
    found = get_object_or_404(
        SosRequest.objects.visible_to(user)
        .select_related("institution", "campaign")
        .prefetch_related("lines"),
        number=number,
    )
    if not may_open(request, found.institution):
        raise Http404
    if request.method != "POST" and lacks_reason(user, found.institution):
        return HttpResponseRedirect(proxy.address(found.institution, proxy.REQUEST))
    refused = AlreadyWithdrawn.message if found.is_withdrawn else AlreadyAccepted.message
    if request.method != "POST" and not found.allows(Verb.REVISE):
        messages.warning(request, refused)
        return HttpResponseRedirect(reverse("request_detail", args=[number]))
    accepted, items = items_asked_for(now), Item.in_order()
    sent = request.POST if request.method == "POST" else None
    form = RequestForm(items, accepted, standing=found.content(), sent=sent, judged=typing.is_saving(request))
    carried = Carried.fresh(found.version)
    page = typing.begin(request, FormPage(found.institution, found, form, carried, now, request.path))
    if sent is None:
        return show(request, page)
    if not typing.is_saving(request):
        if not found.allows(Verb.REVISE):
            return too_late(request, page, refused)
        return typing.answer(request, page)
    seen = Carried.read(sent).seen_version

    def act(content: Content) -> str:
        revised = found.revise(user, content, seen_version=seen)
        typing.forget(request, found.institution, found)
        return f"{number} {_outcome(revised, seen)}"

    return save(request, page, act)


def _outcome(revised: SosRequest, seen: int) -> str:
    """The key of SAVED for what a revision came to."""
    if revised.version == seen:
        return "unchanged"
    if revised.state is Status.ERROR:
        # From where, the event knows: the page may have been opened before another tab applied.
        return "failed" if revised.events()[0].from_status == Status.UNDER_REVIEW else "error"
    return "checked" if revised.state is Status.UNDER_REVIEW else "draft"


# --- What create and edit share ------------------------------------------------------------------------------------


def save(request: HttpRequest, page: FormPage, act: Callable[[Content], str]) -> HttpResponse:
    """Read the post and let `act` save it, once per token. `act` returns "number outcome"."""
    user, form, carried = acting(request), page.form, Carried.read(request.POST)
    page.carried = replace(carried, token=carried.token or uuid.uuid4())
    if form.is_valid() and carried.token is None:
        form.add_error(None, LOST_TOKEN)
    if carried.token is None or not form.is_valid():
        typing.keep(request, page)
        return show(request, page, HTTPStatus.UNPROCESSABLE_ENTITY)
    content = form.content()
    body = [page.address, carried.seen_version, content.to_json()]
    try:
        answer = once.run_once(
            carried.token, actor_id=user.pk, body=body, now=page.now, act=lambda: act(content)
        )
    except once.TokenReused:
        return sent_before(request, page)
    except StaleVersion as stale:
        return compare(request, page, stale.current, stale.message)
    except NotPossible as refusal:
        return too_late(request, page, refusal.message)
    except Refusal as refusal:
        form.add_error(None, refusal.message)
        return show(request, page, HTTPStatus.UNPROCESSABLE_ENTITY)
    number, outcome = answer.split()
    messages.add_message(request, *SAVED[outcome])
    then = "request_submit" if typing.pressed(request) == typing.APPLY else "request_detail"
    return HttpResponseRedirect(reverse(then, args=[number]))


def show(request: HttpRequest, page: FormPage, status: int = 200) -> HttpResponse:
    """The form as it stands."""
    return render(request, "requests/form.html", {"page": page}, status=status)


def sent_before(request: HttpRequest, page: FormPage) -> HttpResponse:
    """The page was sent already with other words (back button): nothing is saved, nothing typed is lost."""
    if page.request is not None:
        return compare(request, page, page.request, once.TokenReused.message)
    page.carried, page.lead = Carried.fresh(), "入力した内容は、この画面に残っています。"
    page.form.add_error(None, ALREADY_SENT)
    return show(request, page, HTTPStatus.CONFLICT)


def compare(request: HttpRequest, page: FormPage, current: SosRequest, message: str) -> HttpResponse:
    """Somebody saved in between: what is saved and what was typed side by side, and the next 保存 stands."""
    standing = current.content()
    form = RequestForm(page.form.items, page.form.accepted, standing=standing, sent=request.POST)
    form.add_error(None, message)
    page.request, page.form, page.carried = current, form, Carried.fresh(current.version)
    page.differences = differences(standing, form)
    return show(request, page, HTTPStatus.CONFLICT)


def too_late(request: HttpRequest, page: FormPage, message: str) -> HttpResponse:
    """The request was accepted while somebody typed: it stays as it is; what was typed is shown, to be copied."""
    typed = [(item.label, page.form.typed(item)) for item in page.form.open_items]
    typed.append(("ご意見", page.form.content().opinion or "（空欄）"))
    return render(
        request,
        "requests/too_late.html",
        {"page": page, "message": message, "typed": typed},
        status=HTTPStatus.CONFLICT,
    )
