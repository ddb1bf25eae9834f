"""Counts that never read more than they tell: up to `MOST`, and "or more" beyond."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import Q

from sosportal.lib.numbers import format_count

MOST = 1_000
"""How far rows are counted."""


def told(count: int) -> str:
    """A count as it is shown: `1,000以上` for whatever lies beyond `MOST`."""
    return format_count(count) if count <= MOST else f"{format_count(MOST)}以上"


def counted(rows: models.QuerySet[Any]) -> int:
    """How many rows there are, `MOST` + 1 for any number beyond. One query."""
    return rows.order_by()[: MOST + 1].count()


def counted_each(rows: models.QuerySet[Any], conditions: Mapping[str, Q]) -> dict[str, int]:
    """How many of the rows meet each condition, by its name; `MOST` + 1 for any number beyond. One query.

    Each is counted by itself, from the index that fits it.
    """
    parts: list[str] = []
    names: list[str] = []
    values: list[Any] = []
    for name, condition in conditions.items():
        wanted = rows.filter(condition).order_by().values_list("pk")[: MOST + 1]
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
