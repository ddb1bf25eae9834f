"""Lines set by hand: they get that, and the others share the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from requests_app.rules.allocation import (
    AllocationInput,
    ByHand,
    NotInPacks,
    NotLower,
    Rule,
    plan,
)
from tests.requests_app.rules.allocating import SHARING, caps, claimant, inputs


@pytest.mark.parametrize("rule", SHARING)
@given(round_=inputs(), data=st.data())
@settings(max_examples=80)
def test_lines_set_by_hand_get_that_and_the_others_share_the_rest(
    rule: Rule, round_: AllocationInput, data: st.DataObject
) -> None:
    hands: list[ByHand] = []
    for _ in range(3):
        made = plan(rule, replace(round_, by_hand=tuple(hands)))
        able = [
            line
            for line, quantity in made.quantities.items()
            if quantity and line not in {each.line_id for each in hands}
        ]
        if not able:
            break
        line = data.draw(st.sampled_from(able))
        share = data.draw(st.integers(0, made.quantities[line] // round_.portion - 1))
        hands.append(ByHand(line, share * round_.portion, "理由"))
    with_hands = replace(round_, by_hand=tuple(hands))
    made = plan(rule, with_hands)
    fixed = {each.line_id: each.quantity for each in hands}
    most_of = caps(round_)
    assert all(made.quantities[line] == quantity for line, quantity in fixed.items())
    assert all(0 <= quantity <= most_of[line] for line, quantity in made.quantities.items())
    others = sum(cap for line, cap in most_of.items() if line not in fixed)
    enough = round_.available // round_.portion * round_.portion
    assert made.given == min(enough, sum(fixed.values()) + others)
    again = AllocationInput.from_json(with_hands.to_json())
    assert plan(rule, again).quantities == made.quantities


def test_by_hand_is_lower_in_packs_once_and_about_a_line_of_the_round() -> None:
    round_ = AllocationInput(300, 100, (claimant(1, 200), claimant(2, 200)))
    assert plan(Rule.NEED_FIRST, round_).quantities == {1: 200, 2: 100}
    for hand, problem in (
        ((ByHand(1, 200, ""),), NotLower),
        ((ByHand(2, 200, ""),), NotLower),
        ((ByHand(1, -100, ""),), NotLower),
        ((ByHand(9, 0, ""),), NotLower),
        ((ByHand(1, 100, ""), ByHand(1, 0, "")), NotLower),
        ((ByHand(1, 150, ""),), NotInPacks),
    ):
        with pytest.raises(problem):
            plan(Rule.NEED_FIRST, replace(round_, by_hand=hand))
    assert plan(Rule.NEED_FIRST, replace(round_, by_hand=(ByHand(1, 0, ""),))).quantities == {1: 0, 2: 200}


def test_all_in_full_can_be_made_to_fit_by_hand() -> None:
    round_ = AllocationInput(
        300, 100, (claimant(1, 200), claimant(2, 200)), by_hand=(ByHand(1, 100, "理由"),)
    )
    assert plan(Rule.ALL_IN_FULL, round_).quantities == {1: 100, 2: 200}
