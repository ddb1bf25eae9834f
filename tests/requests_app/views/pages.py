"""Sending and reading the pages of requests in tests."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from typing import Any

from surveys.models import Item

NOON = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)  # Tuesday 12:00 in Tokyo
CODE = "1310101230"
NEW = f"/requests/new/{CODE}/"


def text(answer: Any) -> str:
    """The body of an answer."""
    return str(answer.content.decode())


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)">', page)
    assert found, name
    return found[1]


def words(page: str) -> str:
    """A page without its tags and spaces."""
    return re.sub(r"<[^>]+>|\s+", "", page).replace("&amp;", "&")


def body(item: Item, quantity: str = "4,100", **changes: str | None) -> dict[str, str]:
    """A form as a browser sends it; a value of None leaves the key out."""
    sent: dict[str, str | None] = {
        "token": str(uuid.uuid4()),
        "seen_version": "0",
        "confirmed": "on",
        f"item_{item.pk}": "on",
        f"quantity_{item.pk}": quantity,
        "opinion": "",
    }
    return {name: value for name, value in (sent | changes).items() if value is not None}


def summary(answer: Any) -> str:
    """The error summary of a page, without its tags."""
    block = text(answer).split('class="error-summary"')[1].split("</ul>")[0]
    return words(block.split(">", 1)[1])
