"""取下げ: the question with its reason, and the deed."""

from __future__ import annotations

import uuid
from dataclasses import replace
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from institutions.permissions import lacks_reason
from institutions.views import proxy
from requests_app.exceptions import AlreadyAccepted, AlreadyWithdrawn, NotPossible, Refusal, StaleVersion
from requests_app.forms.request import Carried
from requests_app.forms.withdrawal import WithdrawForm
from requests_app.presenters.record import Record
from requests_app.views.access import staff_or_proxy
from requests_app.views.record import load
from sosportal.lib import once
from sosportal.lib.once import LOST_TOKEN

DONE = "要請を取り下げました。"
TOLD = "要請を取り下げました。都道府県の担当者にお知らせしました。"
CHANGED = (
    "画面を開いたあとに、この要請の内容が変わりました。"
    "いまの内容を確かめて、もう一度「取り下げる」を押してください。"
)
TOO_LATE = "この要請は、受付が完了したため、取り下げられません。事務局か都道府県の担当者にお電話ください。"


@require_http_methods(["GET", "HEAD", "POST"])
@staff_or_proxy
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    """The question (取り下げる / キャンセル) with the field for the reason, and 取り下げる."""
    record = load(request, number)
    if request.method == "POST":
        return _done(request, record)
    if lacks_reason(record.user, record.request.institution):
        return HttpResponseRedirect(proxy.address(record.request.institution, proxy.REQUEST))
    if not record.may_withdraw:
        messages.info(request, AlreadyWithdrawn.message if record.request.is_withdrawn else TOO_LATE)
        return HttpResponseRedirect(record.address)
    return _ask(request, record, WithdrawForm(), Carried.fresh(record.request.version))


def _ask(
    request: HttpRequest, record: Record, form: WithdrawForm, carried: Carried, status: int = 200
) -> HttpResponse:
    """The question, with what stands now; what was typed stays."""
    context = {"record": record, "form": form, "carried": carried}
    return render(request, "requests/withdraw.html", context, status=status)


def _done(request: HttpRequest, record: Record) -> HttpResponse:
    form, carried = WithdrawForm(request.POST), Carried.read(request.POST)
    again = replace(carried, token=carried.token or uuid.uuid4())
    if form.is_valid() and carried.token is None:
        form.add_error(None, LOST_TOKEN)
    if carried.token is None or not form.is_valid():
        return _ask(request, record, form, again, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        told = _withdraw_once(record, carried.token, carried, form.cleaned_data["reason"])
    except (NotPossible, StaleVersion, once.TokenReused) as refusal:
        return _ask_again(request, record, form, refusal)
    except Refusal as refusal:
        form.add_error(None, refusal.message)
        return _ask(request, record, form, again, HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, TOLD if told else DONE)
    return HttpResponseRedirect(record.address)


def _withdraw_once(record: Record, token: uuid.UUID, carried: Carried, reason: str) -> bool:
    """Whether officers had it before them until now."""

    def act() -> str:
        after = record.request.withdraw(record.user, reason, seen_version=carried.seen_version)
        return "told" if after.submitted_at else "quiet"

    body = [record.withdraw_address, carried.seen_version, reason]
    return once.run_once(token, actor_id=record.user.pk, body=body, now=record.now, act=act) == "told"


def _ask_again(request: HttpRequest, record: Record, form: WithdrawForm, refusal: Exception) -> HttpResponse:
    """Somebody saved, withdrew or accepted in between: what stands now, and what was typed."""
    current = load(request, record.request.number)
    if isinstance(refusal, AlreadyAccepted) or not current.may_withdraw:
        form.add_error(None, AlreadyWithdrawn.message if current.request.is_withdrawn else TOO_LATE)
    else:
        form.add_error(None, CHANGED)
    return _ask(request, current, form, Carried.fresh(current.request.version), HTTPStatus.CONFLICT)
