"""Where the journeys take place: a hospital, its people and officers, an open campaign and an open round of the survey.

The portal runs in a process of its own on the clock of the wall, so nothing is frozen. Everything is laid around now in
such a way that no hour of the week matters: the round in which people answer began three days ago and lasts four more,
and the ministry moved this week's cut-off to the day after tomorrow. A journey that starts on a Wednesday at 16:59
meets no change of round and no cut-off on its way.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page

from institutions.models import Institution, Role, User
from requests_app.models import CalendarException, CutoffChange, SosRequest
from requests_app.rules.cutoff import next_cutoff
from sosportal.lib import clock
from sosportal.lib.business_calendar import is_business_day
from surveys.models import Figures, SurveyRound
from tests import factories
from tests.support.browser import PC, PHONE, enter, visitor
from tests.support.portal import Portal

EVERY_WAY = pytest.mark.parametrize(
    ("width", "scripts"),
    [(PC, True), (PC, False), (PHONE, True), (PHONE, False)],
    ids=["pc", "pc-no-scripts", "phone", "phone-no-scripts"],
)
"""A journey at the width of a PC and of a phone, with scripts and without."""

LAST_WEEK = Figures(3400, 4000, 500)
LONG_NAME = "架空市医師会立とても長い名前のこども発達支援総合診療所附属訪問看護ステーション"


@dataclass(frozen=True)
class Scene:
    """Who takes part. The hospital answered last week's survey, nine days ago (LAST_WEEK); this week's it did not."""

    hospital: Institution
    nurse: User
    officer: User
    ministry: User
    cutoff: datetime

    def only_request(self) -> SosRequest:
        """The one request of the hospital that was made in the browser."""
        return SosRequest.objects.filter(institution=self.hospital).order_by("pk").latest("pk")

    def ministry_addresses(self) -> list[str]:
        """Of all who work there, whoever opened the campaign among them."""
        return list(User.objects.ministry_officers().values_list("email", flat=True))


def ready(*, hour: int | None = None) -> Scene:
    """Lay the scene, around the real now. With an `hour` (in Tokyo) the rounds of the survey and the cut-off change
    at that hour, as people know them, still days away; and no officer works today, so that what is applied for is
    handled from a later day on, whatever day it is."""
    now = clock.now()
    scene = people(_moved_cutoff(now, hour))
    begin_the_weeks(scene, now if hour is None else _at(now, hour))
    if hour is not None and is_business_day(clock.jst(now).date()):
        CalendarException.set_day(scene.ministry, clock.jst(now).date(), False, "庁舎の点検")
    return scene


def people(cutoff: datetime | None = None) -> Scene:
    """The hospital and the people alone: no intake was ever opened, no survey asked for."""
    hospital = factories.institution(name="架空中央病院")
    nurse = factories.member(hospital, username="nurse", name="見本 花子")
    officer = factories.user(Role.PREFECTURE, username="officer", name="見本 一郎")
    ministry = factories.user(Role.MINISTRY, username="ministry", name="見本 三郎")
    return Scene(hospital, nurse, officer, ministry, cutoff or _moved_cutoff(clock.now(), None))


def begin_the_weeks(scene: Scene, now: datetime) -> None:
    """Rounds of the survey around `now`, of which the hospital answered the last but one; an open intake of gloves."""
    lay_rounds(now)
    factories.campaign()
    last_week = {factories.gloves().pk: LAST_WEEK}
    factories.answer(scene.nurse, scene.hospital, last_week, now=clock.now() - timedelta(days=9))


def _at(moment: datetime, hour: int) -> datetime:
    return clock.jst(moment).replace(hour=hour, minute=0, second=0, microsecond=0)


def lay_rounds(now: datetime) -> None:
    """Three rounds of the survey of which the last began three days before `now`: none ends while somebody looks."""
    week = timedelta(days=7)
    for opened in (now - timedelta(days=3) - weeks * week for weeks in range(3)):
        SurveyRound.objects.create(opens_at=opened, closes_at=opened + week)


def _moved_cutoff(now: datetime, hour: int | None) -> datetime:
    """The cut-off of this week, moved to the day after tomorrow."""
    regular = next_cutoff(now)
    moved = (now + timedelta(days=2)).replace(second=0, microsecond=0)
    if hour is not None:
        moved = _at(moved, hour)
    if moved == regular:
        return regular
    CutoffChange.objects.create(regular_day=regular.date(), cutoff_at=moved, note="journeys")
    return moved


@contextlib.contextmanager
def at_work(
    browser: Browser,
    portal: Portal,
    person: User,
    *,
    width: int = PC,
    scripts: bool = True,
    sharpness: int = 1,
) -> Iterator[Page]:
    """A browser in which `person` is logged in already."""
    with visitor(browser, width=width, scripts=scripts, sharpness=sharpness) as page:
        log_in_unseen(page, portal, person)
        yield page


def log_in_unseen(page: Page, portal: Portal, person: User) -> None:
    """Give the browser a session of the person's; the log-in page has journeys of its own."""
    client = Client()
    client.force_login(person)
    enter(
        page.context,
        settings.SESSION_COOKIE_NAME,
        client.cookies[settings.SESSION_COOKIE_NAME].value,
        portal.url,
    )
