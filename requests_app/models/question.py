"""照会: what an officer asks an institution about a request, and its answer. Beside the request: the status stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q

from institutions.models import User
from requests_app.models.request import SosRequest

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


class QuestionQuerySet(models.QuerySet["Question"]):
    def visible_to(self, user: User | AnonymousUser) -> QuestionQuerySet:
        """Follows the request."""
        return self.filter(request__in=SosRequest.objects.visible_to(user))

    def open(self) -> QuestionQuerySet:
        """Those that wait for an answer."""
        return self.filter(OPEN)


OPEN = Q(answered_at__isnull=True, withdrawn_at__isnull=True)


class Question(models.Model):
    """One question. It is answered once or withdrawn, and kept: the database refuses any other change.

    Written by the verbs `ask`, `answer` and `unask` of a request alone.
    """

    request = models.ForeignKey(
        SosRequest, verbose_name="要請", on_delete=models.PROTECT, related_name="questions", db_index=False
    )
    asked_at = models.DateTimeField("照会日時")
    asked_by = models.ForeignKey(User, verbose_name="照会者", on_delete=models.PROTECT, related_name="+")
    text = models.TextField("照会の内容")
    answered_at = models.DateTimeField("回答日時", null=True, blank=True)
    answered_by = models.ForeignKey(
        User, verbose_name="回答者", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    answer = models.TextField("回答", blank=True)
    withdrawn_at = models.DateTimeField("取り消した日時", null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        User, verbose_name="取り消した人", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_reason = models.TextField("取り消した理由", blank=True)

    answered_name = ""
    """Who answered, as the event of the answer names them: `代理：架空市医師会 佐藤`."""

    objects: ClassVar[QuestionQuerySet] = QuestionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "照会"
        verbose_name_plural = "照会"
        indexes = [
            models.Index(fields=["request", "-id"], name="question_of_request"),
            models.Index(fields=["request"], condition=OPEN, name="question_open"),
            models.Index(fields=["answered_at"], name="question_answered"),
        ]
        constraints = [
            models.CheckConstraint(
                name="question_answered_when_who_and_what",
                condition=Q(answered_at__isnull=True, answered_by__isnull=True, answer="")
                | (Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer="")),
            ),
            models.CheckConstraint(
                name="question_withdrawn_when_who_and_why",
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True, withdrawn_reason="")
                | (Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawn_reason="")),
            ),
            models.CheckConstraint(
                name="question_answered_or_withdrawn",
                condition=Q(answered_at__isnull=True) | Q(withdrawn_at__isnull=True),
            ),
            models.CheckConstraint(name="question_says_something", condition=~Q(text="")),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.text[:20]}"

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.answered_at is None and self.withdrawn_at is None
