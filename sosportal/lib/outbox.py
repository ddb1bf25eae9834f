"""Mail that can't be lost: posted in the transaction that causes it, sent later, and never posted twice by key.

The row is the record; the queue's task is only a wake-up call. `manage.py send_outbox` sends what no wake-up reached.
"""

from __future__ import annotations

import hashlib
import logging
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Min, Q
from django_q.models import OrmQ
from django_q.tasks import async_task

from sosportal.lib import clock, delivery
from sosportal.lib.delivery import When, next_digest
from sosportal.lib.models import OutboxMessage
from sosportal.lib.text import clean_line, wrapped

State = OutboxMessage.State

logger = logging.getLogger(__name__)

WAKE_UP = "sosportal.lib.tasks.send_messages"
MAX_ATTEMPTS = 8
LONGEST_NAME = 40  # characters, of an institution in a subject
LEASE = timedelta(seconds=60)
# An untried mail is overdue soon; one that waits for its next try is left to the sweep, which comes every minute.
OVERDUE_UNTRIED = timedelta(seconds=20)
OVERDUE_TRIED = timedelta(seconds=150)


@dataclass(frozen=True)
class Mail:
    """One mail to post. `cause` names what it is about; with the address it makes the key.

    `notice` is its kind, where people choose how soon they want it (`sosportal.lib.delivery`); `link` the path of the
    page that says more, for the digest.
    """

    cause: str
    to: str
    subject: str
    body: str
    forget_body: bool = False
    notice: str = ""
    link: str = ""

    @property
    def key(self) -> str:
        """The cause and a digest of the address: unique per mail, and no address in it."""
        return f"{self.cause}:{hashlib.sha256(self.to.lower().encode()).hexdigest()[:16]}"


def subject_for(title: str, name: str, rest: str = "") -> str:
    """A subject that says what and for which institution; a very long name is cut."""
    shown = name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
    return f"{title}（{' '.join(filter(None, (shown, rest)))}）"


def signed(text: str) -> str:
    """A mail's text with what stands below all of them: whom to telephone, and that nobody reads an answer."""
    helpdesk = f"お困りのとき：事務局 {settings.HELPDESK_TELEPHONE}（{settings.HELPDESK_HOURS}）"
    return f"{text}\n{helpdesk}\nこのメールは送信専用です。"


def post(mails: Iterable[Mail], now: datetime) -> list[uuid.UUID]:
    """Write mails to the outbox and queue one wake-up for all of them.

    Call inside the transaction of the cause: if it rolls back, mail and wake-up are gone with it. A mail whose key
    stands already is left as it is. `now` is aware. Two inserts, whatever the number of mails. Returns the new ids.
    """
    rows = [
        OutboxMessage(
            key=mail.key,
            to=clean_line(mail.to),
            subject=clean_line(mail.subject)[:200],
            body=mail.body,
            forget_body=mail.forget_body,
            notice=mail.notice,
            link=mail.link,
            created_at=now,
            due_at=now,
        )
        for mail in mails
    ]
    if not rows:
        return []
    OutboxMessage.objects.bulk_create(rows, ignore_conflicts=True)
    ids = [row.id for row in rows]
    async_task(WAKE_UP, [str(id_) for id_ in ids], task_name="send_messages")
    return ids


def post_mail(*, key: str, to: str, subject: str, body: str, forget_body: bool = False) -> None:
    """Post a single mail now. `forget_body` blanks the text once it is sent (password links). See `post`."""
    with transaction.atomic():
        post([Mail(key, to, subject, body, forget_body)], clock.now())


def send(message_id: uuid.UUID) -> bool:
    """Send one mail if it is due; True if this call sent it. Safe to run twice and at once.

    The attempt is counted, and the mail leased to this call for `LEASE`, in a short transaction of its own before
    anything can go wrong; then the row is held under `FOR UPDATE SKIP LOCKED` while the mail server is asked (8 s at
    most). After `MAX_ATTEMPTS` failures the mail is parked for a person. A notice that its reader wants later, or not
    at all, is put aside instead. Never raises for a failing mail server.
    """
    attempt = _lease(message_id)
    if attempt is None:
        return False
    with transaction.atomic():
        message = (
            OutboxMessage.objects.select_for_update(skip_locked=True)
            .filter(id=message_id, state=OutboxMessage.State.PENDING, attempts=attempt)
            .first()
        )
        if message is None:
            return False
        if attempt > MAX_ATTEMPTS:  # earlier ones never came back to say so: they killed their worker
            _failed(message, RuntimeError("送信中に処理が止まりました"))
            return False
        when = delivery.wanted(message.to, message.notice, message.key)
        if when is not When.NOW:
            _put_aside(message, when, clock.now())
            return False
        try:
            _mail(message).send(fail_silently=False)
        except Exception as error:  # noqa: BLE001 - whatever the mail server does, the row must learn of it
            _failed(message, error)
            return False
        message.state = OutboxMessage.State.SENT
        message.sent_at = clock.now()
        if message.forget_body:
            message.body = ""
        message.save(update_fields=["state", "sent_at", "body"])
    return True


