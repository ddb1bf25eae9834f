"""Pictures of the officers' guide: what an officer of a prefecture does from the first page of the morning on."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page

from institutions.models import Inquiry
from institutions.rules.inquiry import Desk as InquiryDesk
from institutions.rules.inquiry import Subject
from tests import factories
from tests.journeys.albums.camera import Camera
from tests.journeys.albums.office_scene import Desk, lay
from tests.journeys.at_office import CONFIRM, GLOVES, QUEUE, Officer
from tests.journeys.scene import at_work

NAME = "desk-"
BULK = "都道府県の確認をまとめて記録する"


def desk(camera: Camera) -> None:
    """All of them."""
    laid = lay(camera.scene)
    with at_work(camera.browser, camera.portal, camera.scene.officer) as page:
        officer = Officer(page, camera.portal, camera.scene)
        _morning(camera, officer)
        _review(camera, officer, laid)
        _talk(camera, officer, laid)
        _confirm(camera, officer, laid)
        _beside(camera, officer)
    with at_work(camera.browser, camera.portal, camera.scene.officer) as page:
        _proxy(camera, Officer(page, camera.portal, camera.scene))


def section(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=re.compile(f"^{name}"))


def unfold(page: Page, summary: str) -> None:
    page.locator("summary").filter(has_text=summary).click()


def _morning(camera: Camera, officer: Officer) -> None:
    page = officer.page
    page.goto(camera.portal.url)
    camera.shows(
        page,
        f"{NAME}start",
        "管理サイトのはじめ。「いま待っているもの」に、確認を待つ要請、やり直しを待つ要請、対応の遅れの件数。",
        section(page, "いま待っているもの"),
        section(page, "東京都の状況"),
    )
    officer.opens_the_queue()
    camera.shows(
        page,
        f"{NAME}queue",
        "緊急配布要請の確認の一覧。医療機関、申請日時、要請数量、めやす、備蓄、気になる点、都道府県の確認の列。",
        officer.main.get_by_role("heading", level=1),
        page.locator("#result_list"),
    )
    choices = page.get_by_role("navigation", name="フィルター")
    camera.shows(
        page,
        f"{NAME}filters",
        "一覧の右のフィルター。対応ステータス、締切の回などの見出しの下に、選べる条件とその件数。",
        choices.get_by_role("heading", level=2),
        choices.get_by_role("list").nth(4),
        *(choices.get_by_role("list").nth(n) for n in range(4)),
    )


def _review(camera: Camera, officer: Officer, laid: Desk) -> None:
    page = officer.page
    officer.opens(laid.new)
    camera.shows(
        page,
        f"{NAME}review",
        "要請の確認画面のはじめ。題名、対応ステータス、次にすること、「担当する」ボタン。",
        officer.main.locator(".page__head"),
        officer.main.locator(".desk"),
    )
    camera.shows(
        page,
        f"{NAME}figures",
        "数量の欄。めやす、要請、都道府県の確認、国の受付の順に数量が並び、下に在庫量などの数と8週の推移。",
        section(page, "数量"),
    )
    camera.shows(
        page,
        f"{NAME}check",
        "システムチェックの結果の表。規則ごとに、見た値と「満たす」の印。",
        section(page, "システムチェックの結果"),
    )
    officer.press("担当する")
    camera.shows(
        page,
        f"{NAME}claim",
        "「あなたが担当しています」と残りの分、「担当を終える」ボタン。",
        officer.main.locator(".desk"),
    )


def _talk(camera: Camera, officer: Officer, laid: Desk) -> None:
    page = officer.page
    unfold(page, "電話の記録を足す")
    officer.field("相手").fill("用度係 見本さん")
    officer.field("内容").fill("在庫は9箱、次の納品は来週とのこと。")
    camera.shows(
        page,
        f"{NAME}telephone",
        "電話での状況確認。相手と内容が書かれ、「電話の記録を足す」ボタンがある。",
        section(page, "電話での状況確認"),
    )
    unfold(page, "照会する")
    officer.field("照会の内容").fill("在庫は箱数ですか、枚数ですか。")
    camera.shows(
        page,
        f"{NAME}question",
        "照会の欄。照会の内容が書かれ、「照会する」ボタンがある。",
        section(page, "照会"),
    )
    unfold(page, "申し送りを足す")
    camera.shows(
        page,
        f"{NAME}memo",
        "申し送りの欄と「申し送りを足す」ボタン。",
        section(page, "申し送り"),
    )
    laid.called.claim(laid.colleague)
    officer.opens(laid.called)
    camera.shows(
        page,
        f"{NAME}taken",
        "「見本 二郎さんが担当しています」の注意と、「担当を引き継ぐ」ボタン。",
        officer.main.locator(".notice").filter(has_text="担当しています"),
    )


def _confirm(camera: Camera, officer: Officer, laid: Desk) -> None:
    page = officer.page
    officer.opens(laid.new)
    officer.field(f"確認した数量　{GLOVES}").fill("5100")
    officer.field("都道府県入力欄").fill("院内の在庫を確かめ、5,100枚としました。")
    camera.shows(
        page,
        f"{NAME}confirm",
        "都道府県の確認の欄。確認した数量と都道府県入力欄、「都道府県の確認を記録する」ボタン。",
        section(page, "都道府県の確認"),
    )
    officer.press(CONFIRM)
    camera.shows(
        page,
        f"{NAME}confirm-ask",
        "確認を記録する前に確かめる画面。要請と確認の数量、都道府県入力欄、「都道府県の確認を記録する」と「入力に戻る」のボタン。",
        officer.main,
    )
    laid.new.revise(camera.scene.nurse, factories.content(6000), seen_version=laid.new.version)
    assert officer.press(CONFIRM) == 409
    camera.shows(
        page,
        f"{NAME}stale",
        "確かめているあいだに医療機関が編集したときの表示。変更前と変更後の数量。まだ何も記録していない。",
        page.get_by_role("alert"),
    )
    page.goto(f"{camera.portal.url}{QUEUE}")
    officer.ticks(laid.new, laid.called, laid.edited)
    officer.runs(BULK)
    camera.shows(
        page,
        f"{NAME}bulk",
        "まとめて確認する前の画面。要請ごとに、記録する数量と、できないものの理由。",
        officer.main,
    )


def _beside(camera: Camera, officer: Officer) -> None:
    page = officer.page
    page.goto(f"{camera.portal.url}/admin/institutions/announcement/write/")
    officer.field("題名").fill("手袋の配送が遅れています")
    officer.field("本文").fill("手袋の配送が2日遅れています。")
    officer.press("内容を確かめる")
    camera.shows(
        page,
        f"{NAME}announcement",
        "お知らせを公開する前の画面。届く施設と利用者の数、医療機関で見えるとおりの文、公開のボタン。",
        officer.main,
    )
    Inquiry.ask(
        camera.scene.nurse,
        camera.scene.hospital,
        subject=Subject.SHIPPING,
        desk=InquiryDesk.PREFECTURE,
        text="手袋は、いつ届きますか。",
    )
    page.goto(f"{camera.portal.url}/admin/institutions/inquiry/")
    page.get_by_role("table").get_by_role("link", name="配布・発送").first.click()
    camera.shows(
        page,
        f"{NAME}inquiry",
        "お問い合わせの画面。医療機関の質問、「担当する」ボタン、回答の欄と「回答を送る」ボタン。",
        officer.main,
    )
    with at_work(camera.browser, camera.portal, camera.scene.nurse) as theirs:
        theirs.goto(f"{camera.portal.url}/institution/")
        theirs.get_by_label("電話番号").fill("03-0000-0123")
        theirs.get_by_label("担当者氏名").fill("見本 美咲")
        theirs.get_by_role("button", name="保存").click()
        theirs.get_by_role("status").first.wait_for()
    page.goto(f"{camera.portal.url}/admin/changes/")
    page.get_by_label("変更した人").fill(camera.scene.nurse.name)
    officer.press("絞り込む")
    camera.shows(
        page,
        f"{NAME}changes",
        "変更履歴の一覧。絞り込みの欄の下に、日時、変更した人、対象、変更前と変更後。",
        officer.main,
    )
    page.goto(f"{camera.portal.url}/admin/progress/13/")
    camera.shows(
        page,
        f"{NAME}prefecture",
        "東京都の状況。備蓄の週分、週次調査の回答の割合、確認中の要請の件数。",
        officer.main,
    )


def _proxy(camera: Camera, officer: Officer) -> None:
    page = officer.page
    page.goto(f"{camera.portal.url}/admin/institutions/institution/{camera.scene.hospital.pk}/change/")
    officer.main.get_by_role("link", name="代理で要請を作成する").click()
    camera.shows(
        page,
        f"{NAME}proxy",
        "代理入力を始める画面。医療機関名、代理で入力する理由の欄、「代理入力を始める」ボタン。",
        officer.main,
    )
    page.get_by_label("代理で入力する理由").fill("電話で依頼（見本 花子さん）")
    officer.press("代理入力を始める")
    camera.shows(
        page,
        f"{NAME}proxy-band",
        "画面の上の帯。「代理入力中」と医療機関名、理由、「代理入力を終える」ボタン。",
        page.get_by_role("region", name="代理入力"),
    )
