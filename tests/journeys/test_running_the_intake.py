"""The ministry runs the intake in a real browser; a second officer interferes, and a nurse sees each step."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from institutions.models import Role, Suspension
from requests_app.models import CalendarException, Campaign, CutoffChange, SosRequest
from requests_app.rules.transitions import Status
from sosportal.lib import clock
from sosportal.lib.business_calendar import is_business_day
from sosportal.lib.jinja import jst_short
from sosportal.lib.models import OutboxMessage
from tests import factories
from tests.journeys.at_hospital import GLOVES, TERMS, Nurse
from tests.journeys.scene import Scene, at_work, ready
from tests.support.browser import PC, PHONE, POINTER, Looker
from tests.support.portal import Portal

pytestmark = pytest.mark.browser

ADMIN = "/admin/requests_app"
ASK = "内容を確かめる"
WHY = "配布を受けた手袋を転売したため"
SOMEBODY_SAVED = "ほかの人がこの内容を更新しました"
SAVE = "この内容で保存する"


@pytest.fixture
def scene(live_portal: Portal) -> Scene:
    return ready()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_load_state()


def local(moment: datetime) -> str:
    """As the browser's input takes it."""
    return f"{clock.jst(moment):%Y-%m-%dT%H:%M}"


def ahead(days: int) -> datetime:
    return (clock.now() + timedelta(days=days)).replace(second=0, microsecond=0)


def test_a_campaign_is_changed_with_a_preview_while_a_colleague_saves(
    live_portal: Portal, scene: Scene, browser: Browser
) -> None:
    campaign = Campaign.objects.get()
    stop, close = ahead(5), ahead(9)
    with at_work(browser, live_portal, scene.ministry) as page:
        looker = Looker(page, targets=POINTER)
        page.goto(f"{live_portal.url}{ADMIN}/campaign/{campaign.pk}/change/")
        page.get_by_label("お知らせ文").fill("年末年始も受け付けます。")
        page.get_by_label("受付停止", exact=True).fill(local(close))
        page.locator("[name=campaign_items-0-stopped_at]").fill(local(stop))
        press(page, ASK)
        expect(page.get_by_role("heading", level=1)).to_have_text("受付の変更を確かめる")
        expect(page.locator(".as-read--phone")).to_contain_text("年末年始も受け付けます。")
        assert looker.faults() == []
        assert Campaign.objects.get().text_version == 1, "asked, nothing saved yet"

        colleague = factories.user(Role.MINISTRY)
        campaign.change_texts(colleague, campaign.texts() | {"notice": "ほかの人の文"})
        press(page, "この内容で保存する")
        expect(page.get_by_role("alert")).to_contain_text("ほかの人がこの内容を更新しました")
        expect(page.get_by_label("お知らせ文")).to_have_value("年末年始も受け付けます。")
        assert Campaign.objects.get().notice == "ほかの人の文"

        press(page, ASK)
        press(page, "この内容で保存する")
        assert Campaign.objects.get().notice == "年末年始も受け付けます。"
        page.goto(f"{live_portal.url}{ADMIN}/campaign/{campaign.pk}/versions/")
        expect(page.get_by_role("main")).to_contain_text("第2版から第3版への違い")
        assert looker.faults() == []
    with at_work(browser, live_portal, scene.nurse) as page:
        looker = Looker(page)
        page.goto(f"{live_portal.url}/")
        expect(page.get_by_role("main")).to_contain_text("年末年始も受け付けます。")
        expect(page.get_by_role("main")).to_contain_text(f"⑤非滅菌手袋の受付は{jst_short(stop)}までです。")
        assert looker.faults() == []
        page.goto(f"{live_portal.url}/requests/")
        expect(page.get_by_role("main")).to_contain_text(f"受付は{jst_short(close)}までです。")
        assert looker.faults() == []


