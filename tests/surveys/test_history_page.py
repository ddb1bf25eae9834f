"""Earlier rounds: figures, corrections, weeks left out; scope and cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from surveys.models import Figures, Item, SurveyRound
from surveys.views.looking_back import ROUNDS_A_PAGE
from tests import factories
from tests.surveys.pages import Page, logged_in
from tests.surveys.ward import NOW, WEEK, Ward


def history(ward: Ward, query: str = "") -> Page:
    client = logged_in(ward.person)
    return Page(client, client.get(f"/survey/{ward.place.code}/history/{query}"))


def test_figures_and_every_correction_with_who_and_when(ward: Ward) -> None:
    colleague = factories.member(ward.place, name="架空 次郎")
    factories.answer(ward.person, ward.place, {ward.gloves: Figures(3400, 4000, 500)}, now=NOW)
    changed = {ward.gloves: Figures(3300, 4000, 500), 1: Figures(1, 2, 3)}
    factories.answer(colleague, ward.place, changed, now=NOW + timedelta(minutes=5))
    page = history(ward)
    assert page.status == 200
    assert "11/24（火）10:27架空次郎が回答" in page.text
    assert "⑤非滅菌手袋3,300枚（33箱）4,000枚（40箱）500枚（5箱）0.9週分" in page.text
    assert "訂正1回" in page.text
    assert "⑤非滅菌手袋在庫量3,400枚（34箱）→3,300枚（33箱）" in page.text
    assert "①医療用(サージカル)マスク1週間の購入見込み量空欄→3枚" in page.text
    assert "11/18の回" in page.text


def test_the_same_figures_again_are_a_correction_without_changes(ward: Ward) -> None:
    for _ in range(2):
        factories.answer(ward.person, ward.place, {ward.gloves: Figures(1, 1, 1)}, now=NOW)
    assert "同じ数で送信" in history(ward).text


def test_weeks_left_out_are_named_from_the_first_answer_on(ward: Ward) -> None:
    SurveyRound.objects.open_for(NOW - 3 * WEEK)  # before the first answer
    factories.answer(ward.person, ward.place, now=NOW - 2 * WEEK)
    SurveyRound.objects.open_for(NOW + WEEK)  # not yet open
    text = history(ward).text
    assert [name in text for name in ("12/2の回", "11/25の回", "11/18の回", "11/11の回", "11/4の回")] == [
        *(False, True, True, True, False)
    ]
    assert text.count("未回答") == 1


def test_each_item_has_its_drawing_with_words_and_the_page_says_how_to_print(ward: Ward) -> None:
    factories.answer(ward.person, ward.place, {ward.gloves: Figures(3400, 4000, 500)}, now=NOW)
    page = history(ward)
    assert "2週の推移" in page.text
    assert page.html.count('class="weeks-chart"') == 1
    assert (
        'aria-label="⑤非滅菌手袋の推移。11/18の回から11/25の回まで、回答は2回。11/25の回は、在庫量 3,400枚、'
        in page.html
    )
    assert "A4に印刷できます" in page.text


def test_nothing_answered_yet(ward: Ward) -> None:
    place = factories.institution()
    client = logged_in(factories.member(place))
    assert "まだ回答はありません。" in Page(client, client.get(f"/survey/{place.code}/history/")).text


def test_nothing_of_others(ward: Ward) -> None:
    other = factories.institution()
    factories.answer(factories.member(other), other, {ward.gloves: Figures(777, 777, 777)}, now=NOW)
    assert "777" not in history(ward).text


@pytest.mark.parametrize("page", ["2", "999", "0", "-1", "abc", "", "٣", "9" * 400])
def test_any_page_number_leads_somewhere(ward: Ward, page: str) -> None:
    for week in range(2, ROUNDS_A_PAGE + 3):
        factories.answer(ward.person, ward.place, now=NOW - week * WEEK)
    shown = history(ward, f"?page={page}")
    assert shown.status == 200
    assert "/2ページ" in shown.text


@pytest.mark.parametrize("weeks", [1, 8])
def test_queries_do_not_grow(
    ward: Ward, weeks: int, frozen: time_machine.Traveller, django_assert_num_queries: Any
) -> None:
    every = {each.pk: Figures(1000, 1000, 1000) for each in Item.objects.all()}
    for week in range(2, 2 + weeks):
        for _ in range(weeks):
            factories.answer(ward.person, ward.place, every, now=NOW - week * WEEK)
    client = logged_in(ward.person)
    # Session, user, memberships, institution, first round, count, rounds, items, answers, figures, events; the frame's.
    with django_assert_num_queries(13):
        assert client.get(f"/survey/{ward.place.code}/history/").status_code == 200
