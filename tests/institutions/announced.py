"""What the tests of announcements announce, and to whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from institutions.models import AnnouncementContent, Audience, InstitutionKind, User
from sosportal.lib.clock import JST
from tests import factories

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=JST)
LATER = NOW + timedelta(hours=1)


def content(**changes: Any) -> AnnouncementContent:
    """An announcement to all, at once, but for the changes."""
    audience = Audience(tuple(changes.pop("prefectures", ())), tuple(changes.pop("kinds", ())))
    given = AnnouncementContent("年末の締切について", "12/23（水）17:00が年内最後の締切です。", audience)
    return replace(given, **changes)


def nurse(prefecture: str = factories.TOKYO, kind: str = InstitutionKind.HOSPITAL) -> User:
    """A member of a new institution."""
    return factories.member(factories.institution(prefecture, kind=kind))
