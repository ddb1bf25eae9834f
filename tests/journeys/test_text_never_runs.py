"""Text that people type never runs: written into every field by the verbs, it stays text on every page that shows it.

A page is found wanting when an element of the text became one of the page, when a template worked it out, or when the
browser complained (scripts and the content security policy).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import NoReverseMatch, reverse
from playwright.sync_api import Browser, Page

from institutions.models import (
    Announcement,
    AnnouncementContent,
    Inquiry,
    Institution,
    Role,
    Suspension,
    User,
)
from institutions.rules.inquiry import Desk, Subject
from requests_app.models import AllocationDecision, CalendarException, Campaign, Question, SosRequest
from requests_app.models.allocation import Method
from requests_app.rules.allocation import Cause, Rule
from requests_app.rules.transitions import Status
from sosportal.lib import clock
from sosportal.lib.models import OutboxMessage
from tests import factories
from tests.journeys.accessibility.addresses import names_of_pages, pages_of
from tests.journeys.scene import Scene, at_work, ready
from tests.requests_app.allocation import rounds
from tests.requests_app.deliveries import vendor
from tests.support.browser import Looker
from tests.support.portal import Portal

pytestmark = pytest.mark.browser

RAN = "document.title='ran'"
EVIL = f"""=1+1"><b data-evil>{{{{7*7}}}}</b><script>{RAN}</script><img src=x onerror="{RAN}">"""
SHORT = '"><b data-evil>{{7*7}}'  # where little may be written
RUN = """() => [
  ...[...document.querySelectorAll("[data-evil], img[src='x']")].map(e => e.outerHTML),
  ...(document.title === "ran" ? ["a script ran"] : []),
  ...(document.body.innerText.replaceAll("{{7*7}}", "").includes('data-evil>49') ? ["a template ran"] : []),
]"""
SAYS = "() => document.documentElement.outerHTML.includes('data-evil')"


def written_everywhere(scene: Scene) -> SosRequest:
    """Every text that people may write, by the verbs that take it; the request that bears most of it."""
    now = clock.now()
    Institution.objects.filter(pk=scene.hospital.pk).update(
        name=f"{SHORT}病院", address=EVIL, contact_person=SHORT, telephone="03<b>"
    )
    User.objects.filter(role__in=[Role.INSTITUTION, Role.PREFECTURE, Role.MINISTRY]).update(name=SHORT)
    scene = replace(
        scene,
        hospital=Institution.objects.get(pk=scene.hospital.pk),
        nurse=User.objects.get(pk=scene.nurse.pk),
        officer=User.objects.get(pk=scene.officer.pk),
        ministry=User.objects.get(pk=scene.ministry.pk),
    )
    campaign = Campaign.objects.get()
    campaign.change_texts(scene.ministry, dict.fromkeys(campaign.texts(), EVIL))
    (sent,) = rounds.accepted([400], places=[scene.hospital], now=now - timedelta(minutes=30))
    given_and_sent(scene, sent)
    asked = factories.request_in(Status.UNDER_REVIEW, scene.nurse, scene.hospital)
    asked = asked.revise(scene.nurse, factories.content(3000, EVIL), seen_version=asked.version)
    asked = asked.note(scene.officer, EVIL, seen_revision=asked.revision)
    asked.log_telephone(scene.officer, whom=SHORT, what=EVIL)
    asked.memo(scene.officer, EVIL)
    asked.ask(scene.officer, EVIL)
    asked.answer(scene.nurse, Question.objects.latest("pk").pk, EVIL)
    asked.ask(scene.officer, EVIL)
    Announcement.publish(scene.officer, AnnouncementContent(SHORT, EVIL, important=True))
    inquiry = Inquiry.ask(
        scene.nurse, scene.hospital, subject=Subject.REQUEST, desk=Desk.PREFECTURE, text=EVIL
    )
    inquiry.memo(scene.officer, EVIL)
    inquiry.answer(scene.officer, EVIL, seen_revision=Inquiry.objects.get().revision)
    Suspension.suspend(scene.ministry, scene.hospital, EVIL)
    CalendarException.set_day(scene.ministry, clock.today() + timedelta(days=10), False, SHORT)
    return SosRequest.objects.get(pk=asked.pk)


