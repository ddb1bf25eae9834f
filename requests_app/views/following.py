"""フォローする, and its end: whether a person is told of what happens to a request."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from requests_app.forms.following import FollowPost
from requests_app.views.access import staff_or_proxy
from requests_app.views.record import load
from sosportal.lib import once
from sosportal.lib.once import LOST_TOKEN


@require_http_methods(["GET", "HEAD", "POST"])
@staff_or_proxy
def follow(request: HttpRequest, number: str) -> HttpResponse:
    """フォローする, フォロー中（やめる）: once per form."""
    record = load(request, number)
    if request.method != "POST":
        return HttpResponseRedirect(record.address)
    posted = FollowPost.read(request.POST)
    if posted is None:
        messages.warning(request, LOST_TOKEN)
        return render(
            request, "requests/detail.html", {"record": record}, status=HTTPStatus.UNPROCESSABLE_ENTITY
        )
    try:
        done = posted.carry_out(record.user, record.request, record.now)
    except once.TokenReused as refusal:
        messages.warning(request, refusal.message)
        return render(request, "requests/detail.html", {"record": record}, status=HTTPStatus.CONFLICT)
    messages.success(request, done)
    return HttpResponseRedirect(record.address)
