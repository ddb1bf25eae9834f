"""The first request from log-in to what the prefecture makes of it, in Debian's Firefox, with scripts and without.

The journeys in Chromium look at every page in every state; this one is there for what differs between browsers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client

from institutions.models import User
from requests_app.models import RequestEvent
from requests_app.rules.transitions import Status, Verb
from sosportal.lib import clock
from surveys.models import SurveyResponse
from tests import factories
from tests.journeys.at_hospital import GLOVES, RECEIVED, TERMS
from tests.journeys.at_office import CONFIRM, QUEUE
from tests.journeys.scene import Scene, ready
from tests.support.browser import RULES
from tests.support.firefox import Firefox, FirefoxError, firefox, fits
from tests.support.portal import Portal

pytestmark = pytest.mark.firefox

OPINION = "来週の手術に足りません。髙﨑①𠮷"
NOTE = "在庫の数から、3,000枚とします。"
NARROWEST_WINDOW = 500  # px; Firefox makes none much narrower

_AXE = (
    "return axe.run(document, {resultTypes: ['violations'], runOnly: arguments[0]}).then(r => r.violations)"
)
_SIDEWAYS = "return document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def scene(live_portal: Portal) -> Scene:
    return ready()


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def window(scene: Scene, scripts: bool) -> Iterator[Firefox]:
    with firefox(scripts=scripts) as opened:
        yield opened


def faults(window: Firefox) -> list[object]:
    """Scrolling sideways in a wide and a narrow window, and what axe finds in Firefox (it takes timers: scripts)."""
    found: list[object] = []
    for wanted in (NARROWEST_WINDOW, 1280):
        window.width(wanted)
        if window.run(_SIDEWAYS):
            found.append((wanted, "scrolls sideways"))
    if window.scripts:
        window.run(Axe().axe_script)
        for each in window.run(_AXE, RULES):
            found.append((each["id"], [node["html"][:160] for node in each["nodes"]]))
    return [(window.url, each) for each in found]


def test_a_request_from_log_in_to_the_prefectures_confirmation(
    live_portal: Portal, scene: Scene, window: Firefox
) -> None:
    seen: list[object] = []
    logs_in(window, live_portal)
    seen += faults(window)
    answers_the_survey(window, seen)
    files_the_request(window, seen)
    request = scene.only_request()
    assert request.state is Status.UNDER_REVIEW
    assert request.opinion == OPINION
    assert [line.quantity for line in request.lines.all()] == [4100]

    enters(window, live_portal, scene.officer)
    confirms(window, scene, seen)
    assert [line.confirmed_quantity for line in request.lines.all()] == [3000]
    verbs = RequestEvent.objects.of(request.pk).values_list("verb", flat=True)
    assert list(verbs)[::-1] == [Verb.SAVE.value, Verb.SUBMIT.value, Verb.CONFIRM.value]
    assert seen == []
    assert window.wall.tried == [], "Firefox asked somebody outside"


def logs_in(window: Firefox, portal: Portal) -> None:
    window.goto(portal.url)
    for label, text in (("ユーザー名", "nurse"), ("パスワード", factories.PASSWORD)):
        window.find("textbox", label).fill(text)
    window.find("button", "ログイン").click()
    window.says("週次調査に回答してください")


def answers_the_survey(window: Firefox, seen: list[object]) -> None:
    """From home; 5 for 500 is asked back, and what was typed stays."""
    window.find("link", "調査に回答する").click()
    window.says("回答が必要なのは、⑤非滅菌手袋の3つの数だけです。")
    seen += faults(window)
    for name, typed in (
        ("在庫量", "２，４００枚"),
        ("1週間の想定消費量", "4000"),
        ("1週間の購入見込み量", "5"),
    ):
        window.find("textbox", re.compile(f"^{name}")).fill(typed)
    window.find("button", "回答を送信する").click()
    window.says("箱の数で入力していませんか？")
    assert window.find("alert", re.compile("まだ送信されていません")).has_focus
    assert window.find("textbox", re.compile("^在庫量")).value == "２，４００枚"
    window.find("button", re.compile("500枚にする$")).click()
    assert window.find("textbox", re.compile("^1週間の購入見込み量")).value == "500"
    window.find("button", "回答を送信する").click()
    window.says("回答を受け付けました。")
    seen += faults(window)
    assert SurveyResponse.objects.filter(round__closes_at__gt=clock.now()).count() == 1


def files_the_request(window: Firefox, seen: list[object]) -> None:
    """新規, refused without the tick, kept by itself where scripts run, checked, applied for."""
    window.find("link", "ホームへもどる").click()
    window.find("link", re.compile("^緊急配布要請要請する")).click()
    window.find("link", "新規").click()
    window.find("checkbox", f"{GLOVES}を要請する").click()
    window.find("textbox", re.compile(f"^{GLOVES}の要請数量")).fill("４，１００")
    window.find("textbox", re.compile("^医療用物資の不足状況")).fill(OPINION)
    if window.scripts:
        window.says("に入力を控えました。まだ保存していません。")
        window.says("41箱")
    seen += faults(window)
    window.find("button", "保存").click()
    window.says(f"「{TERMS}」にチェックを入れてください。", css="[role=alert]")
    assert window.find("alert", re.compile("保存できませんでした")).has_focus
    assert window.find("textbox", re.compile(f"^{GLOVES}の要請数量")).value == "４，１００"
    assert window.find("checkbox", f"{GLOVES}を要請する").is_ticked
    seen += faults(window)
    window.find("checkbox", TERMS).click()
    window.find("button", "確認して申請へ").click()
    window.says("この内容で申請します。")
    seen += faults(window)
    window.find("button", "完了").click()
    window.says(RECEIVED, css="[role=status]")
    window.says("要請内容を確認しています。")
    seen += faults(window)


def enters(window: Firefox, portal: Portal, person: User) -> None:
    """Log the nurse out, and give the browser a session of the officer's."""
    window.find("button", re.compile("架空中央病院")).click()
    window.find("button", "ログアウト").click()
    window.find("textbox", "ユーザー名")
    client = Client()
    client.force_login(person)
    name = settings.SESSION_COOKIE_NAME
    window.give_cookie(name, client.cookies[name].value)
    window.goto(portal.url + QUEUE)


