"""The form sent twice, from two tabs, too late: one answer, and nothing typed is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from sosportal.lib.models import FormReceipt
from surveys.exceptions import FigureOutOfRange
from surveys.models import Figures, SurveyEvent, SurveyResponse, SurveyRound
from tests.surveys.pages import opened, three
from tests.surveys.ward import Ward

GOOD = ("3400", "4000", "500")


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
    assert ward.standing() == {ward.gloves: Figures(3400, 4000, 500)}


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
    assert ward.standing() == {ward.gloves: Figures(3400, 4000, 500)}
    assert stale.send().status == 302
    assert ward.standing() == {ward.gloves: Figures(3300, 4000, 800)}


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
    assert ward.standing() is None
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


def test_what_the_verb_refuses_is_said_and_the_figures_stay(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise FigureOutOfRange

    page = opened(ward.person, ward.place)
    monkeypatch.setattr("surveys.views.answering.SurveyResponse.answer", refuse)
    refused = page.send(three(ward.gloves, *GOOD))
    assert refused.status == 422
    assert FigureOutOfRange.message in refused.text
    assert refused.value(f"stock-{ward.gloves}") == "3400"
    assert not FormReceipt.objects.exists()
