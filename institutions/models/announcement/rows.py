"""The お知らせ itself.

Published, corrected and withdrawn by the verbs alone; nothing is deleted, nothing changes without saying so.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Exists, F, Func, OuterRef, Q

from institutions import permissions
from institutions.exceptions import ContentRefused, NotPossible, StaleAnnouncement, TextRequired
from institutions.models.announcement.content import AnnouncementContent, settled
from institutions.models.announcement.kept import AnnouncementRead, AnnouncementVersion
from institutions.models.audience import Audience
from institutions.models.institution import Prefecture
from institutions.models.user import Role, User
from sosportal.lib import clock

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

NOTHING_CHANGED = "変わったところはありません。"


class AnnouncementQuerySet(models.QuerySet["Announcement"]):
    def visible_to(self, user: User | AnonymousUser) -> AnnouncementQuerySet:
        """The announcements `user` may see. Members: published to one of their institutions and not withdrawn.
        A prefecture's officers: its own, and the ministry's that reach it. Ministry and operators: all. No query."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.role in {Role.MINISTRY, Role.OPERATOR}:
            return self
        if user.role == Role.PREFECTURE:
            here = Q(prefectures=[]) | Q(prefectures__contains=[user.prefecture_id])
            return self.filter(Q(prefecture_id=user.prefecture_id) | Q(here, prefecture__isnull=True))
        return self.published(clock.now()).filter(withdrawn_at__isnull=True).reaching(user.own_places)

    def withdrawn_from(self, user: User) -> AnnouncementQuerySet:
        """What members could read until it was withdrawn: they learn of that, and why, but not the text any more."""
        rows = self.filter(withdrawn_at__isnull=False, starts_at__lte=F("withdrawn_at"))
        return rows.reaching(user.own_places)

    def reaching(self, places: Collection[tuple[str, str]]) -> AnnouncementQuerySet:
        """Addressed to one of the places, each a prefecture's code and a kind: a condition on the row alone, whose cost
        does not depend on how many institutions and members there are. No query."""
        addressed = Q(pk__in=())
        for kind in sorted({kind for _, kind in places}):
            prefectures = sorted(code for code, each in places if each == kind)
            here = Q(prefectures=[]) | Q(prefectures__overlap=prefectures)
            addressed |= here & (Q(kinds=[]) | Q(kinds__contains=[kind]))
        return self.filter(addressed)

    def published(self, now: datetime) -> AnnouncementQuerySet:
        """Begun by `now` (aware)."""
        return self.filter(starts_at__lte=now)

    def current(self, now: datetime) -> AnnouncementQuerySet:
        """Shown at `now` (aware): begun, not ended, not withdrawn."""
        rows = self.published(now).filter(withdrawn_at__isnull=True)
        return rows.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now))

    def unread_by(self, user_id: int) -> AnnouncementQuerySet:
        """Not opened by the user as it now stands: a correction makes it unread again."""
        read = AnnouncementRead.objects.filter(
            user_id=user_id, announcement_id=OuterRef("pk"), version__gte=OuterRef("version")
        )
        return self.filter(~Exists(read))

    def locked(self) -> AnnouncementQuerySet:
        """The rows under `FOR NO KEY UPDATE`: the one place where a verb locks."""
        return self.select_for_update(of=("self",), no_key=True)


