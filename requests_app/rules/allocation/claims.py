"""What a division looks at: every claimant as seen, what can be given, and what was set by hand. As JSON it is kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from sosportal.lib.business_calendar import jst

MARK = 8  # hexadecimal digits


@dataclass(frozen=True)
class Claimant:
    """One accepted line that has no outcome yet.

    `accepted` and `consumption` (a week) in the item's unit; `weeks_of_stock` None where it can't be said; `agreement`:
    whether the institution concluded a 医療措置協定; `submitted_at` aware; `number` the 要請番号, unique in a round.
    """

    line_id: int
    number: str
    accepted: int
    weeks_of_stock: Fraction | None
    consumption: int | None
    agreement: bool
    submitted_at: datetime

    def to_json(self) -> dict[str, Any]:
        """As the decision keeps it."""
        return {
            "line": self.line_id,
            "number": self.number,
            "accepted": self.accepted,
            "weeks": None if self.weeks_of_stock is None else str(self.weeks_of_stock),
            "consumption": self.consumption,
            "agreement": self.agreement,
            "submitted_at": jst(self.submitted_at).isoformat(),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Claimant:
        """The claimant as it was seen."""
        return cls(
            line_id=kept["line"],
            number=kept["number"],
            accepted=kept["accepted"],
            weeks_of_stock=None if kept["weeks"] is None else Fraction(kept["weeks"]),
            consumption=kept["consumption"],
            agreement=kept["agreement"],
            submitted_at=datetime.fromisoformat(kept["submitted_at"]),
        )


@dataclass(frozen=True)
class ByHand:
    """A line that an officer set lower than the rule would have it; `quantity` in the item's unit."""

    line_id: int
    quantity: int
    reason: str


@dataclass(frozen=True)
class AllocationInput:
    """Everything a division depends on. Quantities in the item's unit.

    `loose`: single pieces are given out, not only whole packs. `seed` is used by the lottery alone. `by_hand` in the
    order in which the lines were set.
    """

    available: int
    pack_size: int
    claimants: tuple[Claimant, ...]
    loose: bool = False
    seed: str = ""
    by_hand: tuple[ByHand, ...] = ()

    @property
    def portion(self) -> int:
        """What is given out at once: a pack, or a single piece."""
        return 1 if self.loose else self.pack_size

    def to_json(self) -> dict[str, Any]:
        """As the decision keeps it; claimants by line, whatever order they came in."""
        return {
            "available": self.available,
            "pack_size": self.pack_size,
            "loose": self.loose,
            "seed": self.seed,
            "claimants": [each.to_json() for each in _in_order(self.claimants)],
            "by_hand": [
                {"line": each.line_id, "quantity": each.quantity, "reason": each.reason}
                for each in self.by_hand
            ],
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> AllocationInput:
        """What a decision was made from. Raises KeyError, TypeError or ValueError for what was never written so."""
        return cls(
            available=kept["available"],
            pack_size=kept["pack_size"],
            loose=kept["loose"],
            seed=kept["seed"],
            claimants=tuple(Claimant.from_json(each) for each in kept["claimants"]),
            by_hand=tuple(ByHand(each["line"], each["quantity"], each["reason"]) for each in kept["by_hand"]),
        )

    def digest(self, rule: str, version: int) -> str:
        """SHA-256 over rule and inputs, in hexadecimal: equal for equal decisions, on every machine."""
        return _sha256({"rule": rule, "version": version, "inputs": self.to_json()})


def claims_digest(claimants: Iterable[Claimant], pack_size: int, seed: str) -> str:
    """SHA-256 over what an officer saw before deciding anything: the claimants, the pack and the seed."""
    seen = [each.to_json() for each in _in_order(claimants)]
    return _sha256({"claimants": seen, "pack_size": pack_size, "seed": seed})


def mark(claimant: Claimant) -> str:
    """Eight digits that change when anything about a claimant does: enough to say who changed."""
    return _sha256(claimant.to_json())[:MARK]


def _in_order(claimants: Iterable[Claimant]) -> list[Claimant]:
    return sorted(claimants, key=lambda each: each.line_id)


def _sha256(value: object) -> str:
    text = json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
