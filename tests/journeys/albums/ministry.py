"""Pictures of the officers' guide: what an officer of the ministry accepts, divides, hands off and sets."""

from __future__ import annotations

import re

from playwright.sync_api import Page

from institutions.models import Role
from requests_app.models import Campaign, HandOff
from requests_app.progress.refreshing import refresh_progress
from requests_app.rules.allocation import Rule
from sosportal.lib import clock
from surveys.models import Figures
from tests import factories
from tests.journeys.albums.camera import Camera
from tests.journeys.albums.office_scene import asked, confirm, lay
from tests.journeys.at_office import QUEUE, Officer
from tests.journeys.scene import at_work
from tests.requests_app.allocation import rounds
from tests.requests_app.deliveries import vendor

NAME = "ministry-"
ADMIN = "/admin/requests_app"
ASK = "内容を確かめる"
DIVIDED = {"架空もみじ病院": 4000, "架空かえで病院": 3000, "架空けやき診療所": 800}
# Prefecture → stock where 1,000 a week are used.
STOCKS = {
    "01": 1500,
    "04": 2300,
    "11": 900,
    "14": 1200,
    "22": 2600,
    "23": 700,
    "27": 400,
    "40": 1700,
    "47": 2100,
}


def ministry(camera: Camera) -> None:
    """All of them."""
    laid = lay(camera.scene)
    with at_work(camera.browser, camera.portal, camera.scene.ministry) as page:
        officer = Officer(page, camera.portal, camera.scene)
        _accepts(camera, officer, laid.confirmed.pk)
        _divides(camera, officer)
        _hands_off(camera, officer)
        _sets(camera, officer)
        _country(camera, officer)
    operator = factories.user(Role.OPERATOR, username="operator", name="見本 五郎")
    with at_work(camera.browser, camera.portal, operator) as page:
        _people(camera, page)


def _accepts(camera: Camera, officer: Officer, confirmed: int) -> None:
    page = officer.page
    page.goto(f"{camera.portal.url}{QUEUE}{confirmed}/change/")
    camera.shows(
        page,
        f"{NAME}accept",
        "国の受付の欄。受け付ける数量、理由の欄、「受付完了にする」ボタン。",
        page.get_by_role("region", name=re.compile("^国の受付")),
    )
    page.goto(f"{camera.portal.url}{QUEUE}")
    officer.page.get_by_label("この一覧の全件").check()
    officer.runs("受付完了にする")
    camera.shows(
        page,
        f"{NAME}bulk",
        "まとめて受付完了にする前の画面。受け付ける要請と、都道府県の確認がなく理由が要る要請に分かれている。",
        officer.main,
    )


def _divides(camera: Camera, officer: Officer) -> None:
    page = officer.page
    for name, quantity in DIVIDED.items():
        request = confirm(asked(name, quantity), camera.scene.officer)
        request.accept(camera.scene.ministry, seen_revision=request.revision)
    page.goto(f"{camera.portal.url}{ADMIN}/allocationdecision/")
    camera.shows(
        page,
        f"{NAME}waiting",
        "配布の決定のはじめ。締切と物資ごとに、まだ決めていない受付完了の要請の件数と数量。",
        page.get_by_role("region", name="決めていない受付完了の要請"),
    )
    page.get_by_role("link", name=re.compile("配布を決める")).click()
    page.get_by_label("配布できる数量").fill("6,000")
    officer.press("2つの案を作る")
    camera.shows(
        page,
        f"{NAME}proposals",
        "2つの案の表。決め方ごとに、配布・減量・見送りの件数と、配布する数量が並ぶ。「案Aで進める」「案Bで進める」のボタン。",
        page.get_by_role("heading", name="2つの案", exact=True),
        page.get_by_role("table", name="2つの案の結果"),
        page.get_by_role("button", name="案Aで進める", exact=True),
    )
    officer.press("案Bで進める")
    officer.press("次へ：決める内容を確かめる")
    camera.shows(
        page,
        f"{NAME}decide",
        "配布の決定の前に確かめる画面。医療機関ごとの数量と結果、決定するボタン。",
        officer.main,
    )
    rounds.decide(6000, Rule.PRO_RATA, cutoff=camera.scene.cutoff, now=clock.now())


