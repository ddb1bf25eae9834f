"""What would be handed off, as its page shows it: the first rows where there are few, else sums by prefecture, and one
prefecture's rows; of a correction every row, page by page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.core.paginator import Page, Paginator

from institutions.models import Prefecture
from requests_app.models.handing_off import HandOffPlan, totals_of
from requests_app.models.planned_line import PlannedLine
from requests_app.queries.allocation import PER_PAGE, WHOLE
from sosportal.lib.numbers import circled
from surveys.models import Item

SHOWN = 20  # rows and findings on a page


@dataclass(frozen=True)
class Share:
    """What would go to one prefecture. `marks`: by item, the number it is known by, as its name stands above."""

    code: str
    name: str
    lines: Sequence[PlannedLine]
    marks: Mapping[str, str]

    @property
    def institutions(self) -> int:
        """How many there are."""
        return len({line.institution_id for line in self.lines})

    @property
    def totals(self) -> list[tuple[str, int, str]]:
        """(number of the item, quantity, unit), in the order of the items."""
        return [(self.marks[item], total, unit) for item, unit, _, total in totals_of(self.lines)]


@dataclass(frozen=True)
class Preview:
    """A plan and what its page was asked for: `prefecture`, whose rows; `page` of them, or of a correction's lines.

    Up to `WHOLE` lines the first rows stand on the page. Whatever is shown, all sums and findings are of all lines.
    """

    plan: HandOffPlan
    prefecture: str = ""
    page: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether no prefecture is to be chosen: there are few lines, or it is a correction."""
        return self.plan.corrects is not None or len(self.plan.lines) <= WHOLE

    @cached_property
    def changed(self) -> Page[PlannedLine] | None:
        """A page of the lines of a correction; None where nothing is corrected."""
        return Paginator(self.plan.lines, PER_PAGE).get_page(self.page) if self.plan.corrects else None

    @property
    def rows(self) -> list[list[str | int]]:
        """The first rows of the file; of a correction, those of the page."""
        if self.changed is not None:
            return [row for line in self.changed for row in line.cells]
        return [row for line in self.plan.lines[:SHOWN] for row in line.cells][:SHOWN]

    @property
    def more(self) -> int:
        """How many rows follow the first; of a correction none, as its pages lead to all."""
        return 0 if self.changed is not None else max(0, self.plan.row_count - SHOWN)

    @property
    def institutions(self) -> int:
        """To how many something would go."""
        return len({line.institution_id for line in self.plan.lines})

    @cached_property
    def shares(self) -> list[Share]:
        """What would go to each prefecture, in the order of their codes. Two queries."""
        found: dict[str, list[PlannedLine]] = {}
        for line in self.plan.lines:
            found.setdefault(line.prefecture_id, []).append(line)
        names = Prefecture.objects.order_by("code").values_list("code", "name")
        marks = {item.label: circled(item.order) for item in Item.in_order()}
        return [Share(code, name, found[code], marks) for code, name in names if code in found]

    @cached_property
    def lines_there(self) -> Page[PlannedLine] | None:
        """A page of the lines of the prefecture asked for; None where none that has any was named."""
        for share in self.shares:
            if share.code == self.prefecture:
                return Paginator(share.lines, PER_PAGE).get_page(self.page)
        return None

    @property
    def rows_there(self) -> list[list[str | int]]:
        """Their rows in the file."""
        return [row for line in self.lines_there or () for row in line.cells]

    @property
    def findings(self) -> list[str]:
        """The first of the places that CP932 can't hold."""
        return [str(each) for each in self.plan.unwritable[:SHOWN]]

    @property
    def letters(self) -> list[tuple[str, str, int]]:
        """Of more places than are shown: each letter, its code point and in how many places; the most frequent first.
        Nothing where all places are shown."""
        if len(self.plan.unwritable) <= SHOWN:
            return []
        counts = Counter((each.character, each.code_point) for each in self.plan.unwritable)
        return [(letter, code, count) for (letter, code), count in counts.most_common()]

    @property
    def incomplete(self) -> Sequence[PlannedLine]:
        """The first of those that lack what a delivery needs."""
        return self.plan.left_out.incomplete[:SHOWN]

    @property
    def more_incomplete(self) -> int:
        """How many follow those."""
        return max(0, len(self.plan.left_out.incomplete) - SHOWN)
