"""The officers' search: what few institutions bear and what many bear is found alike, newest first, within bounds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from institutions.models import Role
from requests_app.models import SosRequest
from requests_app.queries import officers
from requests_app.queries.officers import Found, searching
from requests_app.rules.transitions import Status
from sosportal.lib.clock import JST
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 13, 40, tzinfo=JST)


@pytest.fixture
def newest() -> list[SosRequest]:
    """Requests of three institutions with 柊 in their names as the queue has them, two never applied for and last;
    and one of another institution."""
    with time_machine.travel(NOW, tick=False):
        factories.campaign()
    requests = []
    for days, name in enumerate(("架空柊病院", "架空柊薬局", "架空柊医院")):
        with time_machine.travel(NOW - timedelta(days=days), tick=False):
            place = factories.institution(name=name)
            requests.append(factories.request_in(Status.UNDER_REVIEW, place=place))
            requests.append(factories.request_in(Status.UNDER_REVIEW))
    drafts = [factories.draft(each.created_by, each.institution) for each in requests[:3:2]]
    return [*requests[::2], *reversed(drafts)]


def search(text: str, role: Role = Role.MINISTRY) -> Found:
    officer = factories.user(role)
    found = officers.search(SosRequest.objects.visible_to(officer), officer, text)
    assert found is not None
    return found


@pytest.mark.parametrize("few", [0, 1_000])
def test_newest_first_and_what_never_was_applied_for_last(
    newest: list[SosRequest], few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "FEW", few)
    assert search("柊") == Found([each.pk for each in newest])
    assert search("柊 架空").keys == [each.pk for each in newest]
    assert search("柊 病院").keys == [newest[0].pk, newest[4].pk]
    assert search("柊柊").keys == []
    monkeypatch.setattr(searching, "MOST_FOUND", 2)
    assert search("柊") == Found([each.pk for each in newest[:2]], more=True)


def test_what_many_bear_is_looked_for_among_the_newest(
    newest: list[SosRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "WALKED", 4)  # of eight; two of them have another name
    assert search("柊") == Found([each.pk for each in newest])
    monkeypatch.setattr(searching, "FEW", 0)
    assert search("柊") == Found([each.pk for each in newest[:2]], walked=True)


def test_many_keys_are_one_value_of_the_statement(newest: list[SosRequest]) -> None:
    """So that the statement stays the same, and is prepared, however many institutions were found."""
    asked = set()
    for text in ("柊", "柊 病院"):
        with CaptureQueriesContext(connection) as queries:
            search(text)
        statements: list[Any] = [each["sql"] for each in queries if "sosrequest" in each["sql"]]
        assert len(statements) == 1
        assert "ANY('{" in statements[0]
        assert " IN (" not in statements[0]
        asked.add(statements[0].split("ANY")[0])
    assert len(asked) == 1


def test_the_requests_of_few_are_sorted_and_not_the_newest_read(newest: list[SosRequest]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL enable_sort = off")  # as dear as can be
    with CaptureQueriesContext(connection) as queries:
        search("柊")
    (sql,) = (each["sql"] for each in queries if "sosrequest" in each["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Cond: (institution_id = ANY" in plan, plan  # by whichever: so few rows cost the same by any
    assert "Sort Key" in plan, plan
