"""A decision about who gets what as its pages show it: proposals side by side, what will happen, what was decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from institutions.models import Prefecture
from requests_app.exceptions import AllocationRefused, StaleProposal
from requests_app.models import LineOutcome, RequestLine
from requests_app.models.allocation import Method, SeenWaiting, cause_in, divided
from requests_app.models.waiting import Waiting, WaitingLine, difference, named
from requests_app.queries.allocation import WHOLE
from requests_app.rules.allocation import Cause, Outcome, Plan, outcome_of
from requests_app.rules.quantity import cut_to_tenths
from sosportal.lib.numbers import format_count
from surveys.models import Item

FEW = 30
"""Up to as many lines, the prefectures are unfolded from the start."""


@dataclass(frozen=True)
class Sums:
    """What a proposal gives, and how many lines it gives all, less or nothing of what was accepted."""

    given: int
    full: int
    reduced: int
    declined: int


@dataclass(frozen=True)
class Proposal:
    """What one rule would give; `problem` says why it can't (then there is no plan)."""

    name: str
    method: Method
    waiting: Waiting
    plan: Plan | None
    problem: str = ""

    @classmethod
    def of(cls, name: str, method: Method, waiting: Waiting) -> Proposal:
        """Divide what waits by the method. No query."""
        try:
            return cls(name, method, waiting, divided(method.rule, method.inputs(waiting)))
        except AllocationRefused as refusal:
            return cls(name, method, waiting, None, refusal.message)

    def quantity(self, line_id: int) -> int | None:
        """What a line would get."""
        return self.plan.quantities[line_id] if self.plan else None

    @cached_property
    def sums(self) -> Sums:
        """How many get all, less or nothing. Only where there is a plan."""
        counts = dict.fromkeys(Outcome, 0)
        for each in self.waiting.claimants:
            counts[outcome_of(each.accepted, self.quantity(each.line_id) or 0)] += 1
        given = self.plan.given if self.plan else 0
        return Sums(given, *(counts[outcome] for outcome in Outcome))

    @property
    def why_rest(self) -> list[str]:
        """Why something is left, in sentences; one that says so when nothing is."""
        return why_rest(self.plan, self.waiting.item) if self.plan else []

    @cached_property
    def causes(self) -> dict[int, Cause]:
        """By line, why it gets what it gets. Only where there is a plan."""
        if self.plan is None:
            return {}
        inputs = self.method.inputs(self.waiting)
        return {
            each.line_id: cause_in(inputs, self.plan, each.line_id, each.accepted)
            for each in inputs.claimants
        }


def why_rest(plan: Plan, item: Item) -> list[str]:
    """Why something of what could be given is left, and what lines lose to whole packs."""
    said = []
    if plan.loose_rest:
        said.append(
            f"{format_count(plan.loose_rest)}{item.unit}は、1{item.pack_unit}に満たないため配れません。"
        )
    if plan.unclaimed:
        said.append(f"{format_count(plan.unclaimed)}{item.unit}は、すべての要請に上限まで配っても余ります。")
    if not said:
        said.append("余りはありません。")
    if plan.cut:
        said.append(
            f"国の受付の数量のうち、1{item.pack_unit}に満たない端数 {format_count(plan.cut)}{item.unit}は配りません。"
        )
    return said


@dataclass(frozen=True)
class Row:
    """One line with what the proposals give it, None where there is no plan."""

    line: WaitingLine
    quantities: tuple[int | None, ...]
    cause: Cause | None = None

    @property
    def weeks(self) -> str:
        """Weeks of stock, cut to tenths; "" where they can't be said."""
        weeks = self.line.claimant.weeks_of_stock
        return "" if weeks is None else cut_to_tenths(weeks)

    @property
    def difference(self) -> int | None:
        """The second proposal less the first."""
        return _difference(self.quantities)

    @property
    def outcome(self) -> Outcome:
        """What the first proposal comes to."""
        return outcome_of(self.line.claimant.accepted, self.quantities[0] or 0)


@dataclass(frozen=True)
class Group:
    """The lines of one prefecture, and their sums. `is_shown`: they stand on the page, which else leads to them."""

    code: str
    name: str
    rows: Sequence[Row]
    is_shown: bool = True

    @property
    def accepted(self) -> int:
        """What was accepted of them."""
        return sum(row.line.claimant.accepted for row in self.rows)

    @property
    def sums(self) -> list[int | None]:
        """What each proposal gives them."""
        columns = zip(*(row.quantities for row in self.rows), strict=True)
        return [None if None in column else sum(each or 0 for each in column) for column in columns]

    @property
    def difference(self) -> int | None:
        """The second proposal less the first."""
        return _difference(tuple(self.sums))


def groups(waiting: Waiting, *proposals: Proposal, opened: str = "") -> list[Group]:
    """The lines prefecture by prefecture, by number within; of many, those of the prefecture `opened` alone are shown.
    One query."""
    names = dict(Prefecture.objects.values_list("code", "name"))
    ordered = sorted(waiting.lines, key=lambda each: (each.prefecture_id, each.claimant.number))
    causes = proposals[0].causes if len(proposals) == 1 else {}
    return [
        Group(
            code,
            names[code],
            [
                Row(each, tuple(one.quantity(each.line_id) for one in proposals), causes.get(each.line_id))
                for each in lines
            ],
            is_shown=code == opened or len(ordered) <= WHOLE,
        )
        for code, lines in groupby(ordered, key=lambda each: each.prefecture_id)
    ]


@dataclass(frozen=True)
class Differing:
    """A line that came, went or changed since the page was shown, in words."""

    line: RequestLine
    what: str


def differing(seen: SeenWaiting, waiting: Waiting) -> list[Differing]:
    """What changed between what was seen and what waits now. One query where anything did."""
    return (
        told(StaleProposal(*difference(seen.marks, waiting.marks))) if seen.digest != waiting.digest else []
    )


def told(stale: StaleProposal) -> list[Differing]:
    """The difference line by line. One query."""
    came, changed = set(stale.came), set(stale.changed)
    found = []
    for line in named([*stale.came, *stale.went, *stale.changed]):
        if line.pk in came:
            what = "新しく対象になりました。"
        elif line.pk in changed:
            what = "調査の回答か、医療機関の登録が変わりました。"
        else:
            what = _gone(line)
        found.append(Differing(line, what))
    return found


def _gone(line: RequestLine) -> str:
    outcome = getattr(line, "outcome", None)
    if not isinstance(outcome, LineOutcome):
        return "対象から外れました。"
    who = outcome.decision.decided_by.described()
    return f"{who}が配布を決定しました（{outcome.result.label}　{line.item.amount(outcome.quantity)}）。"


def _difference(quantities: tuple[int | None, ...]) -> int | None:
    if len(quantities) != 2 or quantities[0] is None or quantities[1] is None:
        return None
    return quantities[1] - quantities[0]
