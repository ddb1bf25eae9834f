"""What an announcement says, and what of it can stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from institutions.exceptions import ContentRefused, HasBegun
from institutions.models.audience import Audience
from institutions.models.institution import InstitutionKind
from institutions.models.user import Role, User

if TYPE_CHECKING:
    from institutions.models.announcement.rows import Announcement

PREFECTURES = frozenset(f"{number:02}" for number in range(1, 48))


@dataclass(frozen=True)
class AnnouncementContent:
    """What is announced, to whom, from when until when (aware; None: at once, until it is withdrawn)."""

    title: str
    body: str
    audience: Audience = field(default_factory=Audience)
    important: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """As versions keep it."""
        return {
            "title": self.title,
            "body": self.body,
            "important": self.important,
            "prefectures": list(self.audience.prefectures),
            "kinds": list(self.audience.kinds),
            "starts_at": self.starts_at.isoformat() if self.starts_at else None,
            "ends_at": self.ends_at.isoformat() if self.ends_at else None,
        }


def settled(
    actor: User, content: AnnouncementContent, now: datetime, *, begun: Announcement | None = None
) -> AnnouncementContent:
    """The content as it will stand: a prefecture's audience is its own prefecture, and what has `begun` begins when it
    did. Raises ContentRefused, with a sentence for people, and HasBegun where audience or beginning would be others."""
    audience = content.audience.in_order()
    if actor.role == Role.PREFECTURE:
        audience = Audience((str(actor.prefecture_id),), audience.kinds)
    starts_at = max(content.starts_at or now, now)
    if begun is not None:
        if audience != begun.audience or content.starts_at not in {None, begun.starts_at}:
            raise HasBegun
        starts_at = begun.starts_at
    _check(content, audience, starts_at, now)
    return AnnouncementContent(
        content.title, content.body, audience, content.important, starts_at, content.ends_at
    )


def _check(content: AnnouncementContent, audience: Audience, starts_at: datetime, now: datetime) -> None:
    if not content.title.strip() or not content.body.strip():
        raise ContentRefused("題名と本文を入力してください。")
    if not set(audience.kinds) <= set(InstitutionKind.values):
        raise ContentRefused("種別を選び直してください。")
    if not set(audience.prefectures) <= PREFECTURES:
        raise ContentRefused("都道府県を選び直してください。")
    if content.ends_at is not None and content.ends_at <= max(starts_at, now):
        raise ContentRefused("掲載の終了は、掲載の開始よりもいまよりもあとの日時にしてください。")
