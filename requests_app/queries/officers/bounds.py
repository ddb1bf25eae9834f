"""Conditions on statuses that an index of those in one status answers, and on keys, of which there may be many; the
counts themselves are `lib.counting`'s."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, F, Q, Value
from django.db.models.lookups import PostgresOperatorLookup

from requests_app.models.withdrawing import STANDING
from requests_app.rules.transitions import Status


class Literal(Value):
    """A word of the code that stands in the SQL itself: a plan made for any value would miss the partial indexes."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        if not re.fullmatch("[A-Z_]+", self.value):
            raise ValueError(self.value)
        return f"'{self.value}'", []


def in_status(status: Status) -> Q:
    """The requests in this status. Those that were withdrawn stand in none that somebody still works on."""
    return Q(status=Literal(status.value)) & (Q() if status is Status.ACCEPTED else STANDING)


class AnyOf(PostgresOperatorLookup):
    """Whether a key is among those of an array: one value for the ORM and the statement, however many there are."""

    postgres_operator = "="

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        sql, params = super().process_rhs(compiler, connection)
        return f"ANY({sql})", params


def among(field: str, keys: Sequence[int]) -> Q:
    """The rows whose `field`, a key, is one of `keys`; no query where there are none."""
    if not keys:
        return Q(pk__in=())
    return Q(AnyOf(F(field), Value(list(keys), ArrayField(BigIntegerField()))))
