"""Changes that are written outside of a transaction bear who made them too."""

from __future__ import annotations

from typing import Any

from django.db import connection

from institutions.models import Institution
from sosportal.lib.audit import who
from sosportal.lib.audit.tracking import tracked
from tests import factories


def last_context(place: Institution) -> dict[str, Any]:
    rows: Any = tracked[Institution]._default_manager
    kept: dict[str, Any] = rows.filter(pgh_obj_id=place.pk).order_by("-pgh_id")[0].pgh_context
    return kept


def test_statements_outside_a_transaction(committed_db: None) -> None:
    place = factories.institution()
    assert not connection.in_atomic_block
    with who.working(way="task", task="a test"):
        Institution.objects.filter(pk=place.pk).update(name="新病院")
    assert last_context(place) == {"way": "task", "task": "a test"}
    assert not connection.in_atomic_block
    Institution.objects.filter(pk=place.pk).update(name="別の名前")
    assert last_context(place) == {"way": "database", "database_role": connection.settings_dict["USER"]}
