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

from bench.cpu import cpu_seconds
from bench.scale.country import country
from bench.scale.pages import PAGES, SMALL, TOKYO

HOST = "127.0.0.1"
ROW = b'class="action-select"'  # the tick of a row
ANSWERS = {HTTPStatus.OK, HTTPStatus.FOUND}


def main() -> None:
    """One line of JSON per page: queries, rows, CPU milliseconds of process and database, blocks touched."""
    with country(Path(sys.argv[1])):
        answering = Answering()
        _say({"ready": True})
        for line in sys.stdin:
            _say(answering.page(line.rstrip("\n")))


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
        for name in ("ministry", TOKYO, SMALL):
            self.clients[name] = Client(SERVER_NAME=HOST)
            self.clients[name].force_login(User.objects.get(username=name))
        self.places = _places()
        connection.ensure_connection()
        self.backend = connection.connection.info.backend_pid
        self.beside = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)

    def page(self, name: str) -> dict[str, Any]:
        """Answer the page, and say what it cost."""
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

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


def _places() -> dict[str, Any]:
    """What the addresses are filled in with."""
    from django.db.models import F

    from requests_app.models import SosRequest
    from requests_app.models.request import NEWEST_FIRST
    from requests_app.rules.transitions import Status
    from sosportal.lib import clock

    newest = SosRequest.objects.order_by(*NEWEST_FIRST).select_related("institution")
    waiting = newest.filter(status=Status.UNDER_REVIEW.value)
    accepted = newest.filter(status=Status.ACCEPTED.value)[:1].get()
    one = accepted.institution
    day = clock.jst(waiting[:100][99].submitted_at or clock.now())
    return {
        "year": f"{day:%Y}",
        "month": f"{day:%Y-%m}",
        "day": f"{day:%Y-%m-%d}",
        "code": one.code,
        "number": accepted.number,
        "plain": accepted.number.replace("-", ""),
        "series": accepted.number[:5],
        "older": accepted.pk,
        "submitted": 3,
        "prefecture": 2,
        "stock": 7,
        "stock_there": 6,
        "waiting": waiting[:100][99].pk,
        "waiting_there": waiting.filter(prefecture_id="13").order_by(F("pk").desc())[:10][9].pk,
        "accepted": accepted.pk,
    }


if __name__ == "__main__":
    main()
