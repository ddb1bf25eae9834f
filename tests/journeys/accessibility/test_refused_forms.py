"""Every form of the site, refused: what is wrong, where, how to mend it, and nothing typed is lost (WCAG 3.3.1)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from institutions.accounts import password_link
from institutions.models import Institution, Role
from requests_app.forms.allocation import cutoff_text
from requests_app.models import CalendarException, Campaign, CutoffChange
from requests_app.rules.transitions import Status
from sosportal.lib import clock
from tests import factories
from tests.journeys.accessibility.refusing import (
    FORMS,
    NOTHING_TO_TYPE,
    OPERATOR,
    TYPED,
    faults_of_refusal,
    refuse,
)
from tests.journeys.accessibility.stages import a_business_day, announced_and_asked
from tests.journeys.scene import Scene, log_in_unseen
from tests.requests_app.allocation import rounds
from tests.requests_app.deliveries import vendor
from tests.sosportal.test_audience import table
from tests.support.browser import PC, PHONE, visitor
from tests.support.portal import Portal

pytestmark = pytest.mark.browser


@pytest.fixture
def given(scene: Scene) -> dict[str, Any]:
    """What the paths of the table are filled with: one of each, in a state in which its form stands on its page."""
    now = clock.now()
    announcement, inquiry = announced_and_asked(scene)
    sent, _ = rounds.accepted([4100, 900], places=[scene.hospital, scene.hospital], now=now)
    rounds.decide(5_000, cutoff=scene.cutoff, now=now)
    made = vendor.handed(by=scene.ministry, now=now)
    row = vendor.row_for(sent, day=f"{clock.today():%Y/%m/%d}")
    vendor.taken_in(vendor.shipping_file([row]), by=scene.ministry, now=now)
    Institution.objects.filter(pk=scene.hospital.pk).update(telephone="03-9999-9999")
    rounds.accepted([700], places=[scene.hospital], now=now)
    rounds.decide(700, cutoff=scene.cutoff, now=now)
    rounds.accepted([700], places=[scene.hospital], now=now)
    asked = factories.request_in(Status.UNDER_REVIEW, scene.nurse, scene.hospital)
    asked = asked.ask(scene.officer, "在庫は箱の数ですか。")
    closed = CalendarException.set_day(scene.ministry, a_business_day(), False, "庁舎の点検")
    return {
        "announcement": announcement.pk,
        "asked": asked.number,
        "calendarexception": closed.pk,
        "campaign": Campaign.objects.get().pk,
        "code": scene.hospital.code,
        "cutoff": cutoff_text(scene.cutoff),
        "cutoffchange": CutoffChange.objects.get().pk,
        "draft": factories.draft(scene.nurse, scene.hospital).number,
        "gloves": factories.gloves().pk,
        "handoff": made.pk,
        "inquiry": inquiry.pk,
        "institution": scene.hospital.pk,
        "item": factories.gloves().pk,
        "password_link": urlsplit(password_link(scene.nurse)).path,
        "review": asked.pk,
        "sent": sent.number,
        "user": scene.nurse.pk,
    }


def test_no_form_is_forgotten() -> None:
    """What answers 422 to an empty post, whoever sends it, by the table of audiences."""
    refusing = {
        route for (method, route), row in table().items() if method == "POST" and "422" in row.values()
    }
    assert refusing - NOTHING_TO_TYPE == {form.route for form in FORMS} - {""}


@pytest.mark.parametrize(("width", "scripts"), [(PC, True), (PHONE, False)], ids=["pc", "phone-no-scripts"])
def test_every_refused_form(
    live_portal: Portal, scene: Scene, given: dict[str, Any], browser: Browser, width: int, scripts: bool
) -> None:
    people = {**vars(scene), OPERATOR: factories.user(Role.OPERATOR)}
    faults = {}
    for who in dict.fromkeys(form.who for form in FORMS):
        with visitor(browser, width=width, scripts=scripts) as page:
            if who in people:
                log_in_unseen(page, live_portal, people[who])
            for form in (form for form in FORMS if form.who == who):
                if found := refuse(page, live_portal.url, form, given):
                    faults[form.name] = found
    assert faults == {}


PLANTED = {
    "the title begins otherwise": "document.title = 'x'",
    "the summary has no focus": "document.activeElement.blur()",
    "leads nowhere": "document.querySelector('#id_password').id = 'other'",
    "not aria-invalid": "document.querySelector('#id_password').removeAttribute('aria-invalid')",
    "the reason is not read out": "document.querySelector('#id_password').removeAttribute('aria-describedby')",
    "the focus is elsewhere": "document.querySelector('#id_password').disabled = true",
    "lost": "document.querySelector('#id_login').value = ''",
    "no link to a field": "document.querySelectorAll('.error-summary a').forEach(link => link.remove())",
    "0 summaries": "document.querySelector('.error-summary').remove()",
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found(live_portal: Portal, browser: Browser, fault: str) -> None:
    form = FORMS[0]
    with visitor(browser) as page:
        assert refuse(page, live_portal.url, form, {}) == []
        page.reload()
        typed = page.evaluate(TYPED)
        page.locator(".error-summary").focus()
        page.evaluate(f"() => {{ {PLANTED[fault]} }}")
        found = faults_of_refusal(page, form, 422, typed)
        assert any(each.startswith(fault) or f": {fault}" in each for each in found), found
        assert "answered 200" in faults_of_refusal(page, form, 200, typed)
