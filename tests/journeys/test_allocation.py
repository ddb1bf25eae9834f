"""配布の決定 in the browser: two proposals, a decision, and second officers who interfere; then what hospitals read."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from institutions.models import Role
from requests_app.models import AllocationDecision, LineOutcome, SosRequest
from requests_app.rules.allocation import Rule
from sosportal.lib import clock
from sosportal.lib.models import OutboxMessage
from tests import factories
from tests.journeys.at_office import Officer
from tests.journeys.scene import LONG_NAME, Scene, at_work, ready
from tests.requests_app.allocation import rounds
from tests.support.browser import PC, PHONE, POINTER, Looker
from tests.support.portal import Portal

pytestmark = pytest.mark.browser

LIST = "/admin/requests_app/allocationdecision/"
STALE = "まだ何も決めていません"


def accepted(scene: Scene, *quantities: int, hours: int = 3) -> list[SosRequest]:
    """Accepted requests of this week: the scene's hospital first, then one in Osaka with a long name."""
    places = [scene.hospital, factories.institution(factories.OSAKA, name=LONG_NAME)]
    begun = clock.now() - timedelta(hours=hours)
    stocks = [100 * n for n in range(1, len(quantities) + 1)]
    return rounds.accepted(quantities, stocks=stocks, places=places, now=begun)


def begins(page: Page, portal: Portal, available: str) -> None:
    """From the list to two proposals."""
    page.goto(f"{portal.url}{LIST}")
    page.get_by_role("link", name=re.compile("配布を決める")).click()
    page.get_by_label("配布できる数量").fill(available)
    page.get_by_role("button", name="2つの案を作る").click()
    expect(page.get_by_role("heading", name="2つの案")).to_be_visible()


@pytest.mark.parametrize(("width", "scripts"), [(PC, True), (PHONE, False)], ids=["pc", "phone-no-scripts"])
def test_two_proposals_a_decision_and_others_who_interfere(
    live_portal: Portal, browser: Browser, width: int, scripts: bool
) -> None:
    scene = ready()
    first, second, third, tiny = accepted(scene, 400, 1000, 900, 50)
    colleague = factories.user(Role.MINISTRY, name="見本 四郎")
    with (
        at_work(browser, live_portal, scene.ministry, width=width, scripts=scripts) as page,
        at_work(browser, live_portal, colleague, width=width, scripts=scripts) as other,
    ):
        officer = Officer(page, live_portal, scene)
        begins(page, live_portal, "１，２５０")
        begins(other, live_portal, "500")
        table = page.get_by_role("table", name="2つの案の結果")
        expect(table).to_contain_text("1,200枚（12箱）")
        expect(table).to_contain_text("50枚は、1箱に満たないため配れません。")
        assert officer.press("案Bで進める") == 200
        officer.heading("理由を確かめて、配布を決める")
        first_row = page.get_by_label(re.compile("^要請番号")).first
        first_row.fill("2611-9999")
        assert officer.press("次へ：決める内容を確かめる") == 422
        expect(page.get_by_role("alert")).to_contain_text("この決定の対象にありません")
        expect(page.get_by_role("alert")).to_be_focused()
        expect(first_row).to_have_value("2611-9999")
        first_row.fill(first.number)
        page.get_by_label(re.compile("^配布の数量")).first.fill("３００")
        page.get_by_label(re.compile("^理由（1件目）")).first.fill("入荷の予定があるため（電話で確認済み）。")
        assert officer.press("次へ：決める内容を確かめる") == 200
        officer.heading("4件に、配布の決定をします")
        officer.says("300枚（3箱）")
        assert not AllocationDecision.objects.exists()

        (late,) = rounds.accepted([700], now=clock.now() - timedelta(hours=1))
        assert officer.press("4件の配布を決定する") == 409
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text(STALE)
        expect(alert).to_contain_text(late.number)
        assert not AllocationDecision.objects.exists()
        expect(page.get_by_label(re.compile("^要請番号")).first).to_have_value(first.number)
        assert officer.press("次へ：決める内容を確かめる") == 200
        assert officer.press("5件の配布を決定する") == 200
        officer.told("配布を決定しました。")
        officer.says("1枚まで一致しています")
        made = AllocationDecision.objects.get()
        page.reload()
        assert AllocationDecision.objects.count() == 1

        desk = Officer(other, live_portal, scene)
        assert desk.press("案Aで進める") == 409
        expect(other.get_by_role("alert")).to_contain_text("国 見本 三郎")
        expect(other.get_by_role("alert")).to_contain_text(first.number)
    given = {
        each.line.request_id: each
        for each in LineOutcome.objects.filter(decision=made).select_related("line")
    }
    assert [given[each.pk].quantity for each in (first, second, third, tiny)] == [300, 900, 0, 0]
    told = OutboxMessage.objects.filter(subject__contains="配布を決定しました")
    assert {scene.hospital.email, scene.nurse.email} & {mail.to for mail in told}
    assert "入荷の予定があるため" in told.get(to=scene.hospital.email).body

    with at_work(browser, live_portal, scene.nurse, width=width, scripts=scripts) as page:
        page.goto(f"{live_portal.url}/requests/{first.number}/")
        expect(page.get_by_role("heading", name="配布の決定", exact=True)).to_be_visible()
        expect(page.get_by_role("main")).to_contain_text("減量　300枚（3箱）")
        expect(page.get_by_role("main")).to_contain_text("入荷の予定があるため（電話で確認済み）。")
        expect(page.get_by_role("main")).to_contain_text("受付完了")


