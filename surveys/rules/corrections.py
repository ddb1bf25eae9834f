"""What a correction changed, from the figures kept before and after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from surveys.rules.figures import FIGURES

Kept = Mapping[str, Sequence[int | None]]
"""Figures as an event keeps them: item id as text → stock, weekly consumption, weekly purchase."""

BLANK: Sequence[int | None] = (None, None, None)


@dataclass(frozen=True)
class Change:
    """One figure that was corrected, in the item's unit; None stands for blank."""

    item_id: int
    figure: str
    before: int | None
    after: int | None


def changes(before: Kept, after: Kept) -> list[Change]:
    """The figures that differ, by item id and then in the order of the form. An item left out is blank."""
    found = []
    for item in sorted(before.keys() | after.keys(), key=int):
        pairs = zip(FIGURES, before.get(item, BLANK), after.get(item, BLANK), strict=True)
        found += [Change(int(item), name, old, new) for name, old, new in pairs if old != new]
    return found
