"""A figure that jumped against last week's is asked about: box or piece? (domain, "The weekly survey")."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

FACTOR = 10
"""More than this many times up or down is a jump; exactly this many is none."""

Place = tuple[int, str]
"""A figure of the survey: (item id, name of the figure)."""


@dataclass(frozen=True)
class Question:
    """One figure to be asked about. All figures in the item's unit."""

    place: Place
    last: int
    typed: int
    pack_size: int

    @property
    def key(self) -> str:
        """What settles the question: the same figure at the same place, sent once more."""
        return key(self.place, self.typed)

    @property
    def rose(self) -> bool:
        return self.typed > self.last

    @property
    def if_packs(self) -> int | None:
        """What was typed, had it been packs; None where goods come singly, or where the figure rose."""
        return None if self.rose or self.pack_size <= 1 else self.typed * self.pack_size


def key(place: Place, typed: int) -> str:
    """`5-stock-34`: what was typed where."""
    return f"{place[0]}-{place[1]}-{typed}"


def jumped(last: int, typed: int) -> bool:
    """More than tenfold up or down.

    Zero is none: what has run out, or comes in again, stands in no proportion, and 0 boxes are 0 pieces.
    """
    return bool(last and typed) and (typed > last * FACTOR or last > typed * FACTOR)


def questions(
    last: Mapping[Place, int],
    typed: Mapping[Place, int],
    pack_sizes: Mapping[int, int],
    settled: Collection[str] = (),
) -> list[Question]:
    """What to ask back about, in the order of `typed`; nothing whose key is among `settled`.

    `pack_sizes` by item id. What was blank last week is not asked about.
    """
    found = [
        Question(place, last[place], figure, pack_sizes[place[0]])
        for place, figure in typed.items()
        if place in last and jumped(last[place], figure)
    ]
    return [question for question in found if question.key not in settled]
