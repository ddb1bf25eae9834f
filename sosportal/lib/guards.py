"""SQL for migrations that make tables append-only, or rows that can't be deleted: triggers, and rights taken away.

The triggers hold for every role, the tables' owner included; taking the rights away keeps the run-time role from
even asking.
"""

from __future__ import annotations

from django.conf import settings
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.special import RunSQL

FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: its rows are kept as they are', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""


def define_function() -> Operation:
    """The trigger function all guards use."""
    return RunSQL(FUNCTION, "DROP FUNCTION refuse_change()")


def append_only(table: str) -> list[Operation]:
    """Rows of `table` can be inserted and read, never updated or deleted."""
    return _guard(table, "UPDATE, DELETE", "UPDATE OR DELETE", "append_only")


def keep_rows(table: str) -> list[Operation]:
    """Rows of `table` can be changed but never deleted."""
    return _guard(table, "DELETE", "DELETE", "keep_rows")


def written_by_triggers(table: str) -> list[Operation]:
    """Rows of `table` come from triggers that run as its owner: nobody else inserts, changes or deletes any."""
    return [
        *append_only(table),
        RunSQL(
            _for_runtime_role(f"REVOKE INSERT ON {table} FROM"),
            _for_runtime_role(f"GRANT INSERT ON {table} TO"),
        ),
    ]


def _guard(table: str, rights: str, operations: str, name: str) -> list[Operation]:
    return [
        RunSQL(
            f"CREATE TRIGGER {name} BEFORE {operations} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()",
            f"DROP TRIGGER {name} ON {table}",
        ),
        RunSQL(
            f"CREATE TRIGGER {name}_whole BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
            f"DROP TRIGGER {name}_whole ON {table}",
        ),
        RunSQL(
            _for_runtime_role(f"REVOKE {rights}, TRUNCATE ON {table} FROM"),
            _for_runtime_role(f"GRANT {rights} ON {table} TO"),
        ),
    ]


def _for_runtime_role(statement: str) -> str:
    """Run `statement` for the run-time role unless that role owns the tables (one role for all) or doesn't exist."""
    role = str(settings.RUNTIME_ROLE).replace('"', "").replace("'", "")
    return (
        "DO $$ BEGIN"
        f" IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') AND current_user <> '{role}' THEN"
        f" EXECUTE '{statement} \"{role}\"';"
        " END IF; END $$;"
    )
