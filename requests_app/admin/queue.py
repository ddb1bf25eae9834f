"""The list of the queue: bounded in what it counts and pages through, in orders that indexes have (decision 0007)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.db.models import Count, F
from django.db.models.expressions import OrderBy
from django.http import HttpRequest

from requests_app.admin import filters
from requests_app.models.request import NEWEST_FIRST
from requests_app.queries import desk, officers
from requests_app.queries.officers import MOST, MOST_FOUND, Found, Row
from sosportal.lib import clock

Direction = Literal["asc", "desc"]
ORDERS: Mapping[str, tuple[OrderBy, ...]] = {
    "submitted_at": (F("submitted_at").asc(nulls_first=True), F("id").asc()),
    "prefecture": (F("prefecture").asc(), *NEWEST_FIRST),
    "least_weeks": (F("least_weeks").asc(), *NEWEST_FIRST),
}
"""By the column's name: its ascending order, whole. The descending one is the same walked backwards."""


class BoundedList(ChangeList):
    """A change list that is counted and searched within bounds, and says so."""

    rows_counted = 0
    request: HttpRequest

    def get_results(self, request: HttpRequest) -> None:
        self.request = request
        super().get_results(request)
        paginator: Any = self.paginator
        self.rows_counted = paginator.counted

    @property
    def told(self) -> str:
        """How many rows there are, as it is shown."""
        return officers.told(self.rows_counted, unit="件")

    @property
    def found(self) -> Found | None:
        """What the search came to, if there was one."""
        found: Found | None = self.request.__dict__.get("_found")
        return found

    @property
    def more_found(self) -> str:
        """How many the search gave of more, as it is shown; "" where it gave all."""
        return officers.told(MOST_FOUND + 1, MOST_FOUND, "件") if self.found and self.found.more else ""

    @property
    def walked(self) -> int | None:
        """Among how many of the newest requests was searched, where all were too many."""
        return officers.WALKED if self.found and self.found.walked else None


class Queue(BoundedList):
    """A change list whose rows bear what the columns show: six queries for all of them."""

    def get_ordering(self, request: HttpRequest, queryset: Any) -> list[Any]:
        """One of the whole orders; the newest first where none is asked for or known."""
        for index, direction in self.get_ordering_field_columns().items():
            field = self.get_ordering_field(self.list_display[index])
            if field in ORDERS:
                order = [each.copy() for each in ORDERS[str(field)]]
                if direction == "desc":
                    for each in order:
                        each.reverse_ordering()
                return order
        return list(NEWEST_FIRST)

    def get_ordering_field_columns(self) -> dict[int, Direction]:
        """The column and its direction that the list is in: one, as an order is whole."""
        asked = self.params.get(ORDER_VAR, "").split(".")[0]
        number = asked.removeprefix("-")
        if number.isascii() and number.isdigit() and 0 < int(number[:3]) < len(self.list_display):
            column = int(number[:3])
            if self.get_ordering_field(self.list_display[column]) in ORDERS:
                return {column: "desc" if asked.startswith("-") else "asc"}
        return {self.list_display.index("submitted_cell"): "desc"}

    def get_results(self, request: HttpRequest) -> None:
        """The keys of the page first: whole rows are slow to sort, their keys are not."""
        super().get_results(request)
        keys = list(self.result_list.values_list("pk", flat=True))
        found: dict[int, Any] = self.root_queryset.in_bulk(keys)
        shown = [found[key] for key in keys if key in found]
        rows: dict[int, Row] = officers.rows_of(shown)
        now = clock.now()
        held = desk.holders(keys, now)
        for each in shown:
            each.row = rows[each.pk]
            each.held = held[each.pk].told(now) if each.pk in held else ""
        self.result_list = shown

    @cached_property
    def facets(self) -> dict[str, dict[str, int]]:
        """How many of the rows meet each choice of the filters that aren't in use, by filter and value. One query.

        For lists that are counted to their end: whoever counted them has read them once already.
        """
        unused = [
            each
            for each in self.filter_specs
            if isinstance(each, filters.QueueFilter) and each.counted and each.value() is None
        ]
        wanted = {
            f"n{n}_{m}": (str(each.parameter_name), value, condition)
            for n, each in enumerate(unused)
            for m, (value, _, condition) in enumerate(each.conditions)
        }
        rows: Any = self.queryset
        counts = (
            rows.order_by()
            .select_related(None)
            .aggregate(**{name: Count("pk", filter=condition) for name, (_, _, condition) in wanted.items()})
        )
        found: dict[str, dict[str, int]] = {str(each.parameter_name): {} for each in unused}
        for name, (parameter, value, _) in wanted.items():
            found[parameter][value] = counts[name]
        return found

    @property
    def told(self) -> str:
        """How many rows there are, as it is shown."""
        return self.more_found or super().told

    @property
    def further(self) -> str:
        """The link to what follows the last row of the last page; "" where pages or the order don't end there."""
        last = self.result_list[-1] if self.result_list else None
        beyond = self.rows_counted > MOST and self.page_num * self.list_per_page >= MOST
        newest_first = self.get_ordering_field_columns() == {
            self.list_display.index("submitted_cell"): "desc"
        }
        if not beyond or not newest_first or last is None or last.submitted_at is None:
            return ""
        return self.get_query_string({filters.OlderFilter.parameter_name: last.pk})

    @property
    def saved(self) -> str:
        """What leads to this view again, with the status it shows said aloud."""
        shown = {filters.StatusFilter.parameter_name: filters.status_asked(self.request)}
        return self.get_query_string(shown)
