"""A form is handled once, however often its post arrives: double click, two tabs, a retry after a broken connection."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from sosportal.lib.models import FormReceipt

LOST_TOKEN = "画面の情報が足りませんでした。内容を確かめて、もう一度押してください。"  # noqa: S105 - a message


class TokenReused(Exception):
    """The token was used already, by somebody else or with another body."""

    message = "この画面はすでに送信されています。最新の内容を開いて、もう一度お試しください。"


def token_of(text: str | None) -> uuid.UUID | None:
    """The token that a form carried as `text`; None for one that can't be read: answer LOST_TOKEN."""
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None


def digest(body: Any) -> str:
    """A digest of what a form said, the same for the same content. `body` is JSON-able."""
    text = json.dumps(body, ensure_ascii=True, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def run_once(token: uuid.UUID, *, actor_id: int, body: Any, now: datetime, act: Callable[[], str]) -> str:
    """Run `act` unless this token was handled before; returns its answer, the first time and every time.

    The receipt is written before `act` runs, in the same transaction: a second post of the same token waits for the
    first and then gets its answer; if `act` raises, the token is free again. The answer has `models.LONGEST_ANSWER`
    characters at most. Raises TokenReused for another actor or another body. Two queries besides those of `act`.
    """
    wanted = digest(body)
    with transaction.atomic():
        receipt = FormReceipt(token=token, actor_id=actor_id, body_digest=wanted, created_at=now)
        if claim(receipt):
            answer = act()
            FormReceipt.objects.filter(pk=token).update(answer=answer)
            return answer
        earlier = FormReceipt.objects.get(pk=token)
    if earlier.actor_id != actor_id or earlier.body_digest != wanted:
        raise TokenReused
    return earlier.answer


ANY = object()
"""Whatever the form said."""


def answer_to(token: uuid.UUID | None, *, actor_id: int, body: Any = ANY) -> str:
    """What this actor's form with this token and this `body` was answered; "" when it wasn't handled yet, or said
    something else. One query."""
    if token is None:
        return ""
    found = FormReceipt.objects.filter(pk=token, actor_id=actor_id)
    if body is not ANY:
        found = found.filter(body_digest=digest(body))
    return found.values_list("answer", flat=True).first() or ""


def forget(before: datetime) -> int:
    """Remove the receipts older than `before` (aware): nobody sends those forms again. Returns how many. One query."""
    return FormReceipt.objects.filter(created_at__lt=before).delete()[0]


def claim(receipt: FormReceipt) -> bool:
    """Insert the receipt; False if its token stands already. Waits for a transaction that is just inserting it."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO lib_formreceipt (token, actor_id, body_digest, answer, created_at)"
            " VALUES (%s, %s, %s, '', %s) ON CONFLICT (token) DO NOTHING",
            [receipt.token, receipt.actor_id, receipt.body_digest, receipt.created_at],
        )
        return bool(cursor.rowcount)
