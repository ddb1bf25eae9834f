"""The rules of allocation: sums, packs, caps, order and reproducibility, over thousands of made-up rounds."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from requests_app.rules.allocation import (
    AllocationInput,
    Cause,
    NotEnough,
    Outcome,
    Rule,
    UnknownRule,
    cause_of,
    default_reason,
    dividing,
    outcome_of,
    plan,
)
from tests.requests_app.rules.allocating import SHARING, caps, claimant, inputs, made_up, most

MANY = settings(max_examples=150)


# --- What holds for every rule ------------------------------------------------------------------------------------


def assert_sound(given: AllocationInput, quantities: dict[int, int]) -> None:
    """Every line once, in whole portions, within its cap; and the sum is the most that these bounds allow."""
    most_of = caps(given)
    assert set(quantities) == set(most_of)
    for line, quantity in quantities.items():
        assert quantity % given.portion == 0
        assert 0 <= quantity <= most_of[line]
    assert sum(quantities.values()) == most(given)


@pytest.mark.parametrize("rule", SHARING)
@given(round_=inputs())
@MANY
def test_whole_portions_within_the_caps_and_nothing_left_that_could_be_given(
    rule: Rule, round_: AllocationInput
) -> None:
    made = plan(rule, round_)
    assert_sound(round_, dict(made.quantities))
    assert made.given + made.rest == round_.available
    assert made.loose_rest + made.unclaimed == made.rest
    assert made.loose_rest == round_.available % round_.portion
    if made.unclaimed:
        assert dict(made.quantities) == caps(round_)


@given(round_=inputs())
@MANY
def test_all_in_full_or_not_at_all(round_: AllocationInput) -> None:
    wanted = sum(caps(round_).values())
    enough = round_.available // round_.portion * round_.portion
    if wanted <= enough:
        assert dict(plan(Rule.ALL_IN_FULL, round_).quantities) == caps(round_)
    else:
        with pytest.raises(NotEnough) as short:
            plan(Rule.ALL_IN_FULL, round_)
        assert short.value.missing == wanted - enough


@pytest.mark.parametrize("rule", SHARING)
@given(round_=inputs(), data=st.data())
@settings(max_examples=60)
def test_the_order_of_the_rows_and_a_way_through_json_change_nothing(
    rule: Rule, round_: AllocationInput, data: st.DataObject
) -> None:
    shuffled = replace(round_, claimants=tuple(data.draw(st.permutations(round_.claimants))))
    again = AllocationInput.from_json(round_.to_json())
    made = dict(plan(rule, round_).quantities)
    assert dict(plan(rule, shuffled).quantities) == dict(plan(rule, again, 1).quantities) == made
    assert shuffled.digest(rule, 1) == again.digest(rule, 1) == round_.digest(rule, 1)


@pytest.mark.parametrize("rule", SHARING)
@given(round_=inputs(), more=st.integers(1, 5_000))
@settings(max_examples=60)
def test_more_to_give_takes_nothing_from_anybody_by_turns(
    rule: Rule, round_: AllocationInput, more: int
) -> None:
    if rule in {Rule.PRO_RATA, Rule.AGREEMENT_FIRST}:
        return  # the largest remainder can take a pack away when there is one more (the Alabama paradox)
    before = plan(rule, round_).quantities
    after = plan(rule, replace(round_, available=round_.available + more)).quantities
    assert all(after[line] >= quantity for line, quantity in before.items())


# --- What each rule promises --------------------------------------------------------------------------------------


def assert_in_turn(given: AllocationInput, quantities: dict[int, int], key: Callable[[Any], Any]) -> None:
    """Nobody gets anything before all who come first have all they may get."""
    ordered = sorted(given.claimants, key=key)
    most_of = caps(given)
    for first, second in pairwise(ordered):
        if quantities[second.line_id]:
            assert quantities[first.line_id] == most_of[first.line_id]
    assert sum(0 < quantities[line] < cap for line, cap in most_of.items()) <= 1


def need(each: Any) -> tuple[Any, ...]:
    unknown = each.weeks_of_stock is None
    return unknown, 0 if unknown else each.weeks_of_stock, each.submitted_at, each.number


@given(round_=inputs())
@MANY
def test_need_first(round_: AllocationInput) -> None:
    assert_in_turn(round_, dict(plan(Rule.NEED_FIRST, round_).quantities), need)


def lots(seed: str) -> Callable[[Any], str]:
    """The order of a lottery."""
    return lambda each: dividing.draw(seed, each.number)


@given(round_=inputs())
@MANY
def test_lottery_follows_the_lots(round_: AllocationInput) -> None:
    quantities = dict(plan(Rule.LOTTERY, round_).quantities)
    assert_in_turn(round_, quantities, lots(round_.seed))


def assert_agreement_first(round_: AllocationInput) -> None:
    """Nobody without an agreement gets anything before all who have one got all they may get."""
    quantities, most_of = plan(Rule.AGREEMENT_FIRST, round_).quantities, caps(round_)
    others = sum(quantities[each.line_id] for each in round_.claimants if not each.agreement)
    if others:
        assert all(quantities[c.line_id] == most_of[c.line_id] for c in round_.claimants if c.agreement)


@given(round_=inputs())
@MANY
def test_agreement_first(round_: AllocationInput) -> None:
    assert_agreement_first(round_)


@given(round_=inputs())
@MANY
def test_pro_rata(round_: AllocationInput) -> None:
    assert_proportional(round_)


def assert_proportional(round_: AllocationInput) -> None:
    """Everybody is within one portion of the quota, and larger remainders come first."""
    quantities, most_of = plan(Rule.PRO_RATA, round_).quantities, caps(round_)
    wanted = sum(most_of.values())
    if not wanted:
        return
    rounded_up: list[tuple[Any, ...]] = []
    rounded_down: list[tuple[Any, ...]] = []
    for each in round_.claimants:
        quota = Fraction(most_of[each.line_id] * most(round_), wanted * round_.portion)
        got = Fraction(quantities[each.line_id], round_.portion)
        assert abs(got - quota) < 1
        key = (-(quota - int(quota)), each.submitted_at, each.number)
        (rounded_up if got > quota else rounded_down).append(key)
    if rounded_up and rounded_down:
        assert max(rounded_up) < min(rounded_down)


def test_six_thousand_rounds_more() -> None:
    """The same, without hypothesis in between: many more rounds, and larger ones."""
    chance = random.Random(20261125)
    for _ in range(6_000):
        round_ = made_up(chance)
        quantities = {rule: dict(plan(rule, round_).quantities) for rule in SHARING}
        for rule in SHARING:
            assert_sound(round_, quantities[rule])
        assert_in_turn(round_, quantities[Rule.NEED_FIRST], need)
        assert_in_turn(round_, quantities[Rule.LOTTERY], lots(round_.seed))
        assert_agreement_first(round_)
        assert_proportional(round_)


def test_ties_go_to_who_applied_first_and_then_by_number() -> None:
    late, early = claimant(1, 100, minute=9), claimant(2, 100, minute=3)
    same = claimant(3, 100, minute=3, number="2610-0009")
    for rule in (Rule.PRO_RATA, Rule.NEED_FIRST, Rule.AGREEMENT_FIRST):
        two = plan(rule, AllocationInput(100, 100, (late, early)))
        assert two.quantities == {1: 0, 2: 100}
        three = plan(rule, AllocationInput(100, 100, (late, early, same)))
        assert three.quantities == {1: 0, 2: 0, 3: 100}


def test_accepted_quantities_are_rounded_down_to_packs_unless_single_pieces_are_given() -> None:
    who = (claimant(1, 4_150), claimant(2, 99))
    packs = plan(Rule.PRO_RATA, AllocationInput(10_000, 100, who))
    assert (packs.quantities, packs.given, packs.cut, packs.unclaimed) == (
        {1: 4_100, 2: 0},
        4_100,
        149,
        5_900,
    )
    pieces = plan(Rule.PRO_RATA, AllocationInput(10_000, 100, who, loose=True))
    assert (pieces.quantities, pieces.cut) == ({1: 4_150, 2: 99}, 0)


def test_what_is_available_is_rounded_down_to_packs() -> None:
    made = plan(Rule.PRO_RATA, AllocationInput(1_050, 100, (claimant(1, 2_000),)))
    assert (made.given, made.rest, made.loose_rest, made.unclaimed) == (1_000, 50, 50, 0)


def test_nobody_and_nothing() -> None:
    for rule in Rule:
        assert plan(rule, AllocationInput(500, 100, ())).quantities == {}
        assert plan(rule, AllocationInput(0, 100, (claimant(1, 50),))).quantities == {1: 0}


# --- The lottery is fair, and the same everywhere -----------------------------------------------------------------


def test_the_lots_are_these_for_ever() -> None:
    """Written down once: another machine or version of Python that draws others would change past decisions."""
    assert dividing.draw("seed", "2611-0001")[:16] == "6434243809a471aa"
    who = tuple(claimant(line, 100) for line in range(1, 9))
    winners = plan(Rule.LOTTERY, AllocationInput(300, 100, who, seed="2026-11-25"))
    assert sorted(line for line, quantity in winners.quantities.items() if quantity) == [3, 4, 6]


def chi_square(draw: Callable[[str, str], str], monkeypatch: pytest.MonkeyPatch) -> float:
    """Over 2,000 seeds: how far the wins of 20 equal claimants, of whom 7 win, lie from all being equal."""
    monkeypatch.setattr(dividing, "draw", draw)
    who = tuple(claimant(line, 100, minute=line) for line in range(1, 21))
    seeds = random.Random(20261125)
    wins = dict.fromkeys(range(1, 21), 0)
    rounds = 2_000
    for _ in range(rounds):
        made = plan(Rule.LOTTERY, AllocationInput(700, 100, who, seed=f"{seeds.getrandbits(64):016x}"))
        for line, quantity in made.quantities.items():
            wins[line] += quantity > 0
    expected = rounds * 7 / 20
    # Wins of one round exclude each other: the variance of a count is that of 7 of 20 drawn without replacement.
    return sum((count - expected) ** 2 for count in wins.values()) / (expected * (1 - 7 / 20) * 20 / 19)


BOUND = 43.8  # chi-square with 19 degrees of freedom exceeds it once in 1,000 times; the seeds are fixed


def test_equal_claimants_win_equally_often(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chi_square(dividing.draw, monkeypatch) < BOUND


def test_control_a_lottery_that_favours_somebody_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    real = dividing.draw

    def unfair(seed: str, number: str) -> str:
        lot = real(seed, number)
        return "0" + lot[1:] if number == "2611-0007" and lot[0] in "678" else lot

    assert chi_square(unfair, monkeypatch) > BOUND


# --- Planted faults are found -------------------------------------------------------------------------------------


def floats(claimants: Any, caps: Any, supply: int, seed: str) -> dict[int, int]:
    """Pro rata by rounding each quota by itself."""
    total = sum(caps[each.line_id] for each in claimants) or 1
    ratio = min(1, supply / total)
    return {each.line_id: round(caps[each.line_id] * ratio) for each in claimants}


def one_too_many(claimants: Any, caps: Any, supply: int, seed: str) -> dict[int, int]:
    """The last one gets what the cap forbids."""
    shares = dividing.pro_rata(claimants, caps, supply, seed)
    return {line: share + (share == caps[line] > 3) for line, share in shares.items()}


def one_kept_back(claimants: Any, caps: Any, supply: int, seed: str) -> dict[int, int]:
    """A portion stays in the store."""
    return dividing.pro_rata(claimants, caps, max(0, supply - 1), seed)


@pytest.mark.parametrize("fault", [floats, one_too_many, one_kept_back])
def test_control_a_faulty_division_is_found(fault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = dict(dividing.RULES) | {(Rule.PRO_RATA.value, 1): fault}
    monkeypatch.setattr("requests_app.rules.allocation.planning.RULES", rules)

    @given(round_=inputs())
    @settings(max_examples=500, database=None, derandomize=True, phases=(Phase.generate,))
    def sound(round_: AllocationInput) -> None:
        assert_sound(round_, dict(plan(Rule.PRO_RATA, round_).quantities))

    with pytest.raises(AssertionError):
        sound()


def test_control_a_wrong_order_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = dict(dividing.RULES) | {(Rule.NEED_FIRST.value, 1): dividing.lottery}
    monkeypatch.setattr("requests_app.rules.allocation.planning.RULES", rules)

    @given(round_=inputs())
    @settings(max_examples=500, database=None, derandomize=True, phases=(Phase.generate,))
    def in_turn(round_: AllocationInput) -> None:
        assert_in_turn(round_, dict(plan(Rule.NEED_FIRST, round_).quantities), need)

    with pytest.raises(AssertionError):
        in_turn()


# --- Words and bounds ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "quantity", "portion", "outcome", "cause"),
    [
        (400, 400, 100, Outcome.FULL, Cause.FULL),
        (450, 400, 100, Outcome.REDUCED, Cause.ROUNDED),
        (450, 300, 100, Outcome.REDUCED, Cause.REDUCED),
        (50, 0, 100, Outcome.DECLINED, Cause.TOO_SMALL),
        (400, 0, 100, Outcome.DECLINED, Cause.DECLINED),
        (50, 20, 1, Outcome.REDUCED, Cause.REDUCED),
        (50, 0, 1, Outcome.DECLINED, Cause.DECLINED),
    ],
)
def test_outcome_and_cause(
    accepted: int, quantity: int, portion: int, outcome: Outcome, cause: Cause
) -> None:
    assert outcome_of(accepted, quantity) is outcome
    assert cause_of(accepted, quantity, portion) is cause
    assert cause_of(accepted, quantity, portion, by_hand=True) is Cause.BY_HAND


def test_every_rule_says_something_for_every_cause() -> None:
    for rule in Rule:
        assert rule.label
        assert rule.meaning
        said = {default_reason(rule, cause) for cause in Cause if cause is not Cause.BY_HAND}
        assert len(said) == len(Cause) - 1
        assert "" not in said


def test_what_can_not_be_is_refused() -> None:
    good = AllocationInput(100, 100, (claimant(1, 100),))
    with pytest.raises(UnknownRule):
        plan(Rule.LOTTERY, good, 99)
    for bad in (
        replace(good, available=-1),
        replace(good, pack_size=0),
        replace(good, claimants=(claimant(1, -1),)),
        replace(good, claimants=(claimant(1, 1), claimant(1, 1, number="2611-0009"))),
        replace(good, claimants=(claimant(1, 1), claimant(2, 1, number="2611-0001"))),
    ):
        with pytest.raises(ValueError, match=r"stands twice|whole numbers"):
            plan(Rule.PRO_RATA, bad)
