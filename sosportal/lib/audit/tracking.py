"""Which tables are tracked, and how: django-pghistory's event tables and triggers, with three things of our own.

- An event keeps, beside the row as it then stood, what the changed columns held before (`pgh_before`), who changed it,
  and whose it is (institution, prefecture), so that the lists need no join and no look at the event before.
- The triggers run with the rights of the tables' owner: the run-time role may read events and can't write any, not
  even by hand. They can't be switched off by a setting of the session, as pgtrigger's own could be.
- Events of all tables take their number from one sequence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import pghistory
import pgtrigger
from django.apps import apps
from django.db import models
from pghistory import trigger
from pghistory.models import Event
from pgtrigger import compiler

M = TypeVar("M", bound=type[models.Model])

SETTING = "portal.working"
NUMBERS = "change_number"
INSERT, UPDATE, DELETE = "insert", "update", "delete"

# Where a row's institution is, as SQL over the row.
ITS_OWN = "{row}.institution_id"
_PREFECTURE_OF = "(SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = {})"

tracked: dict[type[models.Model], type[Change]] = {}
"""The tracked models, and the model of their events."""
_tables: list[str] = []


class Change(Event):
    """One row written, as django-pghistory keeps it: base of every event table. No foreign key among them holds."""

    pgh_id = models.BigAutoField("番号", primary_key=True)
    pgh_created_at = models.DateTimeField("日時")
    pgh_label = models.CharField("種類", max_length=10)
    pgh_before = models.JSONField("変更前", null=True)
    pgh_actor_id = models.BigIntegerField("変更した人", null=True)
    pgh_institution_id = models.BigIntegerField("医療機関", null=True)
    pgh_prefecture_id = models.CharField("都道府県", max_length=2, null=True)  # noqa: DJ001 - no prefecture is none

    class Meta:
        abstract = True


class TriggerSql(compiler.UpsertTriggerSql):
    """pgtrigger's, run with the owner's rights and without its switch to be ignored."""

    def get_template(self) -> str:
        """Never edited: migrations refer to it. A change is a class of its own."""
        return """
            CREATE OR REPLACE FUNCTION {pgid}()
            RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
                {declare}
                BEGIN
                    {func}
                END;
            $$;

            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE {constraint} TRIGGER {pgid}
                {when} {operation} ON {table}
                {timing}
                {referencing}
                FOR EACH {level} {condition}
                EXECUTE PROCEDURE {execute};

            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class ChangeTrigger(trigger.Event):
    """Writes the event of one changed row."""

    def __init__(self, *, institution: str | None, prefecture: str | None, **options: Any) -> None:
        self.institution, self.prefecture = institution, prefecture
        super().__init__(**options)  # type: ignore[no-untyped-call]

    def get_declare(self, model: Any) -> list[tuple[str, str]]:
        """Who is at work; where nobody said, the role that is connected."""
        said = f"nullif(current_setting('{SETTING}', true), '')::jsonb"
        nobody = "jsonb_build_object('way', 'database', 'database_role', session_user)"
        return [("who", f"jsonb := coalesce({said}, {nobody})")]

    def get_func(self, model: Any) -> str:
        """The body: one INSERT."""
        row = str(self.row)
        event_model: Any = self.event_model
        values = {
            **{column: f'{row}."{column}"' for column in columns_of(event_model)},
            "pgh_id": f"nextval('public.{NUMBERS}')",
            "pgh_created_at": "now()",
            "pgh_label": f"'{self.label}'",
            "pgh_obj_id": f'{row}."{model._meta.pk.column}"',
            "pgh_context": "who",
            "pgh_actor_id": "(who ->> 'actor')::bigint",
            "pgh_institution_id": self.institution.format(row=row) if self.institution else "NULL",
            "pgh_prefecture_id": self.prefecture.format(row=row) if self.prefecture else "NULL",
            "pgh_before": self._before(event_model) if self.label == UPDATE else "NULL",
        }
        table, names = f'public."{event_model._meta.db_table}"', ", ".join(f'"{column}"' for column in values)
        body = [
            "INSERT INTO",
            table,
            f"({names})",
            "VALUES",
            f"({', '.join(values.values())});",
            "RETURN NULL;",
        ]
        return " ".join(body)

    def _before(self, event_model: Any) -> str:
        """What the columns held that are different now."""
        pairs = [
            f'(\'{column}\', to_jsonb(OLD."{column}"), to_jsonb(NEW."{column}"))'
            for column in columns_of(event_model)
        ]
        both = f"(VALUES {', '.join(pairs)}) AS both_rows (name, held, holds)"
        return " ".join(
            ["(SELECT jsonb_object_agg(name, held)", "FROM", both, "WHERE held IS DISTINCT FROM holds)"]
        )

    def compile(self, model: Any) -> compiler.Trigger:
        """As pgtrigger's, in our own frame."""
        compiled = super().compile(model)
        options = {name: value for name, value in compiled.sql.kwargs.items() if name != "ignore_func_name"}
        return compiler.Trigger(name=compiled.name, sql=TriggerSql(**options))


