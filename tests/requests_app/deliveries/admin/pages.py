"""Addresses of the officers' pages, what their forms send and what they show."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from requests_app.models.handing_off import plan_whole
from tests.requests_app.deliveries.vendor import (
    VENDOR,
)

HAND_OFFS = "/admin/requests_app/handoff/"
NEW = f"{HAND_OFFS}new/"
DELIVERIES = "/admin/requests_app/delivery/"
UPLOAD = f"{DELIVERIES}import/"
EXPORT = "/admin/requests_app/sosrequest/export/"


def page(answer: Any) -> str:
    return re.sub(r"<[^>]+>|\s+", "", answer.content.decode())


def form(**changes: Any) -> dict[str, Any]:
    sent = {"token": str(uuid.uuid4()), "seen": plan_whole().digest, "vendor": VENDOR, "kind": "utf8"}
    return sent | changes


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def upload(data: bytes, name: str = "発送.csv") -> dict[str, Any]:
    return {"file": SimpleUploadedFile(name, data)}


def seen_in(answer: Any) -> dict[str, str]:
    found = re.search(r'name="seen" value="(\w+)"', answer.content.decode())
    assert found is not None
    return {"seen": found[1]}
