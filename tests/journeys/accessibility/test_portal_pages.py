"""That no page of the portal is forgotten, in its plain state; every chapter of the guides."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from institutions.models import Role
from sosportal.guide.hospital import HOSPITAL
from sosportal.guide.parts import Guide
from sosportal.guide.shelf import GUIDES
from sosportal.lib import clock
from tests import factories
from tests.journeys.accessibility.addresses import (
    FOR_OFFICERS,
    FOR_VISITORS,
    WITH_CODE,
    WITH_NUMBER,
    names_of_pages,
)
from tests.journeys.accessibility.stages import announced_and_asked
from tests.journeys.accessibility.walking import Begin
from tests.journeys.scene import LONG_NAME, Scene
from tests.support.browser import POINTER

pytestmark = pytest.mark.browser


def test_no_page_of_the_portal_is_forgotten(scene: Scene, begin: Begin) -> None:
    """Every URL that has a name, in its plain state. A new one is looked at, or fails for want of its arguments."""
    request = factories.draft(scene.nurse, scene.hospital)
    announcement, inquiry = announced_and_asked(scene)
    given = {
        "announcement_detail": (announcement.pk,),
        "inquiry_detail": (inquiry.pk,),
        **dict.fromkeys(WITH_CODE, (scene.hospital.code,)),
        **dict.fromkeys(WITH_NUMBER, (request.number,)),
        "account_reset_password_from_key": ("1", "set-password"),
        "guide_sheet": (HOSPITAL.slug,),
        "guide_chapter": (HOSPITAL.slug, HOSPITAL.chapters[0].slug),
        "account_own_email_confirm": (
            scene.nurse.address_link("new@example.jp", clock.now() + timedelta(hours=1)),
        ),
    }
    nurse = begin(scene.nurse)
    officer, visitor_there = begin(scene.officer, POINTER), begin(None)
    for name in names_of_pages():
        walk = visitor_there if name in FOR_VISITORS else officer if name in FOR_OFFICERS else nurse
        walk.visit(reverse(name, args=given.get(name, ())), name)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.slug)
def test_every_chapter_of_the_guides(begin: Begin, guide: Guide) -> None:
    reader = next(role for role in Role if guide.is_for(role))
    walk = begin(factories.user(reader), POINTER)
    for chapter in guide.chapters:
        walk.visit(guide.address(chapter))


def test_who_enters_for_none_or_for_many(scene: Scene, begin: Begin) -> None:
    """Home and the choices: nothing to choose from, and more than a page shows."""
    many = [factories.institution(name=f"{LONG_NAME}{n}") for n in range(51)]
    for person, whose in ((factories.member(), "none"), (factories.member(*many), "many")):
        walk = begin(person)
        for path in (
            "/",
            "/survey/",
            "/requests/",
            "/requests/new/",
            "/institution/",
            "/institution/switch/",
        ):
            walk.visit(path, f"{path} for {whose}")
