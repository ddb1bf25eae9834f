"""A nurse whose mail address changed: from 自分の登録 by the mailed link, through the log-in, to the new address."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from institutions.models import User
from sosportal.lib.models import OutboxMessage
from tests import factories
from tests.journeys.at_hospital import Nurse
from tests.journeys.scene import EVERY_WAY, at_work, ready
from tests.support.browser import FINGER, Looker, visitor
from tests.support.portal import Portal

pytestmark = pytest.mark.browser

NEW = "shinki@example.jp"


@EVERY_WAY
def test_a_new_address_is_confirmed_by_its_mail(
    live_portal: Portal, browser: Browser, width: int, scripts: bool
) -> None:
    scene = ready()
    old = scene.nurse.email
    with at_work(browser, live_portal, scene.nurse, width=width, scripts=scripts) as page:
        nurse, looker = Nurse(page, live_portal, scene), Looker(page, targets=FINGER)
        page.goto(f"{live_portal.url}/other/")
        nurse.main.get_by_role("link", name=re.compile("自分の登録")).click()
        nurse.says(old)
        assert looker.faults(scan=scripts) == []
        nurse.follow("メールアドレスの変更")
        page.get_by_label("新しいメールアドレス").fill("shinki@")
        page.get_by_label("いまのパスワード").fill("forgotten")
        assert nurse.press("確認のメールを送る") == 422
        nurse.refused("まだお送りしていません（2件）", "メールアドレスではありません", "パスワードが違います")
        expect(page.get_by_label("新しいメールアドレス")).to_have_value("shinki@")
        assert looker.faults(scan=scripts) == []
        page.get_by_label("新しいメールアドレス").fill(NEW)
        page.get_by_label("いまのパスワード").fill(factories.PASSWORD)
        nurse.press("確認のメールを送る")
        nurse.told(f"{NEW} に確認のメールをお送りしました。")
        nurse.says(old)

    mail = OutboxMessage.objects.get(to=NEW)
    link = re.search(rf"{live_portal.url}/me/email/\S+", mail.body)
    assert link, mail.body
    with visitor(browser, width=width, scripts=scripts) as page:  # the mail is read in another browser
        nurse, looker = Nurse(page, live_portal, scene), Looker(page, targets=FINGER)
        page.goto(link[0])
        nurse.heading("ログイン")
        nurse.log_in(factories.PASSWORD)
        nurse.heading("メールアドレスの確認")
        assert looker.faults(scan=scripts) == []
        nurse.press("このメールアドレスにする")
        nurse.told(f"メールアドレスを {NEW} に変更しました。")
        page.goto(f"{live_portal.url}/me/email/nothing/")
        nurse.heading("このURLは使えません")
        assert looker.faults(scan=scripts) == []
    assert User.objects.get(pk=scene.nurse.pk).email == NEW
    told = OutboxMessage.objects.filter(subject__contains="変更されました")
    assert {each.to for each in told} == {old, NEW}