def test_a_cutoff_is_moved_after_a_look_at_the_weeks_around_it(
    live_portal: Portal, scene: Scene, browser: Browser
) -> None:
    row = CutoffChange.objects.get()
    to = scene.cutoff - timedelta(hours=20)
    with at_work(browser, live_portal, scene.ministry) as page:
        looker = Looker(page, targets=POINTER)
        page.goto(f"{live_portal.url}{ADMIN}/cutoffchange/{row.pk}/change/")
        page.get_by_label("変更後の締切").fill("2020-01-01T00:00")
        press(page, ASK)
        expect(page.get_by_role("alert")).to_contain_text("入力してください")
        page.get_by_label("変更後の締切").fill(local(to))
        page.get_by_label("理由").fill("年末のため")
        press(page, ASK)
        expect(page.get_by_role("main")).to_contain_text(f"{jst_short(scene.cutoff)} → {jst_short(to)}")
        assert looker.faults() == []
        press(page, "この内容で保存する")
        expect(page.locator(".deadline")).to_contain_text(jst_short(to))
    with at_work(browser, live_portal, scene.nurse) as page:
        page.goto(f"{live_portal.url}/")
        expect(page.locator(".deadline")).to_contain_text(jst_short(to))


def test_a_colleague_moves_the_same_cutoff_first(live_portal: Portal, scene: Scene, browser: Browser) -> None:
    row = CutoffChange.objects.get()
    mine, theirs = scene.cutoff - timedelta(hours=20), scene.cutoff - timedelta(hours=10)
    with at_work(browser, live_portal, scene.ministry) as page:
        looker = Looker(page, targets=POINTER)
        page.goto(f"{live_portal.url}{ADMIN}/cutoffchange/{row.pk}/change/")
        page.get_by_label("変更後の締切").fill(local(mine))
        page.get_by_label("理由").fill("年末のため")
        press(page, ASK)
        CutoffChange.move(factories.user(Role.MINISTRY), row.regular_day, theirs, "先に変えた")
        press(page, SAVE)
        expect(page.get_by_role("alert")).to_contain_text(SOMEBODY_SAVED)
        expect(page.get_by_label("変更後の締切")).to_have_value(re.compile(local(mine)))
        expect(page.get_by_label("理由")).to_have_value("年末のため")
        expect(page.locator(".deadline")).to_contain_text(jst_short(theirs))
        assert looker.faults() == []
        assert CutoffChange.objects.get().note == "先に変えた"
        press(page, ASK)
        expect(page.get_by_role("main")).to_contain_text(f"{jst_short(theirs)} → {jst_short(mine)}")
        press(page, SAVE)
        expect(page.locator(".deadline")).to_contain_text(jst_short(mine))
    assert CutoffChange.objects.get().note == "年末のため"


def test_a_colleague_closes_the_same_day_first(live_portal: Portal, scene: Scene, browser: Browser) -> None:
    day = clock.today() + timedelta(days=30)
    while not is_business_day(day):
        day += timedelta(days=1)
    colleague = factories.user(Role.MINISTRY)
    with at_work(browser, live_portal, scene.ministry) as page:
        looker = Looker(page, targets=POINTER)
        page.goto(f"{live_portal.url}{ADMIN}/calendarexception/add/")
        page.get_by_label("日付").fill(day.isoformat())
        page.get_by_label("理由").fill("庁舎の停電")
        press(page, ASK)
        row = CalendarException.set_day(colleague, day, False, "先に閉めた")
        press(page, SAVE)
        expect(page.get_by_role("alert")).to_contain_text("すでに")
        expect(page.get_by_label("理由")).to_have_value("庁舎の停電")
        assert looker.faults() == []
        assert CalendarException.objects.get().note == "先に閉めた"

        page.goto(f"{live_portal.url}{ADMIN}/calendarexception/{row.pk}/change/")
        page.get_by_label("開庁日とする").check()
        page.get_by_label("理由").fill("停電は中止")
        press(page, ASK)
        row.set_day(colleague, day, True, "先に開けた")
        press(page, SAVE)
        expect(page.get_by_role("alert")).to_contain_text(SOMEBODY_SAVED)
        expect(page.get_by_label("開庁日とする")).to_be_checked()
        expect(page.get_by_label("理由")).to_have_value("停電は中止")
    assert CalendarException.objects.get().note == "先に開けた"


