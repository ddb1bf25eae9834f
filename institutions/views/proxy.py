"""代理入力: whoever enters for an institution without being of it says so, and why, before the first form."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from institutions.forms.proxy import ReasonForm
from institutions.models import Institution, Proxy
from institutions.permissions import can_begin_proxy
from institutions.views.access import PROXIES, acting

SURVEY, REQUEST, PROFILE = "survey", "request", "profile"
# What is done, the page that it is done on, and the list that whoever thinks better of it came from.
WHERE = {
    SURVEY: ("代理で調査に回答する", "survey_answer", "survey"),
    REQUEST: ("代理で要請を作成する", "request_create", "request_list"),
    PROFILE: ("代理で基礎情報を直す", "institution_profile", "institution"),
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest, code: str) -> HttpResponse:
    """For whom one is about to enter, as whom, and why. Raises Http404 for who may not."""
    user = acting(request)
    place = get_object_or_404(Institution.objects.visible_to(user), code=code)
    if not can_begin_proxy(user, place):
        raise Http404
    where = request.GET.get("to", "")
    words, name, listed = WHERE.get(where, WHERE[SURVEY])
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        proxy = Proxy(place.pk, place.code, place.name, form.cleaned_data["reason"])
        others = {key: each for key, each in request.session.get(PROXIES, {}).items() if key != str(place.pk)}
        request.session[PROXIES] = {**others, str(place.pk): asdict(proxy)}
        return HttpResponseRedirect(reverse(name, args=[place.code]))
    context = {
        "form": form,
        "institution": place,
        "words": words,
        "address": request.get_full_path(),
        "who": user.described(),
        "back": _page_of(place) if user.is_staff else reverse(listed),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else 200
    return render(request, "proxy/begin.html", context, status=status)


@login_required
@require_POST
def end(request: HttpRequest, code: str = "") -> HttpResponse:
    """The entry by proxy for the institution of that code is over; without one, every entry of the session."""
    begun = request.session.get(PROXIES, {})
    request.session[PROXIES] = {key: each for key, each in begun.items() if code and each["code"] != code}
    return HttpResponseRedirect(reverse("admin:index" if acting(request).is_staff else "home"))


def _page_of(place: Institution) -> str:
    """The institution's page in the admin, where officers begin."""
    return reverse("admin:institutions_institution_change", args=[place.pk])


def address(place: Institution, to: str) -> str:
    """The page that begins an entry for the institution."""
    return f"{reverse('proxy_begin', args=[place.code])}?to={to}"
