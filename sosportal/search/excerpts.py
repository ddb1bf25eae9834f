"""What stands around the place where a word was found, whatever the width and case it was written in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sosportal.lib.text import search_key

BEFORE, LENGTH = 24, 90  # characters
LONGEST_READ = 20_000  # characters


class Excerpt(NamedTuple):
    """A piece of a text: what was found in it, and what stands before and after. `found` is "" for its beginning."""

    before: str
    found: str
    after: str


def excerpt(text: str, keys: Sequence[str]) -> Excerpt:
    """The piece of `text` around the first place of one of `keys` (search keys); its beginning, where none is found."""
    line = " ".join(text[:LONGEST_READ].split())
    folded, places = [], []
    for place, character in enumerate(line):
        for letter in search_key(character):
            folded.append(letter)
            places.append(place)
    whole = "".join(folded)
    at = [(whole.find(key), key) for key in keys if key and key in whole]
    if not at:
        return Excerpt("", "", _cut(line, 0, LENGTH))
    first, key = min(at)
    begin, end = places[first], places[first + len(key) - 1] + 1
    start = max(0, begin - BEFORE)
    before = ("…" if start else "") + line[start:begin]
    return Excerpt(before, line[begin:end], _cut(line, end, max(LENGTH - (end - start), BEFORE)))


def _cut(line: str, start: int, length: int) -> str:
    return line[start : start + length] + ("…" if len(line) > start + length else "")
