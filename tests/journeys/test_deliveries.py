"""From the vendor's file to what arrived, in the browser: the ministry hands off and takes in, the nurse confirms."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect

from institutions.models import Institution, Role, Suspension
from requests_app.models import ExportLog, HandOff, HandOffRow, Receipt, RequestEvent, Shipment, SosRequest
from requests_app.rules.allocation import Rule
from requests_app.rules.transitions import Verb
from sosportal.lib import clock
from sosportal.lib.models import OutboxMessage
from tests import factories
from tests.journeys.at_office import Officer, filters_by
from tests.journeys.scene import LONG_NAME, Scene, at_work, ready
from tests.requests_app.allocation import rounds
from tests.requests_app.deliveries import vendor
from tests.support.browser import PC, PHONE, POINTER, Looker
from tests.support.portal import Portal

pytestmark = pytest.mark.browser

HAND_OFFS = "/admin/requests_app/handoff/"
DELIVERIES = "/admin/requests_app/delivery/"
SLIP = "5555-6666-7777"
WHY = "配布した手袋を転売したため"
DESPITE = "停止の前に決めた分で、病棟の在庫がないため"


def allocated(scene: Scene) -> tuple[SosRequest, SosRequest]:
    """Two requests that wait to be handed off: the scene's hospital's, and one in Osaka with a long name."""
    places = [scene.hospital, factories.institution(factories.OSAKA, name=f"{LONG_NAME}𠮷")]
    now = clock.now()
    first, second = rounds.accepted([4100, 2000], places=places, now=now.replace(hour=0, minute=0, second=0))
    rounds.decide(6100, Rule.ALL_IN_FULL, cutoff=scene.cutoff, now=now)
    return first, second


def hands_off(officer: Officer) -> HandOff:
    """From the list to the file, as XLSX."""
    page = officer.page
    page.goto(f"{officer.portal.url}{HAND_OFFS}")
    page.get_by_role("link", name="引渡しのファイルを作る").click()
    officer.says("U+20BB7")
    officer.field("売払先事業者").fill("架空物産株式会社")
    officer.field("Excel（XLSX）").check()
    assert officer.press("2行のファイルを作る") == 200
    made = HandOff.objects.get()
    officer.told(f"第{made.pk}号を作りました")
    return made


def downloads(page: Page, path: Path) -> list[list[object]]:
    """The file, as a stranger's program reads it."""
    with page.expect_download() as download:
        page.get_by_role("button", name="ファイルをダウンロードする").click()
    download.value.save_as(path)
    sheet = openpyxl.load_workbook(io.BytesIO(path.read_bytes())).worksheets[0]
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def sends(officer: Officer, data: bytes) -> int:
    """The vendor's file, from the list of deliveries; the status of what comes back."""
    page = officer.page
    page.goto(f"{officer.portal.url}{DELIVERIES}")
    page.get_by_role("link", name="発送ファイルを取り込む").click()
    page.get_by_label("発送ファイル").set_input_files(
        {"name": "発送.csv", "mimeType": "text/csv", "buffer": data}
    )
    return officer.press("内容を確かめる")


def todays_row(request: SosRequest, quantity: object = None, slip: str = SLIP) -> list[object]:
    return vendor.row_for(request, quantity, slip, day=f"{clock.today():%Y/%m/%d}")


