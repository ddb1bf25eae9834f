"""The officers' queue and review in every state."""

from __future__ import annotations

import pytest
from django.urls import reverse

from requests_app.models import SosRequest
from tests import factories
from tests.journeys.accessibility.stages import requests_of_every_kind
from tests.journeys.accessibility.walking import Begin
from tests.journeys.at_office import CONFIRM
from tests.journeys.scene import Scene

pytestmark = pytest.mark.browser


def review_of(request: SosRequest) -> str:
    return reverse("admin:requests_app_sosrequest_change", args=[request.pk])


def test_the_queue_in_every_state(scene: Scene, begin: Begin) -> None:
    queue = reverse("admin:requests_app_sosrequest_changelist")
    walk = begin(scene.officer)
    walk.visit(queue, "empty")
    made = requests_of_every_kind(scene)
    walk.visit("/admin/", "start")
    walk.visit(queue, "queue")
    walk.visit(f"{queue}?status=all&stage=again", "filtered")
    walk.visit(f"{queue}?q=みつからない", "nothing found")
    walk.page.goto(f"{walk.officer.portal.url}{queue}")
    walk.press("実行", "nothing ticked")
    walk.officer.ticks(made["UNDER_REVIEW"], made["again"])
    walk.look("ticked")
    walk.officer.runs("都道府県の確認をまとめて記録する")
    walk.look("bulk asks")
    walk.press("2件に確認を記録する", "bulk done")


def test_the_review_by_the_prefecture_in_every_state(scene: Scene, begin: Begin) -> None:
    made = requests_of_every_kind(scene)
    walk = begin(scene.officer)
    for name, request in made.items():
        walk.visit(review_of(request), name)
    officer = walk.officer
    walk.page.goto(f"{officer.portal.url}{review_of(made['UNDER_REVIEW'])}")
    walk.page.locator("summary").filter(has_text="電話の記録を足す").click()
    walk.look("telephone open")
    walk.press("電話の記録を足す", "telephone refused")
    officer.field("相手").fill("用度係 見本さん")
    officer.field("内容").fill("在庫は9箱とのこと。\n納品は未定。")
    walk.press("電話の記録を足す", "telephone logged")
    officer.field("確認した数量　⑤非滅菌手袋").fill("たくさん")
    walk.press(CONFIRM, "quantity refused")
    officer.field("確認した数量　⑤非滅菌手袋").fill("3000")
    officer.field("都道府県入力欄").fill("3,000枚とします。")
    walk.press(CONFIRM, "confirmation asks")
    made["UNDER_REVIEW"].revise(scene.nurse, factories.content(2000, "減らします"), seen_version=1)
    walk.press(CONFIRM, "confirmation shows the change instead")
    walk.press(CONFIRM, "confirmation asks anew")
    walk.visit(f"{review_of(made['long'])[:-7]}history/", "history")


def test_the_review_by_the_ministry_in_every_state(scene: Scene, begin: Begin) -> None:
    made = requests_of_every_kind(scene)
    walk = begin(scene.ministry)
    walk.visit("/admin/", "start")
    walk.visit(reverse("admin:requests_app_sosrequest_changelist"), "queue")
    walk.officer.ticks(made["UNDER_REVIEW"], made["long"])
    made["long"] = factories.confirm(made["long"])
    walk.officer.runs("受付完了にする")
    walk.look("bulk: none can be done")
    walk.visit(review_of(made["again"]), "edited after the confirmation")
    walk.press("受付完了にする", "reason missing")
    walk.officer.field("理由").fill("期日が迫っているため、国で確認しました。")
    walk.press("受付完了にする", "acceptance asks")
    walk.press("受付完了にする", "accepted")
