"""A request after its application: what comes next, followed, printed, as a PDF, begun again, and taken back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from requests_app.rules.transitions import Status
from tests import factories
from tests.journeys.at_hospital import GLOVES, TERMS, Nurse
from tests.journeys.scene import EVERY_WAY, at_work, ready
from tests.support.browser import FINGER, Looker, set_media
from tests.support.portal import Portal

pytestmark = pytest.mark.browser

WHY = "別の業者から届くことになりました。"


@EVERY_WAY
def test_followed_printed_and_begun_again(
    live_portal: Portal, browser: Browser, width: int, scripts: bool
) -> None:
    scene = ready()
    factories.answer(scene.nurse, scene.hospital)
    request = factories.request_in(Status.UNDER_REVIEW, scene.nurse, scene.hospital)
    with at_work(browser, live_portal, scene.nurse, width=width, scripts=scripts) as page:
        nurse, looker = Nurse(page, live_portal, scene), Looker(page, targets=FINGER)
        page.goto(f"{live_portal.url}/requests/{request.number}/")
        for part in ("これからの流れ", "これまでの動き"):
            expect(nurse.main.get_by_role("heading", name=part)).to_be_visible()
        nurse.says("都道府県の確認")
        nurse.says("第1版）を確認しました：")
        nurse.says(scene.nurse.name)
        assert looker.faults(scan=scripts) == []
        nurse.press("フォロー中（やめる）")
        expect(nurse.main.get_by_role("button", name="フォローする", exact=True)).to_be_visible()
        nurse.press("フォローする")
        expect(nurse.main.get_by_role("button", name="フォロー中（やめる）")).to_be_visible()
        assert looker.faults(scan=scripts) == []

        nurse.follow("印刷用に表示")
        assert looker.faults(scan=scripts) == []
        set_media(page, "print")
        expect(page.get_by_role("link", name="要請に戻る")).not_to_be_visible()
        set_media(page, "screen")
        page.get_by_role("link", name="要請に戻る").click()

        nurse.follow("この要請をもとに新規")
        nurse.heading("新規緊急配布要請")
        expect(nurse.tick(f"{GLOVES}を要請する")).to_be_checked()
        expect(nurse.quantity).to_have_value("4,100")
        expect(nurse.tick(TERMS)).not_to_be_checked()
        page.goto(f"{live_portal.url}/requests/?view=all")
        page.get_by_role("link", name=re.compile(f"もとに新規.*{request.number}")).click()
        expect(nurse.quantity).to_have_value("4,100")


@EVERY_WAY
def test_a_question_of_an_officer_is_answered_from_home(
    live_portal: Portal, browser: Browser, width: int, scripts: bool
) -> None:
    scene = ready()
    factories.answer(scene.nurse, scene.hospital)
    request = factories.request_in(Status.UNDER_REVIEW, scene.nurse, scene.hospital)
    request.ask(scene.officer, "次の納品はいつですか。")
    with at_work(browser, live_portal, scene.nurse, width=width, scripts=scripts) as page:
        nurse, looker = Nurse(page, live_portal, scene), Looker(page, targets=FINGER)
        page.goto(live_portal.url)
        expect(nurse.main.get_by_text(request.title)).to_have_count(1)
        nurse.follow("回答する")
        nurse.says("次の納品はいつですか。")
        assert nurse.press("回答する") == 422
        nurse.refused("まだ回答していません", "回答を入力してください。")
        assert looker.faults(scan=scripts) == []
        page.get_by_label("回答", exact=True).fill("金曜の予定です。")
        nurse.press("回答する")
        nurse.told("照会に回答しました。")
        nurse.says("金曜の予定です。")
        assert looker.faults(scan=scripts) == []
        page.goto(live_portal.url)
        nurse.heading("いま必要なことはありません")
        nurse.says("いま、していただくことはありません。")


@pytest.mark.pdf
@EVERY_WAY
def test_the_pdf_is_had_by_its_button(
    live_portal: Portal, browser: Browser, width: int, scripts: bool
) -> None:
    scene = ready()
    request = factories.request_in(Status.UNDER_REVIEW, scene.nurse, scene.hospital)
    with at_work(browser, live_portal, scene.nurse, width=width, scripts=scripts) as page:
        page.goto(f"{live_portal.url}/requests/{request.number}/")
        with page.expect_download() as saved:
            page.get_by_role("link", name="PDF", exact=True).click()
        assert request.number in saved.value.suggested_filename
        assert saved.value.path().read_bytes().startswith(b"%PDF-")


@EVERY_WAY
def test_taken_back_with_a_reason(live_portal: Portal, browser: Browser, width: int, scripts: bool) -> None:
    scene = ready()
    factories.answer(scene.nurse, scene.hospital)
    request = factories.request_in(Status.UNDER_REVIEW, scene.nurse, scene.hospital)
    with at_work(browser, live_portal, scene.nurse, width=width, scripts=scripts) as page:
        nurse, looker = Nurse(page, live_portal, scene), Looker(page, targets=FINGER)
        page.goto(f"{live_portal.url}/requests/{request.number}/")
        nurse.follow("取り下げる")
        assert looker.faults(scan=scripts) == []
        assert nurse.press("取り下げる") == 422
        expect(page.get_by_role("alert")).to_be_focused()
        assert looker.faults(scan=scripts) == []
        page.get_by_role("textbox", name=re.compile("理由")).fill(WHY)
        nurse.press("取り下げる")
        nurse.says("医療機関が取り下げました。")
        nurse.says(WHY)
        expect(nurse.main.get_by_role("link", name="取り下げる", exact=True)).to_have_count(0)
        assert looker.faults(scan=scripts) == []
        page.goto(live_portal.url)
        nurse.heading("いま必要なことはありません")
    assert type(request).objects.get(pk=request.pk).is_withdrawn