@pytest.mark.parametrize(("width", "scripts"), [(PC, True), (PHONE, False)], ids=["pc", "phone-no-scripts"])
def test_from_the_hand_off_to_a_difference_that_is_seen(
    live_portal: Portal, browser: Browser, width: int, scripts: bool, tmp_path: Path
) -> None:
    scene = ready()
    first, second = allocated(scene)
    with at_work(browser, live_portal, scene.ministry, width=width, scripts=scripts) as page:
        officer = Officer(page, live_portal, scene)
        made = hands_off(officer)
        rows = downloads(page, tmp_path / "file.xlsx")
        assert [row[0] for row in rows[1:]] == [first.number, second.number]
        assert downloads(page, tmp_path / "again.xlsx") == rows
        assert (tmp_path / "again.xlsx").read_bytes() == (tmp_path / "file.xlsx").read_bytes()
        assert {log.sha256 for log in ExportLog.objects.all()} == {made.sha256}

        assert (
            sends(officer, vendor.shipping_file([todays_row(first), todays_row(second, "たくさん", "8888")]))
            == 422
        )
        officer.says("1行を直してください")
        officer.says("数として読めません")
        assert not Shipment.objects.exists()
        assert (
            sends(officer, vendor.shipping_file([todays_row(first), todays_row(second, 1900, "8888")])) == 200
        )
        officer.heading("取り込む内容を確かめる")
        assert officer.press("取り込む") == 200
        officer.told("発送を取り込みました（新規2件、訂正0件）")
    assert OutboxMessage.objects.filter(to=scene.hospital.email, body__contains="555566667777").exists()

    with at_work(browser, live_portal, scene.nurse, width=width, scripts=scripts) as page:
        page.goto(f"{live_portal.url}/")
        expect(page.get_by_role("heading", name="届いた物資の受領を確認してください")).to_be_visible()
        page.get_by_role("link", name="受領を確認する").first.click()
        page.get_by_text("数量や日付が違うとき").click()
        page.get_by_label("届いた数量").fill("４，０００枚")
        page.get_by_role("button", name="この内容で受領を確認する").click()
        expect(page.get_by_role("alert")).to_be_focused()
        expect(page.get_by_role("alert")).to_contain_text("連絡事項に書いてください")
        expect(page.get_by_label("届いた数量")).to_have_value("４，０００枚")
        page.get_by_label("連絡事項").fill("箱が1つ足りません")
        page.get_by_role("button", name="この内容で受領を確認する").click()
        expect(page.get_by_role("main")).to_contain_text("発送より100枚少ない")
        page.goto(f"{live_portal.url}/")
        expect(page.get_by_role("heading", name="届いた物資の受領を確認してください")).to_have_count(0)
    assert Receipt.objects.get().quantity == 4000

    with at_work(browser, live_portal, scene.ministry, width=width, scripts=scripts) as page:
        officer = Officer(page, live_portal, scene)
        page.goto(f"{live_portal.url}{DELIVERIES}")
        filters_by(page, "届いた数量が発送と違う")
        officer.says(first.number)
        expect(officer.main).not_to_contain_text(second.number)
        page.get_by_role("link", name=scene.hospital.name).click()
        officer.says("箱が1つ足りません")


@pytest.mark.parametrize(("width", "scripts"), [(PC, True), (PHONE, False)], ids=["pc", "phone-no-scripts"])
def test_more_is_allocated_meanwhile_and_a_colleague_hands_off_first(
    live_portal: Portal, browser: Browser, width: int, scripts: bool
) -> None:
    scene = ready()
    allocated(scene)
    with at_work(browser, live_portal, scene.ministry, width=width, scripts=scripts) as page:
        officer = Officer(page, live_portal, scene)
        page.goto(f"{live_portal.url}{HAND_OFFS}new/")
        officer.field("売払先事業者").fill("架空物産株式会社")
        officer.field("Excel（XLSX）").check()
        (more,) = rounds.accepted([700], now=clock.now() - timedelta(minutes=5))
        rounds.decide(700, Rule.ALL_IN_FULL, cutoff=scene.cutoff, now=clock.now())
        assert officer.press("2行のファイルを作る") == 409
        alert = page.get_by_role("alert")
        expect(alert).to_be_focused()
        expect(alert).to_contain_text("まだ何も記録していません")
        expect(alert).to_contain_text("引き渡す内容が変わりました")
        expect(page.get_by_role("region", name="載せる行の表")).to_contain_text(more.number)
        expect(officer.field("売払先事業者")).to_have_value("架空物産株式会社")
        expect(officer.field("Excel（XLSX）")).to_be_checked()
        assert not HandOff.objects.exists()

        made = vendor.handed(by=factories.user(Role.MINISTRY), now=clock.now())
        assert officer.press("3行のファイルを作る") == 409
        expect(alert).to_contain_text("引き渡すものはありません。")
        officer.says("いま、引き渡すものはありません。")
        page.goto(f"{live_portal.url}{HAND_OFFS}")
        expect(page.get_by_role("row").filter(has_text=str(made))).to_have_count(1)
    assert HandOff.objects.get() == made
    assert HandOffRow.objects.count() == RequestEvent.objects.filter(verb=Verb.HAND_OFF.value).count() == 3


