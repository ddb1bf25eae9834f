"""The form: what it shows, what it refuses, what it asks back, and that nothing typed is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from institutions.models import Role, Suspension
from sosportal.lib import clock
from sosportal.lib.models import FormReceipt
from surveys.models import Figures, Item, SurveyEvent, SurveyRound
from tests import factories
from tests.surveys.pages import Page, opened, three
from tests.surveys.ward import NOW, WEEK, Ward

GOOD = ("3400", "4000", "500")
ACCEPTED = "回答を受け付けました。"
NOT_SENT = "まだ送信されていません"


# --- What it shows ------------------------------------------------------------------------------------------------


def test_last_weeks_figures_stand_beside_each_field(ward: Ward) -> None:
    page = opened(ward.person, ward.place)
    assert page.status == 200
    assert "先週6,200枚62箱" in page.text
    assert "先週4,000枚40箱" in page.text
    assert "先週1,200枚12箱" in page.text
    assert [page.value(name) for name in three(ward.gloves, "", "", "")] == ["", "", ""]
    assert "未回答" in page.text


def test_only_what_the_campaign_asks_for_is_required_and_stands_first(ward: Ward) -> None:
    page = opened(ward.person, ward.place)
    assert "回答が必要なのは、⑤非滅菌手袋の3つの数だけです。" in page.text
    assert page.text.count("回答必須") == 1
    assert page.html.index("stock-5") < page.html.index("stock-1")
    assert page.html.count('<details class="fold" id="item-') == Item.objects.count() - 1


def test_without_a_campaign_nothing_is_required_but_something_must_be_answered(
    frozen: time_machine.Traveller, db: None
) -> None:
    place = factories.institution()
    person = factories.member(place)
    SurveyRound.objects.open_for(NOW)
    page = opened(person, place)
    assert "いまは、回答が必須の物資はありません。" in page.text
    refused = page.send()
    assert refused.status == 422
    assert "どれか1つの物資の、3つの数を入力してください。" in refused.text
    assert refused.send(three(1, "1", "2", "3")).follow().status == 200


def test_a_missed_week_is_said(ward: Ward, frozen: time_machine.Traveller) -> None:
    frozen.move_to(NOW + WEEK)
    SurveyRound.objects.open_for(NOW + WEEK)
    page = opened(ward.person, ward.place)
    assert "前回6,200枚" in page.text
    assert "前回は11/18の回です。" in page.text
    assert "先週" not in page.text


def test_no_open_round_is_said(ward: Ward, frozen: time_machine.Traveller) -> None:
    frozen.move_to(NOW + WEEK)
    page = opened(ward.person, ward.place)
    assert page.status == 200
    assert "いま、回答を受け付けている回はありません。" in page.text


def test_a_retired_item_is_gone_unless_the_campaign_asks_for_it(ward: Ward) -> None:
    Item.objects.filter(order__in=(1, 5)).update(is_active=False)
    page = opened(ward.person, ward.place)
    assert "stock-5" in page.inputs
    assert "stock-1" not in page.inputs


# --- Saving and correcting ----------------------------------------------------------------------------------------


def test_an_answer_is_saved_and_weeks_of_stock_are_told(ward: Ward) -> None:
    done = opened(ward.person, ward.place).send(three(ward.gloves, "３，４００枚", "4 000", "500")).follow()
    assert ward.standing() == {ward.gloves: Figures(3400, 4000, 500)}
    assert ACCEPTED in done.text
    assert "0.9週分" in done.text
    assert "（在庫量3,400＋購入見込み量500）÷想定消費量4,000" in done.text
    assert "回答済み" in done.text


def test_the_standing_answer_is_shown_and_corrected(ward: Ward) -> None:
    opened(ward.person, ward.place).send(three(ward.gloves, *GOOD))
    again = opened(ward.person, ward.place)
    assert again.value(f"stock-{ward.gloves}") == "3,400"
    again.send({f"stock-{ward.gloves}": "3,300"}).follow()
    assert ward.standing() == {ward.gloves: Figures(3300, 4000, 500)}
    assert list(SurveyEvent.objects.order_by("pk").values_list("version", flat=True))[-2:] == [1, 2]


def test_no_weeks_when_nothing_is_consumed(ward: Ward) -> None:
    done = opened(ward.person, ward.place).send(three(ward.gloves, "0", "0", "0")).follow()
    assert "1週間の想定消費量が0のため、何週分かは計算できません。" in done.text


def test_the_way_back_leads_to_own_pages_only(ward: Ward) -> None:
    page = opened(ward.person, ward.place, "?next=/other/%3Fa%3D1")
    done = page.send(three(ward.gloves, *GOOD)).follow()
    assert 'href="/other/?a=1"' in done.html
    for foreign in ("//example.com/", "https://example.com/", "/\\example.com", "javascript:alert(1)", ""):
        page = Page(page.client, page.client.get(f"/survey/{ward.place.code}/", {"next": foreign}))
        assert "example.com" not in page.html
        assert "alert(1)" not in page.html
        assert page.path == f"/survey/{ward.place.code}/"


def test_why_requests_are_suspended_stands_on_every_page_of_the_survey(ward: Ward) -> None:
    Suspension.suspend(factories.user(Role.MINISTRY), ward.place, "転売の疑い")
    page = opened(ward.person, ward.place)
    done = page.send(three(ward.gloves, *GOOD)).follow()
    with time_machine.travel(clock.now() + timedelta(days=400), tick=False):
        client = Client()
        client.force_login(ward.person)
        none = Page(client, client.get(f"/survey/{ward.place.code}/"))
    assert "回答を受け付けている回はありません" in none.text
    for shown in (page, done, none):
        assert "転売の疑い" in shown.text


# --- Refusals -----------------------------------------------------------------------------------------------------


def test_missing_figures_are_named_and_the_rest_stays(ward: Ward) -> None:
    page = opened(ward.person, ward.place).send({f"stock-{ward.gloves}": "３４００"} | three(1, "5", "", ""))
    assert page.status == 422
    assert "<title>エラー：" in page.html
    assert NOT_SENT in page.text
    assert "⑤非滅菌手袋の1週間の想定消費量：数を入力してください（ないときは0）。" in page.text
    assert "①医療用(サージカル)マスクの1週間の購入見込み量：" in page.text
    assert 'href="#weekly_purchase-1"' in page.html
    assert page.value(f"stock-{ward.gloves}") == "３４００"
    assert '<details class="fold" id="item-1" open>' in page.html
    assert ward.standing() is None


@pytest.mark.parametrize(
    "typed",
    [
        *("34箱", "-5", "−5", "1.5", "1e3", "NaN", "1_000", "٣", "10000000", "1" + "0" * 30, "9" * 5000),
        *("1,00", "<b>1</b>", "一", "0x10", "＝1+1", "1\u200b0枚x"),
    ],
)
@pytest.mark.parametrize("name", ["stock", "weekly_consumption", "weekly_purchase"])
def test_what_is_no_whole_number_is_refused_and_shown_as_typed(ward: Ward, name: str, typed: str) -> None:
    page = opened(ward.person, ward.place).send(three(ward.gloves, *GOOD) | {f"{name}-{ward.gloves}": typed})
    assert page.status == 422
    assert page.value(f"{name}-{ward.gloves}") == typed
    assert page.html.count('class="field__error"') == 1
    assert ward.standing() is None


@pytest.mark.parametrize(
    "typed", ["３４００", "3,400", "3 400枚", " 3400 ", "\u200f3400\u200b", "３，４００"]
)
def test_what_people_mean_by_a_number(ward: Ward, typed: str) -> None:
    assert opened(ward.person, ward.place).send(three(ward.gloves, typed, "4000", "500")).status == 302
    assert ward.standing() == {ward.gloves: Figures(3400, 4000, 500)}


def test_text_typed_by_people_never_runs(ward: Ward) -> None:
    page = opened(ward.person, ward.place, '?next=/"><script>alert(1)</script>').send(
        three(ward.gloves, '"><script>alert(1)</script>', "", ""), settled='"><script>alert(1)</script>'
    )
    assert page.status == 422
    assert "<script>alert" not in page.html


# --- Box or piece? ------------------------------------------------------------------------------------------------


def test_a_jump_is_asked_about_once_and_does_not_block(ward: Ward) -> None:
    page = opened(ward.person, ward.place).send(three(ward.gloves, "3400", "4000", "5"))
    assert page.status == 422
    assert ward.standing() is None
    assert f"{NOT_SENT}。数をお確かめください。" in page.text
    assert "箱の数で入力していませんか？先週（1,200枚）の10分の1より少ない数です。" in page.text
    assert "5箱なら500枚です。" in page.text
    assert page.value(f"weekly_purchase-{ward.gloves}") == "5"
    assert "0.8週分" in page.text
    assert ACCEPTED in page.send().follow().text
    assert ward.standing() == {ward.gloves: Figures(3400, 4000, 5)}


def test_another_jump_at_the_same_place_is_asked_about_anew(ward: Ward) -> None:
    page = opened(ward.person, ward.place).send(three(ward.gloves, "3400", "4000", "5"))
    page = page.send({f"weekly_purchase-{ward.gloves}": "6"})
    assert page.status == 422
    assert "6箱なら600枚です。" in page.text
    page = page.send({f"stock-{ward.gloves}": "6200000"})
    assert "桁や単位をまちがえていませんか？先週（6,200枚）の10倍より多い数です。" in page.text
    assert "6箱なら" not in page.text
    assert page.send().status == 302


def test_what_was_settled_stays_settled_through_an_error(ward: Ward) -> None:
    page = opened(ward.person, ward.place).send(three(ward.gloves, "3400", "4000", "5"))
    page = page.send({f"stock-{ward.gloves}": "x"})
    page = page.send({f"stock-{ward.gloves}": "3400"})
    assert page.status == 302


def test_a_correction_is_not_asked_about_what_stands_already(ward: Ward) -> None:
    opened(ward.person, ward.place).send(three(ward.gloves, "3400", "4000", "5")).send()
    page = opened(ward.person, ward.place).send({f"stock-{ward.gloves}": "3300"})
    assert page.status == 302


@pytest.mark.parametrize("figures", [("620", "4000", "1200"), ("62000", "4000", "1200"), ("0", "4000", "0")])
def test_tenfold_exactly_and_zero_are_not_asked_about(ward: Ward, figures: tuple[str, str, str]) -> None:
    assert opened(ward.person, ward.place).send(three(ward.gloves, *figures)).status == 302


# --- 先週と変わりなし ----------------------------------------------------------------------------------------------


def test_last_weeks_figures_are_taken_over_and_nothing_is_saved(ward: Ward) -> None:
    page = opened(ward.person, ward.place).send(
        three(ward.gloves, "x", "", "7") | three(1, "9", "", ""), same=str(ward.gloves)
    )
    assert page.status == 200
    assert [page.value(name) for name in three(ward.gloves, "", "", "")] == ["6,200", "4,000", "1,200"]
    assert page.value("stock-1") == "9"
    assert "先週の3つの数を入れました。まだ送信されていません。" in page.text
    assert ward.standing() is None
    assert not FormReceipt.objects.exists()
    assert page.send({"stock-1": ""}).status == 302
    assert ward.standing() == {ward.gloves: Figures(6200, 4000, 1200)}


@pytest.mark.parametrize("same", ["1", "999", "abc", "", "9" * 40, "-1"])
def test_the_button_of_an_item_without_last_weeks_figures_saves_nothing(ward: Ward, same: str) -> None:
    page = opened(ward.person, ward.place).send(three(ward.gloves, *GOOD), same=same)
    assert page.status == 200
    assert [page.value(name) for name in three(ward.gloves, "", "", "")] == list(GOOD)
    assert ward.standing() is None


def test_enter_sends_the_answer(ward: Ward) -> None:
    page = opened(ward.person, ward.place)
    form = page.html[page.html.index('class="columns columns--survey') :]
    first = form[form.index("<button") :].partition(">")[0]
    assert 'type="submit"' in first
    assert "name=" not in first


# --- Packs for pieces, and the way back ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("33箱", "33箱なら3,300枚です。"),
        ("３３ 箱", "33箱なら3,300枚です。"),
        ("33袋", ""),
        ("-33箱", ""),
        ("9999999箱", ""),
    ],
)
def test_who_types_packs_is_told_the_pieces_and_nothing_is_saved(ward: Ward, typed: str, told: str) -> None:
    page = opened(ward.person, ward.place).send(three(ward.gloves, typed, "4000", "500"))
    assert page.status == 422
    assert told in page.text
    assert ("箱なら" in page.text) == bool(told)
    assert page.value(f"stock-{ward.gloves}") == typed
    assert ward.standing() is None


@pytest.mark.parametrize(
    ("came_from", "label", "way"),
    [
        ("", "ホームへもどる", "/"),
        ("?next=/", "ホームへもどる", "/"),
        ("?next=/other/", "もとの画面にもどる", "/other/"),
    ],
)
def test_the_way_back_is_called_by_where_it_leads(ward: Ward, came_from: str, label: str, way: str) -> None:
    done = opened(ward.person, ward.place, came_from).send(three(ward.gloves, *GOOD)).follow()
    assert f'<a class="button" href="{way}">{label}</a>' in done.html
