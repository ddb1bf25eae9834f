"""What the database refuses, whoever asks and however: the last line behind the verbs."""

from datetime import datetime

import pytest
from django.db import DatabaseError, connection, transaction

from requests_app.models import RequestEvent, RequestLine, RuleSettings, SosRequest
from requests_app.rules.transitions import MOVES, Status
from sosportal.lib.clock import JST
from surveys.models import StockAnswer, SurveyEvent, SurveyResponse, SurveyRound
from tests import factories

NOW = datetime(2026, 11, 24, 10, 22, tzinfo=JST)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def campaign() -> None:
    factories.campaign(now=NOW)


def refused(sql: str, *values: int) -> bool:
    """Whether the database refuses the statement; undone either way."""
    with transaction.atomic():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql, values)
                assert cursor.rowcount != 0, "the statement touched no row: it proves nothing"
        except DatabaseError:
            return True
        transaction.set_rollback(True)
        return False


def fields_of(status: Status) -> str:
    """The assignments that would make a row of `status` whole, so that only the move itself can be refused."""
    applied = (
        "submitted_at = now(), submitted_by_id = created_by_id, cutoff_at = now(), handled_from = current_date"
        if status in {Status.UNDER_REVIEW, Status.ACCEPTED}
        else "submitted_at = NULL, submitted_by_id = NULL, cutoff_at = NULL, handled_from = NULL,"
        " confirmed_at = NULL, confirmed_by_id = NULL"
    )
    accepted = (
        "now(), accepted_by_id = created_by_id"
        if status is Status.ACCEPTED
        else "NULL, accepted_by_id = NULL"
    )
    return f"status = '{status.value}', {applied}, accepted_at = {accepted}"


@pytest.mark.parametrize("target", list(Status))
@pytest.mark.parametrize("source", list(Status))
def test_raw_sql_makes_only_the_moves_of_the_table(source: Status, target: Status) -> None:
    request = factories.request_in(source, now=NOW)
    possible = {to for moves in MOVES[source].values() for to in moves} | (
        {source} & {*Status} - {Status.ACCEPTED}
    )
    sql = f"UPDATE requests_app_sosrequest SET {fields_of(target)} WHERE id = %s"  # noqa: S608 - constants
    assert refused(sql, request.pk) is (target not in possible)


@pytest.mark.parametrize(
    "assignment",
    [
        "status = 'ACCEPTED'",
        "status = 'DRAFT'",
        "submitted_at = NULL",
        "accepted_at = now()",
        "confirmed_at = now()",
        "handled_from = NULL",
        "status = 'DONE'",
        "number = '2611-9999'",
        "created_at = now()",
    ],
)
def test_status_and_its_times_belong_together(assignment: str) -> None:
    request = factories.request_in(Status.UNDER_REVIEW, now=NOW)
    assert refused(f"UPDATE requests_app_sosrequest SET {assignment} WHERE id = %s", request.pk)  # noqa: S608


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE requests_app_sosrequest SET opinion = 'x' WHERE id = %s",
        "UPDATE requests_app_sosrequest SET prefecture_note = 'x' WHERE id = %s",
        "DELETE FROM requests_app_sosrequest WHERE id = %s",
        "UPDATE requests_app_requestline SET quantity = 1 WHERE request_id = %s",
        "UPDATE requests_app_requestline SET accepted_quantity = 1 WHERE request_id = %s",
        "DELETE FROM requests_app_requestline WHERE request_id = %s",
        (
            "INSERT INTO requests_app_requestline (request_id, item_id, quantity)"
            ' SELECT %s, id, 100 FROM surveys_item WHERE "order" = 1'
        ),
    ],
)
def test_an_accepted_request_is_never_touched_again(sql: str) -> None:
    request = factories.request_in(Status.ACCEPTED, now=NOW)
    open_one = factories.request_in(Status.UNDER_REVIEW, now=NOW)
    assert refused(sql, request.pk)
    if not sql.startswith("DELETE FROM requests_app_sosrequest"):
        assert not refused(sql, open_one.pk), "the same statement must work on an open request"


WITHDRAWN = "withdrawn_at = now(), withdrawn_by_id = created_by_id, withdrawn_reason = 'x'"


