"""The verb: an answer, its corrections, and what it refuses."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from institutions.models import Role, User
from institutions.permissions import can_begin_proxy
from sosportal.lib.clock import JST
from surveys.exceptions import (
    FigureOutOfRange,
    FiguresMissing,
    NotYourInstitution,
    ProxyReasonMissing,
    RoundClosed,
    StaleResponse,
    SurveyRefusal,
)
from surveys.models import Figures, Item, StockAnswer, SurveyEvent, SurveyResponse, SurveyRound
from surveys.models.round import window
from surveys.permissions import can_answer_for
from tests import factories
from tests.surveys.ward import NOW, Ward

GIVEN = Figures(3400, 4000, 500)


def item(order: int) -> int:
    return Item.objects.get(order=order).pk


def answer(
    ward: Ward, figures: dict[int, Figures], *, seen: int = 0, now: datetime = NOW, person: User | None = None
) -> SurveyResponse:
    return SurveyResponse.answer(
        person or ward.person,
        ward.survey_round,
        ward.place,
        figures,
        required=frozenset({ward.gloves}),
        seen_version=seen,
        now=now,
    )


def test_every_correction_is_kept(ward: Ward) -> None:
    first = answer(ward, {ward.gloves: GIVEN})
    second = answer(ward, {ward.gloves: Figures(3300, 4000, 500)}, seen=1, now=NOW + timedelta(hours=1))
    assert (first.pk, second.version) == (second.pk, 2)
    kept = SurveyEvent.objects.filter(response_id=first.pk).order_by("version")
    assert [(event.version, event.actor_id, event.figures) for event in kept] == [
        (1, ward.person.pk, {str(ward.gloves): [3400, 4000, 500]}),
        (2, ward.person.pk, {str(ward.gloves): [3300, 4000, 500]}),
    ]
    assert second.answered_at == NOW + timedelta(hours=1)


def test_an_item_blanked_out_again_keeps_its_row_without_figures(ward: Ward) -> None:
    masks = item(1)
    answer(ward, {ward.gloves: GIVEN, masks: Figures(1, 2, 3)})
    corrected = answer(ward, {ward.gloves: GIVEN, masks: Figures()}, seen=1)
    assert SurveyResponse.objects.get(pk=corrected.pk).figures() == {ward.gloves: GIVEN, masks: Figures()}


def test_items_left_out_stay_as_they_are(ward: Ward) -> None:
    masks = item(1)
    answer(ward, {ward.gloves: GIVEN, masks: Figures(1, 2, 3)})
    corrected = answer(ward, {ward.gloves: Figures(1, 1, 1)}, seen=1)
    assert SurveyResponse.objects.get(pk=corrected.pk).figures()[masks] == Figures(1, 2, 3)


@pytest.mark.parametrize(
    ("figures", "refusal"),
    [
        (Figures(3400, None, 500), FiguresMissing),
        (Figures(), FiguresMissing),
        (Figures(-1, 4000, 500), FigureOutOfRange),
        (Figures(3400, 4000, 10_000_000), FigureOutOfRange),
    ],
)
def test_figures_that_are_refused(ward: Ward, figures: Figures, refusal: type[SurveyRefusal]) -> None:
    with pytest.raises(refusal):
        answer(ward, {ward.gloves: figures})
    assert not SurveyResponse.objects.filter(round=ward.survey_round).exists()


def test_a_required_item_left_out_is_named(ward: Ward) -> None:
    masks = item(1)
    with pytest.raises(FiguresMissing) as refused:
        answer(ward, {masks: Figures(1, None, 3)})
    assert (ward.gloves, "stock") in refused.value.missing
    assert (masks, "weekly_consumption") in refused.value.missing


def test_the_round_takes_answers_from_its_opening_until_just_before_its_closing(ward: Ward) -> None:
    opens, closes = ward.survey_round.opens_at, ward.survey_round.closes_at
    with pytest.raises(RoundClosed):
        answer(ward, {ward.gloves: GIVEN}, now=opens - timedelta(microseconds=1))
    answer(ward, {ward.gloves: GIVEN}, now=opens)
    answer(ward, {ward.gloves: GIVEN}, seen=1, now=closes - timedelta(microseconds=1))
    with pytest.raises(RoundClosed):
        answer(ward, {ward.gloves: GIVEN}, seen=2, now=closes)


@pytest.mark.parametrize("seen", [0, 2, -1])
def test_another_version_than_was_seen(ward: Ward, seen: int) -> None:
    answer(ward, {ward.gloves: GIVEN})
    with pytest.raises(StaleResponse) as stale:
        answer(ward, {ward.gloves: Figures(1, 1, 1)}, seen=seen)
    assert stale.value.current.version == 1
    assert SurveyEvent.objects.filter(response_id=stale.value.current.pk).count() == 1


def test_only_active_members_answer(ward: Ward) -> None:
    disabled = factories.member(ward.place, is_active=False)
    strangers = [factories.member(factories.institution()), factories.member(), disabled]
    officers = [factories.user(role) for role in Role if role != Role.INSTITUTION]
    for person in [*strangers, *officers]:
        assert not can_answer_for(person, ward.place)
        with pytest.raises(ProxyReasonMissing if can_begin_proxy(person, ward.place) else NotYourInstitution):
            answer(ward, {ward.gloves: GIVEN}, person=person)
    assert can_answer_for(ward.person, ward.place)


def test_nothing_answered_is_ever_deleted_or_rewritten(ward: Ward) -> None:
    given = answer(ward, {ward.gloves: GIVEN})
    with pytest.raises(TypeError):
        given.delete()
    with pytest.raises(TypeError):
        SurveyResponse.objects.all().delete()
    for doomed in (SurveyEvent.objects.all(), StockAnswer.objects.all(), SurveyRound.objects.all()):
        with pytest.raises(Exception, match=r"refused|permission denied"), transaction.atomic():
            doomed._raw_delete(doomed.db)
    with pytest.raises(Exception, match=r"refused|permission denied"), transaction.atomic():
        SurveyEvent.objects.update(figures={})


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-24 10:22", "2026-11-18 17:00"),
        ("2026-11-25 16:59:59.999999", "2026-11-18 17:00"),
        ("2026-11-25 17:00", "2026-11-25 17:00"),
        ("2027-01-01 00:00", "2026-12-30 17:00"),
    ],
)
def test_a_round_runs_from_wednesday_to_wednesday(moment: str, opens: str) -> None:
    found = window(datetime.fromisoformat(moment).replace(tzinfo=JST))
    expected = datetime.fromisoformat(opens).replace(tzinfo=JST)
    assert found == (expected, expected + timedelta(days=7))


@pytest.mark.django_db
def test_rounds_do_not_overlap_and_an_odd_one_is_the_round_of_its_time() -> None:
    odd = SurveyRound.objects.create(opens_at=NOW - timedelta(days=1), closes_at=NOW + timedelta(days=9))
    assert SurveyRound.objects.open_for(NOW + timedelta(days=8)) == (odd, False)
    with pytest.raises(IntegrityError), transaction.atomic():
        SurveyRound.objects.open_for(NOW + timedelta(days=10))
