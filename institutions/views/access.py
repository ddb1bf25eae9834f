"""Who these pages are for."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from institutions.models import Institution, Proxy, User
from institutions.permissions import can_begin_proxy, can_enter_for

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
    page asks `may_open`. What an officer sends in comes in too: an entry ended meanwhile loses nothing typed."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        user = with_proxy(request)
        if user.is_staff and not user.proxies and request.method != "POST":
            return HttpResponseRedirect(reverse("admin:index"))
        return view(request, *args, **kwargs)

    guarded_view: Any = login_required(guarded)
    return cast("View[P]", guarded_view)


PROXIES = "proxies"
"""The session's key of the entries by proxy, by the institutions' ids as text. Each lasts until it is ended, or the
session is; one for every institution, so that two tabs never enter for each other's."""


CHOSEN = "institution"
"""The session's key of the institution that lists are narrowed to, by its id. No form takes its institution from it."""


def chosen(request: HttpRequest) -> int | None:
    """The institution that the person chose to look at, while it is one of theirs and not their only one; None for all
    of them. One query, once per user loaded."""
    user, key = acting(request), request.session.get(CHOSEN)
    own = user.institution_ids
    return key if isinstance(key, int) and key in own and len(own) > 1 else None


def looking(request: HttpRequest) -> User:
    """Who is asking, narrowed to the institution that they chose to look at: for lists and overviews alone. What is
    opened by its address, and what is written, asks `acting`."""
    return acting(request).narrowed_to(chosen(request))


def with_proxy(request: HttpRequest) -> User:
    """Who is asking, with the entries by proxy that their session says were begun. The page then says for which
    institution it is: `User.turn_to`."""
    user = acting(request)
    user.proxies = {each.institution_id: each for each in begun(request)}
    return user


def begun(request: HttpRequest) -> list[Proxy]:
    """The entries by proxy of the session, the latest first."""
    return [Proxy(**each) for each in reversed(request.session.get(PROXIES, {}).values())]


def may_open(request: HttpRequest, institution: Institution) -> bool:
    """Turns the user to the institution, and says whether a page that enters for it serves them: `can_enter_for`.

    What a proxy sends in whose entry was ended meanwhile comes in too: the verb refuses it, and the page keeps it."""
    user = acting(request)
    user.turn_to(institution)
    return can_enter_for(user, institution) or (
        request.method == "POST" and can_begin_proxy(user, institution)
    )


def acting(request: HttpRequest) -> User:
    """Who is asking, once it is known that somebody is logged in."""
    return cast(User, request.user)
