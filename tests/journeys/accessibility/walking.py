"""A person's way through pages of which each is looked at."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from playwright.sync_api import Browser, Page

from institutions.models import User
from tests.journeys.at_office import Officer
from tests.journeys.scene import Scene, log_in_unseen
from tests.support.browser import FINGER, Looker, visitor
from tests.support.portal import Portal


@dataclass
class Round:
    """A way through pages of which each is looked at; what is wrong is gathered by the name of the state."""

    officer: Officer
    looker: Looker
    faults: dict[str, Any] = field(default_factory=dict)

    @property
    def page(self) -> Page:
        return self.officer.page

    def look(self, state: str) -> None:
        if found := self.looker.faults():
            self.faults[state] = found

    def visit(self, path: str, state: str = "") -> None:
        self.page.goto(f"{self.officer.portal.url}{path}")
        self.look(state or path)

    def press(self, button: str, state: str) -> None:
        self.officer.press(button)
        self.look(state)


class Begin(Protocol):
    """Begin a round as this person, or as somebody who isn't logged in; `targets` as Looker takes them."""

    def __call__(self, person: User | None, targets: int = FINGER) -> Round: ...


@contextlib.contextmanager
def beginning(portal: Portal, scene: Scene, browser: Browser) -> Iterator[Begin]:
    """Rounds by people in browsers of their own; in the end nothing may be wrong anywhere."""
    begun: list[Round] = []
    with contextlib.ExitStack() as stack:

        def start(person: User | None, targets: int = FINGER) -> Round:
            page = stack.enter_context(visitor(browser))
            if person:
                log_in_unseen(page, portal, person)
            begun.append(Round(Officer(page, portal, scene), Looker(page, targets=targets)))
            return begun[-1]

        yield start
    found = [
        f"{state}: {fault}" for each in begun for state, faults in each.faults.items() for fault in faults
    ]
    assert not found, "\n".join(found)
