"""What a first request and a weekly answer ask of a person: pages, clicks and fields, beside the manual's own path.

The table is docs/steps.md; it says what is counted here, and that nothing is more than in the manual.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Response, expect

from requests_app.rules.transitions import Status
from sosportal.lib import clock
from surveys.models import SurveyResponse
from tests import factories
from tests.journeys.at_hospital import GLOVES, RECEIVED, TERMS
from tests.journeys.scene import Scene, ready
from tests.support.browser import PHONE, visitor
from tests.support.portal import Portal

TABLE = Path(__file__).resolve().parents[2] / "docs" / "steps.md"
ROW = re.compile(r"^\| (?P<way>[^|]+?) \|(?P<figures>(?: \d+ \|){6})$", re.MULTILINE)


@dataclass(frozen=True)
class Steps:
    """What was done: documents opened, things pressed, fields typed into."""

    pages: int
    clicks: int
    fields: int


def written() -> dict[str, tuple[Steps, Steps]]:
    """(manual, portal) by the name of the way, as the document says."""
    found = {}
    for row in ROW.finditer(TABLE.read_text(encoding="utf-8")):
        figures = [int(each) for each in re.findall(r"\d+", row["figures"])]
        found[row["way"]] = (Steps(*figures[:3]), Steps(*figures[3:]))
    return found


class Person:
    """Somebody with a phone and without scripts, whose every step is counted."""

    def __init__(self, page: Page, portal: Portal, scene: Scene) -> None:
        self.page, self.portal, self.scene = page, portal, scene
        self.pages = self.clicks = self.fields = 0
        page.on("response", self._note)

    def _note(self, response: Response) -> None:
        self.pages += response.request.is_navigation_request() and not 300 <= response.status < 400

    @property
    def steps(self) -> Steps:
        return Steps(self.pages, self.clicks, self.fields)

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    def press(self, role: str, name: str | re.Pattern[str]) -> None:
        """One click."""
        self.clicks += 1
        found = self.main.get_by_role(role, name=name, exact=isinstance(name, str))  # type: ignore[arg-type]
        found.click()
        self.page.wait_for_load_state()

    def type(self, label: str | re.Pattern[str], text: str) -> None:
        """One field, found by its label."""
        self.fields += 1
        self.main.get_by_label(label).fill(text)

    def logs_in(self) -> None:
        self.page.goto(self.portal.url)
        self.type("ユーザー名", "nurse")
        self.type("パスワード", factories.PASSWORD)
        self.press("button", "ログイン")

    def begins_a_request(self) -> None:
        self.press("link", re.compile("^緊急配布要請"))
        self.press("link", "新規")

    def files_it(self, *, suggested: bool = False) -> None:
        self.press("checkbox", TERMS)
        self.press("checkbox", re.compile(f"^{GLOVES}を要請する"))
        if suggested:
            self.press("button", re.compile("枚を入れる$"))
        else:
            self.type(re.compile(f"^{GLOVES}の要請数量"), "4100")
        self.press("button", "確認して申請へ")
        self.press("button", "完了")
        expect(self.page.get_by_role("status").filter(has_text=RECEIVED)).to_be_visible()
        assert self.scene.only_request().state is Status.UNDER_REVIEW

    def answers(self) -> None:
        group = self.main.get_by_role("group", name=GLOVES)
        for name, figure in (
            ("在庫量", "2400"),
            ("1週間の想定消費量", "4000"),
            ("1週間の購入見込み量", "500"),
        ):
            self.fields += 1
            group.get_by_label(name).fill(figure)
        self.press("button", "回答を送信する")
        self.is_answered()

    def is_answered(self) -> None:
        expect(self.page.get_by_role("status").filter(has_text="回答を受け付けました。")).to_be_visible()
        assert SurveyResponse.objects.filter(round__closes_at__gt=clock.now()).count() == 1


# --- The ways -------------------------------------------------------------------------------------------------------


def request_when_answered(person: Person) -> None:
    factories.answer(person.scene.nurse, person.scene.hospital)
    person.logs_in()
    person.begins_a_request()
    person.files_it()


def request_with_the_suggestion(person: Person) -> None:
    factories.answer(person.scene.nurse, person.scene.hospital)
    person.logs_in()
    person.begins_a_request()
    person.files_it(suggested=True)


def request_when_not_answered(person: Person) -> None:
    person.logs_in()
    person.press("link", "調査に回答する")
    person.answers()
    person.press("link", "ホームへもどる")
    person.begins_a_request()
    person.files_it()


def as_last_week(person: Person) -> None:
    person.logs_in()
    person.press("button", re.compile("変わりなし.*この数で回答を送信する"))
    person.is_answered()


def new_figures(person: Person) -> None:
    person.logs_in()
    person.press("link", "調査に回答する")
    person.answers()


WAYS: dict[str, Callable[[Person], None]] = {
    "first request, this week's survey answered": request_when_answered,
    "first request, with the suggested quantity (めやす)": request_with_the_suggestion,
    "first request, this week's survey not answered yet": request_when_not_answered,
    "weekly answer, as last week": as_last_week,
    "weekly answer, new figures": new_figures,
}


@pytest.fixture
def person(live_portal: Portal, browser: Browser) -> Iterator[Person]:
    with visitor(browser, width=PHONE, scripts=False) as page:
        yield Person(page, live_portal, ready())


@pytest.mark.browser
@pytest.mark.parametrize("way", WAYS)
def test_the_document_says_what_it_takes(person: Person, way: str) -> None:
    WAYS[way](person)
    assert person.steps == written()[way][1]


def test_nothing_takes_more_than_in_the_manual() -> None:
    table = written()
    assert list(table) == list(WAYS)
    for manual, portal in table.values():
        assert portal.clicks < manual.clicks
        assert all(ours <= theirs for ours, theirs in zip(astuple(portal), astuple(manual), strict=True))
