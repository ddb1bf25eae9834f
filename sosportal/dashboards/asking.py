"""What the address of a dashboard asks for: round, item, measure, sort. A saved address is a saved view.

What can't be read, or isn't there, is left out as if nobody had asked: an address that was typed wrong shows the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from urllib.parse import urlencode

from django.http import QueryDict

from requests_app.progress.reading import rounds_kept
from requests_app.queries.intake import items_asked_for
from sosportal.dashboards.measures import MEASURES, WEEKS, Measure
from sosportal.lib.text import clean_line
from surveys.models import Item, SurveyRound

LONGEST = 100
FIRST_SORT = "code"


@dataclass
class Asked:
    """What is asked for, and the links to what could be. Four queries at most: rounds, items, open campaign."""

    query: QueryDict
    now: datetime

    @cached_property
    def rounds(self) -> list[SurveyRound]:
        """The rounds to choose from, the newest first."""
        return rounds_kept(self.now)

    @cached_property
    def round(self) -> SurveyRound | None:
        """The round asked for, else the newest; None before the first."""
        wanted = self._text("round")
        chosen = (each for each in self.rounds if str(each.pk) == wanted)
        return next(chosen, self.rounds[0] if self.rounds else None)

    @cached_property
    def items(self) -> Sequence[Item]:
        """The items, by their number."""
        return Item.in_order()

    @cached_property
    def item(self) -> Item | None:
        """The item asked for, else the last that can be requested now, else the last."""
        wanted = self._text("item")
        for each in self.items:
            if str(each.pk) == wanted:
                return each
        asked = items_asked_for(self.now)
        return next((each for each in reversed(self.items) if not asked or each.pk in asked), None)

    @cached_property
    def measure(self) -> Measure:
        """The measure asked for, else weeks of stock."""
        return MEASURES.get(self._text("measure"), WEEKS)

    @property
    def sort(self) -> str:
        """As the address says it: `weeks`, `-weeks`; the page knows which there are."""
        return self._text("sort")

    @property
    def words(self) -> str:
        """What is searched for."""
        return clean_line(self._text("q"))

    @property
    def view(self) -> str:
        """The list's view, as the address says it."""
        return self._text("view")

    @property
    def page(self) -> int:
        """The page of a list, from 1 on."""
        text = self._text("p")
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else 1

    def _text(self, name: str) -> str:
        return self.query.get(name, "")[:LONGEST]

    def link(self, **changes: object) -> str:
        """The address of this page with other wishes; None takes one away, and the page begins anew."""
        kept = {
            name: self._text(name)
            for name in ("round", "item", "measure", "sort", "view", "q")
            if self._text(name)
        }
        wanted = {name: str(value) for name, value in {**kept, **changes}.items() if value not in (None, "")}
        return f"?{urlencode(wanted)}"

    @property
    def shared(self) -> str:
        """Round and item for the address of another dashboard; "" when nobody asked for any."""
        kept = {name: self._text(name) for name in ("round", "item") if self._text(name)}
        return f"?{urlencode(kept)}" if kept else ""

    # --- choices --------------------------------------------------------------------------------------------------

    @property
    def item_choices(self) -> list[tuple[str, str, bool]]:
        """(label, address, current) of each item."""
        return [(each.label, self.link(item=each.pk), each == self.item) for each in self.items]

    @property
    def measure_choices(self) -> list[tuple[str, str, bool]]:
        """(label, address, current) of each measure."""
        return [(each.label, self.link(measure=each.key), each is self.measure) for each in MEASURES.values()]

    @property
    def round_before(self) -> tuple[str, str] | None:
        """(label, address) of the round before the one that is shown."""
        return self._beside(1)

    @property
    def round_after(self) -> tuple[str, str] | None:
        """(label, address) of the round after the one that is shown."""
        return self._beside(-1)

    def _beside(self, step: int) -> tuple[str, str] | None:
        if self.round is None:
            return None
        place = self.rounds.index(self.round) + step
        if not 0 <= place < len(self.rounds):
            return None
        wanted = self.rounds[place]
        return wanted.label, self.link(round=wanted.pk if place else None)
