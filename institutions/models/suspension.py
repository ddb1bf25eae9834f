"""要請の停止: an institution whose requests aren't taken, for resale in breach of the terms (manual 3-1, term ④)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from django.db import models, transaction
from django.db.models import F, Q

from institutions import notifications
from institutions.exceptions import ContentRefused, NotPossible, TextRequired
from institutions.models.institution import Institution
from institutions.models.user import User
from institutions.permissions import check_suspend
from sosportal.lib import clock
from sosportal.lib.audit.tracking import ITS_OWN, track
from sosportal.lib.jinja import jst_short
from sosportal.lib.prepared import Prepared

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

FARTHEST = timedelta(days=366)


class SuspensionQuerySet(models.QuerySet["Suspension"]):
    def in_force(self, now: datetime) -> SuspensionQuerySet:
        """Begun at or before `now` and not lifted by then."""
        return self.filter(suspended_from__lte=now).filter(Q(lifted_at__isnull=True) | Q(lifted_at__gt=now))

    def standing(self, now: datetime) -> SuspensionQuerySet:
        """In force at `now`, or still to begin."""
        still = Q(lifted_at__gt=now) & Q(lifted_at__gt=F("suspended_from"))
        return self.filter(Q(lifted_at__isnull=True) | still)

    def planned(self, now: datetime) -> SuspensionQuerySet:
        """Still to begin after `now`."""
        return self.standing(now).filter(suspended_from__gt=now)

    def over(self, now: datetime) -> SuspensionQuerySet:
        """Lifted by `now`, or called off before it began."""
        return self.filter(Q(lifted_at__lte=now) | Q(lifted_at=F("suspended_from")))

    def visible_to(self, user: User | AnonymousUser) -> SuspensionQuerySet:
        """Follows the institution."""
        return self.filter(institution__in=Institution.objects.visible_to(user))


@track(institution=ITS_OWN)
class Suspension(models.Model):
    """One suspension. It is never deleted, only lifted; what was said of it stays. Changed by its verbs alone."""

    institution = models.ForeignKey(
        Institution, verbose_name="医療機関", on_delete=models.PROTECT, related_name="suspensions"
    )
    reason = models.TextField("理由", help_text="医療機関に表示されます。")
    suspended_from = models.DateTimeField("停止の開始")
    suspended_by = models.ForeignKey(
        User, verbose_name="停止した人", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    lifted_at = models.DateTimeField("停止の解除", null=True, blank=True)
    lifted_by = models.ForeignKey(
        User, verbose_name="解除した人", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    lifted_reason = models.TextField("解除の理由", blank=True)

    objects: ClassVar[SuspensionQuerySet] = SuspensionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "要請の停止"
        verbose_name_plural = "要請の停止"
        indexes = [models.Index(fields=["-suspended_from", "-id"], name="suspension_newest")]
        constraints = [
            models.CheckConstraint(
                name="suspension_lifted_after_start",
                condition=Q(lifted_at__isnull=True) | Q(lifted_at__gte=F("suspended_from")),
                violation_error_message="解除は、停止の開始よりあとの日時にしてください。",
            ),
            models.CheckConstraint(
                name="suspension_lifted_when_who_and_why",
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True, lifted_reason="")
                | Q(lifted_at__isnull=False, lifted_by__isnull=False) & ~Q(lifted_reason="")
                # Before the portal kept who and why: neither, rather than a guess.
                | Q(lifted_at__isnull=False, lifted_by__isnull=True, lifted_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution}（{clock.jst(self.suspended_from):%Y/%m/%d}から停止）"

    @classmethod
    def suspend(
        cls,
        actor: User,
        institution: Institution,
        reason: str,
        *,
        starts_at: datetime | None = None,
        now: datetime | None = None,
    ) -> Suspension:
        """Take no requests of the institution from `starts_at` (aware; left out, at once) on; its people are mailed.

        Requests under review stay: officers decide about each. Locks the institution's row, as an application does (one
        of the two comes first), and the actor's. Raises PermissionDenied unless the actor is the ministry's,
        TextRequired without a reason, ContentRefused for a start in the past or too far away, NotPossible while another
        suspension stands.
        """
        if not reason.strip():
            raise TextRequired("停止の理由を入力してください。")
        with transaction.atomic():
            held = Institution.objects.locked().get(pk=institution.pk)
            check_suspend(actor.held())
            moment = now or clock.now()
            if problem := moment_problem(starts_at, moment, "停止の開始"):
                raise ContentRefused(problem)
            if cls.objects.standing(moment).filter(institution=held).exists():
                raise NotPossible("この医療機関の要請は、すでに停止しています。")
            made = cls(
                institution=held, reason=reason, suspended_from=starts_at or moment, suspended_by=actor
            )
            made.save(force_insert=True)
            notifications.suspended(made, member_addresses(held), moment)
        return made

    def lift(
        self, actor: User, reason: str, *, ends_at: datetime | None = None, now: datetime | None = None
    ) -> Suspension:
        """Lift it at `ends_at` (aware; left out, at once; one that is still to begin, before it begins); its people are
        mailed. Returns the row as it then stands.

        Locks the institution's row and the actor's. Raises PermissionDenied, TextRequired, ContentRefused as `suspend`,
        NotPossible when it is lifted already.
        """
        if not reason.strip():
            raise TextRequired("解除の理由を入力してください。")
        with transaction.atomic():
            held = Institution.objects.locked().get(pk=self.institution_id)
            check_suspend(actor.held())
            moment = now or clock.now()
            row = type(self).objects.get(pk=self.pk)
            if row.lifted_at is not None:
                raise NotPossible("この停止は、すでに解除されています。")
            if problem := moment_problem(ends_at, moment, "停止の解除"):
                raise ContentRefused(problem)
            row.lifted_at = max(ends_at or moment, row.suspended_from)
            row.lifted_by, row.lifted_reason = actor, reason
            row.save(update_fields=["lifted_at", "lifted_by", "lifted_reason"])
            notifications.lifted(row, member_addresses(held), moment)
        return row


def moment_problem(moment: datetime | None, now: datetime, name: str) -> str:
    """What is wrong with a moment that was planned, in words; "" when nothing is. None is at once."""
    if moment is None:
        return ""
    if moment < now:
        return f"{name}は、いま（{jst_short(now)}）よりあとの日時にしてください。すぐのときは、空欄にします。"
    return f"{name}は、1年以内の日時にしてください。" if moment > now + FARTHEST else ""


def member_addresses(institution: Institution) -> list[str]:
    """The institution's address and those of its active members. One query."""
    members = User.objects.filter(memberships__institution=institution, is_active=True).exclude(email="")
    return [institution.email, *members.order_by("pk").values_list("email", flat=True)]


SUSPENDED_AT: Prepared[Suspension] = Prepared(
    lambda institution_id, now: (
        Suspension.objects.in_force(now).filter(institution_id=institution_id).order_by("pk")[:1]
    )
)
STANDING: Prepared[Suspension] = Prepared(
    lambda institution_ids, now: (
        Suspension.objects.standing(now)
        .filter(institution_id__in=institution_ids)
        .order_by("suspended_from", "pk")
        .values_list("institution_id", "institution__name", "reason", "suspended_from", "lifted_at")
    )
)
