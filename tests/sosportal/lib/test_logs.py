"""Log lines: one line each, and nothing in them that people typed."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError
from django.http import HttpRequest

from sosportal.lib.logs import REQUEST_ID, OneLineFormatter, handling, request_id


def line(message: str, *args: object, **extra: Any) -> str:
    record = logging.LogRecord(
        "portal", logging.INFO, "here.py", 1, message, args, extra.pop("exc_info", None)
    )
    vars(record).update(extra)
    return OneLineFormatter().format(record)


def fields(message: str, *args: object, **extra: Any) -> dict[str, Any]:
    return dict(json.loads(line(message, *args, **extra)))


def raised(raiser: Callable[[], object]) -> Any:
    try:
        raiser()
    except Exception:  # noqa: BLE001 - whatever it is, it is to be logged
        return sys.exc_info()
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize(
    "breaker", ["\n", "\r\n", "\u2028", "\u2029", "\x85", "\v", "\x1b[2K", "\x9b", "\ud800"]
)
def test_a_line_stays_one_line_that_a_terminal_can_bear(breaker: str) -> None:
    written = line("name: %s", f"a{breaker}b")
    assert len(written.splitlines()) == 1
    assert not any(character in written for character in "\x1b\x9b\ud800")
    assert json.loads(written)["message"] == f"name: a{breaker}b"
    written.encode()


def test_a_line_says_when_where_and_how_grave() -> None:
    found = fields("saved")
    assert found["time"].endswith("+09:00")
    assert (found["level"], found["logger"], found["message"]) == ("INFO", "portal", "saved")
    assert "request_id" not in found


def test_plain_extras_are_kept_and_objects_are_not() -> None:
    found = fields("mail", outbox_id="abc", attempts=3, row=object())
    assert (found["outbox_id"], found["attempts"]) == ("abc", 3)
    assert "row" not in found


def test_the_request_at_hand_is_named() -> None:
    request = HttpRequest()
    request.META[REQUEST_ID] = "0123456789ab"
    token = handling.set(request)
    try:
        assert request_id() == "0123456789ab"
        assert fields("x")["request_id"] == "0123456789ab"
        assert "actor_id" not in fields("x")
    finally:
        handling.reset(token)
    assert request_id() == ""


def test_the_token_of_a_password_link_is_left_out() -> None:
    written = line("Not Found: /accounts/password/reset/key/1-czv2gh-0123456789abcdef/")
    assert "czv2gh" not in written
    assert "/accounts/password/reset/key/…/" in written
    assert "secret" not in line("Not Found: /me/email/secret.secret/")


def test_an_error_that_may_quote_people_keeps_its_message() -> None:
    def collide() -> None:
        raise IntegrityError("Key (email)=(taro@example.jp) already exists.")

    written = line("failed", exc_info=raised(collide))
    assert "taro@example.jp" not in written
    found = json.loads(written)
    assert found["error"] == "django.db.utils.IntegrityError"
    assert found["where"][-1].endswith(" collide")


def test_an_error_about_code_is_told_in_full() -> None:
    def forget() -> object:
        return None.nothing  # type: ignore[attr-defined]

    assert "has no attribute 'nothing'" in fields("failed", exc_info=raised(forget))["error_message"]