def test_every_state_of_the_pages_is_for_everybody(live_portal: Portal, browser: Browser) -> None:
    scene = ready()
    faults: dict[str, object] = {}
    with at_work(browser, live_portal, scene.ministry) as page:
        looker = Looker(page, targets=POINTER)
        officer = Officer(page, live_portal, scene)

        def look(state: str) -> None:
            if found := looker.faults():
                faults[state] = found

        page.goto(f"{live_portal.url}{LIST}")
        look("nothing waits")
        first, second = accepted(scene, 400, 1000)
        page.goto(f"{live_portal.url}{LIST}")
        look("list")
        page.get_by_role("link", name=re.compile("配布を決める")).click()
        look("before the quantity")
        page.get_by_label("配布できる数量").fill("たくさん")
        officer.press("2つの案を作る")
        look("quantity refused")
        page.get_by_label("配布できる数量").fill("750")
        page.get_by_label("案Bの決め方").select_option(label="全量配布")
        officer.press("2つの案を作る")
        look("a rule that can't divide")
        page.get_by_label("案Bの決め方").select_option(label="抽選")
        officer.press("2つの案を作る")
        look("two proposals")
        officer.press("案Bで進める")
        look("reasons")
        page.get_by_label(re.compile("^要請番号")).first.fill("x")
        officer.press("次へ：決める内容を確かめる")
        look("refused")
        page.get_by_label(re.compile("^要請番号")).first.fill("")
        officer.press("次へ：決める内容を確かめる")
        look("asks")
        rounds.decide(700, Rule.LOTTERY, cutoff=scene.cutoff, now=clock.now())
        officer.press("2件の配布を決定する")
        look("decided by somebody else")
        page.goto(f"{live_portal.url}{LIST}{AllocationDecision.objects.get().pk}/change/")
        look("report")
        page.goto(f"{live_portal.url}/admin/requests_app/sosrequest/{second.pk}/change/")
        look("review")
    with at_work(browser, live_portal, scene.nurse) as page:
        looker = Looker(page)
        for path in (f"/requests/{first.number}/", f"/requests/{first.number}/print/"):
            page.goto(f"{live_portal.url}{path}")
            if found := looker.faults():
                faults[path] = found
    assert not faults, faults