def _hands_off(camera: Camera, officer: Officer) -> None:
    page = officer.page
    page.goto(f"{camera.portal.url}{ADMIN}/handoff/new/")
    officer.field("売払先事業者").fill("架空物産株式会社")
    camera.shows(
        page,
        f"{NAME}handoff",
        "引渡しのファイルを作る画面。売払先事業者の名前、ファイルの形式、載せる行。",
        officer.main,
    )
    made = vendor.handed(by=camera.scene.ministry, now=clock.now())
    page.goto(f"{camera.portal.url}{ADMIN}/delivery/import/")
    page.get_by_label("発送ファイル").set_input_files(
        {"name": "発送.csv", "mimeType": "text/csv", "buffer": _shipped(made)}
    )
    officer.press("内容を確かめる")
    camera.shows(
        page,
        f"{NAME}shipments",
        "発送ファイルを取り込む前の画面。行ごとに、要請番号、発送数量、運送会社、伝票番号。",
        officer.main,
    )
    officer.press("取り込む")
    page.goto(f"{camera.portal.url}{ADMIN}/delivery/")
    camera.shows(
        page,
        f"{NAME}deliveries",
        "発送と受領の一覧。医療機関ごとに、配布の決定、発送、受領の数量と荷物の状態。",
        officer.main.get_by_role("heading", level=1),
        page.locator("#result_list"),
    )


def _shipped(made: HandOff) -> bytes:
    today = f"{clock.today():%Y/%m/%d}"
    lines = made.rows.order_by("position")
    rows = [
        vendor.row_for(row.line.request, row.quantity, f"{n:04}", day=today) for n, row in enumerate(lines, 1)
    ]
    return vendor.shipping_file(rows)


def _sets(camera: Camera, officer: Officer) -> None:
    page = officer.page
    campaign = Campaign.objects.get()
    page.goto(f"{camera.portal.url}{ADMIN}/campaign/{campaign.pk}/change/")
    camera.shows(
        page,
        f"{NAME}campaign",
        "受付の画面の「画面に表示する文」。お知らせ文、緊急配布条件、同意事項の欄。",
        page.get_by_role("group", name="画面に表示する文"),
    )
    page.get_by_label("お知らせ文").fill("年末年始も受け付けます。")
    officer.press(ASK)
    camera.shows(
        page,
        f"{NAME}campaign-ask",
        "受付の変更を確かめる画面。変わるところと、医療機関で見えるとおりの文。",
        officer.main,
    )
    page.goto(f"{camera.portal.url}/admin/institutions/suspension/add/")
    page.get_by_label("医療機関コード").fill(camera.scene.hospital.code)
    page.get_by_label("理由").fill("配布を受けた手袋を転売したため")
    officer.press(ASK)
    camera.shows(
        page,
        f"{NAME}suspension",
        "要請を停止する前に確かめる画面。医療機関、理由、いま確認中の要請、「要請を停止する」ボタン。",
        officer.main,
    )


def _country(camera: Camera, officer: Officer) -> None:
    page = officer.page
    for prefecture, stock in STOCKS.items():
        place = factories.institution(prefecture)
        figures = {factories.gloves().pk: Figures(stock, 1000, 0)}
        factories.answer(factories.member(place), place, figures)
    refresh_progress()
    page.goto(f"{camera.portal.url}/admin/progress/")
    camera.shows(
        page,
        f"{NAME}country",
        "全国の状況。都道府県の形を並べた地図に、備蓄の週分が数と濃さで出ている。",
        officer.main,
    )


def _people(camera: Camera, page: Page) -> None:
    page.goto(f"{camera.portal.url}/admin/institutions/user/add/")
    camera.shows(
        page,
        f"{NAME}person",
        "利用者を追加する画面。ユーザー名、氏名、メールアドレス、役割の欄。",
        page.get_by_role("main"),
        tallest=1000,
    )
