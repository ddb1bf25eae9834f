"""The survey as a workbook: who enters for several takes it out, fills it in, mends a row, and answers for all."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from institutions.models import User
from sosportal.lib import clock
from surveys.models import Figures, SurveyResponse
from tests import factories
from tests.journeys.at_hospital import GLOVES, Nurse
from tests.journeys.scene import EVERY_WAY, at_work, ready
from tests.support.browser import FINGER, Looker
from tests.support.portal import Portal

pytestmark = pytest.mark.browser

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def filled(workbook: Any, code: str, *figures: str) -> None:
    """Type the three figures of the gloves into the institution's row."""
    for row in workbook.active.iter_rows(min_row=2):
        if (row[0].value, row[3].value) == (code, GLOVES):
            for cell, figure in zip(row[10:13], figures, strict=True):
                cell.value = figure


def brought(page: Page, workbook: Any) -> None:
    """The workbook as it stands, chosen as the file."""
    kept = io.BytesIO()
    workbook.save(kept)
    file = FilePayload(name="様式.xlsx", mimeType=XLSX, buffer=kept.getvalue())
    page.get_by_label("入力した様式", exact=True).set_input_files(file)


@EVERY_WAY
def test_taken_out_filled_in_mended_and_answered_for_all(
    live_portal: Portal, browser: Browser, width: int, scripts: bool
) -> None:
    scene = ready()
    second = factories.institution(name="架空第二診療所")
    factories.join(scene.nurse, second)
    this_week = SurveyResponse.objects.filter(round__closes_at__gt=clock.now())
    person = User.objects.get(pk=scene.nurse.pk)
    with at_work(browser, live_portal, person, width=width, scripts=scripts) as page:
        nurse, looker = Nurse(page, live_portal, scene), Looker(page, targets=FINGER)
        page.goto(f"{live_portal.url}/survey/")
        nurse.follow("Excelの様式で、まとめて回答する")
        nurse.says("担当する2件の医療機関の分が、1枚の表に入っています。")
        assert looker.faults(scan=scripts) == []
        with page.expect_download() as saved:
            nurse.follow("様式（Excel）をダウンロードする")
        workbook = openpyxl.load_workbook(io.BytesIO(saved.value.path().read_bytes()))
        filled(workbook, scene.hospital.code, "３，４００枚", "4,000", "500")
        filled(workbook, second.code, "120", "たくさん", "0")
        brought(page, workbook)
        assert nurse.press("内容を確かめる") == 422
        nurse.refused(
            "様式に、直すところがあります（1件）", "行目", "1週間の想定消費量", "数として読めません"
        )
        assert looker.faults(scan=scripts) == []
        assert not this_week.exists()

        filled(workbook, second.code, "120", "80", "0")
        brought(page, workbook)
        assert nurse.press("内容を確かめる") == 200
        nurse.says("まだ回答していません。2件の医療機関の回答が変わります。")
        expect(page.get_by_role("row").filter(has_text="架空第二診療所")).to_contain_text("120枚")
        assert looker.faults(scan=scripts) == []
        assert not this_week.exists()
        nurse.press("この内容で回答する")
        nurse.told("2件の医療機関の回答を受け付けました。")
        assert looker.faults(scan=scripts) == []
    gloves = factories.gloves().pk
    assert {each.institution_id: each.figures()[gloves] for each in this_week} == {
        scene.hospital.pk: Figures(3400, 4000, 500),
        second.pk: Figures(120, 80, 0),
    }
