"""Who answers, for which institution, and where they came from."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import urlencode

from institutions.models import Institution, Role, User
from institutions.views.access import may_open, with_proxy
from sosportal.lib.addresses import own_path


def member(request: HttpRequest) -> User:
    """The user, who is institution staff. Raises PermissionDenied for officers and operators."""
    user = request.user
    if not isinstance(user, User) or user.role != Role.INSTITUTION:
        raise PermissionDenied
    return user


def institution_of(request: HttpRequest, code: str) -> Institution:
    """The institution of that code. Raises Http404 when the user may not see it, PermissionDenied when not answer."""
    with_proxy(request)
    institution = get_object_or_404(Institution.objects.visible_to(request.user), code=code)
    if not may_open(request, institution):
        raise PermissionDenied
    return institution


def way_back(request: HttpRequest) -> str:
    """The page one came from, to which the survey leads back; "" for none."""
    return own_path(request.GET.get("next", ""))


def address_of(request: HttpRequest, institution: Institution, **query: str) -> str:
    """The address of an institution's form; where the user came from comes along."""
    if path := way_back(request):
        query["next"] = path
    address = reverse("survey_answer", args=[institution.code])
    return f"{address}?{urlencode(query)}" if query else address
