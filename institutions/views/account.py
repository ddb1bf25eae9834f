"""自分の登録: what is kept of the person who is logged in, and how it is changed."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import cast

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from institutions.exceptions import AddressLinkVoid
from institutions.forms.account import EmailChangeForm
from institutions.permissions import INSTITUTION
from institutions.rules.inquiry import Subject
from institutions.views.access import acting
from sosportal.lib import clock, once
from sosportal.lib.once import LOST_TOKEN, token_of


@login_required
@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """One's own name, user name and mail address."""
    user = acting(request)
    asked = urlencode({"subject": Subject.LOGIN.value, "about": "account"})
    asks = user.role == INSTITUTION and user.institution_ids
    address = f"{reverse('inquiry_new')}?{asked}" if asks else ""
    return render(request, "account/me.html", {"person": user, "ask": address})


@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def email(request: HttpRequest) -> HttpResponse:
    """メールアドレスの変更: the new address and the password; a link is mailed to the new address."""
    user, now = acting(request), clock.now()
    if request.method != "POST":
        return _ask(request, EmailChangeForm(user=user))
    # A guess at the password counts as one on allauth's own page, wherever it is made.
    if limited := ratelimit.consume_or_429(request, action="reauthenticate", user=user):
        return cast(HttpResponse, limited)
    form, token = EmailChangeForm(request.POST, user=user), token_of(request.POST.get("token"))
    if form.is_valid() and token is None:
        form.add_error(None, LOST_TOKEN)
    if token is None or not form.is_valid():
        return _ask(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    address = form.cleaned_data["email"]

    def act() -> str:
        user.ask_for_address(address, key=str(token), now=now)
        return "asked"

    try:
        once.run_once(token, actor_id=user.pk, body=["own-address", address], now=now, act=act)
    except once.TokenReused as reused:
        form.add_error(None, reused.message)
        return _ask(request, form, HTTPStatus.CONFLICT)
    messages.success(
        request,
        f"{address} に確認のメールをお送りしました。メールのURLを開くまで、メールアドレスは変わりません。",
    )
    return HttpResponseRedirect(reverse("account_me"))


def _ask(request: HttpRequest, form: EmailChangeForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "token": uuid.uuid4(), "standing": acting(request).email}
    return render(request, "account/email.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def take_email(request: HttpRequest, link: str) -> HttpResponse:
    """What the mailed link opens: only a press makes the new address count, since programs open links too. The link
    itself is the form's token: followed twice, it changes nothing more."""
    user, now = acting(request), clock.now()
    try:
        if request.method == "POST":
            address = user.take_address(link, now=now)
            messages.success(request, f"メールアドレスを {address} に変更しました。")
            return HttpResponseRedirect(reverse("account_me"))
        address = user.address_in(link, now=now)
    except AddressLinkVoid as void:
        return render(request, "account/email_void.html", {"why": void.message}, status=HTTPStatus.NOT_FOUND)
    if address == user.email:  # followed already
        return HttpResponseRedirect(reverse("account_me"))
    return render(request, "account/email_confirm.html", {"address": address, "standing": user.email})
