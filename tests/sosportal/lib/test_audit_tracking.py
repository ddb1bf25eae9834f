"""Every way to write a tracked table leaves who, when, what before and what after; nobody can change or forge that."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction
from django.test import Client
from django_q.signals import post_execute_in_worker, pre_execute

from institutions.imports.institutions import import_institutions
from institutions.models import Institution, InstitutionKind, Membership, Role, User
from requests_app.models import RequestLine, SosRequest
from requests_app.models.request import DERIVED
from requests_app.rules.transitions import Status
from sosportal.lib import clock
from sosportal.lib.audit import who
from sosportal.lib.audit.tracking import Change, columns_of, fields_of, tracked
from sosportal.lib.clock import JST
from surveys.models import StockAnswer
from tests import factories
from tests.institutions import lists
from tests.support import database

NOW = datetime(2026, 11, 24, 10, 22, tzinfo=JST)
WORK = {"way": "task", "task": "a test"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def place() -> Institution:
    return factories.institution(code=lists.code(7), name="架空病院")


@pytest.fixture
def at_work() -> Iterator[None]:
    with who.working(**WORK):
        yield


def events(model: type[models.Model], **wanted: Any) -> list[Any]:
    """The events of a model, oldest first."""
    rows: Any = tracked[model]._default_manager
    return list(rows.filter(**wanted).order_by("pgh_created_at", "pgh_id"))


def last(model: type[models.Model], obj: models.Model) -> Any:
    return events(model, pgh_obj_id=obj.pk)[-1]


# --- Every way ------------------------------------------------------------------------------------------------------


def by_save(place: Institution) -> None:
    place.name = "新病院"
    place.save()


def by_update(place: Institution) -> None:
    Institution.objects.filter(pk=place.pk).update(name="新病院")


def by_bulk_update(place: Institution) -> None:
    place.name = "新病院"
    Institution.objects.bulk_update([place], ["name"])


def by_on_conflict(place: Institution) -> None:
    fields = {
        field.attname: getattr(place, field.attname)
        for field in Institution._meta.concrete_fields
        if field.name not in {"id", "search_key"}
    }
    Institution.objects.bulk_create(
        [Institution(**fields | {"name": "新病院"})],
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["name"],
    )


def by_sql(place: Institution) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE institutions_institution SET name = '新病院' WHERE id = %s", [place.pk])


def by_sql_of_another_beginning(place: Institution) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH one AS (SELECT %s::bigint AS id)"
            " UPDATE institutions_institution i SET name = '新病院' FROM one WHERE one.id = i.id",
            [place.pk],
        )


def by_many_statements(place: Institution) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE institutions_institution SET name = %s WHERE id = %s",
            [("新病院", place.pk), ("新病院", 0)],
        )


def by_import(place: Institution) -> None:
    table = lists.text([(place.code, "新病院", place.postal_code, place.address)])
    outcome = import_institutions(io.BytesIO(table.encode()), now=NOW)
    assert outcome.changed == 1, outcome


WAYS: list[Callable[[Institution], None]] = [
    *(by_save, by_update, by_bulk_update, by_on_conflict, by_sql, by_sql_of_another_beginning),
    *(by_many_statements, by_import),
]


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_change_a_row_is_kept(way: Callable[[Institution], None], place: Institution) -> None:
    with who.working(**WORK):
        way(place)
    made, changed = events(Institution, pgh_obj_id=place.pk)
    assert made.pgh_label == "insert"
    assert made.pgh_before is None
    assert changed.pgh_label == "update"
    assert changed.pgh_context == WORK
    assert changed.pgh_before == {"name": "架空病院"}
    assert changed.name == "新病院"
    assert changed.code == place.code
    assert (changed.pgh_institution_id, changed.pgh_prefecture_id) == (place.pk, "13")
    assert abs((changed.pgh_created_at - clock.now()).total_seconds()) < 3600


def test_rows_made_and_removed_are_kept(place: Institution, at_work: None) -> None:
    person = factories.user()
    (membership,) = Membership.objects.bulk_create([Membership(user=person, institution=place)])
    Membership.objects.filter(pk=membership.pk).delete()
    made, removed = events(Membership, pgh_obj_id=membership.pk)
    assert (made.pgh_label, removed.pgh_label) == ("insert", "delete")
    for each in (made, removed):
        assert (each.user_id, each.institution_id) == (person.pk, place.pk)
        assert (each.pgh_institution_id, each.pgh_prefecture_id) == (place.pk, "13")
        assert each.pgh_context == WORK


def test_what_changes_nothing_leaves_nothing(place: Institution) -> None:
    place.save()
    place.updated_at = NOW
    place.save()
    assert len(events(Institution, pgh_obj_id=place.pk)) == 1


def test_a_rolled_back_change_leaves_nothing(place: Institution) -> None:
    with transaction.atomic():
        by_update(place)
        assert len(events(Institution, pgh_obj_id=place.pk)) == 2
        transaction.set_rollback(True)
    assert len(events(Institution, pgh_obj_id=place.pk)) == 1


def test_verbs_leave_the_request_and_its_lines() -> None:
    factories.campaign(now=NOW)
    request = factories.request_in(Status.UNDER_REVIEW, now=NOW)
    line = request.lines.get()
    request = factories.confirm(request, now=NOW)
    changed = last(SosRequest, request)
    assert set(changed.pgh_before) == {"confirmed_at", "confirmed_by_id"}
    assert changed.confirmed_by_id == request.confirmed_by_id
    assert changed.pgh_institution_id == request.institution_id
    of_line = last(RequestLine, line)
    assert of_line.pgh_before == {"confirmed_quantity": None}
    assert of_line.confirmed_quantity == 4100
    assert (of_line.pgh_institution_id, of_line.pgh_prefecture_id) == (request.institution_id, "13")


def test_a_survey_answer_leaves_its_figures() -> None:
    place = factories.institution()
    person = factories.member(place)
    response = factories.answer(person, place, now=NOW)
    answer = response.answers.get()
    StockAnswer.objects.filter(pk=answer.pk).update(stock=1)
    changed = last(StockAnswer, answer)
    assert changed.pgh_before == {"stock": 3400}
    assert (changed.pgh_institution_id, changed.pgh_prefecture_id) == (place.pk, "13")


# --- What is kept, and what never -----------------------------------------------------------------------------------


def test_no_secret_is_kept() -> None:
    names = {name for event_model in tracked.values() for name in columns_of(event_model)}
    assert names.isdisjoint({"password", "last_login", "token"})


def test_a_new_password_or_a_log_in_is_no_change() -> None:
    person = factories.user()
    person.set_password("Another-Pass-2026")
    person.last_login = NOW
    person.save()
    assert [event.pgh_label for event in events(User, pgh_obj_id=person.pk)] == ["insert"]


def test_an_event_bears_every_tracked_column() -> None:
    """A field that is added to a tracked model is kept too, or named as left out."""
    left_out = {
        "Institution": {"search_key", "created_at", "updated_at", "particulars_kept_at"},
        "User": {"password", "last_login", "created_at"},
        "Membership": {"created_at"},
        "SosRequest": {"revision", "created_at", "updated_at", *DERIVED},
    }
    for model, event_model in tracked.items():
        own = {field.name for field in model._meta.concrete_fields if not field.primary_key}
        kept = {field.name for field in fields_of(event_model)}
        assert own - kept == left_out.get(model.__name__, set())


def test_events_hold_no_constraint_to_other_tables() -> None:
    tables = [event_model._meta.db_table for event_model in tracked.values()]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text = ANY (%s)",
            [tables],
        )
        assert cursor.fetchall() == []


# --- Nobody changes it ----------------------------------------------------------------------------------------------


def changes_of(table: str) -> list[str]:
    return [
        f"UPDATE {table} SET pgh_label = 'insert'",  # noqa: S608 - constants
        f"DELETE FROM {table}",  # noqa: S608
        f"TRUNCATE {table}",
    ]


@pytest.mark.parametrize("event_model", tracked.values(), ids=lambda each: each.__name__)
def test_the_run_time_role_may_only_read_events(event_model: type[Change]) -> None:
    table = event_model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608
    for sql in [f"INSERT INTO {table} (pgh_id) VALUES (1)", *changes_of(table)]:  # noqa: S608
        with (
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)


def test_not_even_the_owner_changes_events() -> None:
    table = "institutions_institutionhistory"
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableowner FROM pg_tables WHERE tablename = %s", [table])
        assert cursor.fetchone() != (connection.settings_dict["USER"],)
    with psycopg.connect(database.admin_url_of_test_database()) as db:
        # A row of its own: this connection sees nothing of the test's transaction.
        db.execute(
            "INSERT INTO institutions_prefecture (code, name) VALUES ('99', '架空県') ON CONFLICT DO NOTHING"
        )
        db.execute(
            "INSERT INTO institutions_institution (code, name, kind, prefecture_id, postal_code, address, telephone,"
            " contact_person, email, created_at, updated_at)"
            " VALUES ('9910000001', 'x', 'hospital', '99', '', '', '', '', '', now(), now())"
        )
        kept = db.execute(
            "SELECT pgh_context FROM institutions_institutionhistory WHERE code = '9910000001'"
        ).fetchone()
        assert kept == ({"way": "database", "database_role": "postgres"},)
        for sql in changes_of(table):
            with pytest.raises(psycopg.errors.IntegrityError), db.transaction():
                db.execute(sql)
        db.rollback()


def test_tracking_can_not_be_switched_off_by_a_setting(place: Institution) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pgtrigger.ignore', '{pgtrigger_update_update_5a592}', true)")
        cursor.execute(
            "SELECT set_config('pgtrigger.ignore', (SELECT array_agg(tgname)::text FROM pg_trigger"
            " WHERE tgname LIKE 'pgtrigger%%'), true)"
        )
    by_update(place)
    assert len(events(Institution, pgh_obj_id=place.pk)) == 2


# --- Who ------------------------------------------------------------------------------------------------------------


def test_the_person_of_a_web_request() -> None:
    operator = factories.user(Role.OPERATOR, name="運用 花子", username="unyo")
    place = factories.institution(code=lists.code(8))
    client = Client()
    client.force_login(operator)
    page = f"/admin/institutions/institution/{place.pk}/change/"
    answer = client.post(
        page,
        {
            "code": place.code,
            "name": "新病院",
            "kind": InstitutionKind.HOSPITAL,
            "memberships-TOTAL_FORMS": 0,
            "memberships-INITIAL_FORMS": 0,
            **factories.seen(place),
        },
    )
    assert answer.status_code == 302
    changed = last(Institution, place)
    assert changed.pgh_actor_id == operator.pk
    assert changed.pgh_context == {
        "way": "web",
        "request": answer["X-Request-ID"],
        "actor": operator.pk,
        "name": "運用 花子",
        "username": "unyo",
        "role": "operator",
    }
    by_update(place)
    Institution.objects.filter(pk=place.pk).update(name="別の名前")
    assert last(Institution, place).pgh_context["way"] == "database", "nobody is at work after the request"


def test_the_operator_of_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "haruka")
    monkeypatch.delenv("SUDO_USER", raising=False)
    call_command(
        "create_user",
        "new-user",
        "--name",
        "新 人",
        "--role",
        "ministry",
        "--email",
        "a@example.jp",
        stdout=io.StringIO(),
    )
    (made,) = events(User, username="new-user")
    assert made.pgh_context == {"way": "command", "command": "create_user", "operator": "haruka"}
    assert made.pgh_actor_id is None
    monkeypatch.setenv("SUDO_USER", "jiro")
    assert who.operator() == "jiro（haruka）"


def test_the_task_of_the_queue(place: Institution) -> None:
    task = {"func": "requests_app.tasks.example", "args": ()}
    pre_execute.send(sender="django_q", func=by_update, task=task)
    by_update(place)
    post_execute_in_worker.send(sender="django_q", func=by_update, task=task)
    assert last(Institution, place).pgh_context == {"way": "task", "task": "requests_app.tasks.example"}
    Institution.objects.filter(pk=place.pk).update(name="別の名前")
    assert last(Institution, place).pgh_context["way"] == "database"


def test_who_is_told_anew_after_a_savepoint_was_rolled_back(place: Institution, at_work: None) -> None:
    with transaction.atomic():
        by_update(place)
        transaction.set_rollback(True)
    by_update(place)
    assert last(Institution, place).pgh_context == WORK


def test_who_is_told_once_in_a_transaction(place: Institution, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    real = who._tell

    def counting(driver: Any, text: str) -> None:
        before = len(connection.run_on_commit)
        real(driver, text)
        if len(connection.run_on_commit) > before:
            told.append(text)

    monkeypatch.setattr(who, "_tell", counting)
    with who.working(way="task", task="one"):
        by_update(place)
        Institution.objects.filter(pk=place.pk).update(name="二")
    with who.working(way="task", task="two"):
        Institution.objects.filter(pk=place.pk).update(name="三")
        list(Institution.objects.select_for_update().filter(pk=place.pk))
    assert [each.pgh_context["task"] for each in events(Institution, pgh_obj_id=place.pk)[1:]] == [
        "one",
        "one",
        "two",
    ]
    assert len(told) == 2
