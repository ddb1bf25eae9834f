"""これまでの動き: what happened to a request, in people's words. Officers appear as their office, never by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from institutions.models import Role
from requests_app.models import RequestEvent
from requests_app.presenters.happened import fulfilled
from requests_app.rules.allocation import Outcome
from requests_app.rules.transitions import BESIDE, Status, Verb
from sosportal.lib.numbers import format_count
from surveys.models import Item


@dataclass(frozen=True)
class Entry:
    """One thing that happened: when (aware), what, and by whom with what came of it, one line each."""

    at: datetime
    what: str
    lines: list[str]


def timeline(events: Iterable[RequestEvent], items: Mapping[int, Item], prefecture: str) -> list[Entry]:
    """The events in the order given. `items` by id; `prefecture` is the name of the request's prefecture."""
    teller = _Teller(items, prefecture)
    return [teller.tell(event) for event in events]


@dataclass(frozen=True)
class _Teller:
    items: Mapping[int, Item]
    prefecture: str

    def tell(self, event: RequestEvent) -> Entry:
        what, lines = TELLING[Verb(event.verb)](self, event)
        return Entry(event.at, what, [line for line in lines if line])

    def who(self, event: RequestEvent) -> str:
        """The person at the institution by name, an officer by office; who entered by proxy by name, as such."""
        if event.proxy_reason:
            return f"{event.actor_text}さん（{event.proxy_reason}）"
        if event.actor_role == Role.PREFECTURE:
            return self.prefecture
        return "国" if event.actor_role == Role.MINISTRY else f"{event.actor_text}さん"

    def amount(self, item_id: int, quantity: int | None) -> str:
        """`4,100枚`, or 数量は空欄."""
        item = self.items.get(item_id)
        if quantity is None:
            return "数量は空欄"
        return f"{format_count(quantity)}{item.unit if item else ''}"

    def amounts(self, by_item: Mapping[str, int | None]) -> str:
        """Each item with its quantity; a single one without its name."""
        if len(by_item) == 1:
            return "".join(self.amount(int(item_id), quantity) for item_id, quantity in by_item.items())
        return "、".join(
            f"{self.label(int(item_id))} {self.amount(int(item_id), quantity)}"
            for item_id, quantity in by_item.items()
        )

    def label(self, item_id: int) -> str:
        item = self.items.get(item_id)
        return item.label if item else "物資"

    # --- One per verb: (what, lines) ---

    def saved(self, event: RequestEvent) -> tuple[str, list[str]]:
        return Status.DRAFT.label, [f"{self.who(event)}が保存"]

    def revised(self, event: RequestEvent) -> tuple[str, list[str]]:
        changed = "、".join(self.change(each) for each in event.changes)
        lines = [self.who(event), changed, _check_said(event)]
        if event.content.get("confirmation_withdrawn"):
            lines.append("都道府県の確認は、やり直しになります")
        turned = event.from_status == Status.UNDER_REVIEW and event.to_status == Status.ERROR
        return (f"内容を編集し、{Status.ERROR.label}" if turned else "内容を編集"), lines

    def submitted(self, event: RequestEvent) -> tuple[str, list[str]]:
        if event.to_status == Status.ERROR:
            return Status.ERROR.label, [
                f"{self.who(event)}がシステムチェック&申請",
                _check_said(event),
            ]
        asked = self.amounts(event.content.get("content", {}).get("lines", {}))
        return Status.UNDER_REVIEW.label, [f"{self.who(event)}が申請（{asked}）"]

    def confirmed(self, event: RequestEvent) -> tuple[str, list[str]]:
        return f"都道府県の確認 {self.amounts(event.content.get('confirmed', {}))}", [self.who(event)]

    def noted(self, event: RequestEvent) -> tuple[str, list[str]]:
        return "都道府県入力欄に記入", [self.who(event)]

    def telephoned(self, event: RequestEvent) -> tuple[str, list[str]]:
        return "電話で状況確認", [self.who(event)]

    def accepted(self, event: RequestEvent) -> tuple[str, list[str]]:
        return f"{Status.ACCEPTED.label} {self.amounts(event.content.get('accepted', {}))}", [self.who(event)]

    def withdrawn(self, event: RequestEvent) -> tuple[str, list[str]]:
        return Verb.WITHDRAW.label, [self.who(event), f"理由：{event.reason}"]

    def asked(self, event: RequestEvent) -> tuple[str, list[str]]:
        return "照会", [self.who(event), event.content.get("asked", "")]

    def answered(self, event: RequestEvent) -> tuple[str, list[str]]:
        return "照会に回答", [self.who(event), event.content.get("answer", "")]

    def unasked(self, event: RequestEvent) -> tuple[str, list[str]]:
        return "照会を取り消し", [self.who(event), event.reason]

    def handed_off(self, event: RequestEvent) -> tuple[str, list[str]]:
        vendor, changed = event.content.get("vendor", ""), event.content.get("changed")
        if changed:
            return "売払先事業者に訂正を連絡", [f"{self.who(event)}から{vendor}へ（{'、'.join(changed)}）"]
        handed = self.amounts(event.content.get("handed", {}))
        return f"売払先事業者に引渡し {handed}", [f"{self.who(event)}から{vendor}へ"]

    def shipped(self, event: RequestEvent) -> tuple[str, list[str]]:
        parcels = event.content.get("parcels", [])
        lines = [
            f"{self.label(each['item_id'])} {self.amount(each['item_id'], each['quantity'])}"
            f"　{each['carrier']}　伝票番号 {each['slip_number']}"
            + (
                f"（訂正前 {self.amount(each['item_id'], each['before']['quantity'])}）"
                if each["before"]
                else ""
            )
            for each in parcels
        ]
        return ("発送" if any(each["before"] is None for each in parcels) else "発送の記録を訂正"), lines

    def received(self, event: RequestEvent) -> tuple[str, list[str]]:
        told = event.content
        arrived = self.amount(told["item_id"], told["received"])
        sent = (
            f"発送は{self.amount(told['item_id'], told['shipped'])}"
            if told["received"] != told["shipped"]
            else ""
        )
        return f"受領を確認 {arrived}", [
            f"{self.who(event)}　伝票番号 {told['slip_number']}",
            sent,
            told["comment"],
        ]

    def beside(self, event: RequestEvent) -> tuple[str, list[str]]:
        """What left the request as it is; the rest stands where it is shown."""
        return Verb(event.verb).label, [self.who(event), event.reason]

    def allocated(self, event: RequestEvent) -> tuple[str, list[str]]:
        outcome = Outcome(event.content["outcome"]).label
        amounts = self.amounts(event.content["allocated"])
        return f"配布の決定　{outcome} {amounts}", [self.who(event), event.reason]

    def change(self, change: Mapping[str, Any]) -> str:
        """One change of an edit: `⑤非滅菌手袋 4,100枚→3,500枚`, `ご意見`."""
        if change.get("field") == "opinion":
            return "ご意見"
        if "item_id" not in change:
            return "緊急配布条件の確認"
        label = self.label(change["item_id"])
        was, now = change["ticked"]
        if was and not now:
            return f"{label}を取りやめ"
        after = self.amount(change["item_id"], change["after"])
        if not was:
            return f"{label}を追加（{after}）"
        return f"{label} {self.amount(change['item_id'], change['before'])}→{after}"