@pytest.mark.parametrize("status", list(Status))
def test_a_withdrawal_is_whole_and_never_of_an_accepted_request(status: Status) -> None:
    request = factories.request_in(status, now=NOW)
    sql = f"UPDATE requests_app_sosrequest SET {WITHDRAWN} WHERE id = %s"  # noqa: S608 - a constant
    assert refused(sql, request.pk) is (status is Status.ACCEPTED)
    if status is Status.UNDER_REVIEW:
        accepted = (
            f"UPDATE requests_app_sosrequest SET {WITHDRAWN}, {fields_of(Status.ACCEPTED)} WHERE id = %s"  # noqa: S608
        )
        assert refused(accepted, request.pk)
        for part in WITHDRAWN.split(", "):
            assert refused(f"UPDATE requests_app_sosrequest SET {part} WHERE id = %s", request.pk)  # noqa: S608


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE requests_app_sosrequest SET opinion = 'x' WHERE id = %s",
        "UPDATE requests_app_sosrequest SET prefecture_note = 'x' WHERE id = %s",
        f"UPDATE requests_app_sosrequest SET {fields_of(Status.ERROR)} WHERE id = %s",  # noqa: S608
        "DELETE FROM requests_app_requestline WHERE request_id = %s",
        "UPDATE requests_app_requestline SET quantity = 1 WHERE request_id = %s",
        (
            "INSERT INTO requests_app_requestline (request_id, item_id, quantity)"
            ' SELECT %s, id, 100 FROM surveys_item WHERE "order" = 1'
        ),
    ],
)
def test_a_withdrawn_request_is_never_touched_again(sql: str) -> None:
    open_one = factories.request_in(Status.UNDER_REVIEW, now=NOW)
    withdrawn = factories.withdraw(factories.request_in(Status.UNDER_REVIEW, now=NOW), now=NOW)
    assert refused(sql, withdrawn.pk)
    assert not refused(sql, open_one.pk), "the same statement must work on an open request"


def test_a_withdrawal_is_never_taken_back() -> None:
    withdrawn = factories.withdraw(factories.request_in(Status.UNDER_REVIEW, now=NOW), now=NOW)
    nothing = "withdrawn_at = NULL, withdrawn_by_id = NULL, withdrawn_reason = ''"
    assert refused(f"UPDATE requests_app_sosrequest SET {nothing} WHERE id = %s", withdrawn.pk)  # noqa: S608


def test_an_institution_that_moves_takes_what_was_withdrawn_along() -> None:
    withdrawn = factories.withdraw(factories.request_in(Status.UNDER_REVIEW, now=NOW), now=NOW)
    sql = "UPDATE institutions_institution SET prefecture_id = '27' WHERE id = %s"
    assert not refused(sql, withdrawn.institution_id)


def test_a_line_can_not_be_moved_out_of_or_into_an_accepted_request() -> None:
    accepted = factories.request_in(Status.ACCEPTED, now=NOW)
    other = factories.request_in(Status.UNDER_REVIEW, now=NOW)
    RequestLine.objects.filter(request=other).delete()
    assert refused(
        "UPDATE requests_app_requestline SET request_id = %s WHERE request_id = %s", other.pk, accepted.pk
    )


def test_a_request_begins_as_a_draft() -> None:
    request = factories.request_in(Status.UNDER_REVIEW, now=NOW)
    columns = [str(field.column) for field in SosRequest._meta.local_fields if field.column != "id"]
    values = ", ".join("'9999-0001'" if column == "number" else column for column in columns)
    assert refused(
        f"INSERT INTO requests_app_sosrequest ({', '.join(columns)})"  # noqa: S608 - column names
        f" SELECT {values} FROM requests_app_sosrequest WHERE id = %s",
        request.pk,
    )


@pytest.mark.parametrize("model", [RequestEvent, RuleSettings, SurveyEvent])
@pytest.mark.parametrize("sql", ["UPDATE {} SET version = 9", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_records_are_append_only(model: type, sql: str) -> None:
    factories.request_in(Status.UNDER_REVIEW, now=NOW)
    assert refused(sql.format(model._meta.db_table))  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", [SurveyRound, SurveyResponse, StockAnswer, SosRequest])
@pytest.mark.parametrize("sql", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_answers_and_requests_are_never_deleted(model: type, sql: str) -> None:
    factories.request_in(Status.UNDER_REVIEW, now=NOW)
    assert refused(sql.format(model._meta.db_table))  # type: ignore[attr-defined]


def test_the_run_time_role_owns_nothing_and_truncates_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = current_user"
        )
        assert cursor.fetchone() == (0,)
        cursor.execute(
            "SELECT count(*) FROM information_schema.role_table_grants"
            " WHERE grantee = current_user AND privilege_type = 'TRUNCATE'"
        )
        assert cursor.fetchone() == (0,)


def test_paired_fields_are_tied_by_constraints() -> None:
    """Every `…_at` that has a `…_by` beside it is in one CHECK with it."""
    pairs = {
        field.name.removesuffix("_at")
        for field in SosRequest._meta.local_fields
        if field.name.endswith("_at")
        and f"{field.name[:-3]}_by" in {f.name for f in SosRequest._meta.local_fields}
    }
    tied = {"created"} | {
        pair
        for pair in pairs
        for constraint in SosRequest._meta.constraints
        if f"{pair}_at__isnull" in str(constraint.deconstruct())
        and f"{pair}_by__isnull" in str(constraint.deconstruct())
    }
    assert pairs == tied == {"created", "submitted", "confirmed", "accepted", "withdrawn"}
