"""The embedded PostgreSQL of a test run, its roles, and a test database put back to its first state."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connection, connections
from psycopg import sql
from psycopg.conninfo import make_conninfo

from sosportal import embedded

ADMIN_VARIABLE = "TEST_DATABASE_ADMIN_URL"
LOCK_TIMEOUT = "10s"  # how long the clean-up waits for what a test left open
PLACES = 50  # runs at the same time in one checkout


@contextlib.contextmanager
def claimed_server(pool: Path) -> Iterator[embedded.Server]:
    """A throwaway server for this run alone: the first data directory in `pool` that no other run claimed."""
    pool.mkdir(parents=True, exist_ok=True)
    for place in range(PLACES):
        with open(pool / f"{place}.lock", "w") as claim:
            try:
                fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            with embedded.running(pool / str(place), embedded.THROWAWAY) as server:
                embedded.prepare(server.admin_url)
                embedded.grant(server.url(embedded.SUPERUSER, "template1"))
                yield server
            return
    raise embedded.EmbeddedError(f"All {PLACES} places below {pool} are taken by other test runs.")


def connect_as(role: str) -> None:
    """Close this thread's connection and let the next one be made by `role`."""
    close_connections()
    for parameters in (settings.DATABASES["default"], connection.settings_dict):
        parameters["USER"] = role


def close_connections() -> None:
    """Close this thread's connections; Django opens new ones when it needs them."""
    for each in connections.all(initialized_only=True):
        each.close()


def disconnect_everybody() -> None:
    """End all sessions in the test database, which can't be dropped before: a killed server's may linger."""
    with psycopg.connect(os.environ[ADMIN_VARIABLE]) as db:
        db.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
            [str(connection.settings_dict["NAME"])],
        )


def admin_url_of_test_database() -> str:
    """The superuser's URL of this worker's test database."""
    return make_conninfo(os.environ[ADMIN_VARIABLE], dbname=str(connection.settings_dict["NAME"]))


def runtime_url_of_test_database() -> str:
    """The run-time role's URL of this worker's test database, for processes that a test starts."""
    host = str(connection.settings_dict["HOST"])
    return embedded.Server(Path(host)).url(embedded.RUNTIME, str(connection.settings_dict["NAME"]))


@dataclass(frozen=True)
class Pristine:
    """All rows and sequences of a database as the migrations left them, to be put back after real commits."""

    url: str
    tables: tuple[str, ...]
    rows: dict[str, bytes]
    sequences: dict[str, int]

    @classmethod
    def of(cls, url: str) -> Pristine:
        """Read the state of the database of `url` (a superuser's) now."""
        with psycopg.connect(url) as db:
            tables = tuple(
                name
                for (name,) in db.execute(
                    "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
                    " AND relnamespace = 'public'::regnamespace ORDER BY relname"
                )
            )
            rows = {}
            for table in tables:
                with db.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
                    content = b"".join(bytes(block) for block in copy)
                if content:
                    rows[table] = content
            sequences: dict[str, int] = dict(
                db.execute(
                    "SELECT sequencename, last_value FROM pg_sequences"
                    " WHERE schemaname = 'public' AND last_value IS NOT NULL"
                ).fetchall()
            )
        return cls(url, tables, rows, sequences)

    def restore(self) -> None:
        """Put that state back. Raises AssertionError when a connection still holds locks on the tables."""
        with psycopg.connect(self.url) as db:
            db.execute("SELECT set_config('lock_timeout', %s, false)", [LOCK_TIMEOUT])
            # So that no trigger and no foreign key stands in the way of emptying and putting back.
            db.execute("SET session_replication_role = replica")
            names = sql.SQL(", ").join(map(sql.Identifier, self.tables))
            try:
                db.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(names))
            except psycopg.errors.LockNotAvailable:
                db.rollback()
                raise AssertionError(f"The test left work open on the database: {_busy(db)}") from None
            for table, content in self.rows.items():
                with db.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
                    copy.write(content)
            for sequence, last in self.sequences.items():
                db.execute("SELECT setval(quote_ident(%s)::regclass, %s)", [sequence, last])


def _busy(db: psycopg.Connection) -> str:
    """Who else holds a transaction in this database, and ends it, so that the next test starts clean."""
    found = db.execute(
        "SELECT pid, state, left(query, 120), pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
    ).fetchall()
    db.commit()
    return "; ".join(f"{state}: {query}" for _pid, state, query, _ended in found) or "nobody any more"
