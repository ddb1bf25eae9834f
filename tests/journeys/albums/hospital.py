"""Pictures of the hospitals' guide, on a phone: log-in, survey, request from the draft to what came of it."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from institutions.models import Announcement, AnnouncementContent
from requests_app.models import Question, SosRequest
from requests_app.rules.allocation import Rule
from sosportal.lib import clock
from tests import factories
from tests.journeys.albums.camera import PHONE_SHARP, TALLEST_PHONE, Camera
from tests.journeys.albums.office_scene import confirm
from tests.journeys.at_hospital import APPLY, GLOVES, OPINION, TERMS, Nurse
from tests.journeys.scene import at_work
from tests.requests_app.allocation import rounds
from tests.requests_app.deliveries import vendor
from tests.support.browser import PHONE, visitor

NAME = "hospital-"
ASKED = "次の納品は、いつ、何箱の予定ですか。"


def hospital(camera: Camera) -> None:
    """All of them."""
    camera.tallest = TALLEST_PHONE
    _announced(camera)
    with visitor(camera.browser, width=PHONE, sharpness=PHONE_SHARP) as page:
        _at_the_door(camera, page)
    with at_work(
        camera.browser, camera.portal, camera.scene.nurse, width=PHONE, sharpness=PHONE_SHARP
    ) as page:
        nurse = Nurse(page, camera.portal, camera.scene)
        _home(camera, nurse)
        _request(camera, nurse)
        _survey(camera, nurse)
        _applied(camera, nurse)
        _beside(camera, nurse)
        _delivered(camera, nurse)
    _several(camera)


def _announced(camera: Camera) -> None:
    content = AnnouncementContent(
        title="手袋の配送が遅れています", body="配送が2日遅れています。", important=True
    )
    Announcement.publish(camera.scene.officer, content)


def _at_the_door(camera: Camera, page: Page) -> None:
    page.goto(camera.portal.url)
    camera.shows(
        page,
        f"{NAME}login",
        "ログイン画面。ユーザー名とパスワードの欄、「ログイン」ボタン、「パスワードをお忘れですか?」のリンク。",
        page.get_by_role("main"),
    )
    page.get_by_role("link", name="パスワードをお忘れですか?").click()
    camera.shows(
        page,
        f"{NAME}password",
        "パスワードの再設定の画面。ユーザー名の欄と「パスワードリセット」ボタン。",
        page.get_by_role("main"),
    )


def _home(camera: Camera, nurse: Nurse) -> None:
    nurse.finds_the_survey_unanswered_at_home()
    camera.shows(
        nurse.page,
        f"{NAME}home",
        "ホームの「いま必要なこと」。期限、「週次調査に回答してください」、先週の数と「先週と変わりなし」「調査に回答する」のボタン。",
        nurse.main.get_by_role("heading", level=1),
        nurse.main.locator(".due"),
        tallest=900,
    )


def _request(camera: Camera, nurse: Nurse) -> None:
    """From 新規 to エラー有り: the survey is not answered yet."""
    page = nurse.page
    nurse.goes_to_the_empty_list()
    nurse.follow("新規")
    nurse.tick(TERMS).check()
    camera.shows(
        page,
        f"{NAME}request-terms",
        "条件確認の終わり。「上記の緊急配布条件を満たしていることを確認した」にチェックが入っている。",
        nurse.main.locator(".terms"),
        nurse.main.locator(".tick").filter(has_text=TERMS),
    )
    nurse.tick(f"{GLOVES}を要請する").check()
    nurse.quantity.fill("4,100")
    nurse.opinion.fill(OPINION)
    # What scripts add a moment after the last key: the boxes beside the figure, and that it is kept.
    expect(page.get_by_role("group", name=GLOVES)).to_contain_text("＝41箱")
    expect(page.locator("#live-draft")).to_contain_text("入力を控えました")
    camera.shows(
        page,
        f"{NAME}request-items",
        "物資の欄。⑤非滅菌手袋にチェックが入り、要請数量に4,100枚。ほかの物資は受付停止中。",
        page.locator("#items .items"),
    )
    camera.shows(
        page,
        f"{NAME}request-save",
        "入力画面の終わり。「確認して申請へ」「保存」「キャンセル」のボタン。保存だけでは要請したことにならない、という注意。",
        page.locator(".action-bar"),
    )
    nurse.press("保存")
    nurse.told("下書きを保存しました。")
    camera.shows(
        page,
        f"{NAME}request-draft",
        "保存したあとの要請の画面。対応ステータスは「未申請」。「システムチェック&申請」ボタンがある。",
        nurse.main.locator(".record-head"),
    )
    nurse.follow(APPLY)
    camera.shows(
        page,
        f"{NAME}request-ask",
        "「システムチェック&申請」の確認画面のはじめ。医療機関名、物資、要請数量、締切と対応開始日。",
        nurse.main.locator(".narrow"),
    )
    camera.shows(
        page,
        f"{NAME}request-done",
        "「システムチェック&申請」の確認画面の終わり。「完了」「キャンセル」のボタンと、「完了」を押したあとの流れ。",
        nurse.main.get_by_text("まだ申請していません。", exact=True),
        nurse.main.locator("form.actions"),
        nurse.main.locator(".section--quiet"),
    )
    nurse.press("完了")
    nurse.told_of_failure()
    camera.shows(
        page,
        f"{NAME}request-error",
        "「エラー有り」の要請。足りないものに「週次調査の回答が、7日以内にありません」と、「調査に回答する」のリンク。",
        page.get_by_role("region", name=re.compile("^足りないもの")),
    )


def _survey(camera: Camera, nurse: Nurse) -> None:
    page = nurse.page
    nurse.follow("調査に回答する")
    camera.shows(
        page,
        f"{NAME}survey-same",
        "週次調査のはじめ。先週の数の表と「先週と変わりなし」ボタン。",
        page.get_by_role("region", name=re.compile("^先週と変わりがなければ")),
    )
    for name, figure in (
        ("在庫量", "2,400"),
        ("1週間の想定消費量", "4,000"),
        ("1週間の購入見込み量", "5"),
    ):
        nurse.survey_figure(name).fill(figure)
    camera.shows(
        page,
        f"{NAME}survey-figures",
        "⑤非滅菌手袋の3つの欄。在庫量、1週間の想定消費量、1週間の購入見込み量。それぞれに先週の数が並ぶ。",
        page.get_by_role("region", name=re.compile(f"^{GLOVES}")),
    )
    assert nurse.press("回答を送信する") == 422
    camera.shows(
        page,
        f"{NAME}survey-asked",
        "聞き返しの表示。購入見込み量の5枚に「箱の数で入力していませんか？」。まだ送信されていない。",
        page.get_by_role("group", name=GLOVES),
    )
    nurse.survey_figure("1週間の購入見込み量").fill("500")
    nurse.press("回答を送信する")
    nurse.told("回答を受け付けました。")
    nurse.follow("もとの画面にもどる")


def _applied(camera: Camera, nurse: Nurse) -> None:
    page = nurse.page
    nurse.applies()
    camera.shows(
        page,
        f"{NAME}request-review",
        "申請したあとの要請の画面。対応ステータスは「都道府県・国確認中」。申請日時と、間に合った締切がある。",
        nurse.main.locator(".record-head"),
    )
    camera.shows(
        page,
        f"{NAME}request-ahead",
        "「これからの流れ」。都道府県の確認、国の受付、配布の決定、発送、受領の確認が順に並ぶ。",
        nurse.main.locator("section").filter(
            has=page.get_by_role("heading", name="これからの流れ", exact=True)
        ),
    )
    request = camera.scene.only_request()
    nurse.follow("取り下げる")
    camera.shows(
        page,
        f"{NAME}request-withdraw",
        "取下げの画面。取り下げるとどうなるか、理由の欄、「取り下げる」ボタン。",
        nurse.main.locator(".section--quiet"),
        nurse.main.locator("form"),
    )
    request.ask(camera.scene.officer, ASKED)
    page.goto(f"{camera.portal.url}/requests/{request.number}/")
    camera.shows(
        page,
        f"{NAME}question",
        "照会への回答。担当者の質問、回答の欄、「回答する」ボタン。",
        page.get_by_role("region", name=re.compile("^担当者からの照会")),
    )
    _both(camera, nurse)
    page.goto(f"{camera.portal.url}/requests/?view=all")
    camera.shows(
        page,
        f"{NAME}requests",
        "緊急配布要請の一覧。要請ごとに題名、要請番号、申請日時、医療機関名、対応ステータス。",
        nurse.main.locator(".list-view"),
    )


def _both(camera: Camera, nurse: Nurse) -> None:
    """A second request, written by two people at once."""
    draft = SosRequest.create_draft(camera.scene.nurse, camera.scene.hospital, factories.content(1600))
    colleague = factories.member(camera.scene.hospital, name="見本 美咲")
    nurse.page.goto(f"{camera.portal.url}/requests/{draft.number}/edit/")
    nurse.quantity.fill("1,800")
    draft.revise(colleague, factories.content(2000), seen_version=draft.version)
    assert nurse.press("保存") == 409
    camera.shows(
        nurse.page,
        f"{NAME}both",
        "先にほかの人が保存したときの表示。いま保存されている内容と、あなたが入力した内容が並ぶ。",
        nurse.page.locator("section[aria-labelledby=both-title]"),
    )


def _delivered(camera: Camera, nurse: Nurse) -> None:
    """The first request, up to the parcel at the door."""
    page, scene = nurse.page, camera.scene
    request = SosRequest.objects.filter(institution=scene.hospital).earliest("pk")
    request = request.answer(scene.nurse, Question.objects.get().pk, "来週の火曜に、10箱の予定です。")
    request = confirm(request, scene.officer)
    request.accept(scene.ministry, seen_revision=request.revision)
    rounds.decide(3600, Rule.PRO_RATA, actor=scene.ministry, cutoff=scene.cutoff, now=clock.now())
    vendor.handed(by=scene.ministry, now=clock.now())
    file = vendor.shipping_file([vendor.row_for(request, day=f"{clock.today():%Y/%m/%d}")])
    assert vendor.taken_in(file, by=scene.ministry, now=clock.now()).written
    page.goto(f"{camera.portal.url}/requests/{request.number}/")
    camera.shows(
        page,
        f"{NAME}outcome",
        "要請の画面の「配布の決定」。減量された数量と、その理由。",
        nurse.main.locator("section").filter(has=page.locator("#outcome")),
    )
    camera.shows(
        page,
        f"{NAME}receipt",
        "要請の画面の「お届け」。発送日、運送会社、伝票番号、発送数量と、受領を確認するボタン。",
        page.get_by_role("region", name="お届け"),
    )
    page.goto(f"{camera.portal.url}/survey/{scene.hospital.code}/history/")
    camera.shows(
        page,
        f"{NAME}survey-history",
        "これまでの回答。物資ごとの図と、回ごとの3つの数。",
        nurse.main,
    )


def _beside(camera: Camera, nurse: Nurse) -> None:
    page = nurse.page
    page.goto(f"{camera.portal.url}/institution/")
    camera.shows(
        page,
        f"{NAME}profile",
        "ユーザー基礎情報登録。医療機関で登録する電話番号、担当者氏名、メールアドレスの欄と「保存」ボタン。",
        page.get_by_role("region", name="医療機関で登録するもの"),
    )
    page.goto(f"{camera.portal.url}/account/notices/")
    camera.shows(
        page,
        f"{NAME}notices",
        "メールの受け取り方。知らせの種類ごとに「すぐに」「1日1回まとめて」「受け取らない」を選ぶ。",
        nurse.main,
    )
    page.goto(f"{camera.portal.url}/inquiries/new/")
    camera.shows(
        page,
        f"{NAME}inquiry",
        "新しいお問い合わせの画面。件名と宛先を選ぶ。",
        nurse.main,
    )
    page.goto(f"{camera.portal.url}/announcements/")
    camera.shows(
        page,
        f"{NAME}announcements",
        "お知らせの一覧。読んでいないものと、重要なものに印がある。",
        nurse.main,
    )
    page.goto(f"{camera.portal.url}/search/?q=手袋の配送")
    camera.shows(
        page,
        f"{NAME}search",
        "検索の結果。「お知らせ 1件」の下に、見つかったお知らせの題名。",
        nurse.main,
    )


def _several(camera: Camera) -> None:
    """Who serves several institutions chooses one."""
    places = [factories.institution(name=name) for name in ("架空わかば医院", "架空すずらん医院")]
    clerk = factories.member(*places, username="several", name="見本 美咲")
    with at_work(camera.browser, camera.portal, clerk, width=PHONE, sharpness=PHONE_SHARP) as page:
        page.goto(f"{camera.portal.url}/institution/switch/")
        camera.shows(
            page,
            f"{NAME}switch",
            "表示する医療機関を選ぶ画面。「すべて」と、担当する医療機関のボタンが並ぶ。",
            page.get_by_role("main"),
        )
