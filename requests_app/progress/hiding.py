"""Small numbers stay hidden: from what is public nobody can tell what a single institution has or asks for.

Pure. A figure that fewer than three institutions make up is hidden. What is hidden of a column, taken together, can be
had by subtracting the others from the total: where one figure alone, or fewer than three institutions, would be left
so, the next smallest is hidden too, and at last the total itself. Quantities are rounded to two digits, and to tens at
least, so that differences tell little more.
"""

from __future__ import annotations

from collections.abc import Mapping, Set

LEAST = 3
"""So many institutions must stand behind a figure."""
TOTAL = ""
"""The key of the total of a column."""
DIGITS = 2
LEAST_STEP = 10


def hidden(
    behind: Mapping[str, int], *apart: Mapping[str, int], also: Set[str] = frozenset()
) -> frozenset[str]:
    """Which keys of a column are hidden, `TOTAL` among them where the total is; by how many institutions are `behind`
    each.

    `apart` counts, by the same keys, who stands between this column and another that is shown: subtracted from each
    other, the two would tell of them. `also` is hidden whatever the counts. Nobody behind a figure: nothing to hide.
    """
    counts = (behind, *apart)
    small = set(also) | {key for each in counts for key, count in each.items() if _few(count)}
    if any(_few(sum(each.values())) for each in counts):
        small.add(TOTAL)
    rest = sorted((count, key) for key, count in behind.items() if count and key not in small)
    while TOTAL not in small and not _is_safe(small, counts):
        small.add(rest.pop(0)[1] if rest else TOTAL)
    return frozenset(small)


def _few(count: int) -> bool:
    return 0 < count < LEAST


def _is_safe(small: Set[str], counts: tuple[Mapping[str, int], ...]) -> bool:
    """Whether the total less what is shown tells nothing of a single one of these."""
    return not small or (
        len(small) > 1 and not any(_few(sum(each.get(key, 0) for key in small)) for each in counts)
    )


def rounded(number: int) -> int:
    """To two digits, and to tens at least: 123,456 is 120,000, 87 is 90."""
    step: int = max(LEAST_STEP, 10 ** (len(str(number)) - DIGITS))
    return (number + step // 2) // step * step
