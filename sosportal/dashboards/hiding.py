"""Small numbers stay hidden: from what is public nobody can tell what a single institution has or asks for.

Pure. A figure that fewer than three institutions make up is hidden. What is hidden of a column, taken together, can be
had by subtracting the others from the total: where one figure alone, or fewer than three institutions, would be left
so, the next smallest is hidden too. Quantities are rounded to two digits, so that differences tell little more.
"""

from __future__ import annotations

from collections.abc import Mapping

LEAST = 3
"""So many institutions must stand behind a figure."""
HIDDEN = "3未満"
DIGITS = 2


def hidden(behind: Mapping[str, int]) -> frozenset[str]:
    """Which keys are hidden, by how many institutions are behind each. Nobody behind a figure: nothing to hide."""
    small = {key for key, count in behind.items() if 0 < count < LEAST}
    rest = sorted((count, key) for key, count in behind.items() if count >= LEAST)
    while small and rest and (len(small) == 1 or sum(behind[key] for key in small) < LEAST):
        small.add(rest.pop(0)[1])
    return frozenset(small)


def rounded(number: int) -> int:
    """To two digits: 123,456 is 120,000."""
    step: int = 10 ** max(0, len(str(number)) - DIGITS)
    return (number + step // 2) // step * step
