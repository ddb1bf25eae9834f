"""The outcome of a line, its cause, and the sentence an institution is told, unless an officer edits it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from requests_app.rules.allocation.dividing import Rule


class Outcome(StrEnum):
    """What was decided of a line: a fact beside the four statuses, never a fifth (domain, "The request")."""

    FULL = "FULL"
    REDUCED = "REDUCED"
    DECLINED = "DECLINED"

    @property
    def label(self) -> str:
        """The word on screen."""
        return {"FULL": "配布", "REDUCED": "減量", "DECLINED": "見送り"}[self.value]


class Cause(StrEnum):
    """Why a line has its outcome; each has a sentence of its own."""

    FULL = "FULL"
    ROUNDED = "ROUNDED"
    REDUCED = "REDUCED"
    TOO_SMALL = "TOO_SMALL"
    DECLINED = "DECLINED"
    BY_HAND = "BY_HAND"

    @property
    def label(self) -> str:
        """When the sentence is used."""
        return _CAUSES[self]


_CAUSES: Mapping[Cause, str] = MappingProxyType(
    {
        Cause.FULL: "配布：国の受付の数量のとおり",
        Cause.ROUNDED: "減量：箱に満たない端数だけを減らす",
        Cause.REDUCED: "減量：足りないため減らす",
        Cause.TOO_SMALL: "見送り：1箱に満たない",
        Cause.DECLINED: "見送り：足りないため配布しない",
        Cause.BY_HAND: "手入力",
    }
)


def outcome_of(accepted: int, quantity: int) -> Outcome:
    """配布 for all that was accepted, 見送り for nothing, 減量 between. `accepted` ≥ 1, `quantity` from 0 to it."""
    if quantity == 0:
        return Outcome.DECLINED
    return Outcome.FULL if quantity == accepted else Outcome.REDUCED


def cause_of(accepted: int, quantity: int, portion: int, *, by_hand: bool = False) -> Cause:
    """Which sentence fits; `portion` is a pack, or 1 where single pieces are given."""
    if by_hand:
        return Cause.BY_HAND
    if quantity == accepted:
        return Cause.FULL
    if accepted < portion:
        return Cause.TOO_SMALL
    if quantity == 0:
        return Cause.DECLINED
    return Cause.ROUNDED if quantity == accepted - accepted % portion else Cause.REDUCED


_LESS: Mapping[Rule, str] = MappingProxyType(
    {
        Rule.ALL_IN_FULL: "配布できる数量が限られているため",
        Rule.PRO_RATA: "配布できる数量が要請の合計に足りず、受け付けた数量に比例して配分したため",
        Rule.NEED_FIRST: "配布できる数量が要請の合計に足りず、備蓄の少ない医療機関から順に配布したため",
        Rule.AGREEMENT_FIRST: "配布できる数量が要請の合計に足りず、医療措置協定を締結している医療機関を優先したため",
        Rule.LOTTERY: "配布できる数量が要請の合計に足りず、抽選で順番を決めたため",
    }
)
_AGAIN = "いまも不足しているときは、あらためて要請してください。"


def default_reason(rule: Rule, cause: Cause) -> str:
    """The sentence an institution reads, for every rule and every cause but BY_HAND (""), whose officer writes one."""
    if cause is Cause.FULL:
        return "国が受け付けた数量のとおり配布します。"
    if cause is Cause.ROUNDED:
        return "箱の単位で配布するため、1箱に満たない数は配布できませんでした。"
    if cause is Cause.TOO_SMALL:
        return f"箱の単位で配布するため、1箱に満たない要請には配布できませんでした。{_AGAIN}"
    if cause is Cause.REDUCED:
        return f"{_LESS[rule]}、数量を減らしました。{_AGAIN}"
    return f"{_LESS[rule]}、今回は配布を見送りました。{_AGAIN}" if cause is Cause.DECLINED else ""
