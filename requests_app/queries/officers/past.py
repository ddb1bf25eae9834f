"""What lies behind a request: the institution's last weeks in figures, and what became of its requests before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from requests_app.models import RequestLine, SosRequest
from surveys.models import Figures, StockAnswer, SurveyRound

if TYPE_CHECKING:
    from requests_app.models.request import SosRequestQuerySet

WEEKS = 8
LAST_REQUESTS = 5


@dataclass(frozen=True)
class Week:
    """A round of the survey (`11/25の回`) with the institution's figures by item id; empty where it did not answer."""

    round: str
    figures: Mapping[int, Figures]


def weeks_of_figures(institution_id: int, now: datetime) -> list[Week]:
    """The last eight rounds opened by `now` (aware), the oldest first, answered or not. Two queries."""
    rounds = list(SurveyRound.objects.filter(opens_at__lte=now).order_by("-opens_at")[:WEEKS])
    answers = StockAnswer.objects.filter(
        response__institution_id=institution_id, response__round__in=[each.pk for each in rounds]
    ).values_list("response__round_id", "item_id", "stock", "weekly_consumption", "weekly_purchase")
    found: dict[int, dict[int, Figures]] = {each.pk: {} for each in rounds}
    for round_id, item_id, *figures in answers:
        found[round_id][item_id] = Figures(*figures)
    return [Week(each.label, found[each.pk]) for each in reversed(rounds)]


@dataclass(frozen=True)
class Past:
    """A request of the institution before or beside this one, with its lines."""

    request: SosRequest
    lines: Sequence[RequestLine]


def past_requests(requests: SosRequestQuerySet, request: SosRequest) -> list[Past]:
    """The institution's other requests that were applied for, the last five among `requests`. Two queries."""
    others = list(
        requests.filter(institution_id=request.institution_id, submitted_at__isnull=False)
        .exclude(pk=request.pk)
        .order_by("-created_at", "-pk")[:LAST_REQUESTS]
    )
    lines: dict[int, list[RequestLine]] = {each.pk: [] for each in others}
    for line in (
        RequestLine.objects.filter(request_id__in=lines)
        .select_related("item", "outcome")
        .order_by("item__order")
    ):
        lines[line.request_id].append(line)
    return [Past(each, lines[each.pk]) for each in others]
