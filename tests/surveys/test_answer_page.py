"""The form: what it shows, what it refuses, what it asks back, and that nothing typed is lost."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from institutions.models import Institution, Membership, Role
from sosportal.lib.models import FormReceipt
from surveys.models import Figures, Item, SurveyEvent, SurveyResponse, SurveyRound
from tests import factories
from tests.surveys.pages import Page, logged_in, opened, three
from tests.surveys.ward import NOW, WEEK, Ward

GOOD = ("3400", "4000", "500")
ACCEPTED = "回答を受け付けました。"
NOT_SENT = "まだ送信されていません"


def standing(ward: Ward) -> dict[int, Figures] | None:
    """What is saved in this round."""
    found = SurveyResponse.objects.filter(round=ward.survey_round, institution=ward.place).first()
    return found.figures() if found else None


def follow(page: Page) -> Page:
    """The page that a redirect leads to."""
    assert page.status == 302
    return Page(page.client, page.client.get(page.response.headers["Location"]))


# --- What it shows ------------------------------------------------------------------------------------------------


def test_last_weeks_figures_stand_beside_each_field(ward: Ward) -> None:
    page = opened(ward.person, ward.place)
    assert page.status == 200
    assert "先週6,200枚62箱" in page.text
    assert "先週4,000枚40箱" in page.text
    assert "先週1,000枚10箱" in page.text
    assert [page.value(name) for name in three(ward.gloves, "", "", "")] == ["", "", ""]
    assert "未回答" in page.text


def test_only_what_the_campaign_asks_for_is_required_and_stands_first(ward: Ward) -> None:
    page = opened(ward.person, ward.place)
    assert "回答が必要なのは、⑤非滅菌手袋の3つの数だけです。" in page.text
    assert page.text.count("回答必須") == 1
    assert page.html.index("stock-5") < page.html.index("stock-1")
    assert (
        page.html.count("<details") == 1 + Item.objects.count() - 1
    )  # the account menu, and the other items


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
    assert follow(refused.send(three(1, "1", "2", "3"))).status == 200


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
    done = follow(opened(ward.person, ward.place).send(three(ward.gloves, "３，４００枚", "4 000", "500")))
    assert standing(ward) == {ward.gloves: Figures(3400, 4000, 500)}
    assert ACCEPTED in done.text
    assert "0.9週分" in done.text
    assert "（在庫量3,400＋購入見込み量500）÷想定消費量4,000" in done.text
    assert "回答済み" in done.text


def test_the_standing_answer_is_shown_and_corrected(ward: Ward) -> None:
    opened(ward.person, ward.place).send(three(ward.gloves, *GOOD))
    again = opened(ward.person, ward.place)
    assert again.value(f"stock-{ward.gloves}") == "3,400"
    follow(again.send({f"stock-{ward.gloves}": "3,300"}))
    assert standing(ward) == {ward.gloves: Figures(3300, 4000, 500)}
    assert list(SurveyEvent.objects.order_by("pk").values_list("version", flat=True))[-2:] == [1, 2]


def test_no_weeks_when_nothing_is_consumed(ward: Ward) -> None:
    done = follow(opened(ward.person, ward.place).send(three(ward.gloves, "0", "0", "0")))
    assert "1週間の想定消費量が0のため、何週分かは計算できません。" in done.text


def test_the_way_back_leads_to_own_pages_only(ward: Ward) -> None:
    page = opened(ward.person, ward.place, "?next=/other/%3Fa%3D1")
    done = follow(page.send(three(ward.gloves, *GOOD)))
    assert 'href="/other/?a=1"' in done.html
    for foreign in ("//example.com/", "https://example.com/", "/\\example.com", "javascript:alert(1)", ""):
        page = Page(page.client, page.client.get(f"/survey/{ward.place.code}/", {"next": foreign}))
        assert "example.com" not in page.html
        assert "alert(1)" not in page.html
        assert page.path == f"/survey/{ward.place.code}/"


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
    assert standing(ward) is None


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
    assert standing(ward) is None


@pytest.mark.parametrize(
    "typed", ["３４００", "3,400", "3 400枚", " 3400 ", "\u200f3400\u200b", "３，４００"]
)
def test_what_people_mean_by_a_number(ward: Ward, typed: str) -> None:
    assert opened(ward.person, ward.place).send(three(ward.gloves, typed, "4000", "500")).status == 302
    assert standing(ward) == {ward.gloves: Figures(3400, 4000, 500)}


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
    assert standing(ward) is None
    assert f"{NOT_SENT}。数をお確かめください。" in page.text
    assert "箱の数で入力していませんか？先週（1,000枚）の10分の1より少ない数です。" in page.text
    assert "5箱なら500枚です。" in page.text
    assert page.value(f"weekly_purchase-{ward.gloves}") == "5"
    assert "0.8週分" in page.text
    assert ACCEPTED in follow(page.send()).text
    assert standing(ward) == {ward.gloves: Figures(3400, 4000, 5)}


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


@pytest.mark.parametrize("figures", [("620", "4000", "1000"), ("62000", "4000", "1000"), ("0", "4000", "0")])
def test_tenfold_exactly_and_zero_are_not_asked_about(ward: Ward, figures: tuple[str, str, str]) -> None:
    assert opened(ward.person, ward.place).send(three(ward.gloves, *figures)).status == 302


# --- 先週と変わりなし ----------------------------------------------------------------------------------------------


def test_last_weeks_figures_are_taken_over_and_nothing_is_saved(ward: Ward) -> None:
    page = opened(ward.person, ward.place).send(
        three(ward.gloves, "x", "", "7") | three(1, "9", "", ""), same=str(ward.gloves)
    )
    assert page.status == 200
    assert [page.value(name) for name in three(ward.gloves, "", "", "")] == ["6,200", "4,000", "1,000"]
    assert page.value("stock-1") == "9"
    assert "先週の3つの数を入れました。まだ送信されていません。" in page.text
    assert standing(ward) is None
    assert not FormReceipt.objects.exists()
    assert page.send({"stock-1": ""}).status == 302
    assert standing(ward) == {ward.gloves: Figures(6200, 4000, 1000)}


@pytest.mark.parametrize("same", ["1", "999", "abc", "", "9" * 40, "-1"])
def test_the_button_of_an_item_without_last_weeks_figures_saves_nothing(ward: Ward, same: str) -> None:
    page = opened(ward.person, ward.place).send(three(ward.gloves, *GOOD), same=same)
    assert page.status == 200
    assert [page.value(name) for name in three(ward.gloves, "", "", "")] == list(GOOD)
    assert standing(ward) is None


def test_enter_sends_the_answer(ward: Ward) -> None:
    page = opened(ward.person, ward.place)
    form = page.html[page.html.index('class="columns columns--survey"') :]
    first = form[form.index("<button") :].partition(">")[0]
    assert 'type="submit"' in first
    assert "name=" not in first


# --- Twice, stale, too late ---------------------------------------------------------------------------------------


def test_the_same_post_twice_is_one_answer_and_one_event(ward: Ward) -> None:
    page = opened(ward.person, ward.place)
    first, second = (page.send(three(ward.gloves, *GOOD)) for _ in range(2))
    assert (first.status, second.status) == (302, 302)
    assert first.response.headers["Location"] == second.response.headers["Location"]
    response = SurveyResponse.objects.get(round=ward.survey_round)
    assert SurveyEvent.objects.filter(response_id=response.pk).count() == 1


def test_the_same_token_with_other_figures_is_refused(ward: Ward) -> None:
    page = opened(ward.person, ward.place)
    page.send(three(ward.gloves, *GOOD))
    refused = page.send(three(ward.gloves, "3300", "4000", "500"))
    assert refused.status == 409
    assert "この画面はすでに送信されています。" in refused.text
    assert refused.value(f"stock-{ward.gloves}") == "3300"
    assert "保存されている数は3,400枚（34箱）です。" in refused.text
    assert standing(ward) == {ward.gloves: Figures(3400, 4000, 500)}


def test_two_tabs_both_texts_are_shown_and_nothing_typed_is_lost(ward: Ward) -> None:
    mine, other = opened(ward.person, ward.place), opened(ward.person, ward.place)
    other.send(three(ward.gloves, *GOOD))
    stale = mine.send(three(ward.gloves, "3300", "4000", "") | {f"weekly_purchase-{ward.gloves}": "８００"})
    assert stale.status == 409
    assert "ほかの画面で、この回答が直されました。" in stale.text
    assert (
        f"11/24（火）10:22に{ward.person.name.replace(' ', '')}が送信した回答が、保存されています。"
        in stale.text
    )
    assert stale.value(f"weekly_purchase-{ward.gloves}") == "８００"
    assert stale.text.count("保存されている数は") == 2
    assert standing(ward) == {ward.gloves: Figures(3400, 4000, 500)}
    assert stale.send().status == 302
    assert standing(ward) == {ward.gloves: Figures(3300, 4000, 800)}


def test_the_round_closes_while_somebody_types(ward: Ward, frozen: time_machine.Traveller) -> None:
    frozen.move_to(ward.survey_round.closes_at - timedelta(minutes=1))
    page = opened(ward.person, ward.place)
    frozen.move_to(ward.survey_round.closes_at)
    late = page.send(three(ward.gloves, "３４００", "4000", "x"))
    assert late.status == 409
    assert "この回の受付は終わりました。入力した数は、まだ送信されていません。" in late.text
    assert "３４００" in late.text
    assert not FormReceipt.objects.exists()


def test_the_next_round_takes_over_what_was_typed(ward: Ward, frozen: time_machine.Traveller) -> None:
    frozen.move_to(ward.survey_round.closes_at - timedelta(minutes=1))
    page = opened(ward.person, ward.place)
    frozen.move_to(ward.survey_round.closes_at)
    following, _ = SurveyRound.objects.open_for(ward.survey_round.closes_at)
    late = page.send(three(ward.gloves, *GOOD))
    assert late.status == 409
    assert "11/25の回は、11/25（水）17:00に締め切りました。" in late.text
    assert "このまま送信すると、12/2（水）17:00までの回の回答になります。" in late.text
    assert late.value(f"stock-{ward.gloves}") == "3400"
    assert standing(ward) is None
    assert late.send().status == 302
    assert SurveyResponse.objects.get(round=following).figures() == {ward.gloves: Figures(3400, 4000, 500)}


def test_an_answer_lost_on_the_way_is_told_also_after_closing(
    ward: Ward, frozen: time_machine.Traveller
) -> None:
    frozen.move_to(ward.survey_round.closes_at - timedelta(minutes=1))
    page = opened(ward.person, ward.place)
    saved = page.send(three(ward.gloves, *GOOD))
    frozen.move_to(ward.survey_round.closes_at)
    again = page.send(three(ward.gloves, *GOOD))
    assert again.status == 302
    assert again.response.headers["Location"] == saved.response.headers["Location"]
    assert page.send(three(ward.gloves, *GOOD), same=str(ward.gloves)).status == 409


def test_the_campaign_asks_for_more_while_somebody_types(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened(ward.person, ward.place)
    monkeypatch.setattr("surveys.queries.required_at", lambda now: frozenset({1, ward.gloves}))
    refused = page.send(three(ward.gloves, *GOOD))
    assert refused.status == 422
    assert refused.text.count("回答必須") == 2


# --- Hidden fields, foreign places --------------------------------------------------------------------------------

NONSENSE = ["", "abc", "-1", "٣", "1.5", "9" * 19, "9" * 5000, "NaN", "1_0"]


@pytest.mark.parametrize("value", NONSENSE)
@pytest.mark.parametrize(("name", "status"), [("round", 409), ("version", 409), ("token", 422)])
def test_hidden_fields_with_nonsense_save_nothing(ward: Ward, name: str, status: int, value: str) -> None:
    page = opened(ward.person, ward.place).send(three(ward.gloves, *GOOD), **{name: value})
    assert page.status == status
    assert page.value(f"stock-{ward.gloves}") == "3400"
    assert standing(ward) is None
    assert page.send().status == 302


@pytest.mark.parametrize("name", ["round", "version", "token"])
def test_hidden_fields_left_out(ward: Ward, name: str) -> None:
    page = opened(ward.person, ward.place)
    page.inputs.pop(name)
    assert page.send(three(ward.gloves, *GOOD)).status in (409, 422)
    assert standing(ward) is None


def test_a_past_round_takes_no_answers(ward: Ward) -> None:
    past = SurveyRound.objects.get(closes_at=ward.survey_round.opens_at)
    before = SurveyResponse.objects.get(round=past).figures()
    assert opened(ward.person, ward.place).send(three(ward.gloves, *GOOD), round=past.pk).status == 409
    assert SurveyResponse.objects.get(round=past).figures() == before


def test_fields_that_nobody_shows_change_nothing(ward: Ward) -> None:
    other = factories.institution()
    opened(ward.person, ward.place).send(
        three(ward.gloves, *GOOD) | three(999, "1", "2", "3"),
        institution=other.pk,
        answered_by=1,
        answered_at="2020-01-01",
        code=other.code,
        status="ACCEPTED",
    )
    saved = SurveyResponse.objects.get(round=ward.survey_round)
    assert (saved.institution_id, saved.answered_by_id) == (ward.place.pk, ward.person.pk)
    assert (saved.answered_at, saved.figures()) == (NOW, {ward.gloves: Figures(3400, 4000, 500)})


@pytest.mark.parametrize("sign", ["\x00", "\ud800"])
@pytest.mark.parametrize("name", ["stock-5", "round", "version", "token", "settled", "same"])
def test_what_nobody_can_type_is_a_bad_request(ward: Ward, name: str, sign: str) -> None:
    page = opened(ward.person, ward.place)
    body: dict[str, Any] = {**page.inputs, name: f"1{sign}"}
    encoded = "&".join(
        f"{key}={each}".replace("\x00", "%00").replace("\ud800", "%ED%A0%80")
        for key, values in body.items()
        for each in (values if isinstance(values, list) else [values])
    )
    answer = page.client.post(page.path, encoded, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in ((400,) if sign == "\x00" else (200, 409, 422))
    assert standing(ward) is None


def place_elsewhere(ward: Ward) -> Institution:
    return factories.institution(factories.OSAKA)


def place_next_door(ward: Ward) -> Institution:
    return factories.institution()


@pytest.mark.parametrize("path", ["", "history/"])
@pytest.mark.parametrize("where", [place_elsewhere, place_next_door])
def test_a_foreign_institution_is_like_none(
    ward: Ward, where: Callable[[Ward], Institution], path: str
) -> None:
    client = logged_in(ward.person)
    foreign = client.get(f"/survey/{where(ward).code}/{path}")
    absent = client.get(f"/survey/9999999999/{path}")
    assert (foreign.status_code, absent.status_code) == (404, 404)
    body = opened(ward.person, ward.place).inputs | three(ward.gloves, *GOOD)
    assert client.post(f"/survey/{where(ward).code}/{path}", body).status_code in (404, 405)


@pytest.mark.parametrize("path", ["", "history/"])
@pytest.mark.parametrize(
    ("role", "prefecture", "status"),
    [
        (Role.PREFECTURE, factories.TOKYO, 403),
        (Role.PREFECTURE, factories.OSAKA, 404),
        (Role.MINISTRY, None, 403),
        (Role.OPERATOR, None, 403),
    ],
)
def test_officers_do_not_answer(
    ward: Ward, role: Role, prefecture: str | None, status: int, path: str
) -> None:
    officer = factories.user(role, **({"prefecture_id": prefecture} if prefecture else {}))
    client = logged_in(officer)
    assert client.get(f"/survey/{ward.place.code}/{path}").status_code == status
    assert client.post(f"/survey/{ward.place.code}/", three(ward.gloves, *GOOD)).status_code == status
    assert client.get("/survey/").status_code == 403
    assert standing(ward) is None


def test_a_member_who_was_moved_away_is_refused_at_once(ward: Ward) -> None:
    page = opened(ward.person, ward.place)
    Membership.objects.filter(user=ward.person).delete()
    assert page.send(three(ward.gloves, *GOOD)).status == 404
    assert standing(ward) is None


@pytest.mark.parametrize("path", ["/survey/", "/survey/1310000001/", "/survey/1310000001/history/"])
def test_nobody_is_led_to_the_log_in(ward: Ward, client: Any, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/?next=")


# --- Cost ---------------------------------------------------------------------------------------------------------

# Session, user, memberships, institution, round, items asked for, items, answers and figures; the frame's cut-offs.
FORM_QUERIES = 10
# The form's without the frame's; then savepoints (4), receipt (2), response (4), figures (3), event (1).
SAVE_QUERIES = 23


@pytest.mark.parametrize("weeks", [0, 7])
def test_queries_do_not_grow_with_rounds_and_answers(
    ward: Ward, weeks: int, django_assert_num_queries: Any
) -> None:
    every = {each.pk: Figures(1000, 1000, 1000) for each in Item.objects.all()}
    for week in range(2, 2 + weeks):
        factories.answer(ward.person, ward.place, every, now=NOW - week * WEEK)
    if weeks:
        factories.answer(ward.person, ward.place, every, now=NOW - WEEK)
    client = logged_in(ward.person)
    with django_assert_num_queries(FORM_QUERIES):
        page = Page(client, client.get(f"/survey/{ward.place.code}/"))
    with django_assert_num_queries(FORM_QUERIES):
        assert page.send(three(ward.gloves, "x", "", "")).status == 422
    typed: dict[str, str] = {}
    for item_id in every if weeks else (ward.gloves,):
        typed |= three(item_id, "1000", "4000", "1000")
    with django_assert_num_queries(SAVE_QUERIES):
        assert page.send(typed).status == 302


def test_tokens_are_new_on_every_page(ward: Ward) -> None:
    tokens = {opened(ward.person, ward.place).value("token") for _ in range(2)}
    assert len({uuid.UUID(token) for token in tokens}) == 2


def test_moments_are_of_the_server(ward: Ward, frozen: time_machine.Traveller) -> None:
    page = opened(ward.person, ward.place)
    frozen.move_to(NOW + timedelta(hours=1))
    page.send(three(ward.gloves, *GOOD))
    assert SurveyResponse.objects.get(round=ward.survey_round).answered_at == NOW + timedelta(hours=1)
