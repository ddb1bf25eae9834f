"""What the queue's pages make the database read, at two sizes: a scan that creeps in grows with the table and fails.

Rows that plans read are counted, not time: of a made-up country of some thousand requests, and of one three times that.
Pages of ten rows and counts up to fifty, so that what is bounded ends long before the small country does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client

from bench.scale import Size, fill
from institutions.models import User
from requests_app.models import SosRequest
from requests_app.queries.officers import searching, standing
from requests_app.rules.transitions import Status
from sosportal.lib import counting
from sosportal.lib.clock import JST
from tests.requests_app.admin.officers import QUEUE, browser
from tests.support import database

SIZES = (4_000, 12_000)
NOW = datetime(2026, 11, 24, 13, 40, tzinfo=JST)
MOST = 50  # counted; the tables are small, so the bounds are too
SMALL_TABLES = frozenset({"institutions_prefecture", "surveys_item", "surveys_surveyround"})

PAGES = {
    "plain": {},
    "all": {"status": "all"},
    "late": {"late": "yes"},
    "unconfirmed": {"stage": "unconfirmed"},
    "weeks": {"weeks": "2"},
    "prefecture": {"prefecture": "13"},
    "questions of a prefecture": {"prefecture": "13", "question": "open"},
    "day": {"day": "2026", "status": "all"},
    "page that isn't": {"status": "all", "p": "10000"},
    "by stock": {"o": "7"},
    "by prefecture": {"o": "2"},
    "common word": {"q": "薬局"},
    "one letter": {"q": "科"},
    "rare word": {"q": "稀有ふくろう"},
    "two words": {"q": "桜 薬局"},
    "nothing": {"q": "鸞鸞"},
}


@contextmanager
def read_rows() -> Iterator[list[int]]:
    """Of every SELECT in the block: how many rows its plan read from the tables that grow."""
    found: list[int] = []

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT") and "FOR UPDATE" not in sql and not looking:
            looking.append(True)
            try:
                with connection.cursor() as cursor:
                    cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
                    (plan,) = cursor.fetchone()
            finally:
                looking.clear()
            plan = json.loads(plan) if isinstance(plan, str) else plan
            found.append(_rows(plan[0]["Plan"]))
        return execute(sql, params, many, context)

    looking: list[bool] = []
    with connection.execute_wrapper(look):
        yield found


def _rows(plan: dict[str, Any]) -> int:
    """What a plan's scans read: rows that came out, and those that a filter threw away."""
    own = 0
    # What a bitmap takes from an index is counted where the rows themselves are read.
    if plan.get("Relation Name") not in {None, *SMALL_TABLES}:
        thrown = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
        own = int((plan["Actual Rows"] + thrown) * plan["Actual Loops"])
    return own + sum(_rows(each) for each in plan.get("Plans", ()))


def _look(client: Client) -> dict[str, int]:
    costs = {}
    for name, asked in PAGES.items():
        with read_rows() as rows:
            assert client.get(QUEUE, asked).status_code in {200, 302}
        costs[name] = sum(rows)
    return costs


def test_the_rows_read_do_not_grow_with_the_table(
    request: pytest.FixtureRequest, committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    travelled = time_machine.travel(NOW, tick=False)
    request.addfinalizer(travelled.stop)
    travelled.start()
    for module in (counting, standing):
        monkeypatch.setattr(module, "MOST", MOST)
    monkeypatch.setattr("requests_app.admin.queue.MOST", MOST)
    monkeypatch.setattr("requests_app.admin.filters.MOST", MOST)
    monkeypatch.setattr("requests_app.admin.filters.QueueFilter.most", MOST)
    monkeypatch.setattr("requests_app.admin.filters.PrefectureFilter.most", 5)
    monkeypatch.setattr("requests_app.admin.request.SosRequestAdmin.list_per_page", 10)
    monkeypatch.setattr(searching, "WALKED", 200)
    monkeypatch.setattr(searching, "MOST_FOUND", 20)
    monkeypatch.setattr(searching, "FEW", 30)
    pristine: database.Pristine = request.getfixturevalue("_pristine")
    costs = []
    for requests in SIZES:
        database.close_connections()
        pristine.restore()
        fill(database.admin_url_of_test_database(), Size(requests, requests // 4, waiting=0.2))
        with connection.cursor() as cursor:
            # Of tables this small PostgreSQL would rather read the whole; where no index helps, it still does.
            cursor.execute("SET enable_seqscan = off")
        client = browser(User.objects.get(username="ministry"))
        client.get(QUEUE)
        costs.append(_look(client))
    small, large = costs
    assert SosRequest.objects.filter(status=Status.UNDER_REVIEW.value).count() > 2_000
    assert min(small.values()) > 0
    # Plans come from samples: of two ways to the same fifty rows now one is taken and now the other. What reads all
    # that waits would read 1,600 rows more.
    grown = {name: (small[name], large[name]) for name in PAGES if large[name] > 1.5 * small[name] + 600}
    assert not grown, grown
