"""配布の決定 as a file: every line it decided about, with what it was decided by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from requests_app.queries.allocation import outcome_rows
from requests_app.rules.allocation import Outcome
from requests_app.rules.allocation.claims import AllocationInput, Claimant
from sosportal.lib.tabular import CellRow

if TYPE_CHECKING:
    from requests_app.models import AllocationDecision

HEADING = (
    *("要請番号", "医療機関コード", "医療機関名", "都道府県", "物資", "単位", "申請日時"),
    *("備蓄（週分）", "1週間の想定消費量", "医療措置協定"),
    *("要請数量", "都道府県の確認", "国の受付", "配布の数量", "結果", "理由", "手入力"),
)


def rows_of(decision: AllocationDecision) -> Iterator[CellRow]:
    """A row per line, prefecture by prefecture, by number: what the rule looked at, as the decision keeps it, what was
    asked for, confirmed and accepted, and what came of it. One query, whose rows come from a server-side cursor.

    Raises KeyError, TypeError or ValueError, at once, if the stored inputs can't be read.
    """
    return _rows(decision, decision.given_inputs())


def _rows(decision: AllocationDecision, inputs: AllocationInput) -> Iterator[CellRow]:
    item, seen = decision.item, {each.line_id: each for each in inputs.claimants}
    by_hand = {each.line_id for each in inputs.by_hand}
    for (
        line_id,
        number,
        code,
        name,
        prefecture,
        asked,
        confirmed,
        accepted,
        given,
        outcome,
        reason,
    ) in outcome_rows(decision.pk):
        yield (
            *(number, code, name, prefecture, item.label, item.unit),
            *_looked_at(seen[line_id]),
            *(asked, confirmed, accepted, given, Outcome(outcome).label, reason),
            "手入力" if line_id in by_hand else "",
        )


def _looked_at(claimant: Claimant) -> CellRow:
    weeks = claimant.weeks_of_stock
    return (
        claimant.submitted_at,
        None if weeks is None else int(weeks * 100) / 100,
        claimant.consumption,
        "締結" if claimant.agreement else "",
    )