TELLING: Mapping[Verb, Callable[[_Teller, RequestEvent], tuple[str, list[str]]]] = {
    Verb.SAVE: _Teller.saved,
    Verb.REVISE: _Teller.revised,
    Verb.SUBMIT: _Teller.submitted,
    Verb.CONFIRM: _Teller.confirmed,
    Verb.NOTE: _Teller.noted,
    Verb.TELEPHONE: _Teller.telephoned,
    Verb.ACCEPT: _Teller.accepted,
    Verb.WITHDRAW: _Teller.withdrawn,
    **dict.fromkeys(BESIDE, _Teller.beside),
    Verb.ASK: _Teller.asked,
    Verb.ANSWER: _Teller.answered,
    Verb.UNASK: _Teller.unasked,
    Verb.ALLOCATE: _Teller.allocated,
    Verb.HAND_OFF: _Teller.handed_off,
    Verb.SHIP: _Teller.shipped,
    Verb.RECEIVE: _Teller.received,
}
"""How each verb is told. A new verb is a method and a row here."""


def _check_said(event: RequestEvent) -> str:
    """What the check of the event found; "" where none was run."""
    if event.check_record is None:
        return ""
    found = event.check_record["result"]["findings"]
    missing = sum(1 for finding in found if finding["severity"] == "ERROR")
    return f"システムチェック：足りないもの{missing}件" if missing else fulfilled(len(found))
