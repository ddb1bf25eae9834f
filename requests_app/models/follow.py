"""フォローする: who is told of what happens to a request (domain, "Words")."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from institutions.models import Membership, Role, User
from requests_app import permissions
from requests_app.models.request import SosRequest
from sosportal.lib import clock

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


class FollowQuerySet(models.QuerySet["Follow"]):
    def visible_to(self, user: User | AnonymousUser) -> FollowQuerySet:
        """A person's own, of the requests they may see."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(user_id=user.pk, request__in=SosRequest.objects.visible_to(user))

    def that_see_it(self) -> FollowQuerySet:
        """Those whose follower may still see the request: `SosRequest.objects.visible_to`, asked of many at once."""
        member = Membership.objects.filter(
            user_id=OuterRef("user_id"), institution_id=OuterRef("request__institution_id")
        )
        sees = (
            Q(Exists(member), user__role=Role.INSTITUTION)
            | Q(user__role=Role.PREFECTURE, user__prefecture_id=F("request__prefecture_id"))
            | Q(user__role=Role.MINISTRY)
        )
        return self.filter(sees, user__is_active=True)


class Follow(models.Model):
    """One person follows one request, `since` then. It gives no right to see the request, and takes none away."""

    user = models.ForeignKey(
        User, verbose_name="利用者", on_delete=models.CASCADE, related_name="follows", db_index=False
    )
    request = models.ForeignKey(
        SosRequest, verbose_name="要請", on_delete=models.PROTECT, related_name="follows"
    )
    since = models.DateTimeField("フォローした日時")

    objects: ClassVar[FollowQuerySet] = FollowQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "フォロー"
        verbose_name_plural = "フォロー"
        constraints = [models.UniqueConstraint(fields=["user", "request"], name="follow_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.request_id}"

    @classmethod
    def begin(cls, user: User, request: SosRequest, *, now: datetime | None = None) -> None:
        """フォローする, at `now` (aware); who follows already goes on. One query. Raises NotPermitted unless the user
        may see the request."""
        permissions.check_follow(user, request)
        _begin(user, request, now or clock.now())

    @classmethod
    def end(cls, user: User, request: SosRequest) -> None:
        """フォローをやめる: also for who may no longer see it. One query."""
        cls.objects.filter(user=user, request=request).delete()

    @classmethod
    def is_on(cls, user: User, request: SosRequest) -> bool:
        """Whether the user follows it. One query."""
        return cls.objects.filter(user=user, request=request).exists()

    @classmethod
    def by_filing(cls, user: User, request: SosRequest, now: datetime) -> None:
        """Who files a request follows it. Inside the transaction of the verb, which has checked the permission. One
        query."""
        _begin(user, request, now)


def _begin(user: User, request: SosRequest, now: datetime) -> None:
    Follow.objects.bulk_create([Follow(user=user, request=request, since=now)], ignore_conflicts=True)
