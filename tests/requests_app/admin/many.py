"""Many requests in the queue, and the page that asks before a verb is used on them."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from requests_app.models import SosRequest
from requests_app.rules.transitions import Status
from tests import factories
from tests.requests_app.admin.officers import QUEUE


def waiting(count: int, prefecture_code: str = factories.TOKYO) -> list[SosRequest]:
    return [
        factories.request_in(Status.UNDER_REVIEW, place=factories.institution(prefecture_code))
        for _ in range(count)
    ]


def confirmed(count: int) -> list[SosRequest]:
    return [factories.confirm(request) for request in waiting(count)]


def agree(client: Client, asked: Any, verb: str) -> Any:
    """Press the button of the page that asked."""
    body = asked.content.decode()
    rows = re.findall(r'name="row" value="([^"]+)"', body)
    token = re.search(r'name="token" value="([^"]+)"', body)
    return client.post(f"{QUEUE}bulk/{verb}/", {"row": rows, "token": token[1] if token else ""})


def results(response: Any) -> dict[str, str]:
    """What the page says of each request, by its number; "" for done."""
    return {row.request.number: row.problem for row in response.context["rows"]}
