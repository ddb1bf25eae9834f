"""Per line the whole chain: めやす → 要請 → 都道府県の確認 → 国の受付 → 配布 → 発送 → 受領, with who and when of each.

A new link is a function here and a row in LINKS; what it reads that isn't known yet is a field of `Facts`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from requests_app.models import LineOutcome, SosRequest
from requests_app.queries.desk import Delivery
from requests_app.rules.transitions import Status
from sosportal.lib.jinja import jst_date, jst_short
from surveys.models import Item


@dataclass(frozen=True)
class Link:
    """One link: a quantity in the item's unit, or words in its place while there is none; when, and by whom."""

    name: str
    item: Item
    quantity: int | None
    text: str = ""
    at: datetime | date | None = None
    who: str = ""

    @property
    def when(self) -> str:
        """`11/24（火）10:22`, `11/24（火）` for a day; "" for neither."""
        if self.at is None:
            return ""
        return jst_short(self.at) if isinstance(self.at, datetime) else jst_date(self.at)


@dataclass(frozen=True)
class Facts:
    """What the chain of one line is made of. `named`: people by name, for officers; else as their office. `asked_by`:
    who applied, as the event names them.

    `outcome` with its decision, and who made it where `named`.
    `request` with `confirmed_by` and `accepted_by` loaded where `named`, and the institution's
    prefecture.
    """

    request: SosRequest
    item: Item
    quantity: int | None
    confirmed: int | None
    accepted: int | None
    outcome: LineOutcome | None = None
    suggested: int | None = None
    suggested_at: datetime | None = None
    delivery: Delivery = field(default_factory=Delivery)
    named: bool = False
    asked_by: str = ""


def chain(facts: Facts) -> list[Link]:
    """The links that there are something to say of, in their order. No queries."""
    return [link for link in (make(facts) for make in LINKS) if link is not None]


def _suggested(facts: Facts) -> Link | None:
    if facts.suggested is None:
        return None
    return Link("めやす", facts.item, facts.suggested, at=facts.suggested_at, who="調査の回答から")


def _asked(facts: Facts) -> Link | None:
    request = facts.request
    return Link("要請", facts.item, facts.quantity, "（空欄）", request.submitted_at, facts.asked_by)


def _confirmed(facts: Facts) -> Link | None:
    request, item = facts.request, facts.item
    if request.confirmed_at is None:
        ended = request.accepted_at or request.is_withdrawn
        return Link("都道府県の確認", item, None, "確認なし" if ended else "確認中")
    office = request.institution.prefecture.name
    who = request.confirmed_by.name if facts.named and request.confirmed_by else office
    return Link("都道府県の確認", item, facts.confirmed, at=request.confirmed_at, who=who)


def _accepted(facts: Facts) -> Link | None:
    request, item = facts.request, facts.item
    if request.is_withdrawn:
        return Link("取下げ", item, None, "受付はありません", request.withdrawn_at, request.institution.name)
    if request.accepted_at is None:
        return Link("国の受付", item, None, "確認中" if request.confirmed_at else "都道府県の確認のあと")
    who = request.accepted_by.name if facts.named and request.accepted_by else "国"
    return Link("国の受付", item, facts.accepted, at=request.accepted_at, who=who)


def _allocated(facts: Facts) -> Link | None:
    if facts.outcome is None:
        undecided = facts.request.accepted_at is not None and facts.accepted
        return Link("配布の決定", facts.item, None, "まだ決まっていません") if undecided else None
    decision = facts.outcome.decision
    who = decision.decided_by.name if facts.named else "国"
    return Link(
        f"配布の決定（{facts.outcome.result.label}）",
        facts.item,
        facts.outcome.quantity,
        at=decision.decided_at,
        who=who,
    )


def _shipped(facts: Facts) -> Link | None:
    parcels, outcome = facts.delivery.parcels, facts.outcome
    if not parcels:
        return Link("発送", facts.item, None, "これから") if outcome and outcome.quantity else None
    last = max(parcels, key=lambda parcel: parcel.shipped_on)
    total = sum(parcel.quantity for parcel in parcels)
    return Link("発送", facts.item, total, at=last.shipped_on, who=last.carrier)


def _received(facts: Facts) -> Link | None:
    receipts = facts.delivery.receipts
    if not receipts:
        return Link("受領", facts.item, None, "これから") if facts.delivery.parcels else None
    total = sum(receipt.quantity for receipt in receipts)
    return Link("受領", facts.item, total, at=receipts[-1].received_on, who=receipts[-1].confirmed_name)


LINKS: Sequence[Callable[[Facts], Link | None]] = (
    _suggested,
    _asked,
    _confirmed,
    _accepted,
    _allocated,
    _shipped,
    _received,
)
"""In their order. What is still far ahead is left out."""

APPLIED = frozenset({Status.UNDER_REVIEW, Status.ACCEPTED})
"""The statuses in which there is a chain to show."""
