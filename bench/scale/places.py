"""What the addresses of the pages are filled in with, from the country itself."""

from __future__ import annotations

from typing import Any


def places() -> dict[str, Any]:
    """What the addresses are filled in with."""
    from django.db.models import F

    from institutions.models import Announcement, Inquiry, User
    from requests_app.forms.allocation import cutoff_text
    from requests_app.models import AllocationDecision, HandOff, InstitutionOpen, SosRequest
    from requests_app.models.request import NEWEST_FIRST
    from requests_app.models.waiting import UndecidedLine
    from requests_app.queries.officers import UNDER_REVIEW
    from requests_app.rules.transitions import Status
    from sosportal.lib import clock

    undecided = UndecidedLine.objects.order_by("cutoff_at")
    newest = SosRequest.objects.order_by(*NEWEST_FIRST).select_related("institution")
    waiting = newest.filter(UNDER_REVIEW)
    accepted = newest.filter(status=Status.ACCEPTED.value)[:1].get()
    one = accepted.institution
    day = clock.jst(waiting[:100][99].submitted_at or clock.now())
    return {
        "year": f"{day:%Y}",
        "month": f"{day:%Y-%m}",
        "day": f"{day:%Y-%m-%d}",
        "code": one.code,
        "number": accepted.number,
        "plain": accepted.number.replace("-", ""),
        "series": accepted.number[:5],
        "older": accepted.pk,
        "submitted": 3,
        "prefecture": 2,
        "stock": 7,
        "stock_there": 6,
        "waiting": waiting[:100][99].pk,
        "waiting_there": waiting.filter(prefecture_id="13").order_by(F("pk").desc())[:10][9].pk,
        "accepted": accepted.pk,
        "cutoff": cutoff_text(undecided.latest("cutoff_at").cutoff_at),
        "decision": AllocationDecision.objects.latest("pk").pk,
        "hand_off": HandOff.objects.latest("pk").pk,
        "inquiry": Inquiry.objects.latest("pk").pk,
        "announcement": Announcement.objects.filter(prefecture=None, starts_at__lte=clock.now())
        .latest("starts_at")
        .pk,
        "institution": one.pk,
        "person": User.objects.get(username="staff-1").pk,
        "place": InstitutionOpen.objects.filter(prefecture_id="13").order_by("oldest")[0].institution.code,
    }
