"""Filters whose choices are conditions, each with the number of rows it leads to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from sosportal.lib.counting import counted_each, counted_on_short_lists, told

Choice = tuple[str, str, Q]


class ConditionFilter(admin.SimpleListFilter):
    """One condition per choice; an unknown choice leads back to the plain list."""

    indexed = False
    """Whether an index finds the rows of each choice: then they are counted on long lists too."""

    def table(self, request: HttpRequest) -> list[Choice]:
        """(value in the query string, label, condition) of each choice."""
        raise NotImplementedError

    def counts(self, changelist: Any) -> Mapping[str, int] | None:
        """How many of the rows that the other filters leave each choice leads to, by its value; None for no counts.

        One query, whatever the number of choices; it reads `counting.MOST` rows for each at most.
        """
        others = changelist.get_queryset(self.request, exclude_parameters=self.expected_parameters())
        conditions = {value: condition for value, _, condition in self.conditions}
        if self.indexed:
            return counted_each(others.select_related(None), conditions)
        return counted_on_short_lists(others, conditions)

    def told(self, value: str | None, count: int) -> str:
        """A count as it is shown beside the choice `value`, None for all."""
        return told(count)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        # A page makes every filter anew for each count: what was read once is kept with the request.
        kept = request.__dict__.setdefault("_filter_tables", {})
        if self.parameter_name not in kept:
            kept[self.parameter_name] = self.table(request)
        self.conditions: list[Choice] = kept[self.parameter_name]
        return [(value, label) for value, label, _ in self.conditions]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value is None:
            return queryset
        for known, _, condition in self.conditions:
            if known == value:
                return queryset.filter(condition)
        raise IncorrectLookupParameters(value)

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        counts = self.counts(changelist)
        yield self.choice(
            changelist, None, "全て", None if counts is None else self.total(changelist, counts)
        )
        for value, label, _ in self.conditions:
            yield self.choice(changelist, value, label, None if counts is None else counts.get(value, 0))

    def total(self, changelist: Any, counts: Mapping[str, int]) -> int | None:
        """How many rows there are without this filter; None where that isn't known without asking again."""
        return None

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
        return {
            "selected": self.value() == value,
            "query_string": link,
            "display": label,
            "count": count,
            "told": None if count is None else self.told(value, count),
        }
