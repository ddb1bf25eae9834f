"""What inquiries need to know of requests: the ones a member can name, and the way to one."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse

from institutions.asked_about import Choice, Source
from institutions.models import User
from requests_app.models import SosRequest

MOST = 50


def choices(user: User) -> Sequence[Choice]:
    """The newest 50 requests of the member's institutions. One query."""
    rows = SosRequest.objects.visible_to(user).order_by("-created_at", "-pk")
    found = rows.values_list("number", "title", "institution_id")[:MOST]
    return [Choice(number, f"{number}　{title}", place) for number, title, place in found]


def address(user: User, number: str) -> str:
    """The request's own page for members, its admin page for officers; "" for what they may not see. One query."""
    key = SosRequest.objects.visible_to(user).filter(number=number).values_list("pk", flat=True).first()
    if key is None:
        return ""
    if user.is_staff:
        return reverse("admin:requests_app_sosrequest_change", args=[key])
    return reverse("request_detail", args=[number])


SOURCE = Source(choices, address)
