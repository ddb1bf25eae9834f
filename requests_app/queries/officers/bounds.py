"""Counts that never read more than they tell: up to `MOST`, and "or more" beyond."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import Q, Value

from requests_app.rules.transitions import Status
from sosportal.lib.numbers import format_count

MOST = 1_000
"""How far rows are counted."""


class Literal(Value):
    """A word of the code that stands in the SQL itself: a plan made for any value would miss the partial indexes."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        if not re.fullmatch("[A-Z_]+", self.value):
            raise ValueError(self.value)
        return f"'{self.value}'", []


def in_status(status: Status) -> Q:
    """The requests in this status."""
    return Q(status=Literal(status.value))


def told(count: int, most: int | None = None) -> str:
    """A count as it is shown: `1,000以上` for whatever lies beyond `most`, which is `MOST` if left out."""
    end = MOST if most is None else most
    return format_count(count) if count <= end else f"{format_count(end)}以上"


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
