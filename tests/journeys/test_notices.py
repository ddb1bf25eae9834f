"""A prefecture announces, a nurse reads and asks, two officers answer at once, and the nurse reads what came of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from institutions.models import Announcement, AnnouncementContent, Inquiry, Role
from tests import factories
from tests.journeys.scene import EVERY_WAY, LONG_NAME, Scene, at_work, ready
from tests.support.browser import FINGER, POINTER, Looker, status_of
from tests.support.portal import Portal

pytestmark = pytest.mark.browser

BODY = "手袋の配送が2日遅れています。\n\n配送の状況は https://delivery.example.jp/status で見られます。"


@dataclass
class Person:
    """Somebody at a page, who looks at each page for faults where scripts let axe run."""

    page: Page
    portal: Portal
    targets: int = FINGER
    scan: bool = True
    faults: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.looker = Looker(self.page, targets=self.targets)

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    def goes(self, path: str) -> None:
        self.page.goto(f"{self.portal.url}{path}")

    def follows(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("link", name=name).first.click()

    def presses(self, name: str) -> int:
        return status_of(self.page, self.page.get_by_role("button", name=name, exact=True).click)

    def writes(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).fill(text)

    def heading(self, text: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(text)

    def says(self, text: str) -> None:
        expect(self.main).to_contain_text(text)

    def looks(self, state: str) -> None:
        """Nothing is wrong with the page as it stands."""
        found = self.looker.faults(scan=self.scan)
        assert not found, (state, found)


@EVERY_WAY
def test_announced_read_asked_and_answered(
    live_portal: Portal, browser: Browser, width: int, scripts: bool
) -> None:
    scene = ready()
    colleague = factories.user(Role.PREFECTURE, name="見本 二郎")
    how: dict[str, Any] = {"width": width, "scripts": scripts}
    with (
        at_work(browser, live_portal, scene.officer, **how) as first,
        at_work(browser, live_portal, colleague, **how) as second,
        at_work(browser, live_portal, scene.nurse, **how) as third,
    ):
        officer = Person(first, live_portal, POINTER, scan=scripts)
        other = Person(second, live_portal, POINTER, scan=scripts)
        nurse = Person(third, live_portal, scan=scripts)
        announces(officer)
        reads(nurse)
        asks(nurse)
        two_answer(officer, other, scene)
        reads_the_answer(nurse)


def announces(officer: Person) -> None:
    officer.goes("/admin/institutions/announcement/")
    officer.follows("お知らせを書く")
    officer.looks("write")
    assert officer.presses("内容を確かめる") == 422
    expect(officer.page.get_by_role("alert")).to_be_focused()
    officer.looks("refused")
    officer.writes("題名", "手袋の配送が遅れています")
    officer.writes("本文", BODY)
    officer.page.get_by_label("重要なお知らせにする").check()
    officer.presses("内容を確かめる")
    officer.says("1施設（利用者 1人）")
    officer.says("まだ公開していません。")
    officer.looks("preview")
    assert not Announcement.objects.exists()
    officer.presses("公開する")
    officer.heading("手袋の配送が遅れています")
    officer.looks("published")


def reads(nurse: Person) -> None:
    """What is important stands on the first page until it is opened."""
    nurse.goes("/")
    nurse.says("重要なお知らせ")
    nurse.looks("home with an announcement")
    tab = nurse.page.get_by_role("navigation", name="メイン").get_by_role(
        "link", name=re.compile("^お知らせ")
    )
    expect(tab).to_have_accessible_name(re.compile("お知らせ ?（未読 ?1 ?件）"))
    tab.click()
    nurse.says("未読")
    nurse.looks("list")
    nurse.follows("手袋の配送が遅れています")
    expect(nurse.main.get_by_role("link", name="https://delivery.example.jp/status")).to_be_visible()
    nurse.looks("announcement")
    expect(tab).to_have_accessible_name("お知らせ")
    nurse.goes("/")
    expect(nurse.main).not_to_contain_text("重要なお知らせ")


def asks(nurse: Person) -> None:
    nurse.page.get_by_role("navigation", name="メイン").get_by_role("link", name="お問い合わせ").click()
    nurse.looks("no inquiry")
    nurse.follows("新しく問い合わせる")
    nurse.looks("form")
    assert nurse.presses("送る") == 422
    expect(nurse.page.get_by_role("alert")).to_be_focused()
    nurse.looks("form refused")
    nurse.page.get_by_role("radio", name="配布・発送").check()
    nurse.writes("お問い合わせの内容", "いつ届きますか。")
    nurse.presses("送る")
    expect(nurse.page.get_by_role("status")).to_contain_text("お問い合わせを送りました。")
    nurse.says("回答をお待ちください。")
    nurse.looks("sent")


def two_answer(officer: Person, other: Person, scene: Scene) -> None:
    """The second answer is not sent past the first: it stays, beside what came in between."""
    inquiry = Inquiry.objects.get()
    for each in (officer, other):
        each.goes("/admin/institutions/inquiry/")
        each.follows(scene.hospital.name)
        each.heading("配布・発送のお問い合わせ")
    officer.looks("thread")
    officer.writes("回答", "来週の火曜に届きます。遅れて申し訳ありません。")
    other.presses("担当する")
    other.says("担当者 あなた")
    other.writes("回答", "来週届きます。")
    other.presses("回答を送る")
    other.looks("answered")
    assert officer.presses("回答を送る") == 409
    alert = officer.page.get_by_role("alert")
    expect(alert).to_be_focused()
    expect(alert).to_contain_text("まだ送っていません")
    officer.says("来週届きます。")
    expect(officer.page.get_by_label("回答", exact=True)).to_have_value(
        "来週の火曜に届きます。遅れて申し訳ありません。"
    )
    officer.looks("changed meanwhile")
    assert inquiry.messages.filter(verb="answer").count() == 1
    officer.presses("回答を送る")
    officer.page.locator("summary").filter(has_text="内部メモを足す").click()
    officer.writes("内部メモ", "二重に回答しました。")
    officer.presses("内部メモを足す")
    officer.looks("with a note")


def reads_the_answer(nurse: Person) -> None:
    nurse.goes("/")
    nurse.says("お問い合わせに回答がありました")
    nurse.looks("home with an answer")
    nurse.follows("回答を読む")
    nurse.says("東京都からの回答")
    nurse.says("来週の火曜に届きます。")
    expect(nurse.main).not_to_contain_text("二重に回答しました。")
    nurse.looks("thread")
    nurse.goes("/")
    expect(nurse.main).not_to_contain_text("お問い合わせに回答がありました")


def test_states_that_the_journey_does_not_reach(live_portal: Portal, browser: Browser) -> None:
    """Long names and texts, a withdrawal, a correction, what a member of many and who comes too late see."""
    scene = ready()
    places = [factories.institution(name=f"{LONG_NAME}{n}") for n in range(3)]
    person = factories.member(*places)
    long = AnnouncementContent(
        "とても長い題名" * 14, f"{'長い本文。' * 200}\n\nhttps://example.jp/{'a' * 200}"
    )
    made = Announcement.publish(scene.ministry, long)
    gone = Announcement.publish(scene.ministry, AnnouncementContent("取り下げるもの", "本文"))
    gone.withdraw(scene.ministry, "まちがいでした。" * 30, seen_version=1)
    with (
        at_work(browser, live_portal, person) as page,
        at_work(browser, live_portal, scene.ministry) as desk,
    ):
        nurse, ministry = Person(page, live_portal), Person(desk, live_portal, POINTER)
        nurse.goes("/announcements/?view=past")
        nurse.looks("past")
        nurse.goes(f"/announcements/{gone.pk}/")
        nurse.looks("withdrawn")
        nurse.goes(f"/announcements/{made.pk}/")
        nurse.looks("long")
        nurse.goes("/inquiries/new/")
        nurse.looks("form of who enters for several")
        nurse.page.get_by_role("radio", name=re.compile(f"{LONG_NAME}0")).check()
        nurse.page.get_by_role("radio", name="その他").check()
        nurse.page.get_by_role("radio", name="国（事務局）").check()
        nurse.writes("お問い合わせの内容", "長い質問。" * 300)
        nurse.presses("送る")
        inquiry = Inquiry.objects.get()
        nurse.writes("追加の連絡", "まだですか。")
        inquiry.answer(scene.ministry, "長い回答。" * 300, seen_revision=1)
        assert nurse.presses("送る") == 409
        nurse.looks("answered meanwhile")
        nurse.goes("/inquiries/")
        nurse.looks("list of who enters for several")
        ministry.goes("/admin/institutions/announcement/write/")
        ministry.page.locator("summary").filter(has_text="都道府県を選ぶ").click()
        ministry.looks("prefectures")
        ministry.goes(f"/admin/institutions/announcement/{made.pk}/correct/")
        ministry.looks("correct")
        ministry.writes("題名", "短い題名")
        ministry.presses("内容を確かめる")
        ministry.looks("preview of a correction")
        made.correct(scene.ministry, AnnouncementContent("先の訂正", "本文"), seen_version=1)
        assert ministry.presses("訂正する") == 409
        ministry.looks("corrected meanwhile")
        ministry.goes(f"/admin/institutions/announcement/{made.pk}/withdraw/")
        assert ministry.presses("取り下げる") == 422
        ministry.looks("withdrawal refused")
        ministry.goes(f"/admin/institutions/announcement/{gone.pk}/change/")
        ministry.looks("withdrawn")
        ministry.goes("/admin/institutions/inquiry/?state=waiting")
        ministry.looks("nothing waits")
