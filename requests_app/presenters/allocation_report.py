"""What was decided, as its page shows it: whole where it is short, else summed up, with one prefecture's lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.core.paginator import Page

from requests_app.models import AllocationDecision, LineOutcome
from requests_app.models.allocation import differences
from requests_app.presenters.allocation import why_rest
from requests_app.queries import allocation as queries
from requests_app.queries.allocation import WHOLE, Share, Terms
from requests_app.rules.allocation import Outcome


@dataclass(frozen=True)
class Report:
    """A decision and what its page was asked for: `check`, to recompute one of many lines; `prefecture`, whose lines.

    Up to `WHOLE` lines everything is shown and recomputed. More are recomputed and summed up when somebody asks for it,
    as the operators' command recomputes all decisions.
    """

    decision: AllocationDecision
    check: bool = False
    prefecture: str = ""
    page: str = ""
    terms: Terms = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "terms", queries.terms_of(self.decision.pk))

    @property
    def lines(self) -> int:
        """How many lines it decided about."""
        sums = self.decision.sums
        return sums.full + sums.reduced + sums.declined

    @property
    def is_whole(self) -> bool:
        """Whether all lines stand on the page."""
        return self.lines <= WHOLE

    @cached_property
    def same(self) -> bool | None:
        """Whether it comes out the same when it is recomputed; None where that was not asked for."""
        return not differences(self.decision) if self.is_whole or self.check else None

    @property
    def left(self) -> int:
        """What could have been given and was not."""
        return self.decision.available - self.decision.sums.given

    @cached_property
    def rest(self) -> list[str]:
        """Why something is left; nothing where it was not recomputed."""
        return why_rest(self.decision.recomputed(), self.decision.item) if self.same else []

    @cached_property
    def reasons(self) -> list[tuple[Outcome, str, int]]:
        """Each reason that was given, for what, and to how many lines."""
        return queries.reasons_of(self.decision.pk)

    @cached_property
    def waits_for_hand_off(self) -> bool:
        """Whether the next step is to hand it off."""
        return queries.waits_for_hand_off(self.decision.pk)

    @cached_property
    def shares(self) -> Sequence[Share]:
        """What each prefecture got; the prefectures alone where it was not asked for."""
        return queries.shares_of(self.decision.pk) if self.is_whole or self.check else queries.prefectures()

    @cached_property
    def outcomes(self) -> Mapping[str, Sequence[LineOutcome]]:
        """The lines shown, by the code of their prefecture: all, or a page of the one asked for."""
        if self.is_whole:
            found: dict[str, list[LineOutcome]] = {}
            for each in queries.outcomes_of(self.decision.pk):
                found.setdefault(each.line.request.prefecture_id, []).append(each)
            return found
        return {self.prefecture: list(self.lines_there)} if self.lines_there else {}

    @cached_property
    def lines_there(self) -> Page[LineOutcome] | None:
        """A page of the lines of the prefecture asked for; None where all stand on the page or none was named."""
        known = self.prefecture in {each.code for each in self.shares}
        return (
            queries.outcome_page(self.decision.pk, self.prefecture, self.page)
            if known and not self.is_whole
            else None
        )

    @cached_property
    def groups(self) -> list[tuple[Share, Sequence[LineOutcome]]]:
        """Each prefecture with those of its lines that are shown."""
        return [(each, self.outcomes.get(each.code, ())) for each in self.shares]