class _Tracker(pghistory.RowEvent):
    """One of pghistory's trackers, with our trigger."""

    def __init__(self, label: str, operation: pgtrigger.Operation, row: str, **where: str | None) -> None:
        super().__init__(label, operation=operation, row=row)
        self.where = where

    def add_event_trigger(self, event_model: Any) -> None:
        """Called by pghistory when the event model is there."""
        made = ChangeTrigger(
            event_model=event_model,
            label=self.label,
            name=self.trigger_name,
            row=self.row,
            operation=self.operation,
            condition=self.condition,
            level=pgtrigger.Row,
            **self.where,
        )
        pgtrigger.register(made)(event_model.pgh_tracked_model)


def track(
    *,
    exclude: Iterable[str] = (),
    institution: str | None = None,
    prefecture: str | None = None,
    indexes: Iterable[models.Index] = (),
) -> Callable[[M], M]:
    """Keep every change of a table: decorator of its model. The event model is called `<Model>History`.

    `exclude` names fields that aren't kept: secrets, what is computed, what changes with every write. `institution`
    and `prefecture` are SQL over `{row}`: whose row it is, for who may see the change; without `prefecture` it is the
    institution's. `indexes` of the events, beside those that all have.
    """
    if institution and not prefecture:
        prefecture = _PREFECTURE_OF.format(institution)
    where = {"institution": institution, "prefecture": prefecture}

    def wrap(model: M) -> M:
        name = f"{model.__name__}History"
        table = f"{model._meta.db_table}history"
        label = str(model._meta.verbose_name)
        pghistory.track(
            _Tracker(INSERT, pgtrigger.Insert, pghistory.New, **where),
            _Tracker(UPDATE, pgtrigger.Update, pghistory.New, **where),
            _Tracker(DELETE, pgtrigger.Delete, pghistory.Old, **where),
            exclude=["id", *exclude],
            base_model=Change,
            obj_field=pghistory.ObjForeignKey(related_name="+", related_query_name="+"),
            context_field=pghistory.ContextJSONField(null=False),
            context_id_field=None,  # type: ignore[arg-type]
            model_name=name,
            meta={
                "db_table": table,
                "verbose_name": f"{label}の変更",
                "verbose_name_plural": f"{label}の変更",
                "indexes": [*_indexes(model, institution), *indexes],
                "default_manager_name": "objects",
            },
        )(model)
        tracked[model] = event_model_of(model, name)
        _tables.append(model._meta.db_table)
        return model

    return wrap


def event_model_of(model: type[models.Model], name: str) -> Any:
    """The event model that pghistory has just made."""
    return apps.get_registered_model(model._meta.app_label, name)


def _indexes(model: type[models.Model], institution: str | None) -> list[models.Index]:
    """Newest first: of all, of a person, of a prefecture, of an institution."""
    short = str(model._meta.model_name)[:18]
    keys = {"all": [], "actor": ["pgh_actor_id"]}
    if institution:
        keys |= {"pref": ["pgh_prefecture_id"], "inst": ["pgh_institution_id"]}
    return [
        models.Index(fields=[*first, "pgh_created_at", "pgh_id"], name=f"{short}_h_{name}")
        for name, first in keys.items()
    ]


def columns_of(event_model: Any) -> list[str]:
    """The columns of the tracked table that its events keep."""
    return [str(field.column) for field in fields_of(event_model)]


def fields_of(event_model: Any) -> list[models.Field[Any, Any]]:
    """The tracked fields, as the event model holds them."""
    return [field for field in event_model._meta.concrete_fields if not field.name.startswith("pgh_")]


def is_tracked_in(sql: str) -> bool:
    """Whether a statement names a tracked table."""
    return any(table in sql for table in _tables)
