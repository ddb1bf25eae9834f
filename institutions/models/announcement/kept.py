"""What is kept beside an announcement: its versions, and who has read which."""

from __future__ import annotations

from django.db import models

from institutions.models.user import User


class AnnouncementVersion(models.Model):
    """One version of an announcement: who wrote, corrected or withdrew it when, and what it said from then on.

    No foreign keys, never changed or deleted.
    """

    class Verb(models.TextChoices):
        PUBLISH = "publish", "公開"
        CORRECT = "correct", "訂正"
        WITHDRAW = "withdraw", "取下げ"

    announcement_id = models.BigIntegerField("お知らせ")
    version = models.PositiveIntegerField("版")
    verb = models.CharField("操作", max_length=10, choices=Verb.choices)
    at = models.DateTimeField("日時")
    actor_id = models.BigIntegerField("操作者")
    actor_text = models.CharField("操作者", max_length=200)
    content = models.JSONField("内容")
    reason = models.TextField("理由", blank=True)

    class Meta:
        verbose_name = "お知らせの版"
        verbose_name_plural = "お知らせの版"
        constraints = [
            models.UniqueConstraint(fields=["announcement_id", "version"], name="announcement_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.announcement_id} 第{self.version}版"


class AnnouncementRead(models.Model):
    """Which version of an announcement a user has opened."""

    user = models.ForeignKey(User, verbose_name="利用者", on_delete=models.CASCADE, related_name="+")
    announcement = models.ForeignKey(
        "institutions.Announcement", verbose_name="お知らせ", on_delete=models.PROTECT, related_name="reads"
    )
    version = models.PositiveIntegerField("版")
    read_at = models.DateTimeField("開いた日時")

    class Meta:
        verbose_name = "お知らせの既読"
        verbose_name_plural = "お知らせの既読"
        constraints = [
            models.UniqueConstraint(fields=["user", "announcement"], name="announcement_read_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.announcement_id}"
