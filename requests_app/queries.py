"""Lists and aggregates shared by pages, admin, exports and commands. What a user may see is `visible_to`'s affair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Case, Count, F, Func, IntegerField, Q, QuerySet, Value, When, Window
from django.db.models.functions import Lower, Replace, TruncDate

from institutions.models import Role, User
from requests_app.models import (
    Campaign,
    CampaignItem,
    Question,
    RequestLine,
    SosRequest,
)
from requests_app.models.calendar import MOVED, calendar_changes
from requests_app.models.checking import OpenCampaign, errors_now
from requests_app.rules.transitions import Status
from sosportal.lib import clock
from sosportal.lib.numbers import format_count
from sosportal.lib.prepared import Prepared
from sosportal.lib.text import hankaku_code, search_key

if TYPE_CHECKING:
    from django.db.models import Expression, OrderBy

    from requests_app.models.request import SosRequestQuerySet


# --- The calendar and the campaign -----------------------------------------------------------------------------------


def items_asked_for(now: datetime) -> frozenset[int]:
    """Ids of the items the open campaign accepts at `now` (aware): the survey must be answered for them. One query."""
    return frozenset(item_id for (item_id,) in _ASKED_FOR.rows(now=now))


_ASKED_FOR: Prepared[CampaignItem] = Prepared(
    lambda now: (
        CampaignItem.objects.filter(campaign__opens_at__lte=now)
        .filter(Q(campaign__closes_at__isnull=True) | Q(campaign__closes_at__gt=now))
        .filter(Q(stopped_at__isnull=True) | Q(stopped_at__gt=now))
        .values_list("item_id")
    )
)


class Intake(NamedTuple):
    """What people are told of the intake: the notice of the open campaign and when it closes (None: not known), or,
    while none is open (`notice` None), when the next one opens (None: not known)."""

    notice: str | None = None
    closes_at: datetime | None = None
    opens_at: datetime | None = None


def intake(now: datetime) -> Intake:
    """The intake as it stands at `now` (aware). One query."""
    rows = _INTAKE.rows(now=now)
    if not rows:
        return Intake()
    notice, opens_at, closes_at = rows[0]
    return Intake(str(notice), closes_at, opens_at) if opens_at <= now else Intake(opens_at=opens_at)


_INTAKE: Prepared[Campaign] = Prepared(
    lambda now: (
        Campaign.objects.filter(Q(closes_at__isnull=True) | Q(closes_at__gt=now))
        .order_by("opens_at")
        .values_list("notice", "opens_at", "closes_at")[:1]
    )
)


def moved_cutoffs(now: datetime | None = None) -> Mapping[date, datetime]:
    """The cut-offs the ministry moved, around `now` (aware; left out, the clock): regular Wednesday → cut-off.

    Three weeks back to ten ahead. One query.
    """
    day = (now or clock.now()).date()
    return dict(MOVED.rows(first=day - timedelta(weeks=3), last=day + timedelta(weeks=10)))


def calendar_exceptions(now: datetime | None = None) -> Mapping[date, bool]:
    """The single days that are or are not business days against the rule, around `now`. Two queries."""
    return calendar_changes(now or clock.now())[1]


def stops_ahead(campaign_id: int, now: datetime) -> list[tuple[str, datetime]]:
    """(item, when its intake stops) of a campaign's items that are to be stopped after `now` (aware). One query."""
    rows = CampaignItem.objects.filter(campaign_id=campaign_id, stopped_at__gt=now).select_related("item")
    return [(row.item.label, row.stopped_at) for row in rows.order_by("item__order") if row.stopped_at]


# --- The list of requests (manual 3-1) -------------------------------------------------------------------------------

PAGE_SIZE = 20
CURRENT_TIME = timedelta(days=30)
LONGEST_SEARCH = 100
MOST_WORDS = 8
ALL, RECENT, CURRENT = "all", "recent", "current"

