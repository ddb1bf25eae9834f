"""Addresses of the officers' pages, what their forms send and what they show."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.test import Client

from institutions.models import (
    Announcement,
    AnnouncementContent,
    Audience,
    Inquiry,
    Institution,
    User,
)
from institutions.rules.inquiry import Desk, Subject
from sosportal.lib.clock import JST

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=JST)
ANNOUNCEMENTS = "/admin/institutions/announcement/"
INQUIRIES = "/admin/institutions/inquiry/"
WRITE = f"{ANNOUNCEMENTS}write/"
EVIL = "<script>alert(1)</script>\"'>"


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def words(answer: Any) -> str:
    return re.sub(r"<[^>]+>|\s+", "", text(answer).partition("<main")[2] or text(answer))


def written(**changes: Any) -> dict[str, Any]:
    sent = {"token": str(uuid.uuid4()), "title": "年末の締切", "body": "年内最後の締切です。"}
    return sent | changes


def announce(by: User, **changes: Any) -> Announcement:
    given = AnnouncementContent("年末の締切", "年内最後の締切です。", Audience())
    return Announcement.publish(by, replace(given, **changes))


def ask(nurse: User, place: Institution, said: str = "いつ届きますか。", **more: Any) -> Inquiry:
    values = {"subject": Subject.REQUEST, "desk": Desk.PREFECTURE, "text": said} | more
    return Inquiry.ask(nurse, place, **values)


def step(inquiry: Inquiry, verb: str) -> str:
    return f"{INQUIRIES}{inquiry.pk}/do/{verb}/"


def carried(inquiry: Inquiry, said: str = "", **changes: Any) -> dict[str, Any]:
    last = inquiry.messages.last()
    assert last is not None
    sent = {"token": str(uuid.uuid4()), "seen_revision": inquiry.revision, "seen_message": last.pk}
    return sent | {"text": said} | changes
