"""Counts that never read more than they tell: up to `MOST`, and "or more" beyond (decision 0007)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.core.paginator import Paginator
from django.db import connection, models
from django.db.models import BooleanField, Case, Count, Q, Value, When

from sosportal.lib.numbers import format_count

MOST = 1_000
"""How far rows are counted."""


def told(count: int, most: int | None = None, unit: str = "") -> str:
    """A count as it is shown, with its unit: `1,000人以上` for what lies beyond `most`, which is `MOST` if left out."""
    end = MOST if most is None else most
    return f"{format_count(count)}{unit}" if count <= end else f"{format_count(end)}{unit}以上"


def counted(rows: models.QuerySet[Any]) -> int:
    """How many rows there are, `MOST` + 1 for any number beyond. One query."""
    return rows.order_by()[: MOST + 1].count()


def counted_each(
    rows: models.QuerySet[Any], conditions: Mapping[str, Q], most: int | None = None
) -> dict[str, int]:
    """How many of the rows meet each condition, by its name; `most` + 1 for any number beyond. One query.

    Each is counted by itself, from the index that fits it. `most` is `MOST` if left out.
    """
    end = MOST if most is None else most
    parts: list[str] = []
    names: list[str] = []
    values: list[Any] = []
    for name, condition in conditions.items():
        wanted = rows.filter(condition).order_by().values_list("pk")[: end + 1]
        try:
            sql, params = wanted.query.sql_with_params()
        except EmptyResultSet:
            continue
        names.append(name)
        parts.append(f"(SELECT count(*) FROM ({sql}) AS counted)")  # noqa: S608 - the ORM wrote it
        values += params
    found: tuple[int, ...] = ()
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(parts)}", values)
            found = cursor.fetchone()
    return dict.fromkeys(conditions, 0) | dict(zip(names, found, strict=True))


def counted_on_short_lists(rows: models.QuerySet[Any], conditions: Mapping[str, Q]) -> dict[str, int] | None:
    """How many of the rows meet each condition, by its name; None where there are more than `MOST` rows.

    One query, which reads `MOST` + 1 rows at most: for conditions that no index finds.
    """
    marks = {
        f"meets_{n}": Case(
            When(condition, then=Value(True)), default=Value(False), output_field=BooleanField()
        )
        for n, condition in enumerate(conditions.values())
    }
    few = rows.order_by().select_related(None).annotate(**marks)[: MOST + 1]
    found = few.aggregate(
        rows=Count("pk"), **{f"n_{name}": Count("pk", filter=Q(**{name: True})) for name in marks}
    )
    if found["rows"] > MOST:
        return None
    return {name: found[f"n_{mark}"] for name, mark in zip(conditions, marks, strict=True)}


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Pages up to the row `MOST`: who looks for what comes after asks for less."""

    @cached_property
    def counted(self) -> int:
        """How many rows there are, `MOST` + 1 for any number beyond."""
        rows: Any = self.object_list
        return counted(rows)

    @cached_property
    def count(self) -> int:
        """How many rows there are to page through."""
        return min(self.counted, MOST)

    @property
    def told(self) -> str:
        """How many rows there are, as it is shown."""
        return told(self.counted, unit="件")
