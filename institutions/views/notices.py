"""メールの受け取り方: how soon a person wants which mails."""

from __future__ import annotations

import uuid
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from institutions.exceptions import Refusal, StaleNotices
from institutions.forms.notices import NoticesForm, as_seen, seen_in
from institutions.models import NoticeChoice
from institutions.rules.notices import Notice
from institutions.views.access import acting, institution_staff
from sosportal.lib import clock, once
from sosportal.lib.once import LOST_TOKEN, token_of

SAVED = "メールの受け取り方を保存しました。"


@require_http_methods(["GET", "HEAD", "POST"])
@institution_staff
def notices(request: HttpRequest) -> HttpResponse:
    """The choices as they stand, and 保存."""
    if request.method != "POST":
        return _page(request)
    user, now = acting(request), clock.now()
    form, token = NoticesForm(NoticeChoice.of(user), request.POST), token_of(request.POST.get("token"))
    if form.is_valid() and token is None:
        form.add_error(None, LOST_TOKEN)
    if token is None or not form.is_valid():
        return _page(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    wanted, seen = form.wanted(), seen_in(request.POST.get("seen", ""))

    def act() -> str:
        NoticeChoice.choose(user, wanted, seen=seen, now=now)
        return SAVED

    try:
        said = once.run_once(token, actor_id=user.pk, body=["notices", wanted], now=now, act=act)
    except (StaleNotices, once.TokenReused) as refusal:
        form.add_error(None, refusal.message)
        return _page(request, form, HTTPStatus.CONFLICT)
    except Refusal as refusal:
        form.add_error(None, refusal.message)
        return _page(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, said)
    return HttpResponseRedirect(reverse("notices"))


def _page(request: HttpRequest, form: NoticesForm | None = None, status: int = 200) -> HttpResponse:
    """The form; after a conflict what stands now beside what was chosen here, which stays in the form."""
    standing = NoticeChoice.of(acting(request))
    changed = []
    if form is not None and status == HTTPStatus.CONFLICT:
        wanted = form.wanted()
        changed = [
            (each.label, standing[each].label, wanted[each].label)
            for each in Notice
            if standing[each] != wanted[each]
        ]
    context = {
        "form": form or NoticesForm(standing),
        "seen": as_seen(standing),
        "token": uuid.uuid4(),
        "changed": changed,
        "address": acting(request).email,
    }
    return render(request, "notices/form.html", context, status=status)
