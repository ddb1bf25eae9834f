"""Tables of the ground floor: mail to be sent, and forms already handled."""

from __future__ import annotations

import uuid

from django.db import models

LONGEST_ANSWER = 500  # characters


class OutboxMessage(models.Model):
    """One mail to one address: written in the transaction that causes it, sent afterwards by whoever comes first.

    `key` names the cause and the address, so that the same cause never posts the same mail twice.
    """

    class State(models.TextChoices):
        PENDING = "pending", "送信待ち"
        SENT = "sent", "送信済み"
        PARKED = "parked", "要対応"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField("見出し", max_length=200, unique=True)
    to = models.EmailField("宛先", max_length=254)
    subject = models.CharField("件名", max_length=200)
    body = models.TextField("本文")
    forget_body = models.BooleanField("送信後に本文を消す", default=False)
    state = models.CharField("状態", max_length=10, choices=State.choices, default=State.PENDING)
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
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(state="pending"), name="outbox_pending_due"),
            models.Index(fields=["sent_at"], condition=models.Q(state="sent"), name="outbox_sent_at"),
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
