"""What happened to a request: one row per transition, in its transaction, never changed or deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models

from institutions.models import Role
from requests_app.rules.transitions import INTERNAL, Status, Verb

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from institutions.models import User

STATUS_CHOICES = [(status.value, status.label) for status in Status]
VERB_CHOICES = [(verb.value, verb.label) for verb in Verb]


class RequestEventQuerySet(models.QuerySet["RequestEvent"]):
    def visible_to(self, user: User | AnonymousUser) -> RequestEventQuerySet:
        """Follows the request; institutions never see what passes between officers."""
        from requests_app.models.request import SosRequest

        rows = self if user.is_authenticated and user.is_staff else self.for_institution()
        return rows.filter(request_id__in=SosRequest.objects.visible_to(user).values("id"))

    def for_institution(self) -> RequestEventQuerySet:
        """Without what passes between officers alone."""
        return self.exclude(verb__in=[verb.value for verb in INTERNAL])

    def of(self, request_id: int) -> RequestEventQuerySet:
        """The events of one request, newest first."""
        return self.filter(request_id=request_id).order_by("-id")


class RequestEvent(models.Model):
    """One thing that happened. No foreign keys: nothing that is removed elsewhere can block or change it."""

    request_id = models.BigIntegerField("要請")
    number = models.CharField("要請番号", max_length=12)
    at = models.DateTimeField("日時")
    verb = models.CharField("操作", max_length=20, choices=VERB_CHOICES)
    from_status = models.CharField("前の対応ステータス", max_length=20, choices=STATUS_CHOICES, blank=True)
    to_status = models.CharField("対応ステータス", max_length=20, choices=STATUS_CHOICES)
    actor_id = models.BigIntegerField("操作者")
    actor_role = models.CharField("役割", max_length=20, choices=Role.choices)
    actor_text = models.CharField("操作者", max_length=200)
    version = models.PositiveIntegerField("版")
    reason = models.TextField("理由", blank=True)
    proxy_reason = models.CharField("代理で入力した理由", max_length=100, blank=True, default="")
    content = models.JSONField("内容", default=dict)
    changes = models.JSONField("変更", default=list)
    check_record = models.JSONField("システムチェック", null=True)

    objects: ClassVar[RequestEventQuerySet] = RequestEventQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "要請の履歴"
        verbose_name_plural = "要請の履歴"
        indexes = [models.Index(fields=["request_id", "-id"], name="event_of_request")]

    def __str__(self) -> str:
        return f"{self.number} {self.verb}"
