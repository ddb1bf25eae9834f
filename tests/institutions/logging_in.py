"""Logging in by the page, as the tests of accounts do."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from tests import factories

LOGIN = "/accounts/login/"


def log_in(client: Client, username: str, password: str = factories.PASSWORD, **more: Any) -> Any:
    """The answer to the form of the log-in page."""
    return client.post(LOGIN, {"login": username, "password": password}, **more)


def text_of(response: Any, *typed: str) -> str:
    """The page without what differs each time: the form's token and what was typed."""
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", response.content.decode())
    for word in typed:
        page = page.replace(word, "")
    return page
