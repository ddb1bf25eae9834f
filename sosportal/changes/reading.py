"""Changes out of all event tables, newest first, a page at a time: flat with the number of events.

Each table gives at most a page of its own, by an index that begins with what is asked for and ends with the key
(time, number). Who may see what is decided here and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import JSONObject

from institutions.models import Institution, Membership, Role, Suspension, User
from institutions.permissions import EVERY_DESK, OFFICERS, THE_MINISTRY, WHOLE_COUNTRY
from requests_app.models import (
    CalendarException,
    Campaign,
    CampaignItem,
    CutoffChange,
    RequestLine,
    SosRequest,
)
from sosportal.lib import clock
from sosportal.lib.audit.tracking import fields_of, tracked
from surveys.models import Item, StockAnswer, SurveyResponse

if TYPE_CHECKING:
    Model = type[models.Model]

SEEN_BY: dict[Model, frozenset[str]] = {
    SosRequest: OFFICERS,
    RequestLine: OFFICERS,
    SurveyResponse: OFFICERS,
    StockAnswer: OFFICERS,
    Institution: EVERY_DESK,
    Suspension: EVERY_DESK,
    Membership: WHOLE_COUNTRY,
    User: WHOLE_COUNTRY,
    Campaign: THE_MINISTRY,
    CampaignItem: THE_MINISTRY,
    CutoffChange: THE_MINISTRY,
    CalendarException: THE_MINISTRY,
    Item: EVERY_DESK,
}
"""Whose changes a role may see: those of the rows that it meets in the admin."""

OF_AN_INSTITUTION: tuple[Model, ...] = (
    *(SosRequest, RequestLine, SurveyResponse, StockAnswer, Institution, Suspension, Membership),
)

# What belongs to a row: shown on its page with the row's own changes, by the column that points to it.
PARTS: dict[Model, dict[Model, str]] = {
    SosRequest: {RequestLine: "request_id"},
    SurveyResponse: {StockAnswer: "response_id"},
    Campaign: {CampaignItem: "campaign_id"},
    Institution: {Suspension: "institution_id", Membership: "institution_id"},
    User: {Membership: "user_id"},
}

MOST_FOUND = 200
_KEY = re.compile(r"([0-9]{10,17})-([0-9]{1,18})")


class Key(NamedTuple):
    """The place of a change in the order: when (aware), and its number."""

    at: datetime
    number: int

    def __str__(self) -> str:
        return f"{int(self.at.timestamp()) * 10**6 + self.at.microsecond}-{self.number}"

    @classmethod
    def read(cls, text: str) -> Key | None:
        """As an address bears it; None where it can't be read."""
        found = _KEY.fullmatch(text) if text.isascii() else None
        if found is None:
            return None
        try:
            at = datetime.fromtimestamp(0, clock.JST) + timedelta(microseconds=int(found[1]))
        except OverflowError:
            return None
        return cls(at, int(found[2]))


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for; whatever is left out isn't asked for. Days are Japan's, both included."""

    model: Model | None = None
    institutions: frozenset[int] | None = None
    request: tuple[int, int] | None = None
    actors: frozenset[int] | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class Found:
    """One change. `before` holds the changed columns as they were, `after` the row as the event keeps it."""

    model: Model
    key: Key
    label: str
    obj_id: int
    before: dict[str, Any] | None
    after: dict[str, Any]
    context: dict[str, Any]
    institution_id: int | None


@dataclass(frozen=True)
class Page:
    """Changes, newest first, and the key after which the next page begins, "" on the last."""

    changes: list[Found] = field(default_factory=list)
    next: str = ""


def visible_models(user: User) -> list[Model]:
    """The tracked models whose changes this person may see."""
    return [model for model, roles in SEEN_BY.items() if user.is_active and user.role in roles]


def page(user: User, wanted: Wanted, after: Key | None, size: int) -> Page:
    """The next `size` changes that the person may see. Two queries at most, none where nothing can be found."""
    concerned = [model for model in visible_models(user) if _concerns(model, wanted)]
    moved_here = _moved_here(user) if concerned else []
    parts = [
        _select(model, rows.filter(_asked(model, wanted)), after, size + 1)
        for model in concerned
        for rows in _scoped(user, model, moved_here)
    ]
    return _merged(parts, size)


def page_of(user: User, obj: models.Model, after: Key | None, size: int) -> Page:
    """As `page`, of one row that the person may see, and of its parts: the same changes as `page` shows. One query."""
    model = type(obj)
    parts = []
    if model in visible_models(user):
        parts.append(_select(model, _events(model).filter(pgh_obj_id=obj.pk), after, size + 1))
    for part, column in PARTS.get(model, {}).items():
        if part in visible_models(user):
            rows = _events(part).filter(**{column: obj.pk})
            institution_id = obj.pk if model is Institution else getattr(obj, "institution_id", None)
            if institution_id is not None:  # by an index that is there
                rows = rows.filter(pgh_institution_id=institution_id)
            parts.append(_select(part, rows, after, size + 1))
    return _merged(parts, size)


def every(user: User, wanted: Wanted, chunk: int = 1000) -> Iterator[list[Found]]:
    """All changes found, in portions: two queries for each, flat. Memory holds one portion."""
    key: Key | None = None
    while True:
        portion = page(user, wanted, key, chunk)
        if portion.changes:
            yield portion.changes
        if not portion.next:
            return
        key = portion.changes[-1].key


def _events(model: Model) -> models.QuerySet[Any]:
    rows: models.QuerySet[Any] = tracked[model]._default_manager.all()
    return rows


def _moved_here(user: User) -> list[int]:
    """The ids of institutions that came from another prefecture into the officer's and are there still. One query, of
    few rows; none for who isn't bound to a prefecture."""
    if user.role != Role.PREFECTURE:
        return []
    moves = _events(Institution).filter(
        pgh_before__has_key="prefecture_id", pgh_prefecture_id=user.prefecture_id
    )
    here = Institution.objects.visible_to(user).filter(pk__in=moves.values("pgh_institution_id"))
    return list(here.values_list("pk", flat=True))


