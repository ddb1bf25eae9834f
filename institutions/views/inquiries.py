"""お問い合わせ of institution staff: the list, a new one, and a thread with its further messages."""

from __future__ import annotations

import uuid
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from institutions import asked_about, queries
from institutions.exceptions import Refusal, StaleThread
from institutions.forms.inquiry import InquiryForm, TextForm, number_of, opening
from institutions.models import Inquiry, Institution, User
from institutions.rules.inquiry import Desk, Subject, Verb
from institutions.views.access import acting, institution_staff
from sosportal.lib import clock, once
from sosportal.lib.once import LOST_TOKEN, token_of

ALREADY_SENT = (
    "この画面の内容は、すでに送られています。"
    "別のお問い合わせとして送るときだけ、もう一度「送る」を押してください。"
)
ASKED = "お問い合わせを送りました。回答があったら、この画面とメールでお知らせします。"
ADDED = "追加の連絡を送りました。"


@require_safe
@institution_staff
def inquiry_list(request: HttpRequest) -> HttpResponse:
    """The inquiries of the person's institutions, unread answers first."""
    user = acting(request)
    page = queries.inquiry_page(user, request.GET.get("page", "1"))
    shown = {"page": page, "several": len(user.own_institutions) > 1, "now": clock.now()}
    return render(request, "inquiries/list.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@institution_staff
def inquiry_new(request: HttpRequest) -> HttpResponse:
    """The form of a new inquiry, and 送る."""
    user = acting(request)
    rows = Institution.objects.visible_to(user).order_by("code").values_list("pk", "code", "name")
    places = {key: (code, name) for key, code, name in rows}
    if not places:
        return render(request, "inquiries/no_institution.html")
    if request.method != "POST":
        return _form(request, InquiryForm(user, places, initial=opening(request.GET)), uuid.uuid4())
    form, token = InquiryForm(user, places, request.POST), token_of(request.POST.get("token"))
    if form.is_valid() and token is None:
        form.add_error(None, LOST_TOKEN)
    if token is None or not form.is_valid():
        return _form(request, form, token or uuid.uuid4(), HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        key = _ask_once(user, form, token)
    except once.TokenReused:
        form.add_error(None, ALREADY_SENT)
        return _form(request, form, uuid.uuid4(), HTTPStatus.CONFLICT)
    except Refusal as refusal:
        form.add_error(None, refusal.message)
        return _form(request, form, token, HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, ASKED)
    return HttpResponseRedirect(reverse("inquiry_detail", args=[key]))


def _form(request: HttpRequest, form: InquiryForm, token: uuid.UUID, status: int = 200) -> HttpResponse:
    return render(request, "inquiries/form.html", {"form": form, "token": token}, status=status)


def _ask_once(user: User, form: InquiryForm, token: uuid.UUID) -> int:
    said = form.cleaned_data

    def act() -> str:
        inquiry = Inquiry.ask(
            user,
            Institution.objects.select_related("prefecture").get(pk=form.institution_id()),
            subject=Subject(said["subject"]),
            desk=Desk(said["desk"]),
            text=said["text"],
            request_number=said.get("request", ""),
        )
        return str(inquiry.pk)

    return int(once.run_once(token, actor_id=user.pk, body=["inquiry", said], now=clock.now(), act=act))


@require_http_methods(["GET", "HEAD", "POST"])
@institution_staff
def inquiry_detail(request: HttpRequest, inquiry: int) -> HttpResponse:
    """A thread; opening it makes its answer no news any more. A post adds a message."""
    found = _load(acting(request), inquiry)
    if request.method == "POST":
        return _add(request, found)
    if request.method == "GET":
        found.mark_read()
    return _thread(request, found, _text_form())


def _load(user: User, key: int) -> Inquiry:
    rows = Inquiry.objects.visible_to(user).select_related("institution__prefecture")
    return get_object_or_404(rows, pk=key)


def _text_form(request: HttpRequest | None = None) -> TextForm:
    return TextForm(request.POST if request else None, label="追加の連絡")


def _add(request: HttpRequest, inquiry: Inquiry) -> HttpResponse:
    user, form, token = acting(request), _text_form(request), token_of(request.POST.get("token"))
    seen, last = number_of(request.POST, "seen_version"), number_of(request.POST, "seen_message")
    if form.is_valid() and token is None:
        form.add_error(None, LOST_TOKEN)
    if token is None or not form.is_valid():
        stale = (
            {"status": HTTPStatus.CONFLICT, "seen": last}
            if seen != inquiry.version
            else {"status": HTTPStatus.UNPROCESSABLE_ENTITY}
        )
        return _thread(request, inquiry, form, **stale)
    text = form.cleaned_data["text"]

    def act() -> str:
        inquiry.add(user, text, seen_version=seen)
        return ADDED

    try:
        body = ["inquiry-add", inquiry.pk, seen, text]
        said = once.run_once(token, actor_id=user.pk, body=body, now=clock.now(), act=act)
    except (StaleThread, once.TokenReused) as refusal:
        form.add_error(None, refusal.message)
        return _thread(request, _load(user, inquiry.pk), form, status=HTTPStatus.CONFLICT, seen=last)
    except Refusal as refusal:
        form.add_error(None, refusal.message)
        return _thread(request, _load(user, inquiry.pk), form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, said)
    return HttpResponseRedirect(reverse("inquiry_detail", args=[inquiry.pk]))


def _thread(
    request: HttpRequest, inquiry: Inquiry, form: TextForm, *, status: int = 200, seen: int | None = None
) -> HttpResponse:
    """The thread as it stands; what came after the message `seen` is marked, and the form's next post is about all of
    it."""
    thread = list(inquiry.messages.for_institution())
    context = {
        "inquiry": inquiry,
        "thread": [(each, each.verb == Verb.ANSWER, seen is not None and each.pk > seen) for each in thread],
        "subject": Subject(inquiry.subject),
        "state": inquiry.state_at(clock.now()),
        "about": asked_about.address(acting(request), inquiry.request_number),
        "form": form,
        "token": uuid.uuid4(),
        "last": thread[-1].pk,
    }
    return render(request, "inquiries/detail.html", context, status=status)
