"""Operators and the ministry at work on institutions and people, in a real browser, without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from institutions.models import Institution, Role, Suspension, User
from sosportal.lib import clock
from sosportal.lib.models import OutboxMessage
from tests import factories
from tests.journeys.scene import LONG_NAME, at_work
from tests.support.browser import POINTER, Looker
from tests.support.portal import Portal

pytestmark = pytest.mark.browser

ADMIN = "/admin/institutions"
ASK = "内容を確かめる"


@pytest.fixture
def place(live_portal: Portal) -> Institution:
    return factories.institution(name=LONG_NAME)


@pytest.fixture
def operator(live_portal: Portal) -> User:
    return factories.user(Role.OPERATOR, username="unyo")


@pytest.fixture
def ministry(live_portal: Portal) -> User:
    return factories.user(Role.MINISTRY, username="kuni")


def save(page: Page, name: str = "保存") -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_an_operator_creates_a_person_and_sends_the_link_again(
    live_portal: Portal, place: Institution, operator: User, browser: Browser
) -> None:
    with at_work(browser, live_portal, operator, scripts=False) as page:
        page.goto(f"{live_portal.url}{ADMIN}/user/add/")
        save(page)
        expect(page.get_by_role("alert")).to_contain_text("ユーザー名を入力してください。")
        page.get_by_label("ユーザー名").fill("ｎｅｗ-nurse")
        page.get_by_label("氏名").fill("見本 花子")
        page.get_by_label("メールアドレス").fill("nurse@example.jp")
        page.get_by_label("役割").select_option("医療機関担当者")
        page.get_by_label("医療機関コード（1行目）").fill(place.code)
        save(page)
        expect(page.get_by_text("nurse@example.jpに、パスワードを設定するメールを送ります。")).to_be_visible()
        person = User.objects.get(username="new-nurse")
        assert person.institution_ids == {place.pk}

        page.goto(f"{live_portal.url}{ADMIN}/user/?q=new-nurse")
        page.locator("input[name=_selected_action]").check()
        page.get_by_label("操作").select_option("パスワードを設定するメールを送る")
        page.get_by_role("button", name="実行").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("パスワードを設定するメールを送る")
        page.get_by_role("button", name="送る").click()
        expect(page.get_by_text("1人に、パスワードを設定するメールを送ります。")).to_be_visible()
        assert OutboxMessage.objects.filter(to="nurse@example.jp").count() == 2


def test_the_ministry_suspends_and_lifts(
    live_portal: Portal, place: Institution, ministry: User, browser: Browser
) -> None:
    with at_work(browser, live_portal, ministry, scripts=False) as page:
        page.goto(f"{live_portal.url}{ADMIN}/institution/{place.pk}/change/")
        page.get_by_role("link", name="要請を停止する").click()
        page.get_by_label("理由").fill("転売が確認されたため")
        save(page, ASK)
        expect(page.get_by_role("heading", level=1)).to_have_text("要請を停止します")
        assert not Suspension.objects.exists()
        save(page, "要請を停止する")
        page.goto(f"{live_portal.url}{ADMIN}/institution/{place.pk}/change/")
        page.get_by_role("link", name="から停止中").click()
        page.get_by_label("停止を解除する").check()
        page.get_by_label("解除の理由").fill("是正を確認した")
        save(page, ASK)
        save(page, "停止を解除する")
        page.goto(f"{live_portal.url}{ADMIN}/institution/{place.pk}/change/")
        expect(page.get_by_text("停止していません。")).to_be_visible()
        assert place.suspension_at(clock.now()) is None


def test_the_pages_stand_up_to_every_eye_and_width(
    live_portal: Portal, place: Institution, operator: User, ministry: User, browser: Browser
) -> None:
    nurse = factories.member(place)
    factories.member(place, is_active=False)
    row = Suspension.objects.create(institution=place, reason="転売のため", suspended_from=clock.now())
    pages = {
        operator: [
            "/institution/",
            "/institution/?prefecture__code__exact=13",
            f"/institution/{place.pk}/change/",
            "/institution/add/",
            "/user/",
            f"/user/{nurse.pk}/change/",
            "/user/add/",
        ],
        ministry: [
            f"/institution/{place.pk}/change/",
            "/suspension/",
            "/suspension/add/",
            f"/suspension/{row.pk}/change/",
            f"/user/{nurse.pk}/change/",
            "/prefecture/",
        ],
    }
    faults = {}
    for person, paths in pages.items():
        with at_work(browser, live_portal, person) as page:
            looker = Looker(page, targets=POINTER)
            for path in paths:
                page.goto(f"{live_portal.url}{ADMIN}{path}")
                faults[person.username, path] = looker.faults()
                if path.endswith("/add/"):
                    save(page, ASK if "suspension" in path else "保存")
                    faults[person.username, f"{path} refused"] = looker.faults()
    assert {place: found for place, found in faults.items() if found} == {}
