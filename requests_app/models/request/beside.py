"""Beside the requests: what was looked at lately, and the last number given."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from institutions.models import User
from requests_app.models.request.tables import SosRequest
from sosportal.lib import clock


class RecentView(models.Model):
    """Which requests a user looked at, for the view 最近参照したデータ (manual 3-1)."""

    user = models.ForeignKey(
        User, verbose_name="利用者", on_delete=models.CASCADE, related_name="recent_views"
    )
    request = models.ForeignKey(
        SosRequest, verbose_name="要請", on_delete=models.PROTECT, related_name="recent_views"
    )
    viewed_at = models.DateTimeField("参照日時")

    class Meta:
        verbose_name = "最近の参照"
        verbose_name_plural = "最近の参照"
        constraints = [models.UniqueConstraint(fields=["user", "request"], name="recent_view_once")]
        indexes = [models.Index(fields=["user", "-viewed_at"], name="recent_view_of_user")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.request_id}"

    @classmethod
    def note(cls, user: User, request: SosRequest, now: datetime | None = None) -> None:
        """Remember that `user` looked at `request` at `now` (aware). One query."""
        RecentView.objects.bulk_create(
            [RecentView(user=user, request=request, viewed_at=now or clock.now())],
            update_conflicts=True,
            unique_fields=["user", "request"],
            update_fields=["viewed_at"],
        )


class NumberSeries(models.Model):
    """The last request number given in a month."""

    month = models.CharField("年月", max_length=4, primary_key=True)
    last = models.PositiveIntegerField("最後の番号")

    class Meta:
        verbose_name = "要請番号の系列"
        verbose_name_plural = "要請番号の系列"

    def __str__(self) -> str:
        return f"{self.month}-{self.last:04d}"
