"""Every page of the hospitals' side in every state, as who has it comes upon it; the table of audiences says which.

A page that is built as one that was looked at before, element by element, is not looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser

from institutions.models import User
from tests import factories
from tests.journeys.accessibility.crawling import Found, found_by
from tests.journeys.accessibility.paper import faults_on_paper
from tests.journeys.accessibility.stages import STAGES
from tests.journeys.keyboard import faults_by_keyboard
from tests.journeys.scene import LONG_NAME, Scene, people
from tests.sosportal.test_audience import table
from tests.support.browser import Looker, enter, visitor
from tests.support.portal import Portal

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Walker:
    """Who walks: `column` is whose pages in the table of audiences must all be met on the way, if anybody's."""

    who: Callable[[Scene], User | None]
    column: str = ""


def clerk(scene: Scene) -> User:
    """Of a medical association: enters for the hospital and for two clinics."""
    return factories.member(scene.hospital, factories.institution(), factories.institution(name=LONG_NAME))


WALKERS = {
    "visitor": Walker(lambda _: None, "anonymous"),
    "newcomer": Walker(lambda _: factories.member()),  # of no institution
    "nurse": Walker(lambda scene: scene.nurse, "staff_a"),
    "clerk": Walker(clerk),
}
# Answered with a file or by a monitor's word; or behind a mailed link, which test_portal_pages follows.
NO_PAGE = frozenset(
    {
        "health/",
        "requests/<str:number>/pdf/",
        "survey/sheet/template.xlsx",
        "accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[0-9A-Za-z-]+)/$",
        "me/email/(?P<link>[A-Za-z0-9_.-]+)/$",
    }
)


def routes_of(column: str) -> set[str]:
    """Of the pages that the table gives to this person."""
    given = {
        route for (method, route), row in table().items() if method == "GET" and row.get(column) == "200"
    }
    return {route.replace("^", "") for route in given} - NO_PAGE


def beginnings(walker: Walker) -> list[str]:
    """Where a walk begins: home, and the pages that need nothing to be asked for."""
    plain = [
        f"/{route}" for route in sorted(routes_of(walker.column)) if "<" not in route and "$" not in route
    ]
    return ["/", *plain]


@pytest.mark.parametrize("name", WALKERS)
def test_every_page_in_every_state(live_portal: Portal, browser: Browser, name: str) -> None:
    walker, scene = WALKERS[name], people()
    client = client_of(walker, scene)
    seen: set[Found] = set()
    faults: dict[str, object] = {}
    with visitor(browser) as page:
        if (cookie := client.cookies.get(settings.SESSION_COOKIE_NAME)) is not None:
            enter(page.context, settings.SESSION_COOKIE_NAME, cookie.value, live_portal.url)
        looker = Looker(page)
        for stage in STAGES:
            stage(scene)
            for found in not_seen(found_by(client, beginnings(walker)), seen):
                page.goto(f"{live_portal.url}{found.path}")
                wrong = [*looker.faults(), *faults_on_paper(page), *faults_by_keyboard(page)]
                if wrong:
                    faults[f"{stage.__name__}: {found.path}"] = wrong
    assert faults == {}
    assert routes_of(walker.column) - {each.route.replace("^", "") for each in seen} == set()


def not_seen(pages: Iterable[Found], seen: set[Found]) -> list[Found]:
    """Those of another build than all before."""
    new = []
    for page in pages:
        if page not in seen:
            seen.add(page)
            new.append(page)
    return new


def client_of(walker: Walker, scene: Scene) -> Client:
    client = Client()
    if (person := walker.who(scene)) is not None:
        client.force_login(person)
    return client
