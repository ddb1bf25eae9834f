"""Fills an empty, migrated database by set-based SQL: whatever is stored satisfies every constraint of the tables.

Random numbers are hashes of the row's number: the same size gives the same country.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib import import_module
from pathlib import Path

import psycopg
from psycopg import sql

from bench.scale import parts
from requests_app.rules.allocation.claims import AllocationInput
from requests_app.rules.cutoff import CUTOFF_TIME, cutoff_facts, next_cutoff
from sosportal import embedded
from sosportal.lib import clock

WEEKS = 104  # of the survey, and of the requests
DAYS = 740
REVIEWED = 0.8  # of the newest requests
RECENT = 14  # days over which those are spread
FILES = ("places", "answers", "requests", "events", "outcomes", "desk", "changes")
KEPT_BY_TRIGGERS = "requests_app.migrations.0019_deliveries_and_waiting_lines"
BIG = (
    *("institutions_institution", "institutions_user", "institutions_membership"),
    *("surveys_surveyresponse", "surveys_stockanswer", "surveys_surveyevent"),
    *("requests_app_sosrequest", "requests_app_requestline", "requests_app_requestevent"),
    *("requests_app_lineoutcome", "requests_app_undecidedline", "requests_app_handoffrow"),
    *("requests_app_delivery", "requests_app_unhandedline"),
    *("requests_app_shipment", "requests_app_receipt", "requests_app_question", "requests_app_recentview"),
    *("institutions_announcementread", "institutions_inquiry", "institutions_inquirymessage"),
    *("institutions_institutionhistory", "institutions_userhistory", "requests_app_sosrequesthistory"),
    "surveys_surveyresponsehistory",
)


@dataclass(frozen=True)
class Size:
    """How many requests and institutions; `waiting` are under review: a share below 1, a number from 1 on."""

    requests: int
    institutions: int
    waiting: float = 0.1

    @property
    def recent(self) -> float:
        """The share of the requests among which those under review are."""
        share = self.waiting if self.waiting < 1 else self.waiting / self.requests
        return min(1.0, share / REVIEWED)


def fill(admin_url: str, size: Size, *, now: datetime | None = None, vacuum: bool = False) -> None:
    """Fill the database of `admin_url` (a superuser's: guards and foreign keys are passed over) up to `now` (aware).

    The rows are written as the owner. ANALYZE at the end, VACUUM too if asked. Raises ValueError when there are
    institutions already.
    """
    with psycopg.connect(admin_url, autocommit=True) as db:
        db.execute("SET session_replication_role = replica")
        db.execute("SET timezone = 'Asia/Tokyo'")
        db.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(_owner(db))))
        if db.execute("SELECT 1 FROM institutions_institution LIMIT 1").fetchone():
            raise ValueError("The database is not empty.")
        _prepare(db, size, clock.jst(now or clock.now()))
        with _without_indexes(db), _with_defaults(db):
            for name in FILES:
                db.execute((Path(__file__).parent / f"{name}.sql").read_bytes())
            _digest(db)
            db.execute(import_module(KEPT_BY_TRIGGERS).WHAT_STANDS_NOW)
        db.execute("VACUUM (FREEZE, ANALYZE)" if vacuum else "ANALYZE")


def _owner(db: psycopg.Connection) -> str:
    row = db.execute("SELECT tableowner FROM pg_tables WHERE tablename = %s", [BIG[0]]).fetchone()
    return str(row[0]) if row else embedded.OWNER


def _prepare(db: psycopg.Connection, size: Size, now: datetime) -> None:
    """What the statements read: the size, the names' parts, the days with their cut-offs."""
    opened = next_cutoff(now) - timedelta(weeks=1)
    db.execute(
        "CREATE TEMP TABLE given AS SELECT %s::timestamptz AS now, %s::int AS requests, %s::int AS institutions,"
        " %s::float8 AS recent, %s::int AS spread, %s::timestamptz AS epoch, %s::int AS this_week,"
        " %s::float8[] AS shares, %s::text[] AS first, %s::text[] AS second, %s::text AS rare",
        [
            *(now, size.requests, size.institutions, size.recent, RECENT),
            *(opened - timedelta(weeks=WEEKS - 1), WEEKS - 1),
            *(_cumulated(parts.PEOPLE), list(parts.FIRST), list(parts.SECOND), parts.RARE),
        ],
    )
    db.execute("CREATE TEMP TABLE kind (k int, kind text, digit text, upto float8, last text[])")
    db.execute("CREATE TEMP TABLE day (day date, passed boolean, cutoff_at timestamptz, handled_from date)")
    with db.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO kind VALUES (%s, %s, %s, %s, %s)",
            [
                (n, kind, digit, upto, list(parts.LAST[kind]))
                for n, (kind, digit, upto) in enumerate((*parts.KINDS, parts.LAST_KIND))
            ],
        )
        with cursor.copy("COPY day FROM STDIN") as copy:
            for row in _days(now.date()):
                copy.write_row(row)


