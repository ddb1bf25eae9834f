"""A day at the officers' desk: two officers of a prefecture get in each other's way, one of them without scripts, a
nurse answers and edits in between, the ministry accepts the whole list. The pages on the way are looked at."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from institutions.models import Role, User
from requests_app.models import Claim, Question, RequestEvent, SosRequest
from requests_app.rules.transitions import Status, Verb
from sosportal.lib import clock
from tests import factories
from tests.journeys.at_office import CONFIRM, GLOVES, Officer
from tests.journeys.scene import Scene, at_work, ready
from tests.support.browser import PHONE, POINTER, Looker
from tests.support.portal import Portal

pytestmark = pytest.mark.browser

ASKED = "在庫は箱数ですか、枚数ですか。"
ANSWER = "枚数です。41箱では足りません。"
MEMO = "午後に、もう一度電話する。"


@pytest.fixture
def scene(live_portal: Portal) -> Scene:
    return ready()


@pytest.fixture
def request_(scene: Scene) -> SosRequest:
    """The hospital's request, applied for."""
    factories.answer(scene.nurse, scene.hospital)
    made = factories.draft(scene.nurse, scene.hospital)
    return made.submit(scene.nurse, seen_version=made.version)


@contextlib.contextmanager
def office(
    browser: Browser, portal: Portal, scene: Scene, person: User, *, scripts: bool = True
) -> Iterator[tuple[Officer, Looker]]:
    """An officer at a browser, and who looks at their pages (which takes scripts)."""
    with at_work(browser, portal, person, scripts=scripts) as page:
        yield Officer(page, portal, scene), Looker(page, targets=POINTER)


def unfold(officer: Officer, summary: str) -> None:
    officer.page.locator("summary").filter(has_text=summary).click()


def test_two_officers_and_a_nurse(
    live_portal: Portal, browser: Browser, scene: Scene, request_: SosRequest
) -> None:
    colleague = factories.user(Role.PREFECTURE, username="colleague", name="見本 二郎")
    other = factories.request_in(Status.UNDER_REVIEW)
    with (
        office(browser, live_portal, scene, scene.officer) as (first, look),
        office(browser, live_portal, scene, colleague, scripts=False) as (second, _),
    ):
        first.page.goto(f"{live_portal.url}/admin/requests_app/sosrequest/?stage=unconfirmed")
        row = first.page.get_by_role("row").filter(has_text=request_.number)
        row.get_by_role("link", name=re.compile(f"^{scene.hospital.name}")).click()
        first.says("内容を確かめて、確認を記録してください。")
        assert look.faults() == []
        first.press("担当する")
        first.says("あなたが担当しています（あと29分）")

        # The other one sees it, and asks all the same: the page asks back.
        second.opens_the_queue()
        second.says("担当 見本 一郎（あと29分）")
        second.page.get_by_role("row").filter(has_text=request_.number).get_by_role(
            "link", name=re.compile(f"^{scene.hospital.name}")
        ).click()
        second.says("見本 一郎さんが担当しています")
        unfold(second, "照会する")
        second.field("照会の内容").fill(ASKED)
        second.press("照会する")
        second.heading("医療機関に照会します")
        assert not Question.objects.exists()
        second.press("照会する")
        second.told("照会しました。医療機関にメールで知らせました。")
        second.mailed("緊急配布要請について照会があります", scene.hospital.email, scene.nurse.email)

        with at_work(browser, live_portal, scene.nurse, width=PHONE) as page:
            page.goto(live_portal.url)
            expect(page.get_by_role("main")).to_contain_text("担当者からの照会に回答してください")
            page.get_by_role("link", name="回答する").click()
            look_nurse = Looker(page)
            expect(page.get_by_text(ASKED).first).to_be_visible()
            assert look_nurse.faults() == []
            page.get_by_role("button", name="回答する").click()
            expect(page.get_by_role("alert")).to_contain_text("回答を入力してください。")
            assert look_nurse.faults() == []
            page.get_by_label("回答", exact=True).fill(ANSWER)
            page.get_by_role("button", name="回答する").click()
            expect(page.get_by_role("status").filter(has_text="照会に回答しました。")).to_be_visible()
            expect(page.get_by_role("main")).to_contain_text(ANSWER)
            assert look_nurse.faults() == []
        first.mailed("照会に回答がありました", scene.officer.email, colleague.email)

        # What officers tell each other; a call that was made in the morning.
        first.page.reload()
        first.says(ANSWER)
        unfold(first, "申し送りを足す")
        first.page.get_by_role("textbox", name="申し送り").fill(MEMO)
        first.press("申し送りを足す")
        first.told("申し送りを足しました。")
        first.records_a_telephone_call()
        assert look.faults() == []

        # The other one takes over: asked back, told on the next page.
        second.opens(request_)
        second.says(MEMO)
        second.press("担当を引き継ぐ")
        second.heading("担当を引き継ぎます")
        second.press("担当を引き継ぐ")
        assert Claim.objects.get().user == colleague
        first.opens_the_queue()
        first.page.get_by_text("見本 二郎さんが担当を引き継ぎました。").wait_for()
        first.opens(request_)
        first.says("見本 二郎さんが担当しています")
        assert look.faults() == []

        # The nurse edits in between: the change is shown instead of what was asked for.
        request_.revise(scene.nurse, factories.content(3000), seen_version=1)
        assert second.press(CONFIRM) == 409
        second.is_shown_the_change("4,100枚", "3,000枚")
        second.field(f"確認した数量　{GLOVES}").fill("3000")
        second.press(CONFIRM)
        second.press(CONFIRM)
        second.told("都道府県の確認を記録しました。")
        assert not Claim.objects.holding(clock.now()).filter(user=colleague).exists()

        second.page.get_by_role("link", name="次の要請", exact=True).or_(
            second.page.get_by_role("link", name="前の要請", exact=True)
        ).first.click()
        second.heading(other.title)
    verbs = set(RequestEvent.objects.of(request_.pk).values_list("verb", flat=True))
    assert {Verb.ASK.value, Verb.ANSWER.value, Verb.MEMO.value, Verb.CLAIM.value} <= verbs


def test_the_ministry_accepts_the_whole_list_with_one_reason(
    live_portal: Portal, browser: Browser, scene: Scene, request_: SosRequest
) -> None:
    factories.confirm(request_)
    unconfirmed = factories.request_in(Status.UNDER_REVIEW)
    stale = factories.confirm(factories.request_in(Status.UNDER_REVIEW))
    with office(browser, live_portal, scene, scene.ministry) as (officer, look):
        officer.opens_the_queue()
        stale.revise(stale.created_by, factories.content(1500), seen_version=1)
        officer.page.get_by_label("この一覧の全件").check()
        officer.runs("受付完了にする")
        officer.heading("3件のうち1件を、受付完了にします")
        officer.says("変更前4,100枚 → 変更後1,500枚")
        assert look.faults() == []
        assert officer.press("理由を付けて、2件を受付完了にする") == 422
        expect(officer.page.get_by_role("alert")).to_be_focused()
        assert look.faults() == []
        officer.field("理由").fill("期日が迫っているため")
        officer.press("理由を付けて、2件を受付完了にする")
        officer.heading("2件を、受付完了にしました")
        assert look.faults() == []
        with officer.page.expect_download() as kept:
            officer.page.get_by_role("button", name="結果をCSVで保存").click()
        assert kept.value.suggested_filename.endswith(".csv")
    states = [SosRequest.objects.get(pk=each.pk).state for each in (request_, unconfirmed, stale)]
    assert states == [Status.ACCEPTED, Status.ACCEPTED, Status.UNDER_REVIEW]
