"""代理入力 in the browser: an officer enters for a hospital that telephoned, a clerk for two clinics in two tabs; the
hospital reads who entered, and who entered doesn't confirm."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from institutions.models import Institution, Membership, Role, User
from requests_app.models import RequestEvent, SosRequest
from requests_app.rules.transitions import Status
from surveys.models import SurveyEvent, SurveyResponse
from tests import factories
from tests.journeys.at_hospital import APPLY, GLOVES, RECEIVED, TERMS, Nurse
from tests.journeys.at_office import CONFIRM, Officer
from tests.journeys.scene import Scene, at_work, ready
from tests.support.browser import FINGER, PC, PHONE, POINTER, Looker
from tests.support.portal import Portal

pytestmark = pytest.mark.browser

REASON = "電話で依頼（見本 花子さん）"
OFFICER = "代理：東京都 見本 一郎"
CLERK = "代理：架空市医師会 佐藤"


@pytest.fixture
def scene(live_portal: Portal) -> Scene:
    return ready()


def band(page: Page) -> Locator:
    """The line that says for whom one enters."""
    return page.get_by_role("region", name="代理入力")


def stands(page: Page, *, targets: int = FINGER) -> None:
    """Nothing is wrong with the page as it is, neither wide nor narrow."""
    assert Looker(page, targets=targets).faults() == []


def begins(page: Page, reason: str = REASON) -> None:
    """Say why, on the page that asks for it."""
    page.get_by_label("代理で入力する理由").fill(reason)
    page.get_by_role("button", name="代理入力を始める").click()


def types_the_survey(form: Nurse, stock: str) -> None:
    form.survey_figure("在庫量").fill(stock)
    form.survey_figure("1週間の想定消費量").fill("4,000")
    form.survey_figure("1週間の購入見込み量").fill("500")


def types_a_request(form: Nurse, quantity: str = "4,100") -> None:
    form.tick(TERMS).check()
    form.tick(f"{GLOVES}を要請する").check()
    form.quantity.fill(quantity)


def saves_and_applies(form: Nurse) -> SosRequest:
    form.press("保存")
    form.told("下書きを保存しました。")
    form.follow(APPLY)
    form.press("完了")
    form.told(RECEIVED)
    return SosRequest.objects.latest("pk")


@pytest.mark.parametrize(("scripts", "width"), [(True, PC), (False, PHONE)])
def test_an_officer_enters_for_a_hospital_that_telephoned(
    live_portal: Portal, scene: Scene, browser: Browser, scripts: bool, width: int
) -> None:
    place = scene.hospital
    with at_work(browser, live_portal, scene.officer, width=width, scripts=scripts) as page:
        form, desk = Nurse(page, live_portal, scene), Officer(page, live_portal, scene)
        page.goto(f"{live_portal.url}/admin/institutions/institution/{place.pk}/change/")
        expect(band(page)).to_have_count(0)
        form.follow("代理で調査に回答する")
        form.heading("代理で調査に回答する")
        form.press("代理入力を始める")
        form.refused("まだ始めていません")
        begins(page)
        form.heading("個人防護具備蓄状況調査（週次調査）")
        expect(band(page)).to_contain_text(f"代理入力中：{place.name}")
        expect(band(page)).to_contain_text(REASON)
        if scripts:
            stands(page)
        types_the_survey(form, "2,400")
        form.press("回答を送信する")
        form.told("回答を受け付けました。")
        form.says(OFFICER)

        page.goto(f"{live_portal.url}/admin/")
        expect(band(page)).to_contain_text(f"代理入力中：{place.name}")
        if scripts:
            stands(page, targets=POINTER)
        band(page).get_by_role("link", name="要請を作成").click()
        types_a_request(form)
        request = saves_and_applies(form)
        form.says(f"{OFFICER}さん（{REASON}）")

        page.goto(f"{live_portal.url}/admin/requests_app/sosrequest/{request.pk}/change/")
        desk.says("確認と受付は、ほかの担当者が行います。")
        desk.says(OFFICER)
        expect(page.get_by_role("button", name=CONFIRM, exact=True)).to_have_count(0)
        if scripts:
            stands(page, targets=POINTER)
        desk.opens_the_queue()
        desk.ticks(request)
        desk.runs("都道府県の確認をまとめて記録する")
        desk.heading("確認を記録できる要請がありません")
        desk.says("この要請は、あなたが代理で入力しています。")

        page.goto(f"{live_portal.url}/admin/requests_app/sosrequest/{request.pk}/change/")
        page.get_by_role("link", name="代理入力の画面へ").click()
        form.heading(request.title)
        desk.press("代理入力を終える")
        form.heading("管理サイト")
        expect(band(page)).to_have_count(0)
        page.goto(f"{live_portal.url}/requests/{request.number}/")
        form.heading("管理サイト")

    with at_work(browser, live_portal, scene.nurse, width=width, scripts=scripts) as page:
        form = Nurse(page, live_portal, scene)
        for path in (f"/requests/{request.number}/", f"/requests/{request.number}/print/"):
            page.goto(f"{live_portal.url}{path}")
            form.says(OFFICER)
            form.says(REASON)
        for path in (f"/survey/{place.code}/", f"/survey/{place.code}/history/"):
            page.goto(f"{live_portal.url}{path}")
            form.says(OFFICER)
        expect(band(page)).to_have_count(0)

    another = factories.user(Role.PREFECTURE, name="見本 次郎")
    with at_work(browser, live_portal, another, width=width, scripts=scripts) as page:
        desk = Officer(page, live_portal, scene)
        desk.opens(request)
        desk.press(CONFIRM)
        desk.heading("都道府県の確認を記録します")
        desk.press(CONFIRM)
        desk.told("都道府県の確認を記録しました。")


def association() -> tuple[User, Institution, Institution]:
    """A clerk of an association, and the two clinics it enters for."""
    first, second = factories.institution(name="架空東診療所"), factories.institution(name="架空西診療所")
    clerk = factories.member(first, second, name="架空市医師会 佐藤")
    Membership.objects.filter(user=clerk).update(as_proxy=True)
    return clerk, first, second


def test_a_clerk_enters_for_two_clinics_in_two_tabs(
    live_portal: Portal, scene: Scene, browser: Browser
) -> None:
    clerk, *clinics = association()
    with at_work(browser, live_portal, clerk) as page:
        tabs = [Nurse(each, live_portal, scene) for each in (page, page.context.new_page())]
        for tab, clinic in zip(tabs, clinics, strict=True):
            tab.page.goto(f"{live_portal.url}/survey/{clinic.code}/")
            begins(tab.page, f"{clinic.name}から電話")
            types_the_survey(tab, "2,400")
        for tab, clinic in zip(tabs, clinics, strict=True):
            expect(band(tab.page)).to_contain_text(f"代理入力中：{clinic.name}")
            tab.press("回答を送信する")
            tab.told("回答を受け付けました。")
            tab.says(clinic.name)
            tab.page.goto(f"{live_portal.url}/requests/new/{clinic.code}/")
            types_a_request(tab)
        for tab, clinic in zip(tabs, clinics, strict=True):
            request = saves_and_applies(tab)
            assert request.institution == clinic
            assert request.state is Status.UNDER_REVIEW
            told = RequestEvent.objects.filter(request_id=request.pk)
            assert {(each.actor_text, each.proxy_reason) for each in told} == {
                (CLERK, f"{clinic.name}から電話")
            }
        for clinic in clinics:
            answered = SurveyEvent.objects.get(response_id=SurveyResponse.objects.get(institution=clinic).pk)
            assert (answered.actor_text, answered.proxy_reason) == (CLERK, f"{clinic.name}から電話")

    for clinic in clinics:
        with at_work(browser, live_portal, factories.member(clinic)) as page:
            page.goto(f"{live_portal.url}/requests/{SosRequest.objects.get(institution=clinic).number}/")
            expect(page.get_by_role("main")).to_contain_text(f"{CLERK}さん（{clinic.name}から電話）")


def test_an_entry_ended_in_the_other_tab_loses_nothing_typed(
    live_portal: Portal, scene: Scene, browser: Browser
) -> None:
    clerk, clinic, other = association()
    with at_work(browser, live_portal, clerk, width=PHONE) as page:
        form = Nurse(page, live_portal, scene)
        for place in (other, clinic):
            page.goto(f"{live_portal.url}/requests/new/{place.code}/")
            begins(page)
        types_a_request(form, "7,300")
        second = page.context.new_page()
        second.goto(f"{live_portal.url}/")
        for place in (clinic, other):
            expect(band(second)).to_contain_text(f"代理入力中：{place.name}")
        stands(second)
        second.get_by_role("button", name="すべて終える").click()
        expect(band(second)).to_have_count(0)

        assert form.press("保存") == 422
        form.refused("保存できませんでした", "代理で入力する理由を、はじめの画面で入力してください。")
        expect(form.quantity).to_have_value("7,300")
        stands(page)
        with page.context.expect_page() as opened:
            band(page).get_by_role("link", name="代理で入力する理由を入力する").click()
        begins(opened.value, "もう一度、電話で依頼")
        expect(band(opened.value)).to_contain_text(clinic.name)
        form.press("保存")
        form.told("下書きを保存しました。")
        request = SosRequest.objects.get()
        assert request.institution == clinic
        assert request.events()[0].proxy_reason == "もう一度、電話で依頼"
