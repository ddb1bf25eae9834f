"""From inputs and a rule to a quantity for every line, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from requests_app.rules.allocation.claims import AllocationInput
from requests_app.rules.allocation.dividing import CURRENT, RULES, Divide, Rule, Shares, Short


class CannotPlan(ValueError):
    """The rule can't divide these inputs."""


class NotEnough(CannotPlan):
    """全量配布 needs `missing` more, in the item's unit."""

    def __init__(self, missing: int) -> None:
        super().__init__(missing)
        self.missing = missing


class NotLower(CannotPlan):
    """A line was set by hand to no less than the rule gives it, `proposed` in the item's unit (0 for a stranger)."""

    def __init__(self, line_id: int, proposed: int) -> None:
        super().__init__(line_id, proposed)
        self.line_id = line_id
        self.proposed = proposed


class NotInPacks(CannotPlan):
    """A line was set by hand to a quantity that is no whole number of packs."""

    def __init__(self, line_id: int) -> None:
        super().__init__(line_id)
        self.line_id = line_id


class UnknownRule(CannotPlan):
    """No rule of that name and version was ever in force."""


@dataclass(frozen=True)
class Plan:
    """A quantity for every line, in the item's unit, and why something may be left.

    `given` + `rest` = available. `rest` = `loose_rest` (pieces that fill no pack) + `unclaimed` (packs beyond what
    everybody may get). `cut` is what the lines lose because only whole packs are given.
    """

    rule: Rule
    version: int
    quantities: Mapping[int, int]
    given: int
    rest: int
    loose_rest: int
    cut: int

    @property
    def unclaimed(self) -> int:
        """What is left of the packs once everybody has all they may get."""
        return self.rest - self.loose_rest


def plan(rule: Rule, inputs: AllocationInput, version: int | None = None) -> Plan:
    """Divide. `version` None: the one in force.

    Every quantity is a whole number of portions (packs; pieces if `loose`) and at most the accepted one; lines set by
    hand get just what was set, the others share what is left by the rule. The sum is the largest that these bounds
    allow: min(whole portions available, sum of the portions everybody may get).

    Raises UnknownRule, NotEnough (全量配布 alone), NotLower and NotInPacks (lines set by hand), ValueError for inputs
    that can't be: negative quantities, an empty pack, a line or number that stands twice.
    """
    used = CURRENT[rule] if version is None else version
    divide = RULES.get((rule.value, used))
    if divide is None:
        raise UnknownRule(rule.value, used)
    _check(inputs)
    portion = inputs.portion
    caps = {each.line_id: each.accepted // portion for each in inputs.claimants}
    supply = inputs.available // portion
    fixed = _by_hand(inputs, divide, caps, supply)
    try:
        shares = _shares(inputs, divide, caps, supply, fixed)
    except Short as short:
        raise NotEnough(short.portions * portion) from short
    given = sum(shares.values()) * portion
    return Plan(
        rule=rule,
        version=used,
        quantities={line_id: share * portion for line_id, share in shares.items()},
        given=given,
        rest=inputs.available - given,
        loose_rest=inputs.available % portion,
        cut=sum(each.accepted % portion for each in inputs.claimants),
    )


def _by_hand(inputs: AllocationInput, divide: Divide, caps: Mapping[int, int], supply: int) -> Shares:
    """The portions set by hand, each judged against what the rule gives after those set before it."""
    fixed: Shares = {}
    for each in inputs.by_hand:
        if each.line_id not in caps or each.line_id in fixed:
            raise NotLower(each.line_id, 0)
        try:
            proposed = _shares(inputs, divide, caps, supply, fixed)[each.line_id]
        except Short:
            proposed = caps[each.line_id]
        share, pieces = divmod(each.quantity, inputs.portion)
        if not 0 <= share < proposed:
            raise NotLower(each.line_id, proposed * inputs.portion)
        if pieces:
            raise NotInPacks(each.line_id)
        fixed[each.line_id] = share
    return fixed


def _shares(
    inputs: AllocationInput, divide: Divide, caps: Mapping[int, int], supply: int, fixed: Shares
) -> Shares:
    """What was fixed, and the rest divided among the others. Raises Short."""
    others = [each for each in inputs.claimants if each.line_id not in fixed]
    return fixed | divide(others, caps, supply - sum(fixed.values()), inputs.seed)


def _check(inputs: AllocationInput) -> None:
    quantities = [inputs.available, *(each.accepted for each in inputs.claimants)]
    if inputs.pack_size < 1 or any(quantity < 0 for quantity in quantities):
        raise ValueError("quantities are whole numbers from 0 up, and a pack holds at least one unit")
    for values in ([c.line_id for c in inputs.claimants], [c.number for c in inputs.claimants]):
        if len(set(values)) != len(values):
            raise ValueError("a line stands twice")
