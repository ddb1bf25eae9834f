"""Prepared queries give what the ORM gives, with any values, and refuse what they can't keep."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from requests_app.models import RequestEvent
from requests_app.rules.transitions import Status
from sosportal.lib.clock import JST
from sosportal.lib.models import FormReceipt, OutboxMessage
from sosportal.lib.prepared import FIRST_NUMBERS, Prepared, Unpreparable
from tests import factories

NOW = datetime(2026, 11, 24, 10, 22, tzinfo=JST)

pytestmark = pytest.mark.django_db


def _mail(n: int, **fields: Any) -> OutboxMessage:
    at = NOW + timedelta(minutes=n)
    values = {"key": f"key-{n}", "to": f"a{n}@example.jp", "subject": f"s{n}", "body": "b", "attempts": n}
    return OutboxMessage.objects.create(**(values | {"created_at": at, "due_at": at} | fields))


def test_rows_are_those_of_the_queryset_for_every_value() -> None:
    mails = [_mail(n) for n in range(5)]

    def due(until: datetime, tries: int) -> Any:
        return OutboxMessage.objects.filter(due_at__lte=until, attempts__gt=tries).order_by("-due_at")

    prepared: Prepared[OutboxMessage] = Prepared(
        lambda until, tries: due(until, tries).values_list("key", "due_at")
    )
    for mail in mails:
        for tries in (0, 3, FIRST_NUMBERS[0]):
            wanted = list(due(mail.due_at, tries).values_list("key", "due_at"))
            assert prepared.rows(until=mail.due_at, tries=tries) == wanted
    assert len(prepared.kept) == 1


def test_objects_are_loaded_objects() -> None:
    mail = _mail(1)
    by_key: Prepared[OutboxMessage] = Prepared(lambda key: OutboxMessage.objects.filter(key=key)[:1])
    found = by_key.first(key="key-1")
    assert found == mail
    assert found is not None
    assert {f.attname: getattr(found, f.attname) for f in found._meta.concrete_fields} == {
        f.attname: getattr(mail, f.attname) for f in mail._meta.concrete_fields
    }
    found.subject = "anders"
    found.save(update_fields=["subject"])
    assert OutboxMessage.objects.get().subject == "anders"
    assert by_key.first(key="key-2") is None


def test_one_query_each_time() -> None:
    _mail(1)
    by_key: Prepared[OutboxMessage] = Prepared(lambda key: OutboxMessage.objects.filter(key=key))
    for _ in range(3):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            by_key.objects(key="key-1")
        assert len(asked) == 1


def test_collections_of_every_length() -> None:
    for n in range(4):
        _mail(n)
    several: Prepared[OutboxMessage] = Prepared(
        lambda tries: OutboxMessage.objects.filter(attempts__in=tries).order_by("key").values_list("attempts")
    )
    for wanted in ([], [2], [0, 3], [3, 1, 2]):
        assert [tries for (tries,) in several.rows(tries=wanted)] == sorted(wanted)
    assert several.rows(tries=frozenset({1})) == [(1,)]
    with CaptureQueriesContext(connection) as asked:
        assert several.rows(tries=()) == []
    assert not asked.captured_queries


def test_a_shape_makes_a_statement_of_its_own() -> None:
    for n in range(3):
        _mail(n)
    ordered: Prepared[OutboxMessage] = Prepared(
        lambda order, after: (
            OutboxMessage.objects.filter(attempts__gte=after).order_by(order).values_list("attempts")
        )
    )
    assert ordered.rows("attempts", after=1) == [(1,), (2,)]
    assert ordered.rows("-attempts", after=0) == [(2,), (1,), (0,)]


def test_what_the_field_makes_of_a_value_is_made_of_it() -> None:
    FormReceipt.objects.create(
        token="00000000-0000-0000-0000-000000000001", actor_id=1, body_digest="x", created_at=NOW
    )
    days: Prepared[FormReceipt] = Prepared(
        lambda first, last: FormReceipt.objects.filter(created_at__date__range=(first, last)).values_list(
            "token"
        )
    )
    (((token),),) = days.rows(first=date(2026, 11, 24), last=date(2026, 11, 24))
    assert str(token).endswith("1")
    assert not days.rows(first=date(2026, 11, 25), last=date(2026, 11, 26))


def test_what_changes_the_sql_is_refused() -> None:
    sent: Prepared[OutboxMessage] = Prepared(lambda at: OutboxMessage.objects.filter(sent_at=at))
    for value in (None, True):
        with pytest.raises(Unpreparable, match="by position"):
            sent.objects(at=value)


def test_a_value_that_does_not_reach_the_sql_as_it_is_is_refused() -> None:
    like: Prepared[OutboxMessage] = Prepared(
        lambda text: OutboxMessage.objects.filter(subject__contains=text)
    )
    with pytest.raises(Unpreparable, match="text"):
        like.objects(text="s")
    unused: Prepared[OutboxMessage] = Prepared(lambda n: OutboxMessage.objects.all())
    with pytest.raises(Unpreparable, match="n"):
        unused.objects(n=1)


def test_two_values_are_not_taken_for_one_another() -> None:
    _mail(1)
    _mail(2)
    both: Prepared[OutboxMessage] = Prepared(
        lambda low, high, key: OutboxMessage.objects.filter(attempts__gte=low, attempts__lte=high, key=key)
    )
    assert both.first(low=0, high=1, key="key-1") is not None
    assert both.first(low=1, high=0, key="key-1") is None
    assert both.first(high=2, low=2, key="key-2") is not None
    assert both.first(high=2, low=2, key="key-1") is None


@pytest.mark.parametrize("constant", FIRST_NUMBERS)
def test_a_constant_that_looks_like_a_mark_is_found_out(constant: int) -> None:
    unlucky: Prepared[OutboxMessage] = Prepared(
        lambda n: OutboxMessage.objects.filter(attempts__lt=n).exclude(attempts=constant)
    )
    with pytest.raises(Unpreparable, match="depends on the values"):
        unlucky.objects(n=1)


def test_every_column_takes_the_marks() -> None:
    """A mark too big for its column would be folded away by the ORM, and with it the condition."""
    _mail(1)
    small: Prepared[OutboxMessage] = Prepared(lambda n: OutboxMessage.objects.filter(attempts__lte=n))
    assert small.first(n=1) is not None
    assert small.first(n=0) is None


def test_columns_that_the_orm_converts_are_converted() -> None:
    request = factories.request_in(Status.ERROR)
    last: Prepared[RequestEvent] = Prepared(lambda id_: RequestEvent.objects.of(id_)[:1])
    assert last.first(id_=request.pk) == request.events()[0]
    found = last.first(id_=request.pk)
    assert found is not None
    assert found.check_record == request.events()[0].check_record
    assert isinstance(found.check_record, dict)
