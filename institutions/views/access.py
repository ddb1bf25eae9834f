"""Who these pages are for."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from institutions.models import Proxy, User

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def institution_staff(view: View[P]) -> View[P]:
    """A page for institution staff. Nobody logged in: to the login. Officers and operators: to the admin, whatever they
    asked for."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if with_proxy(request).is_staff:
            return HttpResponseRedirect(reverse("admin:index"))
        return view(request, *args, **kwargs)

    guarded_view: Any = login_required(guarded)
    return cast("View[P]", guarded_view)


def staff_or_proxy(view: View[P]) -> View[P]:
    """As `institution_staff`; an officer who has begun an entry by proxy comes in too, for that institution alone: the
    page asks `can_enter_for`."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        user = with_proxy(request)
        if user.is_staff and user.proxy is None:
            return HttpResponseRedirect(reverse("admin:index"))
        return view(request, *args, **kwargs)

    guarded_view: Any = login_required(guarded)
    return cast("View[P]", guarded_view)


PROXY = "proxy"
"""The session's key of an entry by proxy. It lasts until it is ended, or the session is."""


def with_proxy(request: HttpRequest) -> User:
    """Who is asking, with the entry by proxy that their session says was begun."""
    user = acting(request)
    kept = request.session.get(PROXY)
    user.proxy = Proxy(**kept) if kept else None
    return user


def acting(request: HttpRequest) -> User:
    """Who is asking, once it is known that somebody is logged in."""
    return cast(User, request.user)
