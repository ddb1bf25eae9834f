"""A figure that jumped against last week's is asked about: box, pair or piece? (domain, "The weekly survey")."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from surveys.rules.figures import LARGEST
from surveys.rules.units import OF_A_PAIR, PAIR, Measure

FACTOR = 10
"""More than this many times up or down is a jump; exactly this many is none."""
TWICE = 2
"""Exactly so many times is asked about too: pairs for pieces, or the same goods counted twice."""

Place = tuple[int, str]
"""A figure of the survey: (item id, name of the figure)."""


class Why(StrEnum):
    """Why a figure is asked about."""

    PACKS = "packs"
    """Exactly the size of a pack lies between the two."""
    TENFOLD = "tenfold"
    TWICE = "twice"


@dataclass(frozen=True)
class Question:
    """One figure to be asked about. All figures in the item's unit."""

    place: Place
    last: int
    typed: int
    measure: Measure
    why: Why = Why.TENFOLD

    @property
    def key(self) -> str:
        """What settles the question: the same figure at the same place, sent once more."""
        return key(self.place, self.typed)

    @property
    def rose(self) -> bool:
        return self.typed > self.last

    @property
    def word(self) -> str:
        """What it may have been counted in instead: 箱, 双; "" where there is no such word."""
        if self.why is Why.TWICE:
            return PAIR if self.measure.in_pairs else ""
        return self.measure.pack_unit if self.measure.pack_size > 1 else ""

    @property
    def instead(self) -> int | None:
        """What was typed, had it been counted in `word`; None without one, above all figures, or where it rose."""
        if self.rose or not self.word:
            return None
        units = self.typed * (OF_A_PAIR if self.why is Why.TWICE else self.measure.pack_size)
        return units if units <= LARGEST else None


def key(place: Place, typed: int) -> str:
    """`5-stock-34`: what was typed where."""
    return f"{place[0]}-{place[1]}-{typed}"


def jumped(last: int, typed: int) -> bool:
    """More than tenfold up or down.

    Zero is none: what has run out, or comes in again, stands in no proportion, and 0 boxes are 0 pieces.
    """
    return bool(last and typed) and (typed > last * FACTOR or last > typed * FACTOR)


def why_asked(last: int, typed: int, measure: Measure) -> Why | None:
    """Why to ask back about `typed`; None when there is nothing to ask. Zero is never asked about, as in `jumped`."""
    less, more = sorted((last, typed))
    if not less:
        return None
    if measure.pack_size > 1 and more == less * measure.pack_size:
        return Why.PACKS
    if jumped(last, typed):
        return Why.TENFOLD
    return Why.TWICE if more == less * TWICE else None


def questions(
    last: Mapping[Place, int],
    typed: Mapping[Place, int],
    measures: Mapping[int, Measure],
    settled: Collection[str] = (),
) -> list[Question]:
    """What to ask back about, in the order of `typed`; nothing whose key is among `settled`.

    `measures` by item id. What was blank last week is not asked about.
    """
    found = [
        Question(place, last[place], figure, measures[place[0]], why)
        for place, figure in typed.items()
        if place in last and (why := why_asked(last[place], figure, measures[place[0]]))
    ]
    return [question for question in found if question.key not in settled]
