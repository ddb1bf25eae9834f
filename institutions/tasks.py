"""Queue entry points of announcements: without arguments, safe to run twice and at once."""

from __future__ import annotations

from typing import Any

from django.apps import apps

SECONDS = 15.0
"""No further piece is begun after this: a task must end before the queue takes it for dead."""


def post_announcement_mails() -> int:
    """Post the mails of announcements that are due, as far as time allows; returns how many.

    Woken by a publication, and run by a schedule every minute: for what is scheduled ahead, and for what was left over.
    """
    mailing: Any = apps.get_model("institutions", "AnnouncementMailing")
    return int(mailing.work_off(SECONDS))
