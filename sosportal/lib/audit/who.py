"""Who is at work: told to the database in the transaction that changes a tracked table, for its triggers to keep.

django-pghistory would put this in front of each statement, as a second one. Where values are bound by the server
(decision 0006) a statement is one statement, so it is asked by itself, once per transaction and person.
"""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from sosportal.lib.audit.tracking import SETTING, is_tracked_in
from sosportal.lib.logs import REQUEST_ID, handling

# What surely changes no table. Anything else that names a tracked table may.
_ONLY_LOOKS = (
    "SELECT",
    "SAVEPOINT",
    "RELEASE",
    "ROLLBACK",
    "SET ",
    "LOCK",
    "SHOW",
    "DECLARE",
    "FETCH",
    "CLOSE",
)
_TELL = f"SELECT set_config('{SETTING}', %s, true)"

_working: ContextVar[dict[str, Any] | None] = ContextVar("working", default=None)


class _Told:
    """Stands among what is to be done on commit, because that list forgets just when the database does: at the end of
    the transaction, and when a savepoint is rolled back."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __call__(self) -> None:
        """Nothing is left to do on commit."""


@contextmanager
def working(**facts: Any) -> Iterator[None]:
    """What is changed inside was changed by this: `way="command"` with the command's name and the operator, or
    `way="task"` with the task's. `facts` are JSON-able. A web request says by itself who asked."""
    before = _working.set(facts)
    try:
        yield
    finally:
        _working.reset(before)


def task_begins(task: Any, **_more: Any) -> None:
    """For the queue's signal: from here on this process works on a task, until `task_ends`."""
    _working.set({"way": "task", "task": str(task.get("func", ""))})


def task_ends(**_more: Any) -> None:
    """For the queue's signal."""
    _working.set(None)


def operator() -> str:
    """Who runs a command, by the machine's own account; behind sudo, the person before it."""
    try:
        account = getpass.getuser()
    except (KeyError, OSError):
        account = str(os.getuid())
    person = os.environ.get("SUDO_USER")
    return f"{person}（{account}）" if person else account


def facts() -> dict[str, Any]:
    """Who is at work now; empty when nobody said. No query: the user of a request as far as somebody looked already."""
    request = handling.get()
    if request is None:
        return _working.get() or {}
    user = getattr(request, "_cached_user", None)
    known: dict[str, Any] = {"way": "web", "request": request.META.get(REQUEST_ID, "")}
    if user is not None and user.is_authenticated:
        known |= {"actor": user.pk, "role": str(user.role)}
        known |= {"name": user.get_full_name(), "username": user.get_username()}
        if getattr(user, "proxy", None) is not None:
            known["proxy"] = True
    return known


def tell_database(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
    """Wrapper round every statement: before one that may change a tracked table, says who is at work.

    One statement more, the first time in a transaction. Without a transaction the two make one.
    """
    if isinstance(sql, str) and (sql.lstrip()[:9].upper().startswith(_ONLY_LOOKS) or not is_tracked_in(sql)):
        return execute(sql, params, many, context)
    connection: BaseDatabaseWrapper = context["connection"]
    known = facts()
    text = json.dumps(known, ensure_ascii=False) if known else ""
    if connection.in_atomic_block:
        _tell(connection, text)
        return execute(sql, params, many, context)
    if not text or not connection.get_autocommit():
        return execute(sql, params, many, context)
    with transaction.atomic(using=connection.alias):
        _tell(connection, text)
        return execute(sql, params, many, context)


def _tell(connection: BaseDatabaseWrapper, text: str) -> None:
    to_do: Any = connection.run_on_commit
    if next((each.text for _, each, _ in reversed(to_do) if isinstance(each, _Told)), "") == text:
        return
    driver: Any = connection.connection
    if driver is not None and not connection.needs_rollback:
        driver.execute(_TELL, [text])
        transaction.on_commit(_Told(text), using=connection.alias)


def listen(connection: BaseDatabaseWrapper, **_more: Any) -> None:
    """For the signal `connection_created`: put the wrapper round this connection's statements, once."""
    if tell_database not in connection.execute_wrappers:
        connection.execute_wrappers.append(tell_database)
