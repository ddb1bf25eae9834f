"""What happened to a request, in words for officers: who, when, what, and what it changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from requests_app.models import RequestEvent
from requests_app.rules.system_check import Severity
from requests_app.rules.transitions import Verb
from sosportal.lib.clock import jst
from sosportal.lib.jinja import jst_short
from sosportal.lib.numbers import format_count
from surveys.models import Item

BLANK = "（空欄）"


@dataclass(frozen=True)
class Change:
    """One thing that an edit changed: its name, what stood there, what stands there now."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Happened:
    """One event in words."""

    at: datetime
    what: str
    who: str
    details: Sequence[str]
    changes: Sequence[Change]


def happened(event: RequestEvent, items: Mapping[int, Item]) -> Happened:
    """The event in words; `items` by id."""
    changes = list(_changes(event.changes, items))
    return Happened(event.at, _what(event), event.actor_text, list(_details(event, items)), changes)


def _what(event: RequestEvent) -> str:
    words = event.get_verb_display()
    if event.verb == Verb.REVISE:
        words = f"編集（第{event.version}版）"
    if event.verb == Verb.ACCEPT:
        words = "受付完了"
    if event.from_status and event.from_status != event.to_status and event.verb != Verb.ACCEPT:
        words += f" → {event.get_to_status_display()}"
    return words


def _handed_off(data: Mapping[str, Any], items: Mapping[int, Item]) -> Iterable[str]:
    yield f"{data['vendor']}（第{data['hand_off']}号）"
    for item_id, quantity in data.get("handed", {}).items():
        item = items[int(item_id)]
        yield f"{item.label} {item.amount(quantity)}"
    if data.get("despite_suspension"):
        yield f"停止中の医療機関に引き渡した理由：{data['despite_suspension']}"
    if data.get("changed"):
        yield f"訂正した項目：{'、'.join(data['changed'])}"


def _details(event: RequestEvent, items: Mapping[int, Item]) -> Iterable[str]:
    if event.proxy_reason:
        yield f"代理で入力した理由：{event.proxy_reason}"
    yield from _quantities(event.content, items)
    yield from _delivered(event.content, items)
    yield from _said(event)
    yield from _judged(event)


def _quantities(data: Mapping[str, Any], items: Mapping[int, Item]) -> Iterable[str]:
    """What was confirmed, accepted and allocated."""
    for key, label in (("confirmed", "確認した数量"), ("accepted", "国の受付")):
        for item_id, quantity in data.get(key, {}).items():
            item = items[int(item_id)]
            yield f"{label}　{item.label} {item.amount(quantity)}"
    for item_id, quantity in data.get("allocated", {}).items():
        item = items[int(item_id)]
        yield f"{item.label}　{data['outcome_words']} {item.amount(quantity)}"


def _delivered(data: Mapping[str, Any], items: Mapping[int, Item]) -> Iterable[str]:
    """What was handed off, sent and received."""
    if "hand_off" in data:
        yield from _handed_off(data, items)
    for parcel in data.get("parcels", []):
        item, before = items[parcel["item_id"]], parcel["before"]
        was = f"（訂正前 {item.amount(before['quantity'])}）" if before else ""
        yield f"{item.label} {item.amount(parcel['quantity'])}{was}　{parcel['carrier']}　{parcel['slip_number']}"
    if "received" in data:
        item = items[data["item_id"]]
        sent = f"（発送は{item.amount(data['shipped'])}）" if data["received"] != data["shipped"] else ""
        yield f"{item.label} {item.amount(data['received'])}{sent}　伝票番号 {data['slip_number']}"
        if data["comment"]:
            yield f"連絡事項：{data['comment']}"


def _said(event: RequestEvent) -> Iterable[str]:
    """What people said to each other."""
    data = event.content
    if "whom" in data:
        yield f"{data['whom']}{_called(event)}"
        yield f"{data['what']}"
    if "memo" in data:
        yield f"{data['memo']}"
    if event.verb in {Verb.ASK, Verb.UNASK}:
        yield f"照会：{data['asked']}"
    if event.verb == Verb.ANSWER:
        yield f"照会：{data['asked']}"
        yield f"回答：{data['answer']}"
    if data.get("from"):
        yield f"{data['from']}さんから引き継ぎ"
    if data.get("note"):
        yield f"都道府県入力欄：{data['note']}"


def _judged(event: RequestEvent) -> Iterable[str]:
    """Why, and what the check found."""
    data = event.content
    if data.get("without_confirmation"):
        yield "都道府県の確認がないまま受け付けました。"
    if event.reason:
        yield f"理由：{event.reason}"
    if data.get("confirmation_withdrawn"):
        yield "都道府県の確認は、やり直しになりました。"
    record = event.check_record
    if record:
        found = record["result"]["findings"]
        errors = sum(1 for finding in found if finding["severity"] == Severity.ERROR)
        yield f"システムチェック：満たさない規則 {errors}件" if errors else f"{fulfilled(len(found))}。"


def fulfilled(warnings: int) -> str:
    """A check without errors in words, without a full stop: its warnings are counted, so that nobody misses them."""
    return "システムチェックは満たしています" + (f"（注意 {warnings}件）" if warnings else "")


def _changes(changes: Sequence[Mapping[str, Any]], items: Mapping[int, Item]) -> Iterable[Change]:
    for change in changes:
        before, after = change["before"], change["after"]
        if "item_id" in change:
            item = items[change["item_id"]]
            was, is_now = change["ticked"]
            yield Change(f"{item.label}の要請数量", _asked(was, before, item), _asked(is_now, after, item))
        elif change["field"] == "opinion":
            yield Change("ご意見", before or BLANK, after or BLANK)
        else:
            yield Change("緊急配布条件の確認", _ticked(before), _ticked(after))


def _asked(ticked: bool, quantity: int | None, item: Item) -> str:
    if not ticked:
        return "（要請なし）"
    return BLANK if quantity is None else f"{format_count(quantity)}{item.unit}"


def _ticked(value: bool) -> str:
    return "チェックあり" if value else "チェックなし"


def called_at(event: RequestEvent) -> datetime:
    """When the call of a telephone check was made (aware): as it was told, else when it was recorded."""
    told = event.content.get("called_at")
    return datetime.fromisoformat(told) if told else event.at


def _called(event: RequestEvent) -> str:
    """`（11/24（火）9:10に電話）` where the call was not just before."""
    at = called_at(event)
    return "" if jst(at) == jst(event.at) else f"（{jst_short(at)}に電話）"
