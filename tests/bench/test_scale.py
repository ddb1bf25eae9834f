"""The made-up country: lawful in the portal's own eyes, though no verb made it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from bench.scale import Size, fill
from institutions.models import Institution, User
from requests_app.models import Content, RequestEvent, SosRequest
from requests_app.rules.system_check import CheckResult
from requests_app.rules.transitions import Status
from surveys.models import SurveyResponse
from tests.requests_app.admin.officers import QUEUE, browser, page_of
from tests.support import database

SIZE = Size(requests=600, institutions=150, waiting=0.3)


@pytest.fixture
def country(committed_db: None) -> Iterator[psycopg.Connection]:
    url = database.admin_url_of_test_database()
    fill(url, SIZE)
    with psycopg.connect(url, autocommit=True) as db:
        yield db


def test_nothing_hangs_in_the_air(country: psycopg.Connection) -> None:
    keys: list[Any] = country.execute(
        "SELECT conrelid::regclass::text, a.attname, confrelid::regclass::text, b.attname FROM pg_constraint"
        " JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = conkey[1]"
        " JOIN pg_attribute b ON b.attrelid = confrelid AND b.attnum = confkey[1] WHERE contype = 'f'"
    ).fetchall()
    assert len(keys) > 10
    for key in keys:
        table, column, target, other = map(sql.Identifier, key)
        lost = country.execute(
            sql.SQL(
                "SELECT count(*) FROM {} a WHERE {} IS NOT NULL AND NOT EXISTS (SELECT FROM {} b WHERE b.{} = a.{})"
            ).format(table, column, target, other, column)
        ).fetchone()
        assert lost == (0,), key


def test_the_statuses_and_their_events(country: psycopg.Connection) -> None:
    assert SosRequest.objects.count() == SIZE.requests
    assert Institution.objects.count() == SIZE.institutions
    by_status = {status: SosRequest.objects.filter(status=status.value).count() for status in Status}
    assert min(by_status.values()) > 0
    assert by_status[Status.UNDER_REVIEW] == pytest.approx(SIZE.requests * SIZE.waiting, rel=0.2)
    for request in SosRequest.objects.prefetch_related("lines"):
        events = list(reversed(request.events()))
        assert events[-1].to_status == request.status
        assert [event.at for event in events] == sorted(event.at for event in events), request.number
        assert all(line.quantity for line in request.lines.all())
        if request.state is Status.ACCEPTED:
            assert all((line.accepted_quantity or 0) <= (line.quantity or 0) for line in request.lines.all())
    for event in RequestEvent.objects.exclude(check_record=None):
        record: Any = event.check_record
        assert CheckResult.from_json(record["result"]).ok is (event.to_status != Status.ERROR)


def test_what_was_judged_is_what_was_answered(country: psycopg.Connection) -> None:
    compared = 0
    record: Any
    for event in RequestEvent.objects.exclude(check_record=None).filter(to_status=Status.UNDER_REVIEW.value):
        record = event.check_record
        given = record["input"]
        request = SosRequest.objects.get(pk=event.request_id)
        response = SurveyResponse.objects.filter(
            institution=request.institution_id, answered_at=given["last_answered_at"]
        ).first()
        if response is None:
            continue  # older than the rounds that are kept of this place
        figures = response.figures()
        for line in given["lines"]:
            seen = figures[line["item_id"]]
            assert line["figures"]["stock"] == seen.stock
            assert line["figures"]["weekly_consumption"] == seen.weekly_consumption
            compared += 1
    assert compared > 50


def test_the_verbs_and_the_pages_go_on_from_there(country: psycopg.Connection) -> None:
    draft = SosRequest.objects.filter(status=Status.DRAFT.value, campaign=1).latest("id")
    person = User.objects.get(pk=draft.created_by_id)
    assert draft.submit(person, seen_version=draft.version).state in {Status.UNDER_REVIEW, Status.ERROR}
    made = SosRequest.create_draft(person, draft.institution, Content(confirmed_terms=True))
    assert made.number.split("-")[0] >= draft.number.split("-")[0]

    client = browser(User.objects.get(username="ministry"))
    assert len(client.get(QUEUE).context["cl"].result_list) == 50
    for status in Status:
        request = SosRequest.objects.filter(status=status.value)[:1].get()
        assert client.get(page_of(request)).status_code == 200
    found = client.get(QUEUE, {"q": "稀有ふくろう"}).context["cl"].result_list
    assert {row.institution.name for row in found} == {"稀有ふくろう病院"}
