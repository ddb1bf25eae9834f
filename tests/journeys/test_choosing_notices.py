"""From a mail to メールの受け取り方 and back to work, in a real browser, with scripts and without."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from institutions.models import NoticeChoice, User
from institutions.rules.notices import Notice
from sosportal.lib.delivery import When
from tests import factories
from tests.journeys.scene import EVERY_WAY
from tests.support.browser import Looker, visitor
from tests.support.portal import Portal

pytestmark = pytest.mark.browser


@pytest.fixture
def nurse(live_portal: Portal) -> User:
    return factories.member(factories.institution(name="架空中央病院"), username="nurse")


@EVERY_WAY
def test_from_a_mail_by_the_login_to_the_choice(
    live_portal: Portal, nurse: User, browser: Browser, width: int, scripts: bool
) -> None:
    with visitor(browser, width=width, scripts=scripts) as page:
        page.goto(f"{live_portal.url}/account/notices/")
        page.get_by_label("ユーザー名").fill("nurse")
        page.get_by_label("パスワード").fill(factories.PASSWORD)
        page.get_by_role("button", name="ログイン").click()
        expect(page).to_have_url(re.compile("/account/notices/$"))
        request = page.get_by_role("group", name="要請の動き")
        expect(request.get_by_role("radio", name="すぐに")).to_be_checked()
        request.get_by_role("radio", name="1日1回まとめて").check()
        expect(page.get_by_role("group", name="照会").get_by_role("radio")).to_have_count(2)
        page.get_by_role("button", name="保存").click()
        expect(page.get_by_text("メールの受け取り方を保存しました。")).to_be_visible()
        expect(request.get_by_role("radio", name="1日1回まとめて")).to_be_checked()
    assert NoticeChoice.of(nurse)[Notice.REQUEST] == When.DIGEST


def test_every_state_is_without_fault(live_portal: Portal, nurse: User, browser: Browser) -> None:
    faults = {}
    with visitor(browser) as page:
        looker = Looker(page)

        def look(state: str) -> None:
            if found := looker.faults():
                faults[state] = found

        page.goto(f"{live_portal.url}/account/notices/")
        page.get_by_label("ユーザー名").fill("nurse")
        page.get_by_label("パスワード").fill(factories.PASSWORD)
        page.get_by_role("button", name="ログイン").click()
        look("as it stands")
        standing = NoticeChoice.of(nurse)
        wanted = standing | {Notice.ANNOUNCEMENT: When.NEVER}
        NoticeChoice.choose(nurse, wanted, seen=standing, now=nurse.created_at)
        page.get_by_role("group", name="配布・発送").get_by_role("radio", name="1日1回まとめて").check()
        page.get_by_role("button", name="保存").click()
        expect(page.locator("#errors")).to_be_focused()
        look("changed elsewhere")
        page.get_by_role("button", name="保存").click()
        look("saved")
        User.objects.filter(pk=nurse.pk).update(email="")
        page.reload()
        look("without an address")
    assert faults == {}