def _digest(db: psycopg.Connection) -> None:
    """What each decision was made from, in short: by the rules themselves, which recompute it."""
    decisions = db.execute("SELECT id, rule, rule_version FROM requests_app_allocationdecision").fetchall()
    for key, rule, version in decisions:
        row = db.execute("SELECT inputs FROM requests_app_allocationdecision WHERE id = %s", [key]).fetchone()
        digest = AllocationInput.from_json(row[0]).digest(rule, version) if row else ""
        db.execute("UPDATE requests_app_allocationdecision SET digest = %s WHERE id = %s", [digest, key])


def _cumulated(weights: tuple[int, ...]) -> list[float]:
    """The upper end of each share but the last."""
    whole, upto, found = sum(weights), 0, []
    for weight in weights[:-1]:
        upto += weight
        found.append(upto / whole)
    return found


def _days(today: date) -> Iterator[tuple[date, bool, datetime, date]]:
    """(day, whether the hour of the cut-off has passed, cut-off, first day of handling) of two years, by the rules."""
    for back in range(DAYS):
        day = today - timedelta(days=back)
        for passed in (False, True):
            hour = CUTOFF_TIME if passed else CUTOFF_TIME.replace(hour=CUTOFF_TIME.hour - 1)
            facts = cutoff_facts(datetime.combine(day, hour, tzinfo=clock.JST))
            yield day, passed, facts.cutoff, facts.handled_from


@contextlib.contextmanager
def _with_defaults(db: psycopg.Connection) -> Iterator[None]:
    """Columns that the statements don't know hold nothing or no, as the models say; for the time of the block."""
    found = db.execute(
        "SELECT attrelid::regclass::text, attname, CASE atttypid WHEN 'bool'::regtype THEN 'false' ELSE '' END"
        " FROM pg_attribute WHERE attrelid = ANY (%s::regclass[]) AND attnum > 0 AND NOT attisdropped"
        " AND attnotnull AND NOT atthasdef AND attidentity = ''"
        " AND atttypid IN ('bool'::regtype, 'varchar'::regtype, 'text'::regtype)",
        [list(BIG)],
    ).fetchall()
    for table, column, default in found:
        statement = sql.SQL("ALTER TABLE {} ALTER {} SET DEFAULT {}")
        names = sql.Identifier(table), sql.Identifier(column)
        db.execute(statement.format(*names, sql.Literal(default)))
    try:
        yield
    finally:
        for table, column, _ in found:
            statement = sql.SQL("ALTER TABLE {} ALTER {} DROP DEFAULT")
            db.execute(statement.format(sql.Identifier(table), sql.Identifier(column)))


@contextlib.contextmanager
def _without_indexes(db: psycopg.Connection) -> Iterator[None]:
    """The big tables without the indexes that no constraint needs, for the time of the block."""
    found = db.execute(
        "SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " WHERE i.indrelid = ANY (%s::regclass[]) AND NOT i.indisunique"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)",
        [list(BIG)],
    ).fetchall()
    for name, _ in found:
        db.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    try:
        yield
    finally:
        for _, definition in found:
            db.execute(definition)
