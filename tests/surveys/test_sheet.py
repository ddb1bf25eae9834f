"""The survey as a workbook: what goes out, what comes back, what is said of each row, and that nothing is half done."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from institutions.models import Institution, Membership, User
from surveys.exports import HEADING
from surveys.imports.filled import INCOMPLETE, OTHER_ROUND, TWICE, UNKNOWN_CODE, UNKNOWN_ITEM, read_kept
from surveys.models import Figures, SurveyEvent, SurveyResponse, SurveyRound
from tests import factories
from tests.surveys.pages import Page, logged_in
from tests.surveys.ward import LAST_WEEK, NOW, WEEK, Ward

SHEET, TEMPLATE = "/survey/sheet/", "/survey/sheet/template.xlsx"
ITEM = "⑤非滅菌手袋"
COLUMNS = ("医療機関コード", "物資", "在庫量", "1週間の想定消費量", "1週間の購入見込み量")
GOOD = ("3400", "4100", "500")


def template(client: Client) -> Any:
    """The workbook that goes out."""
    response: Any = client.get(TEMPLATE)
    assert response.status_code == 200
    return openpyxl.load_workbook(io.BytesIO(response.content))


def csv_of(*rows: tuple[str, ...], heading: tuple[str, ...] = COLUMNS) -> bytes:
    return "\r\n".join(",".join(f'"{cell}"' for cell in row) for row in (heading, *rows)).encode()


def sent(client: Client, content: bytes, name: str = "sheet.csv") -> Page:
    return Page(client, client.post(SHEET, {"file": SimpleUploadedFile(name, content)}))


def confirm(page: Page, **more: str) -> HttpResponse:
    """The press on the page that shows what would be answered."""
    form = page.html.partition('name="kept"')
    assert form[1], page.text
    fields = {name: page.inputs[name][0] for name in ("token", "round", "seen", "kept")}
    answer = page.client.post(SHEET, fields | more)
    assert isinstance(answer, HttpResponse)
    return answer


@pytest.fixture
def second(ward: Ward) -> Institution:
    """Another clinic of the same person."""
    other = factories.institution(name="第二診療所")
    Membership.objects.create(user=ward.person, institution=other)
    return other


def test_the_workbook_has_a_row_per_institution_and_item_and_only_figures_are_open(
    ward: Ward, second: Institution
) -> None:
    book = template(logged_in(ward.person))
    rows = list(book.active.iter_rows(values_only=True))
    assert rows[0] == HEADING
    assert len(rows) == 1 + 2 * 5
    own = next(row for row in rows if row[0] == ward.place.code and row[3] == ITEM)
    assert own[4:] == ("必須", "枚", 100, 6200, 4000, 1200, None, None, None)
    assert book.active.protection.sheet
    locked = [cell.protection.locked for cell in book.active[2]]
    assert locked == [True] * 10 + [False] * 3
    ranges = sorted(str(each.sqref) for each in book.active.data_validations.dataValidation)
    assert ranges == ["K2:K11", "L2:L11", "M2:M11"]


def test_filled_in_shown_and_answered_once(ward: Ward, second: Institution) -> None:
    client = logged_in(ward.person)
    book = template(client)
    for row in book.active.iter_rows(min_row=2):
        if row[3].value == ITEM:
            for cell, figure in zip(row[10:], (3400, 4100, 500), strict=True):
                cell.value = figure
    kept = io.BytesIO()
    book.save(kept)
    page = sent(client, kept.getvalue(), "sheet.xlsx")
    assert page.status == 200
    assert "まだ回答していません。2件の医療機関の回答が変わります。" in page.text
    assert ward.standing() is None
    first, again = confirm(page), confirm(page)
    assert (first.status_code, first.headers["Location"]) == (302, "/survey/")
    assert again.status_code == 302
    assert ward.standing() == {ward.gloves: Figures(3400, 4100, 500)}
    assert SurveyResponse.objects.filter(round=ward.survey_round).count() == 2
    events = SurveyEvent.objects.count()
    page = sent(client, kept.getvalue(), "sheet.xlsx")
    assert "もう回答されている数と同じです。変わるところはありません。" in page.text
    assert SurveyEvent.objects.count() == events


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_csv_in_any_encoding_and_as_people_type(ward: Ward, encoding: str) -> None:
    client = logged_in(ward.person)
    code = "".join(chr(ord(digit) + 0xFEE0) for digit in ward.place.code)
    text = csv_of((code, "非滅菌手袋", "３，４００枚", "4 100", "500")).decode().encode(encoding)
    assert confirm(sent(client, text)).status_code == 302
    assert ward.standing() == {ward.gloves: Figures(3400, 4100, 500)}


def test_what_is_wrong_is_said_with_line_and_column_and_nothing_is_answered(ward: Ward) -> None:
    foreign = factories.institution()
    code = ward.place.code
    page = sent(
        logged_in(ward.person),
        csv_of(
            (code, ITEM, "-1", "", "33箱"),
            (foreign.code, ITEM, *GOOD),
            ("9999999999", ITEM, *GOOD),
            (code, "ガーゼ", *GOOD),
            (code, "①医療用(サージカル)マスク", "1", "2", "3"),
            (code, "①医療用(サージカル)マスク", "4", "5", "6"),
            (code, "②N95マスク又はDS2マスク", "", "", ""),
        ),
    )
    assert page.status == 422
    for told in (
        "2行目「在庫量」：0より小さい数は入力できません。",
        f"2行目「1週間の想定消費量」：{INCOMPLETE}",
        "33箱なら3,300枚です。",
        f"3行目「医療機関コード」：{UNKNOWN_CODE}",
        f"4行目「医療機関コード」：{UNKNOWN_CODE}",
        f"5行目「物資」：{UNKNOWN_ITEM}",
        f"7行目「物資」：{TWICE}",
    ):
        assert "".join(told.split()) in page.text, told
    assert "も必要です。" not in page.text  # the row is there: what is wrong with it stands above
    assert "この内容で回答する" not in page.text
    assert ward.standing() is None


def test_a_required_item_that_the_sheet_leaves_out_is_named(ward: Ward) -> None:
    page = sent(logged_in(ward.person), csv_of((ward.place.code, "①医療用(サージカル)マスク", "1", "2", "3")))
    assert page.status == 422
    assert f"2行目：{ward.place.name}は、⑤非滅菌手袋の3つの数も必要です。" in page.text


def test_a_sheet_of_another_round_is_refused(ward: Ward, frozen: time_machine.Traveller) -> None:
    rows = csv_of((ward.place.code, ITEM, *GOOD, "2026/11/18 17:00まで"), heading=(*COLUMNS, "調査の回"))
    page = sent(logged_in(ward.person), rows)
    assert page.status == 422
    assert f"2行目「調査の回」：{OTHER_ROUND}" in page.text


def test_who_answered_meanwhile_is_not_overwritten(ward: Ward, second: Institution) -> None:
    client = logged_in(ward.person)
    page = sent(client, csv_of((ward.place.code, ITEM, *GOOD), (second.code, ITEM, *GOOD)))
    factories.answer(ward.person, ward.place, {ward.gloves: Figures(9, 9, 9)}, now=NOW)
    refused = confirm(page)
    assert refused.status_code == 409
    assert ward.standing() == {ward.gloves: Figures(9, 9, 9)}
    assert SurveyResponse.objects.filter(institution=second).count() == 0
    assert confirm(Page(client, refused)).status_code == 302
    assert SurveyResponse.objects.filter(institution=second).count() == 1


def test_a_round_that_closed_meanwhile_takes_nothing(ward: Ward, frozen: time_machine.Traveller) -> None:
    from datetime import timedelta

    frozen.move_to(ward.survey_round.closes_at - timedelta(minutes=1))
    page = sent(logged_in(ward.person), csv_of((ward.place.code, ITEM, *GOOD)))
    frozen.move_to(ward.survey_round.closes_at)
    SurveyRound.objects.open_for(ward.survey_round.closes_at)
    assert confirm(page).status_code == 409
    assert SurveyEvent.objects.count() == 1


def test_a_proxy_says_why_and_is_named_so(ward: Ward, second: Institution) -> None:
    Membership.objects.filter(user=ward.person).update(as_proxy=True)
    client = logged_in(User.objects.get(pk=ward.person.pk))
    page = sent(client, csv_of((ward.place.code, ITEM, *GOOD), (second.code, ITEM, *GOOD)))
    assert "代理で入力する理由" in page.text
    assert confirm(page).status_code == 422
    assert ward.standing() is None
    assert confirm(page, reason="電話で依頼").status_code == 302
    events = SurveyEvent.objects.filter(proxy_reason="電話で依頼")
    assert [each.actor_text.startswith("代理：") for each in events] == [True, True]


def test_a_jump_is_shown_and_does_not_block(ward: Ward) -> None:
    page = sent(logged_in(ward.person), csv_of((ward.place.code, ITEM, "62", "4000", "1200")))
    assert "在庫量は、前回6,200枚。" in page.text
    assert confirm(page).status_code == 302


@pytest.mark.parametrize(
    "kept",
    [
        *("", "x", "[1]", '[[1,"1",5,1,2]]', '[[1,"1",5,-1,2,3]]', '[[1,"1",5,1e30,2,3]]', "[" * 100_000),
        *(r'[[1,"\ud800",5,1,2,3]]', r'[[1,"\u0000",5,1,2,3]]', "[[1,[],5,1,2,3]]", "null", '{"a": 1}'),
    ],
)
def test_what_no_page_of_ours_said_is_refused(ward: Ward, kept: str) -> None:
    assert read_kept(kept) is None
    page = sent(logged_in(ward.person), csv_of((ward.place.code, ITEM, *GOOD)))
    assert confirm(page, kept=kept).status_code == 422
    assert ward.standing() is None


def test_the_page_sent_again_with_other_figures_is_not_told_that_it_was_taken(ward: Ward) -> None:
    page = sent(logged_in(ward.person), csv_of((ward.place.code, ITEM, *GOOD)))
    assert confirm(page).status_code == 302
    code = ward.place.code

    assert confirm(page, kept=f'[[2,"{code}",{ward.gloves},1,2,3]]').status_code == 409
    assert ward.standing() == {ward.gloves: Figures(3400, 4100, 500)}


def test_rows_of_others_slipped_into_the_page_are_unknown(ward: Ward) -> None:
    other = factories.institution()
    page = sent(logged_in(ward.person), csv_of((ward.place.code, ITEM, *GOOD)))
    slipped = f'[[2,"{other.code}",{ward.gloves},1,2,3]]'
    assert confirm(page, kept=slipped).status_code == 409
    assert not SurveyResponse.objects.filter(institution=other).exists()


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04broken", b"\xd0\xcf\x11\xe0old", b"\x00\x01", b"a,b\r\n1,2"]
)
def test_what_is_no_sheet_is_refused(ward: Ward, content: bytes) -> None:
    assert sent(logged_in(ward.person), content).status == 422


def test_the_answers_of_this_week_stand_in_the_next_workbook(ward: Ward) -> None:
    factories.answer(ward.person, ward.place, {ward.gloves: LAST_WEEK}, now=NOW)
    rows = list(template(logged_in(ward.person)).active.iter_rows(values_only=True))
    assert [row[10:] for row in rows if row[3] == ITEM] == [(6200, 4000, 1200)]


def test_no_round_no_workbook(ward: Ward, frozen: time_machine.Traveller) -> None:
    frozen.move_to(NOW + 2 * WEEK)
    client = logged_in(ward.person)
    assert client.get(TEMPLATE).status_code == 302
    assert "いま、回答を受け付けている回はありません。" in Page(client, client.get(SHEET)).text


@pytest.mark.parametrize("clinics", [1, 12])
def test_queries_do_not_grow(ward: Ward, clinics: int, django_assert_num_queries: Any) -> None:
    places = [factories.institution() for _ in range(clinics)]
    for place in places:
        Membership.objects.create(user=ward.person, institution=place)
        factories.answer(User.objects.get(pk=ward.person.pk), place, {ward.gloves: LAST_WEEK}, now=NOW - WEEK)
    client = logged_in(ward.person)
    content = csv_of(*((place.code, ITEM, *GOOD) for place in places))
    with django_assert_num_queries(QUERIES):
        assert sent(client, content).status == 200


QUERIES = 13
