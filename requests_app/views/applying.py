"""システムチェック&申請: the question and the deed (manual 3-1 ⑤ to ⑦)."""

from __future__ import annotations

import uuid
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from requests_app.exceptions import AlreadyWithdrawn, NotPossible, Refusal, StaleVersion, TermsChanged
from requests_app.forms.request import Carried
from requests_app.models.calendar import calendar_changes
from requests_app.presenters.record import Record
from requests_app.rules.cutoff import cutoff_facts
from requests_app.rules.transitions import Status
from requests_app.views.access import staff_or_proxy
from requests_app.views.record import load
from sosportal.lib import once
from sosportal.lib.once import LOST_TOKEN

RECEIVED = "緊急配布要請を受け付けました。都道府県にて内容を確認し追って連絡をいたします。"
REFUSED = "申請できませんでした。足りないものを直して、もう一度「システムチェック&申請」を押してください。"
APPLIED_BEFORE = "この要請は、すでに申請されています。"
CHANGED = "画面を開いたあとに、この要請の内容が変わりました。いまの内容を確かめて、もう一度「完了」を押してください。"


@require_http_methods(["GET", "HEAD", "POST"])
@staff_or_proxy
def submit(request: HttpRequest, number: str) -> HttpResponse:
    """The question before the application (完了 / キャンセル), and 完了."""
    record = load(request, number)
    if request.method == "POST":
        return _done(request, record)
    if not record.may_submit:
        return _not_any_more(request, record)
    return _ask(request, record)


def _ask(request: HttpRequest, record: Record, problem: str = "", status: int = 200) -> HttpResponse:
    """The question, with what stands now; `problem` is why it is asked again."""
    moved, exceptions = calendar_changes(record.now)
    context = {
        "record": record,
        "problem": problem,
        "statuses": Status,
        "cutoff": cutoff_facts(record.now, moved=moved, exceptions=exceptions),
        "carried": Carried.fresh(record.request.version, record.open_text_mark),
    }
    return render(request, "requests/submit.html", context, status=status)


def _done(request: HttpRequest, record: Record) -> HttpResponse:
    carried = Carried.read(request.POST)
    if carried.token is None:
        return _ask(request, record, LOST_TOKEN, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        status = _submit_once(record, carried.token, carried)
    except (StaleVersion, once.TokenReused):
        return _ask_again(request, record)
    except NotPossible:
        return _not_any_more(request, load(request, record.request.number))
    except TermsChanged as changed:
        return _ask(request, load(request, record.request.number), changed.message, HTTPStatus.CONFLICT)
    except Refusal as refusal:
        return _ask(request, record, refusal.message, HTTPStatus.UNPROCESSABLE_ENTITY)
    if status is Status.UNDER_REVIEW:
        messages.success(request, RECEIVED)
    else:
        messages.warning(request, REFUSED)
    return HttpResponseRedirect(record.address)


def _not_any_more(request: HttpRequest, record: Record) -> HttpResponse:
    """It was applied for, or withdrawn, before: to its page, and say so."""
    messages.info(request, AlreadyWithdrawn.message if record.request.is_withdrawn else APPLIED_BEFORE)
    return HttpResponseRedirect(record.address)


def _submit_once(record: Record, token: uuid.UUID, carried: Carried) -> Status:
    def act() -> str:
        return record.request.submit(
            record.user, seen_version=carried.seen_version, seen_text=carried.seen_text
        ).status

    body = [record.submit_address, carried.seen_version, carried.seen_text]
    return Status(once.run_once(token, actor_id=record.user.pk, body=body, now=record.now, act=act))


def _ask_again(request: HttpRequest, record: Record) -> HttpResponse:
    """Somebody saved or applied in between: show what stands now, and ask anew."""
    current = load(request, record.request.number)
    if not current.may_submit:
        return _not_any_more(request, current)
    return _ask(request, current, CHANGED, HTTPStatus.CONFLICT)