class Announcement(models.Model):
    """One お知らせ. `prefecture` is who announces it, None for the ministry; `version` counts its corrections."""

    title = models.CharField("題名", max_length=100)
    body = models.TextField("本文")
    important = models.BooleanField("重要", default=False)
    prefectures = ArrayField(
        models.CharField(max_length=2), verbose_name="都道府県", default=list, blank=True
    )
    kinds = ArrayField(models.CharField(max_length=20), verbose_name="種別", default=list, blank=True)
    starts_at = models.DateTimeField("掲載の開始")
    ends_at = models.DateTimeField("掲載の終了", null=True, blank=True)
    prefecture = models.ForeignKey(
        Prefecture, verbose_name="発信元", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    version = models.PositiveIntegerField("版", default=1)
    created_at = models.DateTimeField("登録日時")
    created_by = models.ForeignKey(User, verbose_name="登録者", on_delete=models.PROTECT, related_name="+")
    corrected_at = models.DateTimeField("更新日時", null=True, blank=True)
    withdrawn_at = models.DateTimeField("取下げ日時", null=True, blank=True)
    withdrawn_reason = models.TextField("取下げの理由", blank=True)

    objects: ClassVar[AnnouncementQuerySet] = AnnouncementQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "お知らせ"
        verbose_name_plural = "お知らせ"
        indexes = [models.Index(fields=["-starts_at", "-id"], name="announcement_newest")]
        constraints = [
            models.CheckConstraint(
                name="announcement_ends_after_start",
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
            ),
            models.CheckConstraint(
                name="announcement_withdrawn_with_reason",
                condition=Q(withdrawn_at__isnull=True, withdrawn_reason="")
                | (Q(withdrawn_at__isnull=False) & ~Q(withdrawn_reason="")),
            ),
            models.CheckConstraint(
                name="announcement_of_a_prefecture_stays_in_it",
                condition=Q(prefecture__isnull=True)
                | Q(
                    prefectures=Func(
                        F("prefecture"),
                        template="ARRAY[%(expressions)s]::varchar(2)[]",
                        output_field=ArrayField(models.CharField(max_length=2)),
                    )
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        raise TypeError("Announcements change by their verbs alone.")

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("Announcements are withdrawn, never deleted.")

    @property
    def audience(self) -> Audience:
        """To whom it is addressed."""
        return Audience(tuple(self.prefectures), tuple(self.kinds))

    @property
    def issuer(self) -> str:
        """Who announces it: 国, or the prefecture's name (a query unless it is loaded)."""
        return self.prefecture.name if self.prefecture is not None else "国"

    @property
    def paragraphs(self) -> list[str]:
        """The text, by its empty lines."""
        return [part.strip("\n") for part in re.split(r"\n{2,}", self.body) if part.strip()]

    def content(self) -> AnnouncementContent:
        """What it says, as it stands."""
        return AnnouncementContent(
            self.title, self.body, self.audience, self.important, self.starts_at, self.ends_at
        )

    def stage(self, now: datetime) -> str:
        """掲載予定, 掲載中, 終了 or 取下げ, at `now` (aware)."""
        if self.withdrawn_at is not None:
            return "取下げ"
        if self.starts_at > now:
            return "掲載予定"
        return "掲載中" if self.is_current(now) else "終了"

    def is_current(self, now: datetime) -> bool:
        """Shown at `now` (aware): begun, not ended, not withdrawn."""
        ended = self.ends_at is not None and self.ends_at <= now
        return self.starts_at <= now and not ended and self.withdrawn_at is None

    def mark_read(self, user: User, now: datetime) -> None:
        """Remember that `user` opened it as it stands. One query; safe to run twice and at once."""
        AnnouncementRead.objects.bulk_create(
            [AnnouncementRead(user=user, announcement=self, version=self.version, read_at=now)],
            update_conflicts=True,
            unique_fields=["user", "announcement"],
            update_fields=["version", "read_at"],
        )

    def check_as_seen(self, seen_version: int) -> None:
        """Raises NotPossible when it is withdrawn, StaleAnnouncement when it is another version that was seen."""
        if self.withdrawn_at is not None:
            raise NotPossible("このお知らせは、すでに取り下げられています。")
        if self.version != seen_version:
            raise StaleAnnouncement(self)

    # --- the verbs ------------------------------------------------------------------------------------------------

    @classmethod
    def publish(
        cls,
        actor: User,
        content: AnnouncementContent,
        *,
        by_mail: bool = False,
        now: datetime | None = None,
    ) -> Announcement:
        """公開: at once or from `content.starts_at` on. A prefecture's goes to its own prefecture, whatever was asked.

        `by_mail` also has it mailed to the members of the institutions, once it has begun. Raises NotPermitted,
        ContentRefused. One row, its version 1, and the order to mail, in one transaction.
        """
        with transaction.atomic():
            actor = actor.held()
            permissions.check_publish(actor)
            moment = clock.jst(now or clock.now())
            content = settled(actor, content, moment)
            made = cls(created_at=moment, created_by=actor, prefecture_id=actor.prefecture_id)
            made._take(content)
            made.starts_at = content.starts_at or moment
            models.Model.save(made, force_insert=True)
            made._keep(AnnouncementVersion.Verb.PUBLISH, actor, moment)
            if by_mail:
                made._order_mails(moment)
        return made

    def correct(
        self,
        actor: User,
        content: AnnouncementContent,
        *,
        seen_version: int,
        by_mail: bool = False,
        now: datetime | None = None,
    ) -> Announcement:
        """訂正: a new version. Once it has begun, audience and beginning can't be others, and readers see 更新.
        Before, the mails that were ordered wait for the new beginning.

        Raises NotPermitted, NotPossible (withdrawn), StaleAnnouncement, HasBegun, ContentRefused (also when nothing
        changed). Locks the row.
        """
        with transaction.atomic():
            row, moment = self._held(actor, seen_version, now)
            begun = row.starts_at <= moment
            wanted = settled(actor, content, moment, begun=row if begun else None)
            if wanted == row.content():
                raise ContentRefused(NOTHING_CHANGED)
            if begun:
                row.corrected_at = moment
            row._take(wanted)
            row.starts_at = wanted.starts_at or moment
            row._next_version(AnnouncementVersion.Verb.CORRECT, actor, moment)
            if by_mail:
                row._order_mails(moment)
            elif not begun:
                row._move_mails(moment)
        return row

    def withdraw(
        self, actor: User, reason: str, *, seen_version: int, now: datetime | None = None
    ) -> Announcement:
        """取下げ, with a reason that its readers are shown. Mails not yet posted are not posted any more.

        Raises NotPermitted, NotPossible (withdrawn already), StaleAnnouncement, TextRequired. Locks the row.
        """
        with transaction.atomic():
            row, moment = self._held(actor, seen_version, now)
            if not reason.strip():
                raise TextRequired("取下げの理由を入力してください。")
            row.withdrawn_at, row.withdrawn_reason = moment, reason
            row._next_version(AnnouncementVersion.Verb.WITHDRAW, actor, moment, reason)
        return row

    def _held(self, actor: User, seen_version: int, now: datetime | None) -> tuple[Announcement, datetime]:
        actor = actor.held()
        row = Announcement.objects.locked().get(pk=self.pk)
        permissions.check_correct(actor, row)
        row.check_as_seen(seen_version)
        return row, clock.jst(now or clock.now())

    def _take(self, content: AnnouncementContent) -> None:
        self.title, self.body, self.important = content.title, content.body, content.important
        self.prefectures, self.kinds = list(content.audience.prefectures), list(content.audience.kinds)
        self.ends_at = content.ends_at

    def _next_version(self, verb: str, actor: User, moment: datetime, reason: str = "") -> None:
        self.version += 1
        models.Model.save(self, force_update=True)
        self._keep(verb, actor, moment, reason)

    def _keep(self, verb: str, actor: User, moment: datetime, reason: str = "") -> None:
        AnnouncementVersion.objects.create(
            announcement_id=self.pk,
            version=self.version,
            verb=verb,
            at=moment,
            actor_id=actor.pk,
            actor_text=actor.described(),
            content=self.content().to_json(),
            reason=reason,
        )

    def _order_mails(self, moment: datetime) -> None:
        from institutions.models.mailing import AnnouncementMailing

        AnnouncementMailing.order(self, moment)

    def _move_mails(self, moment: datetime) -> None:
        from institutions.models.mailing import AnnouncementMailing

        AnnouncementMailing.follow(self, moment)