@pytest.mark.parametrize(("width", "scripts"), [(PC, True), (PHONE, True)], ids=["pc", "phone"])
def test_the_goods_of_a_suspended_institution_are_held_apart_until_somebody_says_why(
    live_portal: Portal, browser: Browser, width: int, scripts: bool, tmp_path: Path
) -> None:
    scene = ready()
    free, held = allocated(scene)
    with at_work(browser, live_portal, scene.ministry, width=width, scripts=scripts) as page:
        officer, looker = Officer(page, live_portal, scene), Looker(page, targets=POINTER)
        page.goto(f"{live_portal.url}{HAND_OFFS}new/")
        officer.field("売払先事業者").fill("架空物産株式会社")
        officer.field("CSV（UTF-8）").check()
        Suspension.suspend(factories.user(Role.MINISTRY), held.institution, WHY)
        assert officer.press("2行のファイルを作る") == 409
        goes = page.get_by_role("region", name="載せる行の表")
        expect(goes).to_contain_text(free.number)
        expect(goes).not_to_contain_text(held.number)
        officer.says("要請を停止中の医療機関の物資が1件あります。")
        tick = page.get_by_role("checkbox", name=held.number)
        expect(tick).not_to_be_checked()
        expect(page.get_by_role("group", name="それでも載せる物資")).to_contain_text(WHY)
        assert looker.faults() == []

        tick.check()
        assert officer.press("ファイルを作る") == 422
        expect(page.get_by_role("alert")).to_contain_text("載せる理由を入力してください")
        expect(page.get_by_role("alert")).to_be_focused()
        expect(tick).to_be_checked()
        assert looker.faults() == []
        officer.field("載せる理由").fill(DESPITE)
        assert officer.press("ファイルを作る") == 200
        officer.says(DESPITE)
        assert looker.faults() == []
        with page.expect_download() as download:
            page.get_by_role("button", name="ファイルをダウンロードする").click()
        text = Path(download.value.path()).read_text("utf-8-sig")
    assert held.number in text
    assert free.number in text
    assert DESPITE not in text
    assert WHY not in text


def test_every_state_of_the_pages_is_for_everybody(live_portal: Portal, browser: Browser) -> None:
    scene = ready()
    first, second = allocated(scene)
    faults: dict[str, object] = {}
    with at_work(browser, live_portal, scene.ministry) as page:
        looker = Looker(page, targets=POINTER)
        officer = Officer(page, live_portal, scene)

        def look(state: str) -> None:
            if found := looker.faults():
                faults[state] = found

        page.goto(f"{live_portal.url}{HAND_OFFS}new/")
        look("preview")
        officer.field("CSV（Shift_JIS）").check()
        officer.press("2行のファイルを作る")
        look("preview refused")
        made = hands_off(officer)
        look("hand-off")
        Institution.objects.filter(pk=first.institution_id).update(telephone="03-9999-9999")
        page.goto(f"{live_portal.url}{HAND_OFFS}{made.pk}/correct/")
        look("correction")
        page.goto(f"{live_portal.url}{HAND_OFFS}")
        look("hand-offs")
        sends(officer, vendor.shipping_file([todays_row(first, "百")]))
        look("file refused")
        sends(officer, vendor.shipping_file([todays_row(first, 5000)]))
        look("import with a warning")
        officer.press("取り込む")
        look("import not agreed to")
        officer.field("注意の内容を確かめました").check()
        officer.press("取り込む")
        look("deliveries")
        page.goto(f"{live_portal.url}/admin/requests_app/exportlog/")
        look("log")
        page.goto(f"{live_portal.url}/admin/requests_app/sosrequest/?status=ACCEPTED")
        page.get_by_label("この一覧をファイルにする").select_option(label="CSV（Shift_JIS）")
        officer.press("ダウンロード")
        look("export asked about")
        page.goto(f"{live_portal.url}/admin/requests_app/sosrequest/{first.pk}/change/")
        look("review")
    with at_work(browser, live_portal, scene.nurse) as page:
        looker = Looker(page)
        page.goto(f"{live_portal.url}/")
        look("home")
        page.goto(f"{live_portal.url}/requests/{first.number}/")
        look("parcel")
        page.get_by_text("数量や日付が違うとき").click()
        page.get_by_role("button", name="この内容で受領を確認する").click()
        look("receipt refused")
        page.goto(f"{live_portal.url}/requests/{first.number}/")
        page.get_by_role("button", name="届いた数量は発送数量と同じ").click()
        look("received")
    assert second.number
    assert not faults, faults
