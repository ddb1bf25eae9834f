"""Tables of the ground floor: mail to be sent, and forms already handled."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Upper

LONGEST_ANSWER = 500  # characters


class OutboxMessage(models.Model):
    """One mail to one address: written in the transaction that causes it, sent afterwards by whoever comes first.

    `key` names the cause and the address, so that the same cause never posts the same mail twice. A mail with a
    `notice` is one that people choose about: it may be held for the day's digest (`folded_into`) or not be wanted.
    `link` is the path of the page that says more.
    """

    class State(models.TextChoices):
        PENDING = "pending", "送信待ち"
        SENT = "sent", "送信済み"
        PARKED = "parked", "要対応"
        HELD = "held", "まとめて送信待ち"
        FOLDED = "folded", "まとめて送信"
        DECLINED = "declined", "送信しない"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField("見出し", max_length=200, unique=True)
    to = models.EmailField("宛先", max_length=254)
    subject = models.CharField("件名", max_length=200)
    body = models.TextField("本文")
    forget_body = models.BooleanField("送信後に本文を消す", default=False)
    state = models.CharField("状態", max_length=10, choices=State.choices, default=State.PENDING)
    notice = models.CharField("お知らせの種類", max_length=20, blank=True, default="", db_default="")
    link = models.CharField("画面", max_length=200, blank=True, default="", db_default="")
    folded_into = models.ForeignKey(
        "self",
        verbose_name="まとめたメール",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
    )
    created_at = models.DateTimeField("登録日時")
    due_at = models.DateTimeField("次の送信日時")
    attempts = models.PositiveSmallIntegerField("試行回数", default=0)
    last_error = models.CharField("最後の失敗", max_length=300, blank=True, default="")
    sent_at = models.DateTimeField("送信日時", null=True, blank=True)

    class Meta:
        verbose_name = "送信メール"
        verbose_name_plural = "送信メール"
        constraints = [
            models.CheckConstraint(
                name="outbox_sent_has_its_time",
                condition=models.Q(state="sent", sent_at__isnull=False)
                | (~models.Q(state="sent") & models.Q(sent_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="outbox_folded_has_its_digest",
                condition=models.Q(state="folded", folded_into__isnull=False)
                | (~models.Q(state="folded") & models.Q(folded_into__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(state="pending"), name="outbox_pending_due"),
            models.Index(fields=["sent_at"], condition=models.Q(state="sent"), name="outbox_sent_at"),
            models.Index(fields=["due_at"], condition=models.Q(state="held"), name="outbox_held_due"),
            models.Index(Upper("to"), condition=models.Q(state="held"), name="outbox_held_for"),
        ]

    def __str__(self) -> str:
        return f"{self.key} ({self.get_state_display()})"


class FormReceipt(models.Model):
    """A form handled once: its token, what was sent with it, and the answer given.

    A repeated post of the same token gets the same answer; the same token with another body is refused.
    """

    token = models.UUIDField(primary_key=True)
    actor_id = models.BigIntegerField("操作者")
    body_digest = models.CharField("内容の要約値", max_length=64)
    answer = models.CharField("回答", max_length=LONGEST_ANSWER, blank=True, default="")
    created_at = models.DateTimeField("日時")

    class Meta:
        verbose_name = "フォームの受領"
        verbose_name_plural = "フォームの受領"
        indexes = [models.Index(fields=["created_at"], name="form_receipt_created")]

    def __str__(self) -> str:
        return str(self.token)
