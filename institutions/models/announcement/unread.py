"""How many announcements a member has not opened."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import models

from institutions.models.announcement.rows import Announcement
from institutions.models.user import User
from sosportal.lib.prepared import Prepared

UNREAD_FOR = timedelta(days=90)
"""How long what nobody opened counts as unread: a new colleague does not begin with three years of it."""
MOST_UNREAD = 99
"""More than this isn't counted."""


def _unread(
    places: Collection[tuple[str, str]], *, user_id: int, now: datetime, since: datetime
) -> models.QuerySet[Announcement, Any]:
    rows = Announcement.objects.current(now).filter(starts_at__gte=since).reaching(places)
    return rows.unread_by(user_id).order_by().values_list("pk")[: MOST_UNREAD + 1]


UNREAD: Prepared[Announcement] = Prepared(_unread)


def unread_count(user: User, now: datetime) -> int:
    """How many current announcements of the last 90 days the member has not opened; MOST_UNREAD + 1 for more than
    that. One query besides that of `own_places`; none for officers and for members of nothing. `now` is aware."""
    if not user.own_places:
        return 0
    asked: dict[str, Any] = {"user_id": user.pk, "now": now, "since": now - UNREAD_FOR}
    if len(user.own_places) == 1:  # nearly everybody: a statement for each prefecture and kind
        return len(UNREAD.rows(user.own_places, **asked))
    return len(_unread(user.own_places, **asked))
