"""Filters whose choices are conditions, each with the number of rows it leads to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from sosportal.lib.numbers import format_count

Choice = tuple[str, str, Q]


class ConditionFilter(admin.SimpleListFilter):
    """One condition per choice. The counts cost one query, whatever the number of choices."""

    def table(self, request: HttpRequest) -> list[Choice]:
        """(value in the query string, label, condition) of each choice."""
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        kept = request.__dict__.setdefault("_condition_tables", {})
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
        others: Any = changelist.get_queryset(self.request, exclude_parameters=self.expected_parameters())
        counts = others.order_by().aggregate(
            **{f"c{n}": Count("pk", filter=each[2]) for n, each in enumerate(self.conditions)}
        )
        name = str(self.parameter_name)
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[name]),
            "display": "全て",
            "count": None,
        }
        for n, (value, label, _) in enumerate(self.conditions):
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string({name: value}),
                "display": label,
                "count": counts[f"c{n}"],
                "told": format_count(counts[f"c{n}"]),
            }
