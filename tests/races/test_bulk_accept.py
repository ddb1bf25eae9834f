"""Two officers accept the same rows at once, in opposite orders: each row once, a report for both, no deadlock."""

from __future__ import annotations

import re
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from institutions.models import Role
from requests_app import permissions
from requests_app.admin import bulk, bulk_work
from requests_app.admin.bulk_work import WORKS
from requests_app.forms.officer import seen_text
from requests_app.models import RequestEvent, SosRequest
from requests_app.rules.transitions import Status, Verb
from sosportal.lib.models import OutboxMessage
from tests import factories
from tests.races.crowd import Meeting, at_once

pytestmark = [pytest.mark.race, pytest.mark.usefixtures("committed_db")]

ROWS = 20
NUMBER = re.compile(r"[0-9]{4}-[0-9]{4}")
ROW = re.compile(r'<tr role="row">.*?</tr>', re.DOTALL)
ADDRESS = "/admin/requests_app/sosrequest/bulk/accept/"


@pytest.fixture
def requests(committed_db: None) -> list[SosRequest]:
    factories.campaign()
    return [factories.confirm(factories.request_in(Status.UNDER_REVIEW)) for _ in range(ROWS)]


def accepting(requests: list[SosRequest]) -> Callable[[], Any]:
    """An officer of the ministry who posts these rows in this order; gives the answer."""
    client = Client()
    client.force_login(factories.user(Role.MINISTRY))
    form = {"row": [seen_text(request) for request in requests], "token": str(uuid.uuid4())}
    return lambda: client.post(ADDRESS, form)


def done(answer: Any) -> list[str]:
    """The numbers of the rows that an answer reports as done. (The client's `context` is of all threads at once.)"""
    rows = ROW.findall(answer.content.decode())
    return [NUMBER.findall(row)[0] for row in rows if WORKS[Verb.ACCEPT].did in row]


def assert_each_once(answers: list[Any], rows: int = ROWS) -> None:
    assert [getattr(answer, "status_code", answer) for answer in answers] == [200] * len(answers)
    assert not any(bulk_work.BUSY in answer.content.decode() for answer in answers)
    by_row = Counter(number for answer in answers for number in done(answer))
    assert set(by_row.values()) == {1}
    assert len(by_row) == rows
    assert RequestEvent.objects.filter(verb=Verb.ACCEPT.value).count() == rows
    assert SosRequest.objects.filter(status=Status.ACCEPTED.value).count() == rows
    mails = OutboxMessage.objects.filter(subject__contains="受付完了になりました")
    assert mails.count() == mails.values("key").distinct().count() > 0


def meet_while_holding_a_row(monkeypatch: pytest.MonkeyPatch, patience: float) -> None:
    """Let the officers meet once each of them holds the lock of a row, where nothing prevents it."""
    meeting = Meeting(patience=patience)
    real = permissions.check

    def check(user: Any, verb: Verb, request: SosRequest) -> None:
        real(user, verb, request)
        meeting.wait()

    monkeypatch.setattr(permissions, "check", check)


def test_opposite_orders(requests: list[SosRequest], monkeypatch: pytest.MonkeyPatch) -> None:
    meet_while_holding_a_row(monkeypatch, patience=0.5)
    assert_each_once(at_once(accepting(requests), accepting(requests[::-1])))


def test_four_officers(requests: list[SosRequest]) -> None:
    orders = [requests, requests[::-1], requests[10:] + requests[:10], requests[::2] + requests[1::2]]
    assert_each_once(at_once(*[accepting(order) for order in orders]))


def test_control_one_transaction_in_opposite_orders_ends_in_a_deadlock(
    requests: list[SosRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_while_holding_a_row(monkeypatch, patience=5)
    mine = threading.local()
    real = bulk_work.rows_in_order
    monkeypatch.setattr(bulk, "rows_in_order", lambda rows: real(rows)[:: mine.direction])

    def in_one_transaction(post: Callable[[], Any], direction: int) -> Callable[[], Any]:
        def act() -> Any:
            mine.direction = direction
            transaction.set_autocommit(False)
            try:
                return post()
            finally:
                transaction.commit()
                transaction.set_autocommit(True)

        return act

    two = requests[:2]
    answers = at_once(in_one_transaction(accepting(two), 1), in_one_transaction(accepting(two), -1))
    with pytest.raises(AssertionError):
        assert_each_once(answers, rows=2)
    assert any("deadlock" in str(answer) or bulk_work.BUSY in page(answer) for answer in answers)


def page(answer: Any) -> str:
    """The page of an answer; nothing for an exception."""
    return answer.content.decode() if hasattr(answer, "content") else ""
