"""The request pages and home in a real browser, in every state: without fault, on a PC and on a phone.

With SCREENSHOTS=DIR in the environment each state is kept there as a picture.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from institutions.models import Institution, Membership, Role, Suspension, User
from requests_app.models import Campaign, CampaignItem, Content, SosRequest
from requests_app.rules.transitions import Status
from sosportal.lib import clock
from surveys.models import Figures, Item
from tests import factories
from tests.journeys.scene import lay_rounds
from tests.support.browser import HEIGHT, PC, PHONE, Looker, enter, visitor
from tests.support.portal import Portal

pytestmark = pytest.mark.browser


@dataclass
class Ward:
    """A hospital, somebody who enters for it, and a browser in which they are logged in."""

    place: Institution
    person: User
    portal: Portal
    page: Page

    def open(self, path: str) -> None:
        self.page.goto(f"{self.portal.url}{path}")

    def detail(self, request: SosRequest, more: str = "") -> None:
        self.open(f"/requests/{request.number}/{more}")

    def request_in(self, status: Status, quantity: int = 4100) -> SosRequest:
        return factories.request_in(status, self.person, self.place, quantity=quantity)

    def answer(self) -> None:
        factories.answer(self.person, self.place)


def session_of(person: User) -> str:
    """The value of the session cookie of somebody who is logged in."""
    client = Client()
    client.force_login(person)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture
def ward(live_portal: Portal, browser: Browser) -> Iterator[Ward]:
    place = factories.institution(code="1310101230", name="架空中央病院")
    person = factories.member(place, name="見本 花子")
    factories.campaign()
    lay_rounds(clock.now())
    with visitor(browser) as page:
        enter(page.context, settings.SESSION_COOKIE_NAME, session_of(person), live_portal.url)
        yield Ward(place, person, live_portal, page)


# --- Every state of every page -------------------------------------------------------------------------------------


def home_with_nothing(ward: Ward) -> None:
    ward.answer()
    ward.open("/")


def home_with_all(ward: Ward) -> None:
    for status in Status:
        ward.request_in(status)
    Membership.objects.create(
        user=ward.person, institution=factories.institution(name="架空みなと医療福祉センター附属診療所")
    )
    ward.open("/")


def list_empty(ward: Ward) -> None:
    ward.open("/requests/")


def list_full(ward: Ward) -> None:
    for status in Status:
        ward.request_in(status)
    ward.open("/requests/?sort=-status")


def list_of_pages(ward: Ward) -> None:
    for _ in range(41):
        factories.draft(ward.person, ward.place)
    ward.open("/requests/?view=all&page=2")


def list_nothing_found(ward: Ward) -> None:
    ward.open("/requests/?q=どこにもない言葉")


def list_while_closed(ward: Ward) -> None:
    Campaign.objects.update(closes_at=clock.now())
    ward.open("/requests/?view=recent")


def choice_of_an_institution(ward: Ward) -> None:
    Membership.objects.create(user=ward.person, institution=factories.institution(name="架空みなと診療所"))
    ward.open("/requests/new/")


def new_while_closed(ward: Ward) -> None:
    Campaign.objects.update(closes_at=clock.now())
    ward.open("/requests/new/1310101230/")


def new_without_answer(ward: Ward) -> None:
    ward.open("/requests/new/1310101230/")


def new_with_suggestion(ward: Ward) -> None:
    Institution.objects.filter(pk=ward.place.pk).update(email="")
    ward.answer()
    ward.open("/requests/new/1310101230/")


def new_for_all_items(ward: Ward) -> None:
    CampaignItem.objects.bulk_create(
        CampaignItem(campaign=Campaign.objects.get(), item=item) for item in Item.objects.exclude(order=5)
    )
    ward.open("/requests/new/1310101230/")


def new_refused(ward: Ward) -> None:
    ward.answer()
    ward.open("/requests/new/1310101230/")
    ward.page.get_by_label("⑤非滅菌手袋を要請する").check()
    ward.page.get_by_label("要請数量").fill("41箱")
    ward.page.get_by_role("button", name="保存").click()


def edit_of_a_draft(ward: Ward) -> None:
    ward.answer()
    ward.detail(factories.draft(ward.person, ward.place), "edit/")


def edit_under_review(ward: Ward) -> None:
    request = ward.request_in(Status.UNDER_REVIEW)
    request.note(factories.user(Role.PREFECTURE), "電話で確認しました。", seen_revision=request.revision)
    CampaignItem.objects.update(stopped_at=clock.now())
    ward.detail(request, "edit/")


def edit_in_two_tabs(ward: Ward) -> None:
    request = factories.draft(ward.person, ward.place)
    ward.detail(request, "edit/")
    request.revise(ward.person, factories.content(2000, "ほかの画面で書いた意見\n2行目"), seen_version=1)
    ward.page.get_by_label("要請数量").fill("5,000")
    ward.page.get_by_label("医療用物資の不足状況").fill("この画面で書いた意見")
    ward.page.get_by_role("button", name="保存").click()


def edit_too_late(ward: Ward) -> None:
    request = ward.request_in(Status.UNDER_REVIEW)
    ward.detail(request, "edit/")
    factories.accept(request)
    ward.page.get_by_label("医療用物資の不足状況").fill("書いているあいだに受付が完了しました。")
    ward.page.get_by_role("button", name="保存").click()


def new_sent_twice(ward: Ward) -> None:
    ward.open("/requests/new/1310101230/")
    token = ward.page.locator("input[name=token]").input_value()
    ward.page.get_by_label("上記の緊急配布条件").check()
    ward.page.get_by_role("button", name="保存").click()
    ward.open("/requests/new/1310101230/")
    # As after the browser's back button: the old token with new words.
    ward.page.locator("input[name=token]").evaluate("(field, token) => { field.value = token }", token)
    ward.page.get_by_label("上記の緊急配布条件").check()
    ward.page.get_by_label("医療用物資の不足状況").fill("あとから直した言葉")
    ward.page.get_by_role("button", name="保存").click()


def detail_of_a_draft(ward: Ward) -> None:
    ward.detail(factories.draft(ward.person, ward.place))


def detail_of_a_sound_draft_just_saved(ward: Ward) -> None:
    ward.answer()
    ward.open("/requests/new/1310101230/")
    ward.page.get_by_label("上記の緊急配布条件").check()
    ward.page.get_by_label("⑤非滅菌手袋を要請する").check()
    ward.page.get_by_label("要請数量").fill("４，１００枚")
    ward.page.get_by_role("button", name="保存").click()


def detail_with_every_failure(ward: Ward) -> None:
    now = clock.now()
    ward.request_in(Status.UNDER_REVIEW, 2000)
    Institution.objects.filter(pk=ward.place.pk).update(email="", telephone="")
    Suspension.objects.create(
        institution=ward.place, reason="転売の疑いがあるため", suspended_from=now - timedelta(days=2)
    )
    gloves = factories.gloves().pk
    factories.answer(ward.person, ward.place, {gloves: Figures(90_000, 0, 500)})
    masks = Item.objects.get(order=1).pk
    content = Content(True, {gloves: 4150, masks: None}, "S・Mサイズの納品が2週続けて遅れています。")
    request = SosRequest.create_draft(ward.person, ward.place, content)
    ward.detail(request.submit(ward.person, seen_version=1))


def detail_of_an_error_mended_since(ward: Ward) -> None:
    request = ward.request_in(Status.ERROR)
    ward.answer()
    ward.detail(request)


def detail_under_review_just_applied(ward: Ward) -> None:
    ward.answer()
    ward.detail(factories.draft(ward.person, ward.place), "submit/")
    ward.page.get_by_role("button", name="完了").click()


def detail_under_review_with_warnings(ward: Ward) -> None:
    ward.request_in(Status.UNDER_REVIEW, 2000)
    ward.detail(ward.request_in(Status.UNDER_REVIEW, 4150))


def detail_confirmed(ward: Ward) -> None:
    request = ward.request_in(Status.UNDER_REVIEW)
    officer = factories.user(Role.PREFECTURE)
    request = request.log_telephone(officer, whom="院長", what="在庫を聞きました")
    request.confirm(
        officer,
        {factories.gloves().pk: 3500},
        "11/27に600枚の納品予定があるため、\n3,500枚で国へ送ります。",
        seen_revision=request.revision,
    )
    ward.detail(request)


def detail_accepted(ward: Ward) -> None:
    ward.detail(ward.request_in(Status.ACCEPTED))


def question(ward: Ward) -> None:
    ward.answer()
    ward.detail(factories.draft(ward.person, ward.place), "submit/")


def question_anew(ward: Ward) -> None:
    request = factories.draft(ward.person, ward.place)
    ward.detail(request, "submit/")
    request.revise(ward.person, factories.content(2000, "書き足しました"), seen_version=1)
    ward.page.get_by_role("button", name="完了").click()


def sheet_of_a_draft(ward: Ward) -> None:
    ward.detail(factories.draft(ward.person, ward.place), "print/")


def sheet_confirmed(ward: Ward) -> None:
    detail_confirmed(ward)
    ward.page.get_by_role("link", name="印刷用に表示").click()


STATES: list[Callable[[Ward], None]] = [
    home_with_nothing,
    home_with_all,
    list_empty,
    list_full,
    list_of_pages,
    list_nothing_found,
    list_while_closed,
    choice_of_an_institution,
    new_while_closed,
    new_without_answer,
    new_with_suggestion,
    new_for_all_items,
    new_refused,
    new_sent_twice,
    edit_of_a_draft,
    edit_under_review,
    edit_in_two_tabs,
    edit_too_late,
    detail_of_a_draft,
    detail_of_a_sound_draft_just_saved,
    detail_with_every_failure,
    detail_of_an_error_mended_since,
    detail_under_review_just_applied,
    detail_under_review_with_warnings,
    detail_confirmed,
    detail_accepted,
    question,
    question_anew,
    sheet_of_a_draft,
    sheet_confirmed,
]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_every_state_of_every_page(ward: Ward, state: Callable[[Ward], None]) -> None:
    looker = Looker(ward.page)
    state(ward)
    if directory := os.environ.get("SCREENSHOTS"):
        for width in (PHONE, PC):
            ward.page.set_viewport_size({"width": width, "height": HEIGHT})
            ward.page.screenshot(path=str(Path(directory) / f"{state.__name__}-{width}.png"), full_page=True)
    assert looker.faults() == []


# --- What only a browser shows ----------------------------------------------------------------------------------------


def test_after_a_refusal_the_summary_has_the_focus_and_leads_to_the_field(ward: Ward) -> None:
    new_refused(ward)
    expect(ward.page.locator("#errors")).to_be_focused()
    ward.page.keyboard.press("Tab")
    ward.page.keyboard.press("Enter")
    expect(ward.page.get_by_label("上記の緊急配布条件")).to_be_focused()


def test_enter_in_the_quantity_saves(ward: Ward) -> None:
    ward.open("/requests/new/1310101230/")
    ward.page.get_by_label("上記の緊急配布条件").check()
    ward.page.get_by_label("⑤非滅菌手袋を要請する").check()
    ward.page.get_by_label("要請数量").fill("4100")
    ward.page.get_by_label("要請数量").press("Enter")
    expect(ward.page.get_by_text("下書きを保存しました。")).to_be_visible()
    expect(ward.page).to_have_url(re.compile(r"/requests/\d{4}-\d{4}/$"))


def test_a_failure_leads_to_the_survey_and_back(ward: Ward) -> None:
    request = ward.request_in(Status.ERROR)
    ward.detail(request)
    ward.page.get_by_role("link", name="調査に回答する").click()
    for name, figure in (("stock", "3400"), ("weekly_consumption", "4000"), ("weekly_purchase", "500")):
        ward.page.locator(f"input[name={name}-{factories.gloves().pk}]").fill(figure)
    ward.page.locator(".actions-part button").last.click()
    ward.page.locator(f'main a[href="/requests/{request.number}/"]').first.click()
    expect(ward.page.get_by_text("足りないものは、いまはありません")).to_be_visible()


@pytest.mark.parametrize("width", [PC, PHONE])
def test_the_sheet_fits_one_page_of_a4(ward: Ward, width: int) -> None:
    sheet_confirmed(ward)
    ward.page.set_viewport_size({"width": width, "height": HEIGHT})
    paper = ward.page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", paper)) == 1
