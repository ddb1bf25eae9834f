"""A nurse enters a missing telephone number on the way to a request; a clerk looks at one of two institutions."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from institutions.models import Institution, User
from tests import factories
from tests.journeys.at_hospital import Nurse
from tests.journeys.scene import EVERY_WAY, at_work, ready
from tests.support.browser import FINGER, Looker, status_of
from tests.support.portal import Portal

pytestmark = pytest.mark.browser


@EVERY_WAY
def test_missing_particulars_are_entered_on_the_way_to_a_request(
    live_portal: Portal, browser: Browser, width: int, scripts: bool
) -> None:
    scene = ready()
    Institution.objects.filter(pk=scene.hospital.pk).update(telephone="")
    with at_work(browser, live_portal, scene.nurse, width=width, scripts=scripts) as page:
        nurse, looker = Nurse(page, live_portal, scene), Looker(page, targets=FINGER)
        page.goto(f"{live_portal.url}/requests/new/")
        nurse.press("ユーザー基礎情報を登録する")
        nurse.heading("ユーザー基礎情報登録")
        nurse.says("電話番号が、まだ登録されていません。")
        assert looker.faults(scan=scripts) == []
        page.get_by_label("電話番号", exact=True).fill("内線")
        assert nurse.press("保存") == 422
        nurse.refused("まだ保存していません", "電話番号ではありません")
        assert looker.faults(scan=scripts) == []
        page.get_by_label("電話番号", exact=True).fill("０３ー１２３４ー５６７８")
        nurse.press("保存")
        nurse.heading("新規緊急配布要請")
        nurse.told("ユーザー基礎情報を保存しました。")
        expect(nurse.main.get_by_role("button", name="ユーザー基礎情報を登録する")).to_have_count(0)
        page.goto(f"{live_portal.url}/institution/")
        expect(page.get_by_label("電話番号", exact=True)).to_have_value("03-1234-5678")
        nurse.says("電話番号：（空欄） → 03-1234-5678")
        page.get_by_role("link", name=re.compile("変更を依頼する.*住所")).click()
        nurse.heading("新しいお問い合わせ")
        expect(page.get_by_role("radio", name="登録情報の変更")).to_be_checked()
        nurse.says("お問い合わせの内容")


@EVERY_WAY
def test_one_of_two_is_looked_at(live_portal: Portal, browser: Browser, width: int, scripts: bool) -> None:
    scene = ready()
    other = factories.institution(name="架空第二診療所")
    factories.join(scene.nurse, other)
    nurse_of_both = User.objects.get(pk=scene.nurse.pk)
    factories.draft(nurse_of_both, scene.hospital)
    factories.draft(nurse_of_both, other)
    with at_work(browser, live_portal, scene.nurse, width=width, scripts=scripts) as page:
        nurse, looker = Nurse(page, live_portal, scene), Looker(page, targets=FINGER)
        page.goto(f"{live_portal.url}/requests/")
        nurse.says("架空中央病院")
        menu = page.locator("details.account")
        menu.locator("summary").click()
        assert looker.faults(scan=scripts) == []
        status_of(page, menu.get_by_role("button", name="架空第二診療所").click)
        nurse.heading("緊急配布要請")
        expect(page.get_by_role("region", name="表示する医療機関")).to_contain_text("架空第二診療所")
        expect(nurse.main).not_to_contain_text("架空中央病院")
        nurse.follow("新規")
        nurse.says("架空第二診療所")
        page.goto(f"{live_portal.url}/")
        expect(nurse.main).not_to_contain_text("架空中央病院")
        page.get_by_role("link", name="医療機関を切り替える").click()
        assert looker.faults(scan=scripts) == []
        nurse.press("すべて（2件）")
        nurse.says("架空中央病院")
