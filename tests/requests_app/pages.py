"""Reading the pages of requests in tests."""

from __future__ import annotations

import re
from typing import Any


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
