"""One request as an officer sees it: figures beside quantities, what was judged, what changed, what happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from requests_app import officer_queries, permissions
from requests_app.models import RequestEvent, RequestLine, SosRequest
from requests_app.officer_queries import Answer, LineView
from requests_app.rules.system_check import RULES, CheckResult, Severity
from requests_app.rules.transitions import Status, Verb, is_possible
from sosportal.lib.numbers import format_count
from surveys.models import Figures, Item

if TYPE_CHECKING:
    from institutions.models import User

BLANK = "（空欄）"
RULE_NAMES = {rule.code: rule.name for rule in RULES}
FIGURE_NAMES = (
    ("stock", "在庫量"),
    ("weekly_consumption", "1週間の想定消費量"),
    ("weekly_purchase", "1週間の購入見込み量"),
)


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


@dataclass(frozen=True)
class Judged:
    """One rule of the check: its name, the figures it saw, and how it came out (ok, caution, error, open)."""

    name: str
    seen: Sequence[str]
    outcome: str
    words: str


@dataclass(frozen=True)
class FigureView:
    """A figure of the survey beside the one answered before."""

    name: str
    now: str
    before: str


@dataclass
class ReviewPage:
    """Everything the page of one request shows besides its frame and forms.

    Queries, each made when first shown: lines, events, survey answers, item names.
    """

    request: SosRequest
    user: User
    now: datetime

    @cached_property
    def request_lines(self) -> list[RequestLine]:
        """The lines with their items."""
        return list(self.request.lines.select_related("item").order_by("item__order"))

    @cached_property
    def events(self) -> list[RequestEvent]:
        """What happened, newest first."""
        return list(self.request.events())

    @property
    def last_event(self) -> int:
        """The id of the last event; 0 before the first."""
        return self.events[0].pk if self.events else 0

    @cached_property
    def answers(self) -> list[Answer]:
        """The institution's last two survey answers, the latest first."""
        return officer_queries.last_two_answers(self.request.institution_id)

    @property
    def answer(self) -> Answer | None:
        """The latest survey answer."""
        return self.answers[0] if self.answers else None

    @cached_property
    def items(self) -> Mapping[int, Item]:
        """Every item, by id: an event may name one that the request no longer holds."""
        return {item.pk: item for item in Item.objects.all()}

    # --- quantities -----------------------------------------------------------------------------------------------

    @cached_property
    def lines(self) -> list[LineView]:
        """The lines beside the latest answer."""
        return [officer_queries.view_of(line, self.answer) for line in self.request_lines]

    def figures_of(self, line: LineView) -> list[FigureView]:
        """The three figures of a line, with those of the answer before."""
        before = self.answers[1].figures.get(line.item.pk) if len(self.answers) > 1 else None
        return [
            FigureView(
                name, _figure(line.figures, key, line.item), _figure(before, key, line.item) if before else ""
            )
            for key, name in FIGURE_NAMES
        ]

    @property
    def sections(self) -> list[tuple[LineView, list[FigureView]]]:
        """Each line with its figures."""
        return [(line, self.figures_of(line)) for line in self.lines]

    @property
    def answer_before(self) -> Answer | None:
        """The survey answer before the latest."""
        return self.answers[1] if len(self.answers) > 1 else None

    # --- the system check -----------------------------------------------------------------------------------------

    @cached_property
    def checked(self) -> RequestEvent | None:
        """The event of the last check."""
        return next((event for event in self.events if event.check_record), None)

    @property
    def judged(self) -> list[Judged]:
        """The last check, rule by rule."""
        record = self._record
        return judged(CheckResult.from_json(record["result"])) if record else []

    @property
    def rules_version(self) -> int | None:
        """The version of the rule settings of the last check."""
        rules = self._record["input"]["rules"] if self._record else None
        return int(rules["version"]) if rules else None

    @property
    def limit(self) -> str:
        """The weeks of stock below which the last check's rules let a request pass; "" when they don't test it."""
        rules = self._record["input"]["rules"] if self._record else None
        most = str((rules or {}).get("max_weeks_of_stock") or "")
        return most.rstrip("0").rstrip(".") if "." in most else most

    @property
    def answered_since(self) -> bool:
        """Whether the survey was answered again after the last check looked at it."""
        if not self._record or self.answer is None:
            return False
        seen = self._record["input"]["last_answered_at"]
        return seen is None or datetime.fromisoformat(seen) != self.answer.at

    @property
    def _record(self) -> Any:
        return self.checked.check_record if self.checked else None

    # --- what happened --------------------------------------------------------------------------------------------

    @cached_property
    def edit(self) -> Happened | None:
        """The edit that made the version that stands."""
        made = (
            event
            for event in self.events
            if event.verb == Verb.REVISE and event.version == self.request.version
        )
        event = next(made, None)
        return self._happened(event) if event else None

    @property
    def history(self) -> list[Happened]:
        """All that happened, newest first."""
        return [self._happened(event) for event in self.events]

    @property
    def calls(self) -> list[Happened]:
        """The telephone checks, newest first; their details are whom and what."""
        return [self._happened(event) for event in self.events if event.verb == Verb.TELEPHONE]

    def since(self, last_seen: int) -> list[Happened]:
        """What happened after the event `last_seen` (an id), oldest first; telephone checks left out."""
        later = [event for event in self.events if event.pk > last_seen and event.verb != Verb.TELEPHONE]
        return [self._happened(event) for event in reversed(later)]

    def _happened(self, event: RequestEvent) -> Happened:
        changes = list(_changes(event.changes, self.items))
        return Happened(event.at, _what(event), event.actor_text, list(_details(event, self.items)), changes)

    # --- what can be done -----------------------------------------------------------------------------------------

    def can(self, verb: Verb) -> bool:
        """Whether the officer may use the verb and the status allows it."""
        return is_possible(self.request.state, verb) and permissions.can(self.user, verb, self.request)

    @property
    def can_confirm(self) -> bool:
        """Whether 都道府県の確認 can be recorded."""
        return self.can(Verb.CONFIRM)

    @property
    def can_accept(self) -> bool:
        """Whether it can be made 受付完了."""
        return self.can(Verb.ACCEPT)

    @property
    def can_telephone(self) -> bool:
        """Whether a telephone check can be recorded."""
        return self.can(Verb.TELEPHONE)

    @property
    def stage(self) -> str:
        """未確認, やり直し or 確認済み; "" when not under review."""
        if self.request.state is not Status.UNDER_REVIEW:
            return ""
        if self.request.confirmed_at:
            return "確認済み"
        return "やり直し" if any(event.verb == Verb.CONFIRM for event in self.events) else "未確認"

    @property
    def parts_of_title(self) -> list[str]:
        """The pieces of the title between which a line may break."""
        pieces = self.request.title.split("_")
        return [f"{piece}_" for piece in pieces[:-1]] + pieces[-1:]


