"""先週と変わりなし for the whole sheet: one press, what was shown and nothing else; figures put into the form."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine

from surveys.models import Figures, Item, SurveyEvent, SurveyResponse, SurveyRound
from tests import factories
from tests.surveys.pages import Page, opened, three
from tests.surveys.ward import LAST_WEEK, NOW, WEEK, Ward

MASKS = Figures(12_000, 7000, 4000)
OFFER = "先週と変わりがなければ、1回押すだけで終わります"


def repeat_form(page: Page) -> dict[str, str]:
    """What the press of the whole sheet sends."""
    _, _, rest = page.html.partition('id="repeat-title"')
    form = rest.partition("</form>")[0]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    assert set(fields) >= {"token", "round", "version", "repeat"}
    return fields


def press(page: Page, **other: str) -> Page:
    return Page(page.client, page.client.post(page.path, repeat_form(page) | other))


def events_of_this_round(ward: Ward) -> int:
    responses = SurveyResponse.objects.filter(round=ward.survey_round).values("pk")
    return SurveyEvent.objects.filter(response_id__in=responses).count()


def test_one_press_sends_what_was_shown_and_shows_it(ward: Ward) -> None:
    page = opened(ward.person, ward.place)
    assert OFFER in page.text
    done = press(page).follow()
    assert ward.standing() == {ward.gloves: LAST_WEEK}
    assert "回答を受け付けました。" in done.text
    assert "6,200枚（62箱）4,000枚（40箱）1,200枚（12箱）" in done.text
    assert f'<a class="button button--second" href="{page.path}">回答を直す</a>' in done.html
    assert OFFER not in opened(ward.person, ward.place).text  # answered: it is corrected now


def test_everything_answered_last_time_goes_along(ward: Ward) -> None:
    answers = {ward.gloves: LAST_WEEK, 1: MASKS}
    factories.answer(ward.person, ward.place, answers, now=NOW - WEEK)
    press(opened(ward.person, ward.place)).follow()
    assert ward.standing() == answers


def test_an_older_answer_is_named_by_its_round(ward: Ward, frozen: time_machine.Traveller) -> None:
    frozen.move_to(NOW + WEEK)
    SurveyRound.objects.open_for(NOW + WEEK)
    page = opened(ward.person, ward.place)
    assert "前回（11/18の回）と変わりなし" in page.text
    assert press(page).status == 302


def test_it_is_not_offered_where_a_required_figure_is_missing(ward: Ward) -> None:
    place = factories.institution()
    person = factories.member(place)
    assert OFFER not in opened(person, place).text
    factories.answer(person, place, {ward.gloves: LAST_WEEK}, now=NOW - WEEK)
    page = opened(person, place)
    assert OFFER in page.text
    Item.objects.filter(pk=ward.gloves).update(is_active=False)  # asked for by the campaign all the same
    assert OFFER in opened(person, place).text


@pytest.mark.parametrize("digest", ["", "0" * 64, "x", "ａ"])
def test_other_figures_than_those_shown_are_refused(ward: Ward, digest: str) -> None:
    refused = press(opened(ward.person, ward.place), repeat=digest)
    assert refused.status == 409
    assert "画面に出ていた数が、その後変わりました。" in refused.text
    assert ward.standing() is None
    assert press(refused).status == 302


def test_figures_that_changed_under_the_page_are_refused(ward: Ward) -> None:
    page = opened(ward.person, ward.place)
    Item.objects.filter(pk=1).update(is_active=False)
    factories.answer(ward.person, ward.place, {ward.gloves: Figures(5, 5, 5)}, now=NOW - WEEK)
    assert press(page).status == 409
    assert ward.standing() is None


def test_who_was_answered_for_meanwhile_is_told(ward: Ward) -> None:
    page = opened(ward.person, ward.place)
    factories.answer(ward.person, ward.place, {ward.gloves: Figures(1, 1, 1)}, now=NOW)
    refused = press(page)
    assert refused.status == 409
    assert refused.value(f"stock-{ward.gloves}") == "1"
    assert ward.standing() == {ward.gloves: Figures(1, 1, 1)}


def test_twice_is_once_also_after_the_round(ward: Ward, frozen: time_machine.Traveller) -> None:
    frozen.move_to(ward.survey_round.closes_at - timedelta(minutes=1))
    page = opened(ward.person, ward.place)
    first, second = press(page), press(page)
    assert first.status == second.status == 302
    assert events_of_this_round(ward) == 1
    frozen.move_to(ward.survey_round.closes_at)
    SurveyRound.objects.open_for(ward.survey_round.closes_at)
    again = press(page)
    assert again.status == 302
    assert again.response.headers["Location"] == first.response.headers["Location"]
    assert SurveyEvent.objects.count() == 2  # last week's, and this one


def test_after_the_round_nothing_is_sent(ward: Ward, frozen: time_machine.Traveller) -> None:
    frozen.move_to(ward.survey_round.closes_at - timedelta(minutes=1))
    page = opened(ward.person, ward.place)
    frozen.move_to(ward.survey_round.closes_at)
    SurveyRound.objects.open_for(ward.survey_round.closes_at)
    refused = press(page)
    assert refused.status == 409
    assert "「変わりなし」の回答は、まだ送信されていません。" in refused.text
    assert SurveyEvent.objects.count() == 1


def test_after_the_round_the_token_of_other_figures_says_nothing_of_these(
    ward: Ward, frozen: time_machine.Traveller
) -> None:
    frozen.move_to(ward.survey_round.closes_at - timedelta(minutes=1))
    page = opened(ward.person, ward.place)
    typed = repeat_form(page) | three(ward.gloves, "6100", "4000", "1200")
    del typed["repeat"]
    assert page.client.post(page.path, typed).status_code == 302
    assert ward.standing() == {ward.gloves: Figures(6100, 4000, 1200)}
    frozen.move_to(ward.survey_round.closes_at)
    assert press(page).status == 409


def test_without_its_token_nothing_is_sent(ward: Ward) -> None:
    assert press(opened(ward.person, ward.place), token="").status == 422
    assert ward.standing() is None


# --- Figures put into the form ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("typed", "pieces"), [("33箱", "3,300"), ("１，７００双", "3,400")])
def test_packs_and_pairs_become_pieces_by_one_press(ward: Ward, typed: str, pieces: str) -> None:
    page = opened(ward.person, ward.place).send(three(ward.gloves, typed, "4000", "500"))
    assert page.status == 422
    (put,) = re.findall(r'name="put" value="([^"]*)"', page.html)
    page = page.send(put=put)
    assert page.status == 200
    assert page.value(f"stock-{ward.gloves}") == pieces
    assert page.value(f"weekly_purchase-{ward.gloves}") == "500"
    assert f"{pieces}枚にしました。まだ送信されていません。" in page.text
    assert ward.standing() is None


def test_pairs_are_for_gloves_alone(ward: Ward) -> None:
    page = opened(ward.person, ward.place).send(three(ward.gloves, "1", "2", "3") | three(1, "5双", "5", "5"))
    assert "双なら" not in page.text


@pytest.mark.parametrize(
    "put", ["", "x", "stock-5", "stock-5:-1", "stock-5:99999999", "version:7", "stock-5:٣", ":5"]
)
def test_nonsense_puts_nothing(ward: Ward, put: str) -> None:
    page = opened(ward.person, ward.place).send(three(ward.gloves, "1", "2", "3"), put=put)
    assert page.status == 200
    assert [page.value(name) for name in three(ward.gloves, "", "", "")] == ["1", "2", "3"]
    assert page.value("version") == "0"


def test_double_and_half_are_asked_about_and_confirmed_by_the_second_press(ward: Ward) -> None:
    page = opened(ward.person, ward.place).send(three(ward.gloves, "3100", "8000", "1200"))
    assert page.status == 422
    assert "双の数で入力していませんか？先週（6,200枚）のちょうど半分です。1双は2枚です。" in page.text
    assert "3,100双なら6,200枚です。" in page.text
    assert "双と枚を取りちがえていませんか？先週（4,000枚）のちょうど2倍です。" in page.text
    assert page.send().status == 302
    assert ward.standing() == {ward.gloves: Figures(3100, 8000, 1200)}
