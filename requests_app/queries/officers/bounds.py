"""Statuses in conditions that an index of those in one status answers; the counts themselves are `lib.counting`'s."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Q, Value

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
