"""`python -m bench.scale.answering DIR`: answers the pages named on its input, and says what each cost."""

from __future__ import annotations

import json
import os
import sys
import time
from http import HTTPStatus
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from bench.cpu import cpu_seconds
from bench.scale.country import country
from bench.scale.pages import MINISTRY, OPERATOR, PAGES, SMALL, TOKYO
from bench.scale.places import places

HOST = "127.0.0.1"
ROW = b"<tr"
ANSWERS = {HTTPStatus.OK, HTTPStatus.FOUND}


def main() -> None:
    """One line of JSON per page: queries, rows of tables, CPU milliseconds of process and database, blocks touched."""
    with country(Path(sys.argv[1])):
        _sum_up()
        answering = Answering()
        _say({"ready": True})
        for line in sys.stdin:
            name, _, most = line.rstrip("\n").partition("\t")
            _say(answering.page(name, int(most)))


def _sum_up() -> None:
    """The dashboards' figures, and what autovacuum would do elsewhere; it is off in a country."""
    from requests_app.models import progress
    from requests_app.progress.refreshing import refresh_progress

    refresh_progress()
    kept = [
        each._meta.db_table
        for each in vars(progress).values()
        if getattr(each, "__module__", "") == progress.__name__ and hasattr(each, "_meta")
    ]
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        for table in kept:
            owner.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.Identifier(table)))


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


class Answering:
    """People with sessions, and a connection that looks on."""

    def __init__(self) -> None:
        from django.db import connection
        from django.test import Client

        from institutions.models import User

        self.clients = {}
        for name in (MINISTRY, OPERATOR, TOKYO, SMALL):
            self.clients[name] = Client(SERVER_NAME=HOST)
            self.clients[name].force_login(User.objects.get(username=name))
        self.places = places()
        connection.ensure_connection()
        self.backend = connection.connection.info.backend_pid
        self.beside = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)

    def page(self, name: str, most: int) -> dict[str, Any]:
        """Answer the page with lists of `most` rows, and say what it cost."""
        from django.contrib import admin
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        from requests_app.progress import listing

        listing.PAGE = most
        for each in admin.site._registry.values():
            kind: Any = type(each)
            kind.list_per_page = most
        who, address = PAGES[name]
        client, path = self.clients[who], address.format(**self.places)
        with CaptureQueriesContext(connection) as queries:
            response = client.get(path)
        sent = len(queries)  # the next call forgets them
        if response.status_code not in ANSWERS:
            raise RuntimeError(f"{name} answers {response.status_code}.")
        blocks = self._blocks()
        before = time.process_time(), cpu_seconds([self.backend])
        client.get(path)
        process, database = time.process_time() - before[0], cpu_seconds([self.backend]) - before[1]
        return {
            "queries": sent,
            "rows": response.content.count(ROW),
            "process": process * 1000,
            "database": database * 1000,
            "blocks": self._blocks() - blocks,
        }

    def _blocks(self) -> int:
        """The blocks that the backend has touched so far, in memory or not."""
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_force_next_flush()")
        row = self.beside.execute(
            "SELECT sum(hits + reads) FROM pg_stat_get_backend_io(%s) WHERE object = 'relation'",
            [self.backend],
        ).fetchone()
        return int(row[0] or 0) if row else 0


if __name__ == "__main__":
    main()
