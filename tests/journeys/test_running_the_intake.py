"""The ministry runs the intake in a real browser; a second officer interferes, and a nurse sees each step."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from institutions.models import Role, Suspension
from requests_app.models import Campaign, CutoffChange
from requests_app.rules.transitions import Status
from sosportal.lib import clock
from sosportal.lib.jinja import jst_short
from sosportal.lib.models import OutboxMessage
from tests import factories
from tests.journeys.scene import Scene, at_work, ready
from tests.support.browser import POINTER, Looker
from tests.support.portal import Portal

pytestmark = pytest.mark.browser

ADMIN = "/admin/requests_app"
ASK = "内容を確かめる"
WHY = "配布を受けた手袋を転売したため"


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