def _lease(message_id: uuid.UUID) -> int | None:
    """Count an attempt and keep others away for `LEASE`: the attempt's number, None if it is not to be sent now."""
    now = clock.now()
    with transaction.atomic():
        message = (
            OutboxMessage.objects.select_for_update(skip_locked=True)
            .filter(id=message_id, state=OutboxMessage.State.PENDING, due_at__lte=now)
            .first()
        )
        if message is None:
            return None
        message.attempts += 1
        message.due_at = now + LEASE
        message.save(update_fields=["attempts", "due_at"])
        return message.attempts


def _mail(message: OutboxMessage) -> EmailMessage:
    domain = urlsplit(settings.BASE_URL).hostname or "localhost"
    headers = {"Message-ID": f"<{message.id}@{domain}>", "Auto-Submitted": "auto-generated"}
    body = message.body
    if message.notice:
        choices = settings.BASE_URL + settings.NOTICES_PATH
        # No List-Unsubscribe-Post: it would need an address that works without a log-in.
        headers["List-Unsubscribe"] = f"<{choices}>"
        body = f"{body}\nメールの受け取り方は、次の画面で変えられます（ログインが必要です）。\n{choices}\n"
    return EmailMessage(
        settings.EMAIL_SUBJECT_PREFIX + message.subject, wrapped(body), to=[message.to], headers=headers
    )


def _put_aside(message: OutboxMessage, when: When, now: datetime) -> None:
    """Hold a locked mail for the next digest after `now` (aware), or write down that it isn't wanted. One query."""
    message.state = State.HELD if when is When.DIGEST else State.DECLINED
    message.attempts = 0
    message.due_at = next_digest(now)
    message.save(update_fields=["state", "attempts", "due_at"])


def _failed(message: OutboxMessage, error: Exception) -> None:
    message.last_error = clean_line(f"{type(error).__name__}: {error}")[:300]
    message.due_at = clock.now() + timedelta(seconds=min(30 * 2 ** max(message.attempts - 1, 0), 3600))
    if message.attempts >= MAX_ATTEMPTS:
        message.state = OutboxMessage.State.PARKED
    message.save(update_fields=["last_error", "due_at", "state"])
    logger.warning("mail not sent", extra={"outbox_id": str(message.id), "attempts": message.attempts})


def send_all(message_ids: Iterable[uuid.UUID], seconds: float | None = None) -> int:
    """Send these mails one by one; returns how many this call sent.

    After `seconds` (None: no limit) no further one is begun: a task must end before the queue takes it for dead.
    What is left over stays due, for the sweep.
    """
    begun = time.monotonic()
    sent = 0
    for message_id in message_ids:
        if seconds is not None and time.monotonic() - begun > seconds:
            break
        sent += send(message_id)
    return sent


def send_due(limit: int = 500, seconds: float | None = None) -> tuple[int, int]:
    """Send what is due, oldest first: (sent, left for later). What a lost wake-up left behind goes here."""
    due = OutboxMessage.objects.filter(state=OutboxMessage.State.PENDING, due_at__lte=clock.now())
    ids = list(due.order_by("due_at").values_list("id", flat=True)[:limit])
    sent = send_all(ids, seconds)
    left = OutboxMessage.objects.filter(id__in=ids, state__in=[State.PENDING, State.PARKED])
    return sent, left.count()


def retry_parked(now: datetime) -> int:
    """Give the parked mails all their attempts again, from `now` (aware) on; returns how many. One query."""
    parked = OutboxMessage.objects.filter(state=OutboxMessage.State.PARKED)
    return parked.update(state=OutboxMessage.State.PENDING, attempts=0, due_at=now)


def waiting(cause: str, most: int) -> int:
    """How many mails whose cause begins with `cause` wait to be sent; no more than `most` are counted. One query."""
    rows = OutboxMessage.objects.filter(state=OutboxMessage.State.PENDING, key__startswith=f"{cause}:")
    return rows.order_by()[:most].count()


def write_off(cause: str) -> int:
    """Count the waiting mails whose cause begins with `cause` as sent when they were posted; returns how many.

    Their wake-ups are taken out of the queue. For made-up history, of which nobody is to be told. Four queries.
    """
    waiting = OutboxMessage.objects.filter(state=OutboxMessage.State.PENDING, key__startswith=cause)
    ids = {str(id_) for id_ in waiting.values_list("id", flat=True)}
    waiting.update(state=OutboxMessage.State.SENT, sent_at=F("created_at"))
    in_vain = [
        queued.pk
        for queued in OrmQ.objects.all()
        if queued.task.get("func") == WAKE_UP and ids.issuperset(queued.task["args"][0])
    ]
    OrmQ.objects.filter(pk__in=in_vain).delete()
    return len(ids)


def oldest_overdue_seconds(now: datetime) -> float | None:
    """How long the oldest overdue mail has been due, in seconds; None if none is, or if mail is being sent right now.

    `now` is aware. While anything was sent within `OVERDUE_UNTRIED` the queue is working off a heap, not standing
    still. Two queries.
    """
    oldest = OutboxMessage.objects.filter(
        Q(attempts=0, due_at__lte=now - OVERDUE_UNTRIED) | Q(due_at__lte=now - OVERDUE_TRIED),
        state=OutboxMessage.State.PENDING,
    ).aggregate(oldest=Min("due_at"))["oldest"]
    if oldest is None:
        return None
    moving = OutboxMessage.objects.filter(state=OutboxMessage.State.SENT, sent_at__gt=now - OVERDUE_UNTRIED)
    return None if moving.exists() else float((now - oldest).total_seconds())
