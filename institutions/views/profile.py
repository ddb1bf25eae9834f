"""ユーザー基礎情報登録: the institution's particulars, kept by its staff; the register's, to look at."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from institutions.exceptions import Refusal, StaleParticulars
from institutions.forms.particulars import ParticularsForm
from institutions.models import Institution
from institutions.permissions import lacks_reason
from institutions.presenters import ProfilePage
from institutions.views import proxy
from institutions.views.access import acting, institution_staff, looking, may_open, staff_or_proxy
from sosportal.lib import clock, once
from sosportal.lib.addresses import own_path
from sosportal.lib.once import LOST_TOKEN, token_of
from sosportal.lib.text import clean_line

A_PAGE = 50
LONGEST_SEARCH = 100  # characters
CHANGED, SAME = "changed", "same"
SAID = {
    CHANGED: (messages.SUCCESS, "ユーザー基礎情報を保存しました。"),
    SAME: (messages.INFO, "変わったところはありませんでした。いまの内容で確認済みにしました。"),
}


@require_safe
@institution_staff
def institution(request: HttpRequest) -> HttpResponse:
    """To the page of the person's only institution, or the one they look at; else a list to choose from."""
    user = looking(request)
    keep = {"next": path} if (path := own_path(request.GET.get("next", ""))) else {}
    mine = Institution.objects.visible_to(user)
    if len(user.institution_ids) == 1:
        return HttpResponseRedirect(_address(mine.get().code, keep))
    words = clean_line(request.GET.get("q", ""))[:LONGEST_SEARCH]
    found = mine.matching(words).select_related("prefecture").order_by("code")
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    context = {
        "none_at_all": not user.institution_ids,
        "rows": [(each, _address(each.code, keep)) for each in page],
        "page": page,
        "words": words,
        "keep": keep,
        "link": lambda number: f"?{urlencode({**keep, 'q': words, 'page': number})}",
    }
    return render(request, "institution/list.html", context)


def _address(code: str, keep: dict[str, str]) -> str:
    address = reverse("institution_profile", args=[code])
    return f"{address}?{urlencode(keep)}" if keep else address


@require_http_methods(["GET", "HEAD", "POST"])
@staff_or_proxy
def profile(request: HttpRequest, code: str) -> HttpResponse:
    """The particulars of one institution, and their 保存; then back to where the person came from (`next`)."""
    user = acting(request)
    place = get_object_or_404(Institution.objects.visible_to(user).select_related("prefecture"), code=code)
    if not may_open(request, place):
        raise Http404
    if request.method == "POST":
        return _save(request, place)
    if lacks_reason(user, place):
        return HttpResponseRedirect(proxy.address(place, proxy.PROFILE))
    return _show(request, _page(request, place, ParticularsForm(place)))


def _page(request: HttpRequest, place: Institution, form: ParticularsForm, seen: str = "") -> ProfilePage:
    back = own_path(request.GET.get("next", ""))
    return ProfilePage(place, acting(request), form, seen or place.particulars.mark, back)


def _show(request: HttpRequest, page: ProfilePage, status: int = 200) -> HttpResponse:
    context = {"page": page, "form": page.form, "address": request.get_full_path()}
    return render(request, "institution/profile.html", context, status=status)


def _save(request: HttpRequest, place: Institution) -> HttpResponse:
    user, form, token = (
        acting(request),
        ParticularsForm(place, request.POST),
        token_of(request.POST.get("token")),
    )
    seen = request.POST.get("seen", "")
    if form.is_valid() and token is None:
        form.add_error(None, LOST_TOKEN)
    if token is None or not form.is_valid():
        return _show(request, _page(request, place, form, seen), HTTPStatus.UNPROCESSABLE_ENTITY)
    given, now = form.particulars(), clock.now()
    body = ["particulars", place.pk, seen, asdict(given)]

    def act() -> str:
        return CHANGED if place.keep_particulars(user, given, seen=seen, now=now) else SAME

    try:
        answer = once.run_once(token, actor_id=user.pk, body=body, now=now, act=act)
    except StaleParticulars as stale:
        return _compare(request, stale.current, form, stale.message)
    except once.TokenReused as reused:
        return _compare(request, place, form, reused.message)
    except Refusal as refusal:
        form.add_error(None, refusal.message)
        return _show(request, _page(request, place, form, seen), HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.add_message(request, *SAID[answer])
    return HttpResponseRedirect(own_path(request.GET.get("next", "")) or request.path)


def _compare(request: HttpRequest, current: Institution, form: ParticularsForm, message: str) -> HttpResponse:
    """What stands and what was typed side by side; the next 保存 is about what stands now."""
    form.add_error(None, message)
    page = _page(request, current, form)
    page.differences = form.differences(current.particulars)
    return _show(request, page, HTTPStatus.CONFLICT)
