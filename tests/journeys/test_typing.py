"""What is typed into a request in a real browser: kept, looked at and gone on with, with scripts and without."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from institutions.models import Institution
from requests_app.models import SosRequest, TypedDraft
from requests_app.rules.transitions import Status
from sosportal.lib import clock
from tests import factories
from tests.journeys.scene import lay_rounds
from tests.journeys.test_request_pages import Ward, session_of
from tests.support.browser import PC, PHONE, Looker, enter, visitor
from tests.support.portal import Portal

pytestmark = pytest.mark.browser
NEW = "/requests/new/1310101230/"
QUANTITY, TICK, TERMS = "要請数量", "⑤非滅菌手袋を要請する", "上記の緊急配布条件"
LOOK = "申請できる状態か調べる"


@pytest.fixture(params=[True, False], ids=["scripts", "no_scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(params=[PC, PHONE])
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def ward(live_portal: Portal, browser: Browser) -> Iterator[Ward]:
    yield from at_the_ward(live_portal, browser, width=PHONE, scripts=True)


@pytest.fixture
def any_ward(live_portal: Portal, browser: Browser, width: int, scripts: bool) -> Iterator[Ward]:
    yield from at_the_ward(live_portal, browser, width=width, scripts=scripts)


def at_the_ward(portal: Portal, browser: Browser, *, width: int, scripts: bool) -> Iterator[Ward]:
    place = factories.institution(code="1310101230", name="架空中央病院")
    person = factories.member(place, name="見本 花子")
    factories.campaign()
    lay_rounds(clock.now())
    context = browser.new_context(java_script_enabled=scripts, viewport={"width": width, "height": 800})
    try:
        enter(context, settings.SESSION_COOKIE_NAME, session_of(person), portal.url)
        yield Ward(place, person, portal, context.new_page())
    finally:
        context.close()


def fill(page: Page, quantity: str) -> None:
    page.get_by_label(TICK).check()
    page.get_by_label(QUANTITY).fill(quantity)


def other_device(ward: Ward, browser: Browser) -> Iterator[Page]:
    with visitor(browser) as page:
        enter(page.context, settings.SESSION_COOKIE_NAME, session_of(ward.person), ward.portal.url)
        yield page


def test_the_trip_to_the_survey_loses_nothing(any_ward: Ward, scripts: bool) -> None:
    """By hand where there are no scripts: the button that leads there keeps what stands in the form first."""
    page = any_ward.page
    any_ward.open(NEW)
    fill(page, "４，１００")
    page.get_by_label("医療用物資の不足状況").fill("Sサイズが足りません。")
    page.get_by_role("button", name="調査に回答する").first.click()
    for name, figure in (("stock", "3400"), ("weekly_consumption", "4000"), ("weekly_purchase", "500")):
        page.locator(f"input[name={name}-{factories.gloves().pk}]").fill(figure)
    page.get_by_role("button", name="回答を送信する", exact=True).click()
    page.locator(f'main a[href^="{NEW}"]').first.click()
    expect(page.get_by_label(QUANTITY)).to_have_value("４，１００")
    expect(page.get_by_label("医療用物資の不足状況")).to_have_value("Sサイズが足りません。")
    page.get_by_label(TERMS).check()
    page.get_by_role("button", name="確認して申請へ").click()
    expect(page).to_have_url(re.compile(r"/submit/$"))
    page.get_by_role("button", name="完了").click()
    expect(page.get_by_text("緊急配布要請を受け付けました。")).to_be_visible()
    assert SosRequest.objects.get().state is Status.UNDER_REVIEW
    assert not TypedDraft.objects.exists()


def test_boxes_are_filled_in_by_one_press(any_ward: Ward) -> None:
    page = any_ward.page
    any_ward.open(NEW)
    fill(page, "33箱")
    page.get_by_role("button", name=LOOK).click()
    page.get_by_role("button", name="3,300枚にする").click()
    expect(page.get_by_label(QUANTITY)).to_have_value("3,300")
    expect(page.get_by_text("＝33箱")).to_be_visible()


def test_the_suggested_quantity_stands_with_its_sum_and_is_filled_in_by_one_press(any_ward: Ward) -> None:
    page = any_ward.page
    any_ward.answer()
    any_ward.open(NEW)
    suggested = page.get_by_role("button", name=re.compile("枚を入れる$"))
    amount = suggested.inner_text().removesuffix("枚を入れる")
    expect(page.locator(".suggest").first).to_contain_text(f"めやす {amount}枚")
    expect(page.locator(".suggest__sum").first).to_contain_text("2週分")
    suggested.click()
    expect(page.get_by_label(QUANTITY)).to_have_value(amount)
    expect(page.get_by_label(TICK)).to_be_checked()


def test_typing_is_kept_and_shows_what_it_comes_to(ward: Ward, browser: Browser) -> None:
    page = ward.page
    ward.answer()
    ward.open(NEW)
    fill(page, "4100")
    expect(page.get_by_text("＝41箱", exact=True)).to_be_visible()
    expect(page.locator("#live-draft")).to_contain_text("入力を控えました")
    expect(page.locator("#live-check")).to_contain_text("足りないものはありません。")
    page.get_by_label(QUANTITY).fill("33箱")
    expect(page.get_by_role("button", name="3,300枚にする")).to_be_visible()
    for other in other_device(ward, browser):
        other.goto(f"{ward.portal.url}{NEW}")
        other.get_by_role("link", name="続きから").click()
        expect(other.get_by_label(QUANTITY)).to_have_value("33箱")
        # The first device types on; the second is told and sees both.
        page.get_by_label(QUANTITY).fill("700")
        expect(page.get_by_text("＝7箱")).to_be_visible()
        other.get_by_label(QUANTITY).fill("800")
        other.get_by_role("button", name="両方の入力を見る").click()
        table = other.get_by_role("table")
        expect(table).to_contain_text("700")
        expect(table).to_contain_text("800")
        expect(other.get_by_label(QUANTITY)).to_have_value("800")


def test_the_page_says_which_it_does_and_what_was_refused_can_be_gone_on_with(
    any_ward: Ward, scripts: bool, browser: Browser
) -> None:
    """Without scripts nothing is kept by itself, and nothing says so: a save is, even one that is refused."""
    page = any_ward.page
    any_ward.open(NEW)
    by_itself, by_hand = page.get_by_text("自動で控えます"), page.get_by_text("自動では控えません")
    expect(by_itself if scripts else by_hand).to_be_visible()
    expect(by_hand if scripts else by_itself).to_have_count(0)
    fill(page, "4100")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("チェック")
    expect(page.locator("#live-draft")).to_contain_text("入力を控えました。まだ保存していません。")
    for other in other_device(any_ward, browser):
        other.goto(f"{any_ward.portal.url}{NEW}")
        other.get_by_role("link", name="続きから").click()
        expect(other.get_by_label(QUANTITY)).to_have_value("4100")
    page.get_by_label(TERMS).check()
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_text("下書きを保存しました。")).to_be_visible()
    for other in other_device(any_ward, browser):
        other.goto(any_ward.portal.url)
        other.get_by_role("link", name="要請を開く").click()
        other.get_by_role("link", name="編集").click()
        expect(other.get_by_label(QUANTITY)).to_have_value("4,100")
    assert not TypedDraft.objects.exists()


def test_leaving_at_once_keeps_the_last_words(ward: Ward) -> None:
    ward.open(NEW)
    fill(ward.page, "1234")
    ward.open("/requests/")
    ward.open(NEW)
    ward.page.get_by_role("link", name="続きから").click()
    expect(ward.page.get_by_label(QUANTITY)).to_have_value("1234")
    ward.page.get_by_role("button", name="破棄").click()
    expect(ward.page.get_by_text("入力の途中のものを破棄しました。")).to_be_visible()
    expect(ward.page.get_by_label(QUANTITY)).to_have_value("")


def offered(ward: Ward) -> None:
    ward.open(NEW)
    fill(ward.page, "1234")
    expect(ward.page.locator("#live-draft")).to_contain_text("入力を控えました")
    ward.open(NEW)


def gone_on_with(ward: Ward) -> None:
    offered(ward)
    ward.page.get_by_role("link", name="続きから").click()


def asked_back(ward: Ward) -> None:
    Institution.objects.filter(pk=ward.place.pk).update(email="")
    ward.open(NEW)
    fill(ward.page, "33箱")
    ward.page.get_by_role("button", name=LOOK).click()


def from_earlier(ward: Ward) -> None:
    ward.request_in(Status.UNDER_REVIEW)
    ward.open(NEW)
    ward.page.get_by_role("link", name="前の要請").click()


def both(ward: Ward) -> None:
    offered(ward)
    fill(ward.page, "2000")
    ward.page.get_by_role("button", name="両方の入力を見る").click()


@pytest.mark.parametrize(
    "state", [offered, gone_on_with, asked_back, from_earlier, both], ids=lambda state: state.__name__
)
def test_every_state(ward: Ward, state: Callable[[Ward], None]) -> None:
    looker = Looker(ward.page)
    state(ward)
    assert looker.faults() == []