TITLE_DAY = TruncDate("created_at", tzinfo=clock.JST)
PROGRESS = Case(
    *(When(status=status.value, then=Value(place)) for place, status in enumerate(Status)),
    output_field=IntegerField(),
)
# What each column is sorted by. A title begins with the day of creation, without zero padding: as text, November would
# come before April.
SORTED_BY: Mapping[str, tuple[Expression | F, ...]] = {
    "title": (TITLE_DAY, F("title")),
    "submitted": (F("submitted_at"),),
    "name": (F("institution__name"), F("institution__code")),
    "code": (F("institution__code"),),
    "status": (PROGRESS,),
    "viewed": (F("recent_views__viewed_at"),),
}


class ListRow(NamedTuple):
    """One line of the list; `total` is how many the whole list has."""

    number: str
    title: str
    submitted_at: datetime | None
    institution_name: str
    institution_code: str
    status: str
    total: int


@dataclass(frozen=True)
class ListPage:
    """One page of the list: its rows, its number from 1, how many pages and rows there are."""

    rows: Sequence[ListRow]
    number: int
    pages: int
    total: int


def request_list(user: User, *, now: datetime, view: str, words: str, sort: str, page: int) -> ListPage:
    """One page of the requests that `user` may see, for a list of the columns of manual 3-1.

    `view` is ALL, RECENT (what the user opened) or CURRENT (created within 30 × 24 hours before `now`, aware);
    `words` is what was typed into the search; `sort` a key of SORTED_BY, with "-" before it for falling order; requests
    that are equal in it follow newest first. A page beyond the end shows the last one.

    One query; three for a page beyond the end.
    """
    if page == 1 and not words and user.is_active and user.role == Role.INSTITUTION:
        first = _first_rows(user, now, view, sort)
        return _page(first, 1, first[0].total if first else 0)
    found = _in_view(SosRequest.objects.visible_to(user), view, user.pk, now - CURRENT_TIME)
    for word in words[:LONGEST_SEARCH].split()[:MOST_WORDS]:
        found = _matching(found, word)
    rows = _rows(found, sort, page)
    if rows or page <= 1:
        return _page(rows, page if rows else 1, rows[0].total if rows else 0)
    total = found.count()
    last = max(1, -(-total // PAGE_SIZE))
    return _page(_rows(found, sort, last), last, total)


def _first_rows(user: User, now: datetime, view: str, sort: str) -> list[ListRow]:
    """The first page without a search: what everybody opens all day."""
    values: dict[str, Any] = {"institution_ids": user.institution_ids}
    if view == RECENT:
        values["user_id"] = user.pk
    elif view == CURRENT:
        values["since"] = now - CURRENT_TIME
    return [ListRow(*row) for row in _FIRST_PAGE.rows(view, sort, **values)]


def _first_page(
    view: str,
    sort: str,
    *,
    institution_ids: Sequence[int],
    user_id: int = 0,
    since: datetime | None = None,
) -> QuerySet[SosRequest, tuple[Any, ...]]:
    member = User(role=Role.INSTITUTION)
    member.own_institutions = dict.fromkeys(institution_ids, "")
    found = _in_view(SosRequest.objects.visible_to(member), view, user_id, since)
    return _columns(found, sort)[:PAGE_SIZE]


_FIRST_PAGE: Prepared[SosRequest] = Prepared(_first_page)


def _in_view(
    requests: SosRequestQuerySet, view: str, user_id: int, since: datetime | None
) -> SosRequestQuerySet:
    if view == RECENT:
        return requests.filter(recent_views__user_id=user_id)
    return requests.filter(created_at__gte=since) if view == CURRENT else requests


def _matching(requests: SosRequestQuerySet, word: str) -> SosRequestQuerySet:
    """Number, title, name or code contains the word, whatever its width and case; numbers with or without hyphen."""
    key = search_key(word)
    folded = Func(F("title"), template="normalize(%(expressions)s, NFKC)")
    any_of = Q(folded_title__contains=key) | Q(institution__search_key__contains=key)
    digits = hankaku_code(word)
    if digits.isascii() and digits.isdigit():
        any_of |= Q(plain_number__contains=digits) | Q(institution__code__contains=digits)
    return requests.alias(
        folded_title=Replace(Lower(folded), Value(" ")), plain_number=Replace("number", Value("-"))
    ).filter(any_of)


def _order(sort: str) -> list[OrderBy]:
    falling = sort.startswith("-")
    return [
        # What has no date yet stands at the end, whichever way the list is turned.
        each.desc(nulls_last=True) if falling else each.asc(nulls_last=True)
        for each in SORTED_BY[sort.removeprefix("-")]
    ]


def _columns(requests: SosRequestQuerySet, sort: str) -> QuerySet[SosRequest, tuple[Any, ...]]:
    ordered = requests.order_by(*_order(sort), F("created_at").desc(), F("id").desc())
    return ordered.annotate(total=Window(Count("*"))).values_list(
        "number", "title", "submitted_at", "institution__name", "institution__code", "status", "total"
    )


def _rows(requests: SosRequestQuerySet, sort: str, page: int) -> list[ListRow]:
    start = (page - 1) * PAGE_SIZE
    return [ListRow(*row) for row in _columns(requests, sort)[start : start + PAGE_SIZE]]


def _page(rows: Sequence[ListRow], number: int, total: int) -> ListPage:
    return ListPage(rows, number, max(1, -(-total // PAGE_SIZE)), total)


# --- What is open, for the home page ---------------------------------------------------------------------------------

OPEN = (Status.DRAFT.value, Status.ERROR.value, Status.UNDER_REVIEW.value)
MOST_OPEN = 20


@dataclass(frozen=True)
class OpenRequest:
    """A request that somebody still has to do something with. `asked` says what it asks for, in words; `missing` is how
    many errors the check would find now, for one that failed its check."""

    number: str
    title: str
    status: Status
    confirmed: bool
    asked: str
    missing: int


@dataclass(frozen=True)
class OpenRequests:
    """The newest of them, and how many more there are."""

    rows: Sequence[OpenRequest]
    more: int


def open_requests(requests: SosRequestQuerySet, now: datetime, campaign: OpenCampaign | None) -> OpenRequests:
    """Of `requests` (begin with `visible_to`): those under review, and those written in the last 30 days before `now`
    (aware) that are not applied for; the newest twenty. `campaign` is the open one, which failed checks are run again
    for. Two queries, and those of `errors_now`."""
    still = Q(status=Status.UNDER_REVIEW.value) | Q(updated_at__gte=now - CURRENT_TIME)
    found = list(
        requests.filter(still, status__in=OPEN)
        .annotate(total=Window(Count("*")))
        .order_by("-created_at", "-id")
        .values_list("id", "number", "title", "status", "confirmed_at", "total")[:MOST_OPEN]
    )
    asked = _asked([row[0] for row in found])
    missing = errors_now([row[0] for row in found if row[3] == Status.ERROR.value], campaign, now)
    rows = [
        OpenRequest(
            number, title, Status(status), confirmed_at is not None, asked.get(pk, ""), missing.get(pk, 0)
        )
        for pk, number, title, status, confirmed_at, _ in found
    ]
    return OpenRequests(rows, found[0][5] - len(found) if found else 0)


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


def _asked(request_ids: Sequence[int]) -> dict[int, str]:
    """By request id: `⑤非滅菌手袋 4,100枚`. One query."""
    asked: dict[int, str] = {}
    lines = (
        RequestLine.objects.filter(request_id__in=request_ids).select_related("item").order_by("item__order")
    )
    for line in lines:
        amount = "数量は空欄" if line.quantity is None else f"{format_count(line.quantity)}{line.item.unit}"
        words = f"{line.item.label} {amount}"
        asked[line.request_id] = f"{asked[line.request_id]}、{words}" if line.request_id in asked else words
    return asked
