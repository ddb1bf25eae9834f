"""The SQL of an operation: captured from the portal, and run again by psycopg alone."""

from __future__ import annotations

import contextlib
import enum
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

BEGIN, COMMIT = "BEGIN", "COMMIT"
# From here on no id looks like any other figure: a captured id is told from a quantity by its value.
FIRST_ID = 1_000_000_001


@dataclass
class Statement:
    """One statement with its parameters, and what the first column of its RETURNING said when it was captured."""

    text: str
    params: tuple[Any, ...] | None = None
    returned: list[int] = field(default_factory=list)


@contextlib.contextmanager
def captured() -> Iterator[list[Statement]]:
    """Every statement that Django's connection runs within the block, beginnings and ends of transactions included."""
    from django.db import connections

    connection = connections["default"]  # the object itself, not the proxy that stands for it
    connection.ensure_connection()
    found: list[Statement] = []
    set_autocommit, commit = connection.set_autocommit, connection.commit

    def note_begin(autocommit: bool, *args: Any, **kwargs: Any) -> None:
        if not autocommit:
            found.append(Statement(BEGIN))
        set_autocommit(autocommit, *args, **kwargs)

    def note_commit() -> None:
        found.append(Statement(COMMIT))
        commit()

    def note(execute: Callable[..., Any], text: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(text, params, many, context)
        statement = Statement(text, None if params is None else tuple(map(_plain, params)))
        answer = context["cursor"].cursor.pgresult
        if "RETURNING" in text and answer is not None:
            statement.returned = [int(answer.get_value(row, 0)) for row in range(answer.ntuples)]
        found.append(statement)
        return result

    vars(connection).update(set_autocommit=note_begin, commit=note_commit)
    try:
        with connection.execute_wrapper(note):
            yield found
    finally:
        del vars(connection)["set_autocommit"], vars(connection)["commit"]


def _plain(value: Any) -> Any:
    """A parameter as the floor can take it, which knows nothing of Django: no enumerations, no kinds of strings."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return "".join(value) if isinstance(value, str) else value


class Replay:
    """Runs captured statements again and again, each time writing new rows.

    Ids and the request's number, as the database gives them anew, are carried on into the parameters that follow; every
    UUID becomes a fresh one. Otherwise statements and parameters are the portal's own, run the way psycopg runs them
    best: parameters apart from the text, prepared after the fifth time. Which parameters have to be renewed is found
    out once, so that a run costs little beside its SQL.
    """

    def __init__(self, connection: psycopg.Connection[Any], statements: Sequence[Statement]) -> None:
        self.connection = connection
        self.steps: list[tuple[bytes, list[Any] | None, list[int], list[str]]] = []
        given: set[str] = set()
        for each in statements:
            params = None if each.params is None else list(each.params)
            moving = [n for n, value in enumerate(params or ()) if _is_moving(value, given)]
            gives = [_written(each, value) for value in each.returned]
            given.update(gives)
            self.steps.append((each.text.encode(), params, moving, gives))

    def run(self) -> list[list[tuple[Any, ...]]]:
        """Every statement once; the rows of each."""
        known: dict[Any, Any] = {}
        answers = []
        for text, params, moving, gives in self.steps:
            if params is not None and moving:
                params = list(params)
                for n in moving:
                    params[n] = _renewed(params[n], known)
            cursor = self.connection.execute(text, params)
            rows = cursor.fetchall() if cursor.description else []
            answers.append(rows)
            for before, row in zip(gives, rows, strict=True) if gives else ():
                known[before] = f"-{row[0]:04d}" if before.startswith("-") else str(row[0])
        return answers


def _written(statement: Statement, value: int) -> str:
    """A value that a RETURNING gave, as parameters show it: an id, or the end of a request's number."""
    return f"-{value:04d}" if "numberseries" in statement.text else str(value)


def _is_moving(value: Any, given: set[str]) -> bool:
    if isinstance(value, uuid.UUID):
        return True
    if isinstance(value, list):
        return any(_is_moving(each, given) for each in value)
    return isinstance(value, int | str) and any(each in str(value) for each in given)


def _renewed(value: Any, known: dict[Any, Any]) -> Any:
    """The parameter with what was given anew in the place of what was captured."""
    if isinstance(value, uuid.UUID):
        return known.setdefault(value, uuid.uuid4())
    if isinstance(value, list):
        return [_renewed(each, known) for each in value]
    if not isinstance(value, int | str):
        return value
    text = str(value)
    for before, after in known.items():
        if isinstance(before, str):
            text = text.replace(before, after)
    return int(text) if isinstance(value, int) else text
