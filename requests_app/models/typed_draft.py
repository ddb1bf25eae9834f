"""What somebody is typing into the form of a request, kept so that nothing typed is lost: it is no save and no
application, and officers never see it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import connection, models, transaction

from institutions.models import Institution, Role, User
from requests_app.exceptions import NotPermitted, TypedElsewhere, TypedTooMuch
from requests_app.models.request import SosRequest
from sosportal.lib import clock, once

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

KEPT = timedelta(days=30)
LONGEST = 20_000
"""Characters of all that was typed, as JSON: ten times what a form can be saved with."""
LOCKS = 7_240_052
"""Any number, of these drafts alone: each is kept and forgotten by one process at a time."""


@dataclass(frozen=True)
class Typing:
    """One page on which somebody types. `page` is its form's token, `seen_version` the version of the request it shows
    (0 for a new one), `seen_draft` the mark of the draft it knows ("": none), `on_phone` what it is opened on."""

    page: uuid.UUID
    texts: Mapping[str, str]
    seen_version: int = 0
    seen_draft: str = ""
    on_phone: bool = False


class TypedDraftQuerySet(models.QuerySet["TypedDraft"]):
    def visible_to(self, user: User | AnonymousUser) -> TypedDraftQuerySet:
        """Those of the user's institutions: who typed may be off duty, and a colleague goes on. Nobody else's: an
        officer never sees what was not saved, one who enters by proxy neither."""
        if not user.is_authenticated or not user.is_active or user.role != Role.INSTITUTION:
            return self.none()
        return self.filter(institution_id__in=user.institution_ids)

    def of(self, institution: Institution, request: SosRequest | None) -> TypedDraftQuerySet:
        """Those typed into the form of that request, or of a new one for None; the latest first."""
        return self.filter(institution=institution, request=request).order_by("-updated_at", "-pk")


class TypedDraft(models.Model):
    """What one user typed into the form of one request, or of a new one, and did not save yet.

    `typed` holds the texts by the names of their fields, exactly as typed. `count` grows with every writing, `page` is
    the token of the form that wrote last: another one writes over it only after having seen it.
    """

    user = models.ForeignKey(
        User, verbose_name="入力者", on_delete=models.CASCADE, related_name="typed_drafts"
    )
    institution = models.ForeignKey(
        Institution, verbose_name="医療機関", on_delete=models.CASCADE, related_name="typed_drafts"
    )
    request = models.ForeignKey(
        SosRequest,
        verbose_name="要請",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="typed_drafts",
    )
    typed = models.JSONField("入力", default=dict)
    seen_version = models.PositiveIntegerField("見た版", default=0)
    page = models.UUIDField("画面")
    count = models.PositiveIntegerField("回数", default=1)
    on_phone = models.BooleanField("スマートフォン等", default=False)
    updated_at = models.DateTimeField("入力日時")

    objects: ClassVar[TypedDraftQuerySet] = TypedDraftQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "入力の途中"
        verbose_name_plural = "入力の途中"
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "request", "user"], name="typed_draft_once", nulls_distinct=False
            )
        ]
        indexes = [models.Index(fields=["updated_at"], name="typed_draft_age")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.institution_id} {self.request_id}"

    @property
    def mark(self) -> str:
        """Which writing of which draft this is: what a page says that it has seen."""
        return f"{self.pk}.{self.count}"

    @classmethod
    def keep(
        cls,
        user: User,
        institution: Institution,
        request: SosRequest | None,
        typing: Typing,
        *,
        now: datetime | None = None,
    ) -> TypedDraft | None:
        """Keep what stands on a page; None when the page was saved meanwhile: then there is nothing to keep.

        Writes nothing when nothing changed. Raises NotPermitted unless `user` is staff of the institution, TypedTooMuch
        beyond `LONGEST`, TypedElsewhere when another page wrote since `seen_draft`. Takes the draft's lock.
        """
        check(user, institution)
        texts = dict(typing.texts)
        if len(json.dumps(texts, ensure_ascii=False)) > LONGEST:
            raise TypedTooMuch
        with transaction.atomic():
            _lock(user, institution, request)
            if once.answer_to(typing.page, actor_id=user.pk):
                return None
            found = cls.objects.of(institution, request).filter(user=user).first()
            if found and found.page != typing.page and found.mark != typing.seen_draft:
                raise TypedElsewhere(found)
            if found and found.typed == texts and found.seen_version == typing.seen_version:
                return found
            draft = found or cls(user=user, institution=institution, request=request, count=0)
            draft.typed, draft.seen_version, draft.page = texts, typing.seen_version, typing.page
            draft.on_phone, draft.count = typing.on_phone, draft.count + 1
            draft.updated_at = now or clock.now()
            draft.save()
        return draft

    @classmethod
    def forget_saved(
        cls,
        user: User,
        institution: Institution,
        request: SosRequest | None,
        typing: Typing,
        resumed: int = 0,
    ) -> None:
        """What was typed is saved: drop the draft, and the colleague's with the id `resumed` that it went on from.

        What another page wrote and this one never saw stays. Call inside the transaction that saves; takes the draft's
        lock until its end. Nothing for an officer.
        """
        if user.role != Role.INSTITUTION:
            return
        _lock(user, institution, request)
        for draft in cls.objects.visible_to(user).of(institution, request):
            if draft.user_id == user.pk:
                if draft.page == typing.page or draft.mark == typing.seen_draft:
                    draft.delete()
            elif draft.pk == resumed:
                draft.delete()

    @classmethod
    def discard(cls, user: User, institution: Institution, request: SosRequest | None, key: int) -> bool:
        """破棄: drop the user's own draft; False if it is gone, or somebody else's. Takes the draft's lock."""
        check(user, institution)
        with transaction.atomic():
            _lock(user, institution, request)
            return bool(cls.objects.of(institution, request).filter(user=user, pk=key).delete()[0])

    @classmethod
    def forget_old(cls, now: datetime) -> int:
        """Drop what nobody touched for `KEPT` before `now` (aware). Returns how many. One query."""
        return cls.objects.filter(updated_at__lt=now - KEPT).delete()[0]


def keeps_for(user: User, institution: Institution) -> bool:
    """Whether what the user types for the institution is kept: its staff's alone. One query, once per user loaded."""
    return user.is_active and user.role == Role.INSTITUTION and institution.pk in user.institution_ids


def check(user: User, institution: Institution) -> None:
    """Raises NotPermitted unless `keeps_for`."""
    if not keeps_for(user, institution):
        raise NotPermitted


def _lock(user: User, institution: Institution, request: SosRequest | None) -> None:
    """Until the end of the transaction nobody else keeps or forgets this draft, whether it stands or not: else what a
    page still sends while it is being saved would come back after the save."""
    key: list[Any] = [LOCKS, user.pk, institution.pk, request.pk if request else 0]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [":".join(map(str, key))])
