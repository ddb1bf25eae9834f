"""The least a list page can cost: its SQL by psycopg, a bare Jinja2 template of the same page, a bare WSGI reply."""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import psycopg

from bench.statements import Replay

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Floor:
    """Everything prepared: the statements, and a template that holds the page around the rows as plain text."""

    def __init__(self) -> None:
        # Written by the benchmark itself, a moment ago.
        task = pickle.loads(Path(os.environ["BENCH_TASK"]).read_bytes())  # noqa: S301
        self.statements = task["statements"]
        self.rows_of = task["rows_of"]
        before, row, after = task["page"]
        rows = "{% for row in rows %}" + row + "{% endfor %}"
        self.template = jinja2.Environment(autoescape=True).from_string(_raw(before) + rows + _raw(after))
        self.here = threading.local()

    def page(self) -> bytes:
        """The page, from fresh rows."""
        if not hasattr(self.here, "replay"):
            connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
            self.here.replay = Replay(connection, self.statements)
        return self.template.render(rows=self.here.replay.run()[self.rows_of]).encode()


def _raw(text: str) -> str:
    return "{% raw %}" + text + "{% endraw %}"


_floor: list[Floor] = []


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answers every request with the page."""
    if not _floor:
        _floor.append(Floor())
    body = _floor[0].page()
    headers: list[Any] = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response("200 OK", headers)
    return [body]
