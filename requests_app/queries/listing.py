"""The list of requests of the hospitals' side: views, order, search, pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Case, Count, F, Func, IntegerField, Q, QuerySet, Value, When, Window
from django.db.models.functions import Lower, Replace, TruncDate

from institutions.models import Institution, Role, User
from requests_app.models import (
    SosRequest,
)
from requests_app.models.withdrawing import WITHDRAWN
from requests_app.rules.transitions import Status
from sosportal.lib import clock
from sosportal.lib.prepared import Prepared
from sosportal.lib.text import hankaku_code, search_key

if TYPE_CHECKING:
    from django.db.models import Expression, OrderBy

    from requests_app.models.request import SosRequestQuerySet


PAGE_SIZE = 20
CURRENT_TIME = timedelta(days=30)
LONGEST_SEARCH = 100
MOST_WORDS = 8
CALLED_WITHDRAWN = frozenset({"取下げ", "取り下げ", "取下"})
ALL, RECENT, CURRENT, FOLLOWED = "all", "recent", "current", "followed"
SHOWN = (
    "number",
    "title",
    "submitted_at",
    "institution__name",
    "institution__code",
    "status",
    "withdrawn_at",
)

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
    withdrawn_at: datetime | None
    total: int


@dataclass(frozen=True)
class ListPage:
    """One page of the list: its rows, its number from 1, how many pages and rows there are."""

    rows: Sequence[ListRow]
    number: int
    pages: int
    total: int


def request_list(
    user: User,
    *,
    now: datetime,
    view: str,
    words: str,
    sort: str,
    page: int,
    status: str = "",
    place: str = "",
) -> ListPage:
    """One page of the requests that `user` may see, for a list of the columns of manual 3-1.

    `view` is ALL, RECENT (what the user opened), FOLLOWED or CURRENT (created within 30 × 24 hours before `now`,
    aware); `words` is what was typed into the search; `sort` a key of SORTED_BY, with "-" before it for falling order;
    requests that are equal in it follow newest first. `status` leaves those in this status alone, `place` those of
    institutions whose name contains it or whose code begins with it. A page beyond the end shows the last one.

    One query; three for a page beyond the end. It reads the requests of the view, of the person's institutions, for
    their number; a search folds each of their titles.
    """
    narrowed = bool(words or status or place)
    if page == 1 and not narrowed and user.is_active and user.role == Role.INSTITUTION:
        first = _first_rows(user, now, view, sort)
        return _page(first, 1, first[0].total if first else 0)
    found = _wanted(user, now, view, words, status, place)
    rows = _rows(found, sort, page)
    if rows or page <= 1:
        return _page(rows, page if rows else 1, rows[0].total if rows else 0)
    total = found.count()
    last = max(1, -(-total // PAGE_SIZE))
    return _page(_rows(found, sort, last), last, total)


def rows_to_write(
    user: User, *, now: datetime, view: str, words: str, sort: str, status: str = "", place: str = ""
) -> QuerySet[SosRequest, tuple[Any, ...]]:
    """All rows of the same list in the same order, of all its pages, for a file: (number, title, submitted_at, name of
    the institution, its code, status, withdrawn_at). No query of its own; `.iterator()` keeps memory flat."""
    found = _wanted(user, now, view, words, status, place)
    return _ordered(found, sort).values_list(*SHOWN)


def _wanted(user: User, now: datetime, view: str, words: str, status: str, place: str) -> SosRequestQuerySet:
    found = _in_view(SosRequest.objects.visible_to(user), view, user.pk, now - CURRENT_TIME)
    for word in words[:LONGEST_SEARCH].split()[:MOST_WORDS]:
        found = _matching(found, word)
    if status:
        found = found.filter(status=status)
    if place:
        found = found.filter(institution__in=Institution.objects.visible_to(user).matching(place))
    return found


def _first_rows(user: User, now: datetime, view: str, sort: str) -> list[ListRow]:
    """The first page without a search: what everybody opens all day."""
    values: dict[str, Any] = {"institution_ids": user.institution_ids}
    if view in {RECENT, FOLLOWED}:
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
    if view == FOLLOWED:
        return requests.filter(follows__user_id=user_id)
    return requests.filter(created_at__gte=since) if view == CURRENT else requests


def _matching(requests: SosRequestQuerySet, word: str) -> SosRequestQuerySet:
    """Number, title, name or code contains the word, whatever its width and case; numbers with or without hyphen.
    取下げ finds what was withdrawn, too."""
    key = search_key(word)
    folded = Func(F("title"), template="normalize(%(expressions)s, NFKC)")
    any_of = Q(folded_title__contains=key) | Q(institution__search_key__contains=key)
    digits = hankaku_code(word)
    if digits.isascii() and digits.isdigit():
        any_of |= Q(plain_number__contains=digits) | Q(institution__code__contains=digits)
    if word in CALLED_WITHDRAWN:
        any_of |= WITHDRAWN
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


def _ordered(requests: SosRequestQuerySet, sort: str) -> SosRequestQuerySet:
    return requests.order_by(*_order(sort), F("created_at").desc(), F("id").desc())


def _columns(requests: SosRequestQuerySet, sort: str) -> QuerySet[SosRequest, tuple[Any, ...]]:
    return _ordered(requests, sort).annotate(total=Window(Count("*"))).values_list(*SHOWN, "total")


def _rows(requests: SosRequestQuerySet, sort: str, page: int) -> list[ListRow]:
    start = (page - 1) * PAGE_SIZE
    return [ListRow(*row) for row in _columns(requests, sort)[start : start + PAGE_SIZE]]


def _page(rows: Sequence[ListRow], number: int, total: int) -> ListPage:
    return ListPage(rows, number, max(1, -(-total // PAGE_SIZE)), total)
