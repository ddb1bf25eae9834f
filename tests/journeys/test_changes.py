"""変更履歴 in the browser: a table on a PC; on a phone short enough to be read, with what changed folded away."""

from __future__ import annotations

import pytest
from django.db import transaction
from playwright.sync_api import Browser, expect

from institutions.models import Institution
from tests.journeys.scene import at_work, ready
from tests.support.browser import PC, PHONE, POINTER, Looker, set_media
from tests.support.portal import Portal

pytestmark = pytest.mark.browser

CHANGES = "/admin/changes/"
NEW_TELEPHONE = "03-1234-5678"
TALLEST = 9_500  # px of fifty changes, each by itself: some 160 for each, and the form above


def test_what_changed_is_folded_on_a_phone_and_open_in_the_table(
    live_portal: Portal, browser: Browser
) -> None:
    scene = ready()
    places = Institution.objects.filter(pk=scene.hospital.pk)
    for n in range(50):
        places.update(
            telephone=f"03-1234-{n:04}", contact_person=f"用度係 {n}", email=f"y{n}@hospital.example"
        )
    places.update(telephone=NEW_TELEPHONE)
    with at_work(browser, live_portal, scene.ministry, width=PHONE) as page:
        looker = Looker(page, targets=POINTER)
        page.goto(f"{live_portal.url}{CHANGES}")
        newest = page.get_by_role("row").filter(has_text=scene.hospital.name).first
        expect(newest.get_by_text(NEW_TELEPHONE)).not_to_be_visible()
        assert page.evaluate("document.documentElement.scrollHeight") < TALLEST
        assert looker.faults() == []
        newest.locator("summary").focus()
        page.keyboard.press("Enter")
        expect(newest.get_by_text(NEW_TELEPHONE)).to_be_visible()
        assert looker.faults() == []

        page.set_viewport_size({"width": PC, "height": 800})
        page.reload()
        expect(newest.get_by_text(NEW_TELEPHONE)).to_be_visible()
        expect(newest.locator("summary")).not_to_be_visible()
        page.set_viewport_size({"width": PHONE, "height": 800})
        set_media(page, "print")
        expect(newest.get_by_text(NEW_TELEPHONE)).to_be_visible()


def test_what_one_press_changed_stands_together(live_portal: Portal, browser: Browser) -> None:
    scene = ready()
    with transaction.atomic():
        for n in range(20):
            Institution.objects.filter(pk=scene.hospital.pk).update(telephone=f"03-1234-{n:04}")
    with at_work(browser, live_portal, scene.ministry, width=PHONE, scripts=False) as page:
        page.goto(f"{live_portal.url}{CHANGES}")
        newest = page.locator("table.changes tbody tr").first
        expect(newest).to_contain_text("医療機関の変更（20件）")
        expect(newest.get_by_text("03-1234-0019")).not_to_be_visible()
        newest.get_by_text("20件の内容").click()
        expect(newest.get_by_text("03-1234-0019").first).to_be_visible()
