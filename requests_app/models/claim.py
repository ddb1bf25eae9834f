"""担当: which officer has a request in hand just now, so that two do not telephone the same hospital.

A claim runs out by itself: whether it holds is reckoned from the clock, and nothing has to tidy up.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import connection, models
from django.db.models import F

from institutions.models import User
from requests_app.models.request import SosRequest

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

LASTS = timedelta(minutes=30)

# Free, mine, or held by whom the page showed: nothing else is taken. One statement, so that of two officers one has it.
TAKEABLE = "held.expires_at <= %(now)s OR held.user_id = %(user)s OR held.user_id = %(seen)s"
TAKE = """
INSERT INTO requests_app_claim AS held (request_id, user_id, claimed_at, expires_at, untold_ids)
VALUES (%(request)s, %(user)s, %(now)s, %(until)s, ARRAY[]::bigint[])
ON CONFLICT (request_id) DO UPDATE SET
    user_id = EXCLUDED.user_id,
    claimed_at = EXCLUDED.claimed_at,
    expires_at = EXCLUDED.expires_at,
    untold_ids = array_remove(
        CASE WHEN held.expires_at > %(now)s THEN array_remove(held.untold_ids, held.user_id) || held.user_id
            ELSE held.untold_ids END,
        EXCLUDED.user_id
    )
WHERE {takeable}
"""


class ClaimQuerySet(models.QuerySet["Claim"]):
    def visible_to(self, user: User | AnonymousUser) -> ClaimQuerySet:
        """Officers alone see who holds what, within their scope."""
        if not user.is_authenticated or not user.is_staff:
            return self.none()
        return self.filter(request__in=SosRequest.objects.visible_to(user))

    def holding(self, now: datetime) -> ClaimQuerySet:
        """Those that have not run out at `now` (aware)."""
        return self.filter(expires_at__gt=now)

    def taken_from(self, user: User) -> ClaimQuerySet:
        """Those that somebody took over from `user`, who was not told yet."""
        return self.filter(untold_ids__contains=[user.pk])

    def tell(self, user: User) -> int:
        """`user` was told of these; returns how many. One query."""
        return self.update(
            untold_ids=models.Func(F("untold_ids"), models.Value(user.pk), function="array_remove")
        )


class Claim(models.Model):
    """Who holds a request, since when and until when. One row per request, overwritten by the next holder; the
    events CLAIM and RELEASE keep what was.

    `untold_ids` are the users from whom it was taken while they held it, each until they were told or hold it again.
    """

    request = models.OneToOneField(
        SosRequest,
        verbose_name="要請",
        on_delete=models.PROTECT,
        primary_key=True,
        related_name="claim_held",
    )
    user = models.ForeignKey(User, verbose_name="担当者", on_delete=models.PROTECT, related_name="+")
    claimed_at = models.DateTimeField("担当した日時")
    expires_at = models.DateTimeField("担当が終わる日時")
    untold_ids = ArrayField(models.BigIntegerField(), verbose_name="引き継がれた人", default=list)

    objects: ClassVar[ClaimQuerySet] = ClaimQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "担当"
        verbose_name_plural = "担当"
        indexes = [GinIndex(fields=["untold_ids"], fastupdate=False, name="claim_untold")]

    def __str__(self) -> str:
        return f"{self.request_id} {self.user_id}"

    def minutes_left(self, now: datetime) -> int:
        """Whole minutes until it runs out at `now` (aware), at least 1 while it holds."""
        return max(1, int((self.expires_at - now).total_seconds()) // 60)

    def told(self, now: datetime) -> str:
        """`担当 見本 一郎（あと12分）` at `now` (aware). The holder is loaded unless they are."""
        return f"担当 {self.user.name}（あと{self.minutes_left(now)}分）"

    @classmethod
    def of(cls, request_id: int, now: datetime) -> Claim | None:
        """The claim that holds the request at `now` (aware), with its holder. One query."""
        return cls.objects.holding(now).filter(pk=request_id).select_related("user").first()

    @classmethod
    def take(cls, request_id: int, user: User, *, seen: int | None, now: datetime) -> bool:
        """Compare and set: take it unless somebody holds it at `now` (aware) whom `seen` (a user's id) doesn't name.

        Whether it was taken. One statement; of two at once, one has it.
        """
        values = {"request": request_id, "user": user.pk, "seen": seen, "now": now, "until": now + LASTS}
        with connection.cursor() as cursor:
            cursor.execute(TAKE.format(takeable=TAKEABLE), values)
            return bool(cursor.rowcount)

    @classmethod
    def keep(cls, request_id: int, user: User, now: datetime) -> None:
        """The holder works on the request at `now` (aware): half an hour more. Others change nothing. One query."""
        cls.objects.holding(now).filter(pk=request_id, user=user).update(expires_at=now + LASTS)

    @classmethod
    def end(cls, request_id: int, user: User, now: datetime) -> bool:
        """The holder is done at `now` (aware). Whether they held it. One query."""
        return bool(cls.objects.holding(now).filter(pk=request_id, user=user).update(expires_at=now))