def judged(result: CheckResult) -> list[Judged]:
    """Every rule of a check in its order: those that found something, passed, or could not be judged."""
    found: dict[str, Judged] = {}
    for finding in result.findings:
        stops = finding.severity is Severity.ERROR
        before = found.get(finding.rule)
        seen = [*(before.seen if before else ()), f"{finding.message}：{finding.looked_at}"]
        worst = stops or (before is not None and before.outcome == "error")
        found[finding.rule] = Judged(
            RULE_NAMES[finding.rule],
            seen,
            "error" if worst else "caution",
            "満たさない" if worst else "注意のみ",
        )
    for passed in result.passed:
        found[passed.rule] = Judged(passed.name, [passed.looked_at], "ok", "満たす")
    for rest in result.not_judged:
        found[rest.rule] = Judged(rest.name, [rest.reason], "open", "確かめていない")
    return [found[rule] for rule in sorted(found)]


def _figure(figures: Figures | None, key: str, item: Item) -> str:
    value = getattr(figures, key) if figures else None
    return "—" if value is None else f"{format_count(value)}{item.unit}"


def _what(event: RequestEvent) -> str:
    words = event.get_verb_display()
    if event.verb == Verb.REVISE:
        words = f"編集（第{event.version}版）"
    if event.verb == Verb.ACCEPT:
        words = "受付完了"
    if event.from_status and event.from_status != event.to_status and event.verb != Verb.ACCEPT:
        words += f" → {event.get_to_status_display()}"
    return words


def _details(event: RequestEvent, items: Mapping[int, Item]) -> Iterable[str]:
    data = event.content
    for key, label in (("confirmed", "確認した数量"), ("accepted", "国の受付")):
        for item_id, quantity in data.get(key, {}).items():
            item = items[int(item_id)]
            yield f"{label}　{item.label} {item.amount(quantity)}"
    if "whom" in data:
        yield f"{data['whom']}"
        yield f"{data['what']}"
    if data.get("note"):
        yield f"都道府県入力欄：{data['note']}"
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
