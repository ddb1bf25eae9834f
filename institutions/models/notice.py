"""How soon a person wants which mails. No row: at once."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from datetime import datetime
from functools import reduce

from django.db import models, transaction
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Lower

from institutions import permissions
from institutions.exceptions import StaleNotices
from institutions.models.user import User
from institutions.rules.notices import DEFAULT, Notice, soonest
from sosportal.lib.delivery import When

Choices = dict[Notice, When]


class NoticeChoice(models.Model):
    """What a person chose for one kind of notice."""

    user = models.ForeignKey(
        User, verbose_name="利用者", on_delete=models.CASCADE, related_name="notice_choices"
    )
    notice = models.CharField("お知らせの種類", max_length=20)
    chosen = models.CharField("受け取り方", max_length=10)
    changed_at = models.DateTimeField("変更した日時")

    class Meta:
        verbose_name = "メールの受け取り方"
        verbose_name_plural = "メールの受け取り方"
        constraints = [
            models.UniqueConstraint(fields=["user", "notice"], name="notice_choice_once"),
            models.CheckConstraint(
                name="notice_choice_is_offered",
                condition=reduce(
                    operator.or_,
                    (
                        models.Q(notice=each.value, chosen__in=[when.value for when in each.choices])
                        for each in Notice
                    ),
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.notice}: {self.chosen}"

    @classmethod
    def of(cls, user: User) -> Choices:
        """What the person chose, for every kind. One query."""
        chosen = dict(cls.objects.filter(user=user).values_list("notice", "chosen"))
        return {each: When(chosen.get(each.value, DEFAULT)) for each in Notice}

    @classmethod
    def choose(
        cls, actor: User, wanted: Mapping[Notice, When], *, seen: Mapping[Notice, When], now: datetime
    ) -> None:
        """Have the actor's own mails come as `wanted` from `now` (aware) on. What is held already comes with the next
        digest. Every kind is named, each with a choice that it offers.

        Raises NotPermitted for officers and operators, StaleNotices when what stands is neither `seen` nor wanted.
        Locks the person's row.
        """
        with transaction.atomic():
            permissions.check_choose_notices(User.objects.select_for_update(no_key=True).get(pk=actor.pk))
            standing = cls.of(actor)
            if standing == wanted:
                return
            if standing != seen:
                raise StaleNotices(standing)
            rows = [
                NoticeChoice(user=actor, notice=each.value, chosen=when.value, changed_at=now)
                for each, when in wanted.items()
                if when != standing[each]
            ]
            NoticeChoice.objects.bulk_create(
                rows,
                update_conflicts=True,
                unique_fields=["user", "notice"],
                update_fields=["chosen", "changed_at"],
            )


def judge(address: str, notice: str) -> When:
    """How soon a mail of this kind is wanted at the address: the most eager choice of the active people who have it.

    At once for a kind nobody chooses about, and for an address of nobody, such as an institution's own. One query.
    """
    if notice not in set(Notice):
        return When.NOW
    chosen = NoticeChoice.objects.filter(user=OuterRef("pk"), notice=notice).values("chosen")[:1]
    people = User.objects.alias(folded=Lower("email")).filter(folded=Lower(Value(address)), is_active=True)
    rows = people.values_list(Subquery(chosen), flat=True)
    return soonest(When(each) if each else None for each in rows)