def _scoped(user: User, model: Model, moved_here: list[int]) -> Iterator[models.QuerySet[Any]]:
    """The events in scope, in parts that an index serves each: an officer's are of the institutions that are in the
    prefecture now, as their requests and answers are, wherever they were then."""
    rows = _events(model)
    if user.role != Role.PREFECTURE or model not in OF_AN_INSTITUTION:
        yield rows
        return
    standing = Institution.objects.filter(
        pk=models.OuterRef("pgh_institution_id"), prefecture_id=user.prefecture_id
    )
    yield rows.filter(models.Exists(standing), pgh_prefecture_id=user.prefecture_id)
    if moved_here:
        elsewhere = rows.exclude(pgh_prefecture_id=user.prefecture_id)
        yield elsewhere.filter(pgh_institution_id__in=moved_here)


def _concerns(model: Model, wanted: Wanted) -> bool:
    """Whether such a change can be what is looked for."""
    if wanted.model is not None and model is not wanted.model and model not in PARTS.get(wanted.model, {}):
        return False
    if wanted.request is not None:
        return model in {SosRequest, RequestLine}
    return wanted.institutions is None or model in OF_AN_INSTITUTION


def _asked(model: Model, wanted: Wanted) -> Q:
    asked = Q()
    if wanted.request is not None:
        request_id, institution_id = wanted.request
        column = "pgh_obj_id" if model is SosRequest else "request_id"
        asked &= Q(pgh_institution_id=institution_id, **{column: request_id})
    if wanted.institutions is not None:
        asked &= Q(pgh_institution_id__in=sorted(wanted.institutions))
    if wanted.actors is not None:
        asked &= Q(pgh_actor_id__in=sorted(wanted.actors))
    if wanted.first is not None:
        asked &= Q(pgh_created_at__gte=datetime.combine(wanted.first, time(), tzinfo=clock.JST))
    if wanted.last is not None:
        end = datetime.combine(wanted.last, time(), tzinfo=clock.JST) + timedelta(days=1)
        asked &= Q(pgh_created_at__lt=end)
    return asked


def _select(model: Model, rows: models.QuerySet[Any], after: Key | None, most: int) -> models.QuerySet[Any]:
    """The first rows of one table behind the key, in the columns that all tables share."""
    if after is not None:
        rows = rows.filter(pgh_created_at__lte=after.at).exclude(
            pgh_created_at=after.at, pgh_id__gte=after.number
        )
    kept = JSONObject(**{str(each.column): F(each.attname) for each in fields_of(tracked[model])})
    place = list(SEEN_BY).index(model)
    columns = (
        "pgh_created_at",
        "pgh_id",
        "pgh_label",
        "pgh_obj_id",
        "pgh_before",
        "pgh_context",
        "pgh_institution_id",
    )
    selected: models.QuerySet[Any] = (
        rows.order_by("-pgh_created_at", "-pgh_id")
        .annotate(kept=kept, place=Value(place))
        .values_list("place", *columns, "kept")[:most]
    )
    return selected


def _merged(parts: list[models.QuerySet[Any]], size: int) -> Page:
    if not parts:
        return Page()
    first, *others = parts
    rows = (
        first.union(*others, all=True).order_by("-pgh_created_at", "-pgh_id")[: size + 1] if others else first
    )
    model_at = list(SEEN_BY)
    found = [
        Found(model_at[place], Key(at, number), label, obj_id, before, after, context, institution_id)
        for place, at, number, label, obj_id, before, context, institution_id, after in rows
    ]
    return Page(found[:size], str(found[size - 1].key) if len(found) > size else "")
