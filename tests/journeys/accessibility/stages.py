"""What is laid for the walks: requests of every kind, what was announced and asked, a day far away."""

from __future__ import annotations

from datetime import date, timedelta

from institutions.models import Announcement, AnnouncementContent, Inquiry
from institutions.rules.inquiry import Desk, Subject
from requests_app.models import SosRequest
from requests_app.rules.transitions import Status
from sosportal.lib import clock
from sosportal.lib.business_calendar import is_business_day
from tests import factories
from tests.journeys.scene import LONG_NAME, Scene


def requests_of_every_kind(scene: Scene) -> dict[str, SosRequest]:
    """One in each status, one edited after its confirmation, one of an institution with a long name."""
    there = (scene.nurse, scene.hospital)
    found = {status.name: factories.request_in(status, *there) for status in Status}
    again = factories.confirm(factories.request_in(Status.UNDER_REVIEW, *there))
    content = factories.content(1500, "Sサイズの納品が\n2週続けて遅れています。")
    found["again"] = again.revise(scene.nurse, content, seen_version=again.version)
    long_name = factories.institution(name=LONG_NAME)
    found["long"] = factories.request_in(Status.UNDER_REVIEW, place=long_name, quantity=9_999_999)
    return found


def announced_and_asked(scene: Scene) -> tuple[Announcement, Inquiry]:
    """An announcement of the prefecture, and an inquiry that lies with it."""
    said = AnnouncementContent("お知らせの題名", "本文 https://example.jp/", important=True)
    return Announcement.publish(scene.officer, said), Inquiry.ask(
        scene.nurse,
        scene.hospital,
        subject=Subject.REQUEST,
        desk=Desk.PREFECTURE,
        text="いつ届きますか。",
    )


def a_business_day() -> date:
    """One far enough away that nothing else falls on it."""
    return next(day for n in range(40, 60) if is_business_day(day := clock.today() + timedelta(days=n)))