@pytest.mark.parametrize(("width", "scripts"), [(PC, True), (PHONE, False)], ids=["pc", "phone-no-scripts"])
def test_the_intake_is_stopped_and_opened_again_while_a_nurse_writes(
    live_portal: Portal, scene: Scene, browser: Browser, width: int, scripts: bool
) -> None:
    address = f"{live_portal.url}{ADMIN}/campaign/{Campaign.objects.get().pk}/change/"
    with (
        at_work(browser, live_portal, scene.ministry) as officer,
        at_work(browser, live_portal, scene.nurse, width=width, scripts=scripts) as page,
    ):
        nurse = Nurse(page, live_portal, scene)
        page.goto(f"{live_portal.url}/requests/new/{scene.hospital.code}/")
        nurse.tick(TERMS).check()
        nurse.tick(f"{GLOVES}を要請する").check()
        nurse.quantity.fill("４，１００")
        nurse.opinion.fill("夜勤の分が足りません。")

        officer.goto(address)
        until_a_minute_begins(officer)
        officer.get_by_label("受付停止", exact=True).fill(local(clock.now()))
        press(officer, ASK)
        press(officer, SAVE)
        assert not Campaign.objects.get().is_open_at(clock.now())
        assert nurse.press("保存") == 422
        nurse.refused("保存できませんでした", f"{GLOVES}は、いま受け付けていません。", "受付が始まると")
        nurse.says("いまは、どの物資の要請も受け付けていません。")
        expect(nurse.tick(f"{GLOVES}を要請する")).to_be_checked()
        expect(nurse.quantity).to_have_value("４，１００")
        expect(nurse.opinion).to_have_value("夜勤の分が足りません。")
        assert not SosRequest.objects.exists()

        officer.goto(address)
        officer.get_by_label("受付停止", exact=True).fill("")
        press(officer, ASK)
        press(officer, SAVE)
        assert nurse.press("保存") == 200
        nurse.told("下書きを保存しました。")
    content = SosRequest.objects.get().content()
    assert content.lines == {factories.gloves().pk: 4100}
    assert content.opinion == "夜勤の分が足りません。"


def until_a_minute_begins(page: Page) -> None:
    """Wait out the end of a minute: the inputs take minutes, and what lies before this one is past."""
    if (seconds := clock.now().second) > 40:
        page.wait_for_timeout(1000 * (61 - seconds))


def test_an_institution_is_suspended_and_the_suspension_lifted(
    live_portal: Portal, scene: Scene, browser: Browser
) -> None:
    request = factories.request_in(Status.UNDER_REVIEW, scene.nurse, scene.hospital)
    address = f"{live_portal.url}/admin/institutions/suspension/"
    with (
        at_work(browser, live_portal, scene.ministry) as officer,
        at_work(browser, live_portal, scene.nurse) as nurse,
    ):
        looker, hospital = Looker(officer, targets=POINTER), Looker(nurse)
        officer.goto(f"{address}add/")
        officer.get_by_label("医療機関コード").fill(scene.hospital.code)
        officer.get_by_label("理由").fill(WHY)
        press(officer, ASK)
        expect(officer.get_by_role("main")).to_contain_text(request.number)
        assert looker.faults() == []
        press(officer, "要請を停止する")
        row = Suspension.objects.get()
        assert OutboxMessage.objects.filter(to=scene.nurse.email, body__contains=WHY).count() == 1
        for path in ("/", "/requests/", f"/requests/{request.number}/"):
            nurse.goto(f"{live_portal.url}{path}")
            expect(nurse.get_by_role("region", name="要請の停止")).to_contain_text(WHY)
            assert hospital.faults() == []

        officer.goto(f"{address}{row.pk}/change/")
        officer.get_by_label("停止を解除する").check()
        officer.get_by_label("解除の理由").fill("是正を確認した")
        press(officer, ASK)
        assert looker.faults() == []
        row.lift(factories.user(Role.MINISTRY), "先に解除した")
        press(officer, "停止を解除する")
        assert Suspension.objects.get().lifted_reason == "先に解除した"
        nurse.goto(f"{live_portal.url}/")
        expect(nurse.get_by_role("region", name="要請の停止")).to_have_count(0)
