"""Logs: one JSON object per line, with the request and the actor, without what people typed."""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
import traceback
from contextvars import ContextVar
from typing import Any

from django.http import HttpRequest
from jinja2 import TemplateError

from sosportal.lib.business_calendar import JST

REQUEST_ID = "portal.request_id"  # the key in request.META
handling: ContextVar[HttpRequest | None] = ContextVar("handling", default=None)
"""The request that this thread is working on."""

# What a LogRecord bears by itself; anything else was given as `extra`.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request", "server_time"}
# What JSON leaves alone: further line separators, what steers a terminal or turns the direction, lone surrogates.
_BREAKING = re.compile("[\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# The token of a password link, or of a new mail address, stands in its path.
_TOKEN = re.compile(r"(/password/reset/key/|/me/email/)[^/\s\"']+")
# The messages of these speak of code. Those of others may quote a name, an address or a figure, and stay out.
_SPEAKS_OF_CODE = (AttributeError, ImportError, NameError, TypeError, NotImplementedError, TemplateError)


class OneLineFormatter(logging.Formatter):
    """Formats a record as one line of JSON: time (Japan), level, logger, message, request_id, actor_id, extras.

    Of an exception it keeps the class and the places it went through; its message only when it speaks of code.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end. Line breaks and terminal codes in any text are escaped."""
        fields: dict[str, Any] = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": _TOKEN.sub(r"\1…", record.getMessage()),
            **_whose_request(record),
            **_extras(record),
        }
        if record.exc_info and record.exc_info[1] is not None:
            fields |= _error(record.exc_info[1])
        return _BREAKING.sub(_escaped, json.dumps(fields, ensure_ascii=False))

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """ISO 8601 in Japan's time, to the millisecond."""
        return dt.datetime.fromtimestamp(record.created, JST).isoformat(timespec="milliseconds")


class RefusedIsNoError(logging.Filter):
    """Lets every record of its logger through, errors as warnings."""

    def filter(self, record: logging.LogRecord) -> bool:
        """True; a record graver than a warning is made one."""
        if record.levelno > logging.WARNING:
            record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
        return True


def request_id() -> str:
    """The id of the request that this thread is working on, "" outside of one."""
    current = handling.get()
    return str(current.META.get(REQUEST_ID, "")) if current else ""


def _whose_request(record: logging.LogRecord) -> dict[str, Any]:
    # Django logs refused requests when they have left the middleware, and gives the request with the record.
    given = getattr(record, "request", None)
    current = given if isinstance(given, HttpRequest) else handling.get()
    if current is None or REQUEST_ID not in current.META:
        return {}
    # The user as far as somebody has looked already: writing a log line must not ask the database.
    actor = getattr(getattr(current, "_cached_user", None), "pk", None)
    return {"request_id": current.META[REQUEST_ID], **({"actor_id": actor} if actor else {})}


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    return {
        name: value
        for name, value in vars(record).items()
        if name not in _OWN and (value is None or isinstance(value, str | int | float | bool))
    }


def _error(error: BaseException) -> dict[str, Any]:
    where = [
        f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
    ]
    said = {"error_message": str(error)} if isinstance(error, _SPEAKS_OF_CODE) else {}
    return {"error": f"{type(error).__module__}.{type(error).__qualname__}", **said, "where": where}


def _escaped(character: re.Match[str]) -> str:
    return f"\\u{ord(character.group()):04x}"
