"""What a suspension hits: the institution's requests under review, for the page that asks before it is saved."""

from __future__ import annotations

from django.urls import reverse

from institutions.models import Institution
from institutions.suspension_hits import Hit, Hits
from requests_app.models import SosRequest
from requests_app.queries.officers import UNDER_REVIEW
from sosportal.lib.jinja import jst_short

MOST_SHOWN = 50


def under_review(institution: Institution) -> Hits:
    """The newest fifty of the institution's requests under review, and how many there are. Three queries."""
    rows = SosRequest.objects.filter(UNDER_REVIEW, institution=institution)
    shown = rows.prefetch_related("lines__item").order_by("-submitted_at", "-pk")[:MOST_SHOWN]
    return Hits([_hit(each) for each in shown], rows.count())


def _hit(request: SosRequest) -> Hit:
    asked = "、".join(
        f"{line.item.label} {line.item.amount(line.quantity or 0)}" for line in request.lines.all()
    )
    submitted = f"{jst_short(request.submitted_at)} 申請　" if request.submitted_at else ""
    address = reverse("admin:requests_app_sosrequest_change", args=[request.pk])
    return Hit(request.number, f"{submitted}{asked}", address)
