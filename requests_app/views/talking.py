"""The institution's answer to a question of an officer (照会)."""

from __future__ import annotations

import uuid
from dataclasses import replace
from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from requests_app.exceptions import QuestionClosed, Refusal
from requests_app.forms.request import AnswerForm, Carried
from requests_app.presenters.asked import Asked
from requests_app.presenters.record import Record
from requests_app.views.access import institution_staff
from requests_app.views.record import load
from sosportal.lib import once
from sosportal.lib.once import LOST_TOKEN

ANSWERED = "照会に回答しました。担当者にお知らせしました。"


@require_http_methods(["GET", "HEAD", "POST"])
@institution_staff
def answer(request: HttpRequest, number: str, question: int) -> HttpResponse:
    """回答する: once. What was typed stays when it can't be taken, or when somebody answered in between."""
    record = load(request, number)
    asked = _find(record, question)
    if request.method != "POST":
        return HttpResponseRedirect(f"{record.address}#{asked.place}")
    form, carried = AnswerForm(question, request.POST), Carried.read(request.POST)
    asked.sent, asked.carried = form, replace(carried, token=carried.token or uuid.uuid4())
    if form.is_valid() and carried.token is None:
        form.add_error(None, LOST_TOKEN)
    if carried.token is None or not form.is_valid():
        return _show(request, record, asked, HTTPStatus.UNPROCESSABLE_ENTITY)
    said = form.cleaned_data["answer"]

    def act() -> str:
        return record.request.answer(record.user, question, said).number

    try:
        body = [asked.address, said]
        once.run_once(carried.token, actor_id=record.user.pk, body=body, now=record.now, act=act)
    except (QuestionClosed, once.TokenReused) as refusal:
        return _too_late(request, record, asked, refusal.message)
    except Refusal as refusal:
        form.add_error(None, refusal.message)
        return _show(request, record, asked, HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, ANSWERED)
    return HttpResponseRedirect(record.address)


def _find(record: Record, question: int) -> Asked:
    for asked in record.questions:
        if asked.question.pk == question:
            return asked
    raise Http404


def _show(request: HttpRequest, record: Record, asked: Asked, status: int) -> HttpResponse:
    return render(request, "requests/detail.html", {"record": record, "answering": asked}, status=status)


def _too_late(request: HttpRequest, record: Record, asked: Asked, message: str) -> HttpResponse:
    """It was answered or withdrawn while somebody typed: what stands, and what was typed, to be copied."""
    current = load(request, record.request.number)
    standing = _find(current, asked.question.pk)
    standing.sent, standing.carried = asked.form, Carried.fresh()
    context = {"record": current, "answering": standing, "too_late": message}
    return render(request, "requests/detail.html", context, status=HTTPStatus.CONFLICT)
