"""自分の登録: what is kept of the person who is logged in, and how to have it changed."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from institutions.permissions import INSTITUTION
from institutions.rules.inquiry import Subject
from institutions.views.access import acting


@login_required
@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """One's own name, user name and mail address."""
    user = acting(request)
    asked = urlencode({"subject": Subject.LOGIN.value, "about": "account"})
    asks = user.role == INSTITUTION and user.institution_ids
    address = f"{reverse('inquiry_new')}?{asked}" if asks else ""
    return render(request, "account/me.html", {"person": user, "ask": address})
