"""The filters of the queue. Each choice is one condition; an unknown choice leads back to the plain list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest

from institutions.models import Prefecture
from requests_app.models import RequestLine, SosRequest
from requests_app.officer_queries import Stage, late
from requests_app.rules.transitions import Status
from sosportal.lib import clock
from surveys.models import Item

if TYPE_CHECKING:
    from requests_app.models.request import SosRequestQuerySet

EVERYTHING = "all"
Choice = tuple[str, str, Q]


class ConditionFilter(admin.SimpleListFilter):
    """A filter whose choices are conditions, with a count beside each."""

    hide_empty = False

    def table(self, request: HttpRequest) -> list[Choice]:
        """(value in the query string, label, condition) of each choice."""
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        # A page makes every filter anew for each count: what was read once is kept with the request.
        kept = request.__dict__.setdefault("_filter_tables", {})
        if self.parameter_name not in kept:
            kept[self.parameter_name] = self.table(request)
        self.conditions: list[Choice] = kept[self.parameter_name]
        return [(value, label) for value, label, _ in self.conditions]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SosRequest]) -> QuerySet[SosRequest]:
        value = self.value()
        if value is None:
            return queryset
        for known, _, condition in self.conditions:
            if known == value:
                return queryset.filter(condition)
        raise IncorrectLookupParameters(value)

    def counts(self, rows: SosRequestQuerySet) -> Mapping[str, int]:
        """How many of the rows each choice leads to, by its value. One query."""
        found: dict[str, int] = rows.aggregate(
            **{f"c{i}": Count("pk", filter=each[2]) for i, each in enumerate(self.conditions)}
        )
        return {each[0]: found[f"c{i}"] for i, each in enumerate(self.conditions)}

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        # What the other filters and the search leave, in no order: what is sorted is slower to count.
        others: Any = changelist.get_queryset(self.request, exclude_parameters=self.expected_parameters())
        counts = self.counts(others.order_by())
        yield self.choice(changelist, None, "全て", self.total(changelist, counts))
        for value, label, _ in self.conditions:
            count = counts.get(value, 0)
            if count or not self.hide_empty or value == self.value():
                yield self.choice(changelist, value, label, count)

    def total(self, changelist: ChangeList, counts: Mapping[str, int]) -> int | None:
        """How many rows there are without this filter; None where that isn't known without asking again."""
        return changelist.result_count if self.value() is None else None

    def choice(
        self, changelist: ChangeList, value: str | None, label: str, count: int | None
    ) -> dict[str, Any]:
        """One line of the filter; `value` None leads to the list without it."""
        name = str(self.parameter_name)
        link = (
            changelist.get_query_string({name: value})
            if value
            else changelist.get_query_string(remove=[name])
        )
        return {"selected": self.value() == value, "query_string": link, "display": label, "count": count}


def status_left_out(request: HttpRequest) -> str:
    """The status that the queue shows when none is asked for."""
    return EVERYTHING if request.GET.get(SEARCH_VAR, "").strip() else Status.UNDER_REVIEW.value


def shows_one_status(request: HttpRequest) -> bool:
    """Whether the queue, as it is asked for, holds requests of one status alone."""
    return request.GET.get(StatusFilter.parameter_name, status_left_out(request)) != EVERYTHING


class StatusFilter(ConditionFilter):
    """対応ステータス. Left out, what waits for officers: 都道府県・国確認中; a search looks through all."""

    title = "対応ステータス"
    parameter_name = "status"

    def table(self, request: HttpRequest) -> list[Choice]:
        return [(status.value, status.label, Q(status=status.value)) for status in Status]

    def value(self) -> str | None:
        """The status asked for, EVERYTHING for none in particular."""
        given = super().value()
        return status_left_out(self.request) if given is None else str(given)

    def queryset(self, request: HttpRequest, queryset: QuerySet[SosRequest]) -> QuerySet[SosRequest]:
        return queryset if self.value() == EVERYTHING else super().queryset(request, queryset)

    def counts(self, rows: SosRequestQuerySet) -> Mapping[str, int]:
        return dict(rows.values_list("status").annotate(Count("pk")))

    def total(self, changelist: ChangeList, counts: Mapping[str, int]) -> int | None:
        return sum(counts.values())

    def choice(
        self, changelist: ChangeList, value: str | None, label: str, count: int | None
    ) -> dict[str, Any]:
        return super().choice(changelist, value or EVERYTHING, label, count)


class StageFilter(ConditionFilter):
    """都道府県の確認: 未確認, やり直し, 確認済み."""

    title = "都道府県の確認"
    parameter_name = "stage"

    def table(self, request: HttpRequest) -> list[Choice]:
        return [(stage.value, stage.label, stage.condition) for stage in Stage]


class LateFilter(ConditionFilter):
    """対応の遅れ: the first day of handling has passed without the prefecture's confirmation."""

    title = "対応の遅れ"
    parameter_name = "late"

    def table(self, request: HttpRequest) -> list[Choice]:
        return [("yes", "対応開始日を過ぎ、確認がまだのもの", late(clock.today()))]


class ItemFilter(ConditionFilter):
    """物資 of any line."""

    title = "物資"
    parameter_name = "item"
    hide_empty = True

    def table(self, request: HttpRequest) -> list[Choice]:
        found = []
        for item in Item.objects.order_by("order"):
            lines = RequestLine.objects.filter(request_id=OuterRef("pk"), item_id=item.pk)
            found.append((str(item.pk), item.label, Q(Exists(lines))))
        return found

    def counts(self, rows: SosRequestQuerySet) -> Mapping[str, int]:
        lines = RequestLine.objects.filter(request__in=rows.values("pk")).order_by()
        return {str(item): count for item, count in lines.values_list("item_id").annotate(Count("pk"))}


class PrefectureFilter(ConditionFilter):
    """都道府県 of the institution, for the ministry."""

    title = "都道府県"
    parameter_name = "prefecture"
    hide_empty = True

    def table(self, request: HttpRequest) -> list[Choice]:
        names = Prefecture.objects.order_by("code").values_list("code", "name")
        return [(code, name, Q(institution__prefecture_id=code)) for code, name in names]

    def counts(self, rows: SosRequestQuerySet) -> Mapping[str, int]:
        return dict(rows.values_list("institution__prefecture_id").annotate(Count("pk")))

    def total(self, changelist: ChangeList, counts: Mapping[str, int]) -> int | None:
        return sum(counts.values())
