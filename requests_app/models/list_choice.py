"""The list as a person last looked at it: theirs on every device (manual 3-1, the views of the list)."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db import models

from institutions.models import User
from sosportal.lib.prepared import Prepared


class Kept(NamedTuple):
    """A view of the list and its order, as its page names them."""

    view: str
    sort: str


class ListChoice(models.Model):
    """The view and the order of the list of requests that a person last chose. What was searched for is not kept: no
    request must be missed for a word typed days ago."""

    user = models.OneToOneField(
        User,
        verbose_name="利用者",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="list_choice",
    )
    view = models.CharField("表示一覧", max_length=16)
    sort = models.CharField("並び替え基準", max_length=16)
    chosen_at = models.DateTimeField("選んだ日時")

    class Meta:
        verbose_name = "一覧の選択"
        verbose_name_plural = "一覧の選択"

    def __str__(self) -> str:
        return f"{self.user_id} {self.view} {self.sort}"

    @classmethod
    def of(cls, user: User) -> Kept | None:
        """What `user` chose last; None before the first choice. One query."""
        rows = _KEPT.rows(user_id=user.pk)
        return Kept(*rows[0]) if rows else None

    @classmethod
    def keep(cls, user: User, choice: Kept, now: datetime) -> None:
        """Remember the choice, made at `now` (aware); the last one stands. One query."""
        ListChoice.objects.bulk_create(
            [ListChoice(user=user, view=choice.view, sort=choice.sort, chosen_at=now)],
            update_conflicts=True,
            unique_fields=["user"],
            update_fields=["view", "sort", "chosen_at"],
        )


_KEPT: Prepared[ListChoice] = Prepared(
    lambda user_id: ListChoice.objects.filter(user_id=user_id).values_list("view", "sort")
)
