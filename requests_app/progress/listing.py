"""Institutions of a prefecture and one institution, as the dashboards lead down to them.

Lists walk an index of the kept tables, or of the institutions themselves, fifty rows at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef

from institutions.models import Institution
from requests_app.models import InstitutionOpen, InstitutionStock, SosRequest
from surveys.models import Item, SurveyResponse, SurveyRound

if TYPE_CHECKING:
    from institutions.models import User

PAGE = 50
LAST_PAGE = 2_000
REQUESTS_SHOWN = 20


class View(StrEnum):
    """Ways to look at the institutions of a prefecture."""

    STOCK = "stock"
    SILENT = "silent"
    OPEN = "open"
    ALL = "all"

    @property
    def label(self) -> str:
        """The words on screen."""
        return {
            "stock": "備蓄の少ない順",
            "silent": "回答がまだの機関",
            "open": "確認中の要請がある機関",
            "all": "全ての機関",
        }[self.value]


@dataclass(frozen=True)
class Row:
    """An institution in a list: when it answered the round, weeks of stock of the item, its requests under review."""

    institution: Institution
    answered_at: datetime | None
    weeks: Decimal | None
    open: int
    oldest: datetime | None


@dataclass(frozen=True)
class Page:
    """One page of a list; `more` says whether another one follows."""

    rows: Sequence[Row]
    number: int
    more: bool


def institutions_of(
    user: User,
    prefecture: str,
    survey_round: SurveyRound,
    item: Item,
    *,
    view: View,
    words: str = "",
    page: int = 1,
) -> Page:
    """Fifty of the institutions of a prefecture that the user may see. Five queries.

    STOCK: those that told of the item in the round, the least first (one of the last two rounds); SILENT: those
    without an answer in it; OPEN: those with requests under review, the longest waiting first; ALL: by code.
    """
    page = min(max(page, 1), LAST_PAGE)
    own = Institution.objects.visible_to(user).filter(prefecture_id=prefecture)
    if words:
        own = own.matching(words)
    start = (page - 1) * PAGE
    keys: list[int]
    if view is View.STOCK:
        stocks = InstitutionStock.objects.filter(round=survey_round, prefecture_id=prefecture, item=item)
        stocks = stocks.filter(institution_id__in=own.values("pk")) if words else stocks
        ordered = stocks.order_by("weeks", "institution_id").values_list("institution_id", flat=True)
        keys = list(ordered[start : start + PAGE + 1])
    elif view is View.OPEN:
        waiting = InstitutionOpen.objects.filter(prefecture_id=prefecture)
        waiting = waiting.filter(institution_id__in=own.values("pk")) if words else waiting
        by_age = waiting.order_by("oldest", "institution_id").values_list("institution_id", flat=True)
        keys = list(by_age[start : start + PAGE + 1])
    else:
        if view is View.SILENT:
            answers = SurveyResponse.objects.filter(round=survey_round, institution_id=OuterRef("pk"))
            own = own.filter(~Exists(answers))
        keys = list(own.order_by("code").values_list("pk", flat=True)[start : start + PAGE + 1])
    return Page(_rows(user, keys[:PAGE], survey_round, item), page, len(keys) > PAGE and page < LAST_PAGE)


def _rows(user: User, keys: Sequence[int], survey_round: SurveyRound, item: Item) -> list[Row]:
    """What is shown of these institutions, in their order; who left the user's scope since the sums is left out."""
    found = Institution.objects.visible_to(user).in_bulk(keys)
    answered = dict(
        SurveyResponse.objects.filter(round=survey_round, institution_id__in=keys).values_list(
            "institution_id", "answered_at"
        )
    )
    weeks = dict(
        InstitutionStock.objects.filter(round=survey_round, item=item, institution_id__in=keys).values_list(
            "institution_id", "weeks"
        )
    )
    waiting = InstitutionOpen.objects.in_bulk(keys)
    return [
        Row(
            found[key],
            answered.get(key),
            weeks.get(key),
            waiting[key].requests if key in waiting else 0,
            waiting[key].oldest if key in waiting else None,
        )
        for key in keys
        if key in found
    ]


# --- One institution ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Week:
    """What an institution answered in a round: when, and weeks of stock by item id; None for no answer."""

    round: SurveyRound
    answered_at: datetime | None
    weeks: Mapping[int, Fraction | None]


def weeks_of(user: User, institution: Institution, rounds: Sequence[SurveyRound]) -> list[Week]:
    """Round by round, the newest first, live. Two queries."""
    responses = SurveyResponse.objects.visible_to(user).filter(institution=institution, round__in=rounds)
    found = {each.round_id: each for each in responses.prefetch_related("answers")}
    return [
        Week(
            each,
            found[each.pk].answered_at if each.pk in found else None,
            {key: given.weeks for key, given in found[each.pk].figures().items()} if each.pk in found else {},
        )
        for each in rounds
    ]


def last_requests(user: User, institution: Institution) -> list[SosRequest]:
    """The institution's newest requests with their lines and items, live. Three queries."""
    rows = SosRequest.objects.visible_to(user).filter(institution=institution).order_by("-created_at")
    return list(rows.prefetch_related("lines__item")[:REQUESTS_SHOWN])
