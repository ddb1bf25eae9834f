"""The rules themselves: portions (packs or pieces) for each claimant.

Every one of them gives out min(supply, sum of the caps) portions, never more than a claimant's cap, and breaks every
tie by one total order: who applied first, then the 要請番号. A rule that has decided something is never changed: a new
version is a new row in `RULES`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from requests_app.rules.allocation.claims import Claimant


class Rule(StrEnum):
    """By which rule is divided; the version in force stands in `CURRENT`."""

    ALL_IN_FULL = "ALL_IN_FULL"
    PRO_RATA = "PRO_RATA"
    NEED_FIRST = "NEED_FIRST"
    AGREEMENT_FIRST = "AGREEMENT_FIRST"
    LOTTERY = "LOTTERY"

    @property
    def label(self) -> str:
        """The name on screen."""
        return _WORDS[self][0]

    @property
    def meaning(self) -> str:
        """What the rule does, in a sentence for people."""
        return _WORDS[self][1]


_WORDS: Mapping[Rule, tuple[str, str]] = MappingProxyType(
    {
        Rule.ALL_IN_FULL: (
            "全量配布",
            "すべての要請に、国の受付の数量のまま配布します。足りないときは使えません。",
        ),
        Rule.PRO_RATA: (
            "比例配分",
            "国の受付の数量に比例して分けます。端数の箱は、端数の大きい順に配ります。",
        ),
        Rule.NEED_FIRST: (
            "備蓄の少ない順",
            "備蓄の週数が少ない医療機関から、国の受付の数量まで順に配ります。",
        ),
        Rule.AGREEMENT_FIRST: (
            "医療措置協定締結機関を優先",
            "協定を締結している医療機関に先に配り、残りをほかの医療機関に配ります。足りない組の中は比例配分です。",
        ),
        Rule.LOTTERY: (
            "抽選",
            "抽選の順に、国の受付の数量まで配ります。順番は、保存した種と要請番号だけで決まります。",
        ),
    }
)


class Short(Exception):
    """全量配布 with less than everybody's caps; `portions` are missing."""

    def __init__(self, portions: int) -> None:
        super().__init__(portions)
        self.portions = portions


Caps = Mapping[int, int]
Shares = dict[int, int]
Divide = Callable[[Sequence[Claimant], Caps, int, str], Shares]
"""(claimants, most portions by line, portions to give, seed) → portions by line."""


def first_come(claimant: Claimant) -> tuple[datetime, str]:
    """The total order that breaks every tie: 申請日時, then 要請番号 (unique)."""
    return claimant.submitted_at, claimant.number


def all_in_full(claimants: Sequence[Claimant], caps: Caps, supply: int, seed: str) -> Shares:
    """Everybody the whole cap. Raises Short when there is not enough for that."""
    missing = sum(caps[each.line_id] for each in claimants) - supply
    if missing > 0:
        raise Short(missing)
    return {each.line_id: caps[each.line_id] for each in claimants}


def pro_rata(claimants: Sequence[Claimant], caps: Caps, supply: int, seed: str) -> Shares:
    """In proportion to the caps, by largest remainder, in whole numbers throughout.

    A quota is cap × supply ÷ sum of the caps ≤ cap, so its floor is within the cap; one more for a remainder is too, as
    a cap is a whole number and the quota lies below it.
    """
    total = sum(caps[each.line_id] for each in claimants)
    if total <= supply:
        return {each.line_id: caps[each.line_id] for each in claimants}
    shares = {each.line_id: caps[each.line_id] * supply // total for each in claimants}
    left = supply - sum(shares.values())
    by_remainder = sorted(
        claimants, key=lambda each: (-(caps[each.line_id] * supply % total), *first_come(each))
    )
    for each in by_remainder[:left]:
        shares[each.line_id] += 1
    return shares


def need_first(claimants: Sequence[Claimant], caps: Caps, supply: int, seed: str) -> Shares:
    """The fewest weeks of stock first; who can't say how many comes last."""
    return _in_turn(
        sorted(
            claimants,
            key=lambda each: (each.weeks_of_stock is None, each.weeks_of_stock or 0, *first_come(each)),
        ),
        caps,
        supply,
    )


def agreement_first(claimants: Sequence[Claimant], caps: Caps, supply: int, seed: str) -> Shares:
    """Institutions with an agreement first, then the others; within the group that is not filled, pro rata."""
    shares: Shares = {}
    for has in (True, False):
        group = [each for each in claimants if each.agreement is has]
        shares |= pro_rata(group, caps, supply - sum(shares.values()), seed)
    return shares


def lottery(claimants: Sequence[Claimant], caps: Caps, supply: int, seed: str) -> Shares:
    """In the order of SHA-256 over `seed:number`: the same on every machine and under every version of Python."""
    return _in_turn(sorted(claimants, key=lambda each: (draw(seed, each.number), each.number)), caps, supply)


def draw(seed: str, number: str) -> str:
    """The lot of a request."""
    return hashlib.sha256(f"{seed}:{number}".encode()).hexdigest()


def _in_turn(ordered: Iterable[Claimant], caps: Caps, supply: int) -> Shares:
    """Everybody up to the cap, one after the other, until nothing is left."""
    shares: Shares = {}
    for each in ordered:
        shares[each.line_id] = min(caps[each.line_id], supply)
        supply -= shares[each.line_id]
    return shares


RULES: Mapping[tuple[str, int], Divide] = MappingProxyType(
    {
        (Rule.ALL_IN_FULL.value, 1): all_in_full,
        (Rule.PRO_RATA.value, 1): pro_rata,
        (Rule.NEED_FIRST.value, 1): need_first,
        (Rule.AGREEMENT_FIRST.value, 1): agreement_first,
        (Rule.LOTTERY.value, 1): lottery,
    }
)
"""Every rule in every version that ever decided anything."""

CURRENT: Mapping[Rule, int] = MappingProxyType(
    {rule: max(version for name, version in RULES if name == rule.value) for rule in Rule}
)
"""The version by which is decided now."""
