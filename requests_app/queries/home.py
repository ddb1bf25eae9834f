"""What is open, for the home page: requests somebody must still do something with, and officers' questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, Window

from requests_app.models import (
    Question,
    RequestLine,
)
from requests_app.models.checking import OpenCampaign, errors_now
from requests_app.queries.listing import CURRENT_TIME
from requests_app.queries.officers import UNDER_REVIEW
from requests_app.rules.transitions import Status
from sosportal.lib.numbers import format_count

if TYPE_CHECKING:
    from requests_app.models.request import SosRequestQuerySet


OPEN = (Status.DRAFT.value, Status.ERROR.value, Status.UNDER_REVIEW.value)
MOST_OPEN = 20


@dataclass(frozen=True)
class OpenRequest:
    """A request that somebody still has to do something with. `asked` says what it asks for, in words, `items` by the
    items' ids and labels; `missing` is how many errors the check would find now, for one that failed its check;
    `is_asked`: a question of an officer waits for its answer."""

    institution_id: int
    number: str
    title: str
    status: Status
    confirmed: bool
    asked: str
    items: Mapping[int, str]
    missing: int
    is_asked: bool


@dataclass(frozen=True)
class OpenRequests:
    """The newest of them, and how many more there are."""

    rows: Sequence[OpenRequest]
    more: int


def open_requests(requests: SosRequestQuerySet, now: datetime, campaign: OpenCampaign | None) -> OpenRequests:
    """Of `requests` (begin with `visible_to`): those under review, and those written in the last 30 days before `now`
    (aware) that are not applied for; the newest twenty. `campaign` is the open one, which failed checks are run again
    for. Two queries, and those of `errors_now`."""
    asking = Question.objects.open().filter(request=OuterRef("pk"))
    still = UNDER_REVIEW | Q(updated_at__gte=now - CURRENT_TIME)
    found = list(
        requests.standing()
        .filter(still, status__in=OPEN)
        .annotate(total=Window(Count("*")), is_asked=Exists(asking))
        .order_by("-created_at", "-id")
        .values_list(
            *("id", "institution_id", "number", "title", "status", "confirmed_at", "is_asked", "total")
        )[:MOST_OPEN]
    )
    asked = _asked([row[0] for row in found])
    missing = errors_now([row[0] for row in found if row[4] == Status.ERROR.value], campaign, now)
    rows = [
        OpenRequest(
            *(place, number, title, Status(status), confirmed_at is not None),
            "、".join(words for _, _, words in asked[pk]),
            {item_id: label for item_id, label, _ in asked[pk]},
            missing.get(pk, 0),
            is_asked,
        )
        for pk, place, number, title, status, confirmed_at, is_asked, _ in found
    ]
    return OpenRequests(rows, found[0][-1] - len(found) if found else 0)


class OpenQuestion(NamedTuple):
    """A question of an officer that waits for the institution's answer."""

    id: int
    text: str
    number: str
    title: str


def open_questions(requests: SosRequestQuerySet) -> list[OpenQuestion]:
    """Of `requests` (begin with `visible_to`) what officers asked and nobody answered; the oldest twenty. One query."""
    rows = Question.objects.open().filter(request__in=requests).order_by("id")
    return [
        OpenQuestion(*row)
        for row in rows.values_list("id", "text", "request__number", "request__title")[:MOST_OPEN]
    ]


def _asked(request_ids: Sequence[int]) -> Mapping[int, list[tuple[int, str, str]]]:
    """By request id, of each line: the item's id, its label, and `⑤非滅菌手袋 4,100枚`. One query."""
    asked = defaultdict(list)
    lines = (
        RequestLine.objects.filter(request_id__in=request_ids).select_related("item").order_by("item__order")
    )
    for line in lines:
        amount = "数量は空欄" if line.quantity is None else f"{format_count(line.quantity)}{line.item.unit}"
        asked[line.request_id].append((line.item_id, line.item.label, f"{line.item.label} {amount}"))
    return asked
