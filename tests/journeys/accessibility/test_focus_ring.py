"""What has the focus shows it, light and dark, on whatever ground it stands."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import Browser

from requests_app.rules.transitions import Status
from tests import factories
from tests.journeys.accessibility.ring import faults_of_ring
from tests.journeys.scene import Scene, at_work
from tests.support.browser import visitor
from tests.support.portal import Portal

pytestmark = pytest.mark.browser

# By person and page: what is looked for on it. The first of each kind that can be seen.
LOOKED_AT = {
    "nurse": {
        "/": (
            ".site-header a",
            ".site-search input",
            ".tabs a",
            ".tabs [aria-current]",
            "main .button",
            "main li a",
        ),
        "/requests/": (".views a", "main .button", "main th a", "main select", "main [role=row] a"),
        "/requests/new/{code}/": (
            ".tick input",
            ".item input[type=checkbox]:not(:disabled)",
            "main .input--figure",
            "main textarea",
            "main .button:not(.button--second)",
            "main .button--second",
            ".notice a",
        ),
        "/account/notices/": (".choice input",),
        "/survey/{code}/": ("main summary", "main .input--figure"),
    },
    "ministry": {
        "/admin/": (".admin-header a", ".admin-header button", ".deadline a", "main a"),
        "/admin/requests_app/sosrequest/": (
            "#searchbar",
            "main .button",
            ".action-checkbox input",
            "th a",
            ".filters a",
        ),
        "/admin/requests_app/sosrequest/{review}/change/": ("main summary", "main .input", "main .button"),
        "/admin/progress/": (".tile-link", "main select", "main .chips a"),
    },
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_ring_stands_out_from_both_its_neighbours(
    live_portal: Portal, scene: Scene, browser: Browser, scheme: Literal["light", "dark"]
) -> None:
    review = factories.request_in(Status.UNDER_REVIEW, scene.nurse, scene.hospital)
    given = {"code": scene.hospital.code, "review": review.pk}
    faults, measured = {}, 0
    for who, pages in LOOKED_AT.items():
        with at_work(browser, live_portal, getattr(scene, who)) as page:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for path, kinds in pages.items():
                page.goto(live_portal.url + path.format(**given))
                for kind in kinds:
                    target = page.locator(kind).locator("visible=true").first
                    if target.count():
                        measured += 1
                        if found := faults_of_ring(page, target):
                            faults[f"{path} {kind}"] = found
    assert faults == {}
    assert measured > 20, "what is looked for is there"


PLANTED = {
    "no ring": "*:focus-visible { outline: none; box-shadow: none; }",
    "against what lies": "*:focus-visible { outline: 3px solid #eeeeee; box-shadow: none; }",
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found(live_portal: Portal, browser: Browser, fault: str) -> None:
    with visitor(browser) as page:
        page.emulate_media(reduced_motion="reduce")
        page.goto(f"{live_portal.url}/accounts/login/")
        link = page.get_by_role("link", name="パスワードをお忘れですか?")
        assert faults_of_ring(page, link) == []
        page.evaluate(
            "rule => { const s = new CSSStyleSheet(); s.replaceSync(rule); document.adoptedStyleSheets = [s]; }",
            PLANTED[fault],
        )
        found = faults_of_ring(page, link)
        assert found
        assert all(fault in each for each in found), found
