"""What the tests of the review share: officers at their browsers, and the forms as their pages carry them."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.test import Client

from institutions.models import Role, User
from requests_app.models import SosRequest
from tests import factories

QUEUE = "/admin/requests_app/sosrequest/"


def browser(person: User) -> Client:
    """Somebody who is logged in."""
    client = Client()
    client.force_login(person)
    return client


def prefecture(code: str = factories.TOKYO) -> User:
    return factories.user(Role.PREFECTURE, prefecture_id=code)


def ministry() -> User:
    return factories.user(Role.MINISTRY)


def page_of(request: SosRequest) -> str:
    return f"{QUEUE}{request.pk}/change/"


def step(request: SosRequest, verb: str) -> str:
    return f"{QUEUE}{request.pk}/{verb}/do/"


def carried(request: SosRequest) -> dict[str, Any]:
    """The hidden fields of a form about the request as it stands."""
    last = request.events().first()
    return {
        "token": str(uuid.uuid4()),
        "seen_revision": request.revision,
        "seen_event": last.pk if last else 0,
    }


def quantities(request: SosRequest, quantity: object = None) -> dict[str, Any]:
    """The quantity of every line, what was asked for unless another is given."""
    return {
        f"quantity_{line.item_id}": line.quantity if quantity is None else quantity
        for line in request.lines.all()
    }


def seen(request: SosRequest) -> str:
    return f"{request.pk}:{request.revision}:{request.version}"


def action(requests: list[SosRequest], name: str) -> dict[str, Any]:
    """The post of the queue's form with these rows ticked."""
    return {
        "action": name,
        "index": "0",
        "_selected_action": [str(request.pk) for request in requests],
        "seen": [seen(request) for request in requests],
    }


def text(response: Any) -> str:
    """The words of a page, without its markup and with single spaces."""
    body = response.content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body.partition("<body")[2]))


def again(request: SosRequest) -> SosRequest:
    return SosRequest.objects.get(pk=request.pk)
