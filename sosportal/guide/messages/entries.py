"""An entry of the list of messages, and how a message finds its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from sosportal.guide.parts import Section


@dataclass(frozen=True)
class Entry:
    """What one message means. `said` is how it reads on screen, `refusals` the classes and `rules` the rules of the
    system check (R1 …) that it explains; `also` holds further sentences of the same meaning, in which {} stands for
    anything.

    A sentence is recognised wherever a message contains it.
    """

    anchor: str
    said: str
    means: str
    mend: str
    refusals: tuple[type[Exception], ...] = ()
    rules: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def sentences(self) -> list[str]:
        """The sentences by which it is recognised: those of its refusals, and the further ones."""
        own = [cls.__dict__.get("message", "") for cls in self.refusals]
        return [sentence for sentence in (*own, *self.also) if sentence]

    @cached_property
    def _patterns(self) -> list[tuple[int, re.Pattern[str]]]:
        return [
            (len(sentence), re.compile(".*?".join(map(re.escape, sentence.split("{}"))), re.DOTALL))
            for sentence in self.sentences
        ]

    def matched(self, message: str) -> int:
        """How long the longest of its sentences is that the message contains; 0 where it contains none."""
        return max((length for length, pattern in self._patterns if pattern.search(message)), default=0)


@dataclass(frozen=True)
class Topic:
    """Entries about the same thing: a section of the chapter メッセージ一覧."""

    anchor: str
    title: str
    entries: tuple[Entry, ...]

    @property
    def section(self) -> Section:
        """Its place in the chapter."""
        return Section(self.anchor, self.title)


def entry_among(topics: tuple[Topic, ...], message: str) -> Entry | None:
    """The entry that explains the message, of several the one that knows more of its words; None for no entry."""
    entries = [entry for topic in topics for entry in topic.entries]
    best = max(entries, key=lambda entry: entry.matched(message))
    return best if best.matched(message) else None
