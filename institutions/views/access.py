"""Who these pages are for."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from institutions.models import User

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def institution_staff(view: View[P]) -> View[P]:
    """A page for institution staff. Nobody logged in: to the login. Officers and operators: to the admin, whatever they
    asked for."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if acting(request).is_staff:
            return HttpResponseRedirect(reverse("admin:index"))
        return view(request, *args, **kwargs)

    guarded_view: Any = login_required(guarded)
    return cast("View[P]", guarded_view)


def acting(request: HttpRequest) -> User:
    """Who is asking, once it is known that somebody is logged in."""
    return cast(User, request.user)
