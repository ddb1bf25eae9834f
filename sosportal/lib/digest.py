"""The day's digest: one mail a day at 07:00 (Asia/Tokyo) with what was held for an address, in its order.

What is held is a row of the outbox. A row becomes part of a digest in the transaction that writes the digest, so that
nothing is told twice and nothing is lost, wherever a process is killed. The digest's key is the day and the address.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Upper

from sosportal.lib import clock, outbox
from sosportal.lib.delivery import DIGEST_AT, DIGEST_NOTICE, next_digest
from sosportal.lib.jinja import jst_short
from sosportal.lib.models import OutboxMessage

State = OutboxMessage.State


def fold_due(seconds: float) -> int:
    """Write the digests that are due, address by address, for at most so many seconds; how many were written.

    Safe to run twice and at once. Before 07:00 nothing is due: what an idle queue left from the day before waits with
    the rest. A few queries per digest, whatever the number of mails in it.
    """
    begun, made = time.monotonic(), 0
    while time.monotonic() - begun < seconds:
        now = clock.now()
        if clock.jst(now).time() < DIGEST_AT:
            break
        held = OutboxMessage.objects.filter(state=State.HELD, due_at__lte=now)
        to = held.order_by("due_at").values_list("to", flat=True).first()
        if to is None:
            break
        made += fold(to, now)
    return made


@transaction.atomic
def fold(to: str, now: datetime) -> bool:
    """Put what is held for this address, in whatever case, and due at `now` (aware) into the day's digest.

    False: another run did it, or the day has had its digest; then what is held waits for the next one. Locks the rows.
    """
    rows = OutboxMessage.objects.annotate(folded=Upper("to")).filter(folded=to.upper(), state=State.HELD)
    held = list(rows.filter(due_at__lte=now).select_for_update(of=("self",)).order_by("created_at", "key"))
    if not held:
        return False
    mail = outbox.Mail(
        cause=f"digest:{clock.jst(now).date():%Y-%m-%d}",
        to=to,
        subject=f"お知らせのまとめ（{len(held):,}件）",
        body=outbox.signed(text_of(held)),
        notice=DIGEST_NOTICE,
    )
    (digest,) = outbox.post([mail], now)
    theirs = OutboxMessage.objects.filter(pk__in=[row.pk for row in held])
    if not OutboxMessage.objects.filter(pk=digest).exists():
        theirs.update(due_at=next_digest(now))
        return False
    theirs.update(state=State.FOLDED, folded_into=digest)
    return True


def text_of(held: Sequence[OutboxMessage]) -> str:
    """What a digest says: each mail's subject, when it was written, and where to read more."""
    lines = [f"前回のまとめのあとのお知らせは、{len(held):,}件です。古いものから順に並べています。", ""]
    for number, message in enumerate(held, start=1):
        lines += [f"{number}. {message.subject}", f"　{jst_short(message.created_at)}"]
        if message.link:
            lines.append(f"{settings.BASE_URL}{message.link}")
        lines.append("")
    return "\n".join([*lines, "くわしくは、それぞれの画面で確認してください（ログインが必要です）。", ""])
