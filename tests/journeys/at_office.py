"""What officers do in the admin: found by label and role alone."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from requests_app.models import SosRequest
from sosportal.lib.models import OutboxMessage
from tests.journeys.scene import Scene
from tests.support.browser import status_of
from tests.support.portal import Portal

GLOVES = "⑤非滅菌手袋"
CONFIRM = "都道府県の確認を記録する"
QUEUE = "/admin/requests_app/sosrequest/"
CALL = "在庫は9箱とのこと。"


def filters_by(page: Page, name: str) -> None:
    """Follow a filter of a list; a phone folds them away."""
    fold = page.get_by_text("フィルターを選ぶ", exact=True)
    choices = page.get_by_role("navigation", name="フィルター")
    expect(choices).to_be_visible(visible=not fold.is_visible())
    if fold.is_visible():
        fold.focus()
        page.keyboard.press("Enter")
    choices.get_by_role("link", name=name).click()


@dataclass
class Officer:
    """An officer at a page of the admin. Each method leaves the page where the next one begins."""

    page: Page
    portal: Portal
    scene: Scene

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    def heading(self, text: str | re.Pattern[str]) -> None:
        """The page is the one with this h1."""
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(text)

    def says(self, text: str) -> None:
        expect(self.main).to_contain_text(text)

    def told(self, text: str) -> None:
        expect(self.page.get_by_role("status").filter(has_text=text)).to_be_visible()

    def press(self, name: str) -> int:
        """Press the button of that name; the status of what comes back."""
        return status_of(self.page, self.page.get_by_role("button", name=name, exact=True).click)

    def field(self, name: str) -> Locator:
        return self.page.get_by_label(name, exact=True)

    # --- The queue ---

    def opens_the_queue(self) -> None:
        """From the start of the admin."""
        self.page.goto(f"{self.portal.url}/")
        self.heading("管理サイト")
        self.main.get_by_role("link", name="緊急配布要請", exact=True).click()
        self.heading("緊急配布要請の確認")

    def opens(self, request: SosRequest) -> None:
        """The request, from the queue."""
        self.opens_the_queue()
        row = self.page.get_by_role("row").filter(has_text=request.number)
        row.get_by_role("link", name=re.compile(f"^{request.institution.name}")).click()
        self.heading(request.title)

    def ticks(self, *requests: SosRequest) -> None:
        for request in requests:
            self.page.get_by_role("checkbox", name=re.compile(request.number)).check()

    def runs(self, action: str) -> None:
        """Choose what to do with the ticked requests; a page asks before it is done."""
        self.page.get_by_label("操作").select_option(label=action)
        self.press("実行")

    def is_shown_the_change(self, before: str, after: str) -> None:
        """Instead of what was asked for; nothing was recorded."""
        shown = self.page.get_by_role("alert")
        expect(shown).to_be_focused()
        expect(shown).to_contain_text("まだ何も記録していません")
        for quantity in (before, after):
            expect(shown).to_contain_text(quantity)

    # --- The prefecture ---

    def records_a_telephone_call(self) -> None:
        """電話等で状況確認 (manual 1-1, note 2)."""
        self.page.locator("summary").filter(has_text="電話の記録を足す").click()
        self.field("相手").fill("用度係 見本さん")
        self.field("内容").fill(CALL)
        self.press("電話の記録を足す")
        self.told("電話の記録を足しました。")
        self.says(CALL)

    def confirms_less(self, quantity: str, note: str) -> None:
        """A lower quantity needs a note; then a page asks before it is recorded."""
        before = self.scene.only_request()
        self.field(f"確認した数量　{GLOVES}").fill(quantity)
        assert self.press(CONFIRM) == 422
        summary = self.page.get_by_role("alert")
        expect(summary).to_be_focused()
        expect(summary).to_contain_text("数量を減らすときは、理由を都道府県入力欄に書いてください。")
        expect(self.field(f"確認した数量　{GLOVES}")).to_have_value(quantity)
        self.field("都道府県入力欄").fill(note)
        self.press(CONFIRM)
        self.heading("都道府県の確認を記録します")
        self.says(note)
        assert self.scene.only_request().revision == before.revision, "asked, nothing recorded yet"
        self.press(CONFIRM)
        self.told("都道府県の確認を記録しました。")
        self.mailed("都道府県の確認が終わった要請があります", *self.scene.ministry_addresses())
        self.mailed("都道府県が緊急配布要請を確認しました", self.scene.hospital.email, self.scene.nurse.email)

    # --- The ministry ---

    def accepts_in_bulk(self) -> None:
        """受付完了にする in the list of actions, a page that asks, and a report."""
        request = self.scene.only_request()
        self.opens_the_queue()
        self.ticks(request)
        self.runs("受付完了にする")
        self.heading("1件を、受付完了にします")
        self.says("受付完了にすると、だれも内容を変更できません。")
        assert self.scene.only_request().accepted_at is None
        self.press("1件を受付完了にする")
        self.heading("1件を、受付完了にしました")
        self.mailed("緊急配布要請が受付完了になりました", self.scene.hospital.email, self.scene.nurse.email)
        self.mailed("国が要請を受け付けました", self.scene.officer.email)

    def mailed(self, subject: str, *addresses: str) -> None:
        """The outbox holds this mail once for each of the addresses, and for nobody else."""
        request = self.scene.only_request()
        about = f"（{request.institution.name} 要請番号 {request.number}）"
        mails = OutboxMessage.objects.filter(subject=f"{subject}{about}")
        found = sorted(mails.values_list("to", flat=True))
        assert found == sorted(addresses), found
