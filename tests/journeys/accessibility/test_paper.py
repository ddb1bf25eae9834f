"""What is printed: words and figures on white, within the sheet, and nothing that is only pressed."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from requests_app.rules.transitions import Status
from tests import factories
from tests.journeys.accessibility.paper import faults_on_paper
from tests.journeys.accessibility.stages import announced_and_asked
from tests.journeys.scene import Scene, at_work
from tests.support.portal import Portal

pytestmark = pytest.mark.browser

PRINTED = {
    "nurse": (
        "/",
        "/requests/",
        "/requests/new/{code}/",
        "/requests/{number}/",
        "/requests/{number}/print/",
        "/survey/{code}/",
        "/survey/{code}/history/",
        "/announcements/",
        "/inquiries/",
        "/guide/hospital/request/",
    ),
    "officer": (
        "/admin/requests_app/sosrequest/",
        "/admin/requests_app/sosrequest/{key}/change/",
        "/admin/institutions/institution/",
        "/admin/surveys/surveyresponse/",
    ),
}


@pytest.mark.parametrize("who", PRINTED)
def test_a_printed_page_bears_what_is_read(
    live_portal: Portal, scene: Scene, browser: Browser, who: str
) -> None:
    request = factories.request_in(Status.UNDER_REVIEW, scene.nurse, scene.hospital)
    announced_and_asked(scene)
    given = {"code": scene.hospital.code, "number": request.number, "key": request.pk}
    faults = {}
    with at_work(browser, live_portal, getattr(scene, who)) as page:
        for path in PRINTED[who]:
            page.goto(live_portal.url + path.format(**given))
            if found := faults_on_paper(page):
                faults[path] = found
    assert faults == {}


PLANTED = {
    "wider than the sheet": '<canvas width="1200" height="1"></canvas>',
    "printed, and of no use on paper": '<input type="submit">',
    "too light for paper": '<font color="#bbbbbb">薄い文字</font>',
}


def test_a_planted_fault_is_found(live_portal: Portal, scene: Scene, browser: Browser) -> None:
    with at_work(browser, live_portal, scene.nurse) as page:
        for fault, markup in PLANTED.items():
            page.goto(f"{live_portal.url}/inquiries/")
            assert faults_on_paper(page) == []
            page.evaluate(
                "html => document.querySelector('main').insertAdjacentHTML('beforeend', html)", markup
            )
            assert fault in {each[1] for each in faults_on_paper(page)}
