"""An announcement on its way to thousands of mail boxes: posted to the outbox piece by piece by the queue.

Each piece is a transaction of its own that also writes down how far it got: killed anywhere, the next run goes on from
there, and the outbox's keys keep two runs from posting a mail twice.
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import ClassVar

from django.db import models, transaction
from django_q.tasks import async_task

from institutions import notifications
from institutions.models.announcement import Announcement
from sosportal.lib import clock, outbox

WAKE_UP = "institutions.tasks.post_announcement_mails"
CHUNK = 100
"""Mails to a piece: one wake-up of the outbox sends so many before its time is up."""
MOST_WAITING = 1_000
"""No further piece while so many of its mails wait to be sent: a mail about a request stands behind few of them."""


class MailingQuerySet(models.QuerySet["AnnouncementMailing"]):
    def due(self, now: datetime) -> MailingQuerySet:
        """Not finished, of announcements that have begun by `now` (aware)."""
        return self.filter(finished_at__isnull=True, due_at__lte=now)


class AnnouncementMailing(models.Model):
    """The order to mail one version of an announcement, and how far it got: `after` is the last person's id."""

    announcement = models.ForeignKey(
        Announcement, verbose_name="お知らせ", on_delete=models.PROTECT, related_name="mailings"
    )
    version = models.PositiveIntegerField("版")
    due_at = models.DateTimeField("送信の開始")
    after = models.BigIntegerField("どこまで", default=0)
    posted = models.PositiveIntegerField("登録した数", default=0)
    finished_at = models.DateTimeField("登録の終了", null=True, blank=True)

    objects: ClassVar[MailingQuerySet] = MailingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "お知らせのメール"
        verbose_name_plural = "お知らせのメール"
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(finished_at__isnull=True), name="mailing_due")
        ]
        constraints = [
            models.UniqueConstraint(fields=["announcement", "version"], name="announcement_mailing_once")
        ]

    def __str__(self) -> str:
        return f"{self.announcement_id} 第{self.version}版"

    @property
    def cause(self) -> str:
        """What its mails are about, for the outbox's keys."""
        return f"announcement:{self.announcement_id}:{self.version}"

    @classmethod
    def order(cls, announcement: Announcement, now: datetime) -> None:
        """Have the announcement mailed as it stands, from its beginning on; an order that still ran is ended.

        Call inside the transaction of the verb. Wakes the queue where it is due at once; else a schedule finds it.
        """
        cls.objects.filter(announcement=announcement, finished_at__isnull=True).update(finished_at=now)
        due_at = max(announcement.starts_at, now)
        cls.objects.create(announcement=announcement, version=announcement.version, due_at=due_at)
        if due_at <= now:
            async_task(WAKE_UP, task_name="post_announcement_mails")

    @classmethod
    def follow(cls, announcement: Announcement, now: datetime) -> None:
        """The announcement, not begun yet, begins at another time: its order waits for that. One query.

        Call inside the transaction of the verb.
        """
        due_at = max(announcement.starts_at, now)
        cls.objects.filter(announcement=announcement, finished_at__isnull=True).update(due_at=due_at)

    @classmethod
    def work_off(cls, seconds: float) -> int:
        """Post what is due, a piece at a time, for at most so many seconds; how many mails were posted.

        Safe to run twice and at once: a piece is taken with SKIP LOCKED.
        """
        begun, posted = time.monotonic(), 0
        for key in list(cls.objects.due(clock.now()).order_by("due_at", "pk").values_list("pk", flat=True)):
            while time.monotonic() - begun < seconds:
                piece = cls.post_piece(key)
                if piece is None:
                    break
                posted += piece
        return posted

    @classmethod
    @transaction.atomic
    def post_piece(cls, key: int) -> int | None:
        """Post the next piece of one order, and write down how far it got; how many people it went to.

        None: finished, no longer shown, taken by another run, or enough of its mails wait to be sent. One transaction.
        """
        now = clock.now()
        rows = cls.objects.due(now).select_for_update(skip_locked=True, of=("self",))
        order = rows.select_related("announcement__prefecture").filter(pk=key).first()
        if order is None or outbox.waiting(order.cause, MOST_WAITING) >= MOST_WAITING:
            return None
        found = order._next_people() if order.announcement.is_current(now) else []
        if not found:
            order.finished_at = now
            order.save(update_fields=["finished_at"])
            return None
        notifications.announce(order.announcement, order.cause, [address for _, address in found], now)
        order.after, order.posted = found[-1][0], order.posted + len(found)
        order.save(update_fields=["after", "posted"])
        return len(found)

    def _next_people(self) -> list[tuple[int, str]]:
        """Key and address of those who come next. One query."""
        people = self.announcement.audience.people(after=self.after).exclude(email="").order_by("pk")
        return list(people.values_list("pk", "email")[:CHUNK])
