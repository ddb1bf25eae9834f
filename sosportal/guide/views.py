"""Pages of the guides: what there is to read, a chapter, and a whole guide on one sheet."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from institutions.models import Role, User
from sosportal.guide.messages.chapter import TOPICS
from sosportal.guide.parts import Guide
from sosportal.guide.shelf import guide_for, guides_for


@require_safe
def guides(request: HttpRequest) -> HttpResponse:
    """操作マニュアル: the guides that the person may read, with their chapters. Open to everybody."""
    return render(request, "guide/index.html", {"guides": guides_for(role_of(request))})


@require_safe
def chapter(request: HttpRequest, guide: str, chapter: str) -> HttpResponse:
    """A chapter. What the person may not read answers as if it weren't there; a stranger is asked to log in."""
    book = guide_for(role_of(request), guide)
    if book is None:
        return _not_here(request)
    shown = book.chapter(chapter)
    if shown is None:
        raise Http404
    return render(request, "guide/chapter.html", context_of(book) | {"chapter": shown})


@require_safe
def sheet(request: HttpRequest, guide: str) -> HttpResponse:
    """A whole guide, to be printed."""
    book = guide_for(role_of(request), guide)
    if book is None:
        return _not_here(request)
    return render(request, "guide/sheet.html", context_of(book))


def manual(request: HttpRequest) -> HttpResponse:
    """The address of the manual before there were chapters."""
    return HttpResponseRedirect(reverse("guides"))


def context_of(guide: Guide) -> dict[str, object]:
    """What every chapter of the guide may use."""
    return {"guide": guide, "topics": TOPICS.get(guide.slug, ()), "base_url": settings.BASE_URL}


def role_of(request: HttpRequest) -> Role | str:
    """The role of who reads; "" for a stranger."""
    user = request.user
    return Role(user.role) if isinstance(user, User) else ""


def _not_here(request: HttpRequest) -> HttpResponse:
    """The same for a guide of others and for none."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    raise Http404