def given_and_sent(scene: Scene, request: SosRequest) -> None:
    """Allocated with a reason of one's own, handed off, shipped and received with a remark."""
    shown = rounds.waiting(scene.cutoff)
    AllocationDecision.decide(
        scene.ministry,
        factories.gloves(),
        scene.cutoff,
        Method(Rule.PRO_RATA, 300),
        reasons=dict.fromkeys(Cause, EVIL),
        note=EVIL,
        seen=rounds.seen(shown),
        now=clock.now(),
    )
    vendor.handed(by=scene.ministry, now=clock.now())
    row = vendor.row_for(request, day=f"{clock.today():%Y/%m/%d}", carrier=SHORT)
    vendor.taken_in(vendor.shipping_file([row]), by=scene.ministry, now=clock.now())
    parcel = request.lines.get().shipments.get()
    request.receive(scene.nurse, parcel.pk, 200, received_on=clock.today(), comment=EVIL, now=clock.now())


def addresses(scene: Scene, request: SosRequest) -> dict[User, list[str]]:
    """Every page of the admin and of the portal, by who may open it."""
    office = [
        path for model in admin.site._registry if model._default_manager.exists() for path in pages_of(model)
    ]
    office += ["/admin/", "/admin/changes/", "/admin/progress/", "/admin/progress/13/institutions/"]
    office += [f"/admin/progress/institutions/{scene.hospital.code}/"]
    office += [f"/admin/requests_app/campaign/{Campaign.objects.get().pk}/versions/"]
    office += [
        reverse("admin:requests_app_sosrequest_change", args=[each.pk]) for each in SosRequest.objects.all()
    ]
    given = {"announcement_detail": Announcement.objects.get().pk, "inquiry_detail": Inquiry.objects.get().pk}
    portal = ["/?view=all"]
    for name in names_of_pages():
        for args in ((), (given.get(name, 0),), (request.number,), (scene.hospital.code,)):
            with contextlib.suppress(NoReverseMatch):  # it takes other arguments
                portal.append(reverse(name, args=args))
    operator = factories.user(Role.OPERATOR)
    return {scene.ministry: office, scene.officer: office, operator: office, scene.nurse: portal}


def openable(person: User, paths: Iterable[str]) -> list[str]:
    client = Client()
    client.force_login(person)
    return [path for path in dict.fromkeys(paths) if client.get(path).status_code == 200]


def what_ran(page: Page, looker: Looker) -> list[Any]:
    found = [*page.evaluate(RUN), *looker.complaints]
    looker.complaints.clear()
    return found


def test_text_that_people_type_never_runs(live_portal: Portal, browser: Browser) -> None:
    scene = ready()
    request = written_everywhere(scene)
    faults: dict[str, list[Any]] = {}
    shown = 0
    for person, paths in addresses(scene, request).items():
        with at_work(browser, live_portal, person) as page:
            looker = Looker(page)
            for path in openable(person, paths):
                page.goto(f"{live_portal.url}{path}")
                shown += page.evaluate(SAYS)
                if found := what_ran(page, looker):
                    faults[path] = found
    assert faults == {}
    assert shown > 40, "the pages show what was typed"


def test_mails_say_it_as_text_and_their_subjects_are_one_line(live_portal: Portal) -> None:
    written_everywhere(ready())
    mails = list(OutboxMessage.objects.all())
    assert any(EVIL in mail.body for mail in mails)
    assert not [mail.subject for mail in mails if "\n" in mail.subject or "\r" in mail.subject]


def test_control_text_that_becomes_part_of_a_page_is_found(live_portal: Portal, browser: Browser) -> None:
    scene = ready()
    with at_work(browser, live_portal, scene.nurse) as page:
        looker = Looker(page)
        page.goto(live_portal.url)
        assert what_ran(page, looker) == []
        page.evaluate("text => document.querySelector('main').insertAdjacentHTML('beforeend', text)", EVIL)
        page.wait_for_timeout(200)
        found = str(what_ran(page, looker))
        assert "data-evil" in found
        assert "Content Security Policy" in found or "Refused" in found or "violates" in found