def confirms(window: Firefox, scene: Scene, seen: list[object]) -> None:
    """Less than was asked for, with the reason; the page that asks before it is recorded."""
    window.find("link", re.compile(f"^{scene.hospital.name}")).click()
    window.says(OPINION)
    seen += faults(window)
    window.find("textbox", f"確認した数量　{GLOVES}").fill("３０００")
    window.find("textbox", "都道府県入力欄").fill(NOTE)
    window.find("button", CONFIRM).click()
    window.says("都道府県の確認を記録します")
    window.says(NOTE)
    assert scene.only_request().confirmed_at is None, "asked, nothing recorded yet"
    seen += faults(window)
    window.find("button", CONFIRM).click()
    window.says("都道府県の確認を記録しました。", css="[role=status]")


def test_who_wants_to_get_out_is_found(live_portal: Portal) -> None:
    """Else the silence of the journey about it would count for nothing."""
    with firefox() as window:
        with pytest.raises(FirefoxError):
            window.goto("http://portal.example/")
        assert [line for line in window.wall.tried if "portal.example" in line]
        window.goto(live_portal.url)
        with pytest.raises(FirefoxError, match="0 × link"):
            window._found("link", "無いリンク")


def test_names_fit_whatever_spaces_hidden_text_brings() -> None:
    assert fits("⑤非滅菌手袋に、先週の数を入れる", "⑤非滅菌手袋に、 先週の数を入れる")
    assert fits(re.compile("枚にする$"), "在庫量を、 500枚にする")
    assert not fits("保存", "保存 & 新規")
