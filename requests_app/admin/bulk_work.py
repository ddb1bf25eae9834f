"""What can be done to many requests at once, and what comes of it row by row."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.db import OperationalError, models

from requests_app.exceptions import NotPossible, ReasonRequired, Refusal, StaleVersion
from requests_app.forms.officer import SeenRow
from requests_app.models import Claim, RequestLine, SosRequest
from requests_app.presenters.happened import Happened, happened
from requests_app.queries import desk, officers
from requests_app.rules.transitions import Verb
from sosportal.lib import once
from sosportal.lib.jinja import count
from sosportal.lib.tabular import CellRow
from surveys.models import Item

if TYPE_CHECKING:
    from institutions.models import User

LONG = 50  # rows; more of one kind are folded
BUDGET = 15.0  # seconds; what isn't reached by then is left for another press, before a proxy gives up
NOT_SHOWN = "一覧に表示した内容と照らし合わせられませんでした。一覧から選び直してください。"
BUSY = "混み合っていて、処理できませんでした。少し待って、もう一度選んでください。"
NOT_YET = "まだ処理していません。"
NEEDS_REASON = "都道府県の確認がまだありません。"
UPDATED = "画面を開いたあとに、更新されました。"
CONFIRMED_ALREADY = "もう確認済みです。確認し直すときは、1件ずつ開いてください。"

Act = Callable[[SosRequest, int], object]


class ConfirmedAlready(NotPossible):
    """Bulk work confirms what was asked for; it does not overwrite what an officer confirmed with care."""

    message = CONFIRMED_ALREADY


def check_confirm(request: SosRequest, user: User, revision: int, reason: str) -> None:
    """Raises what `confirm` would raise."""
    request.check_confirm(user, seen_revision=revision)
    if request.confirmed_at is not None:
        raise ConfirmedAlready


def confirm(request: SosRequest, user: User, revision: int, reason: str) -> SosRequest:
    """Confirm what was asked for; the note stays as it stands."""
    if request.confirmed_at is not None and request.revision == revision:
        raise ConfirmedAlready
    quantities = {line.item_id: int(line.quantity or 0) for line in request.lines.all()}
    return request.confirm(user, quantities, request.prefecture_note, seen_revision=revision)


def check_accept(request: SosRequest, user: User, revision: int, reason: str) -> None:
    """Raises what `accept` would raise."""
    request.check_accept(user, seen_revision=revision, reason=reason)


def accept(request: SosRequest, user: User, revision: int, reason: str) -> SosRequest:
    """Accept what the prefecture confirmed; without a confirmation what was asked for, and why."""
    return request.accept(user, seen_revision=revision, reason=reason)


@dataclass(frozen=True)
class Work:
    """A verb for many: what it does, and its words; `{}` stands for how many. `check` raises what `act` would."""

    verb: Verb
    check: Callable[[SosRequest, User, int, str], None]
    act: Callable[[SosRequest, User, int, str], SosRequest]
    will_all: str
    none: str
    lead: str
    will: str
    button: str
    did_all: str
    did: str

    @property
    def is_national(self) -> bool:
        """Whether rows of many prefectures stand together, after their confirmation."""
        return self.verb is Verb.ACCEPT


WORKS: Mapping[Verb, Work] = {
    Verb.CONFIRM: Work(
        Verb.CONFIRM,
        check_confirm,
        confirm,
        will_all="{}件に、都道府県の確認を記録します",
        none="確認を記録できる要請がありません",
        lead="要請の数量のまま確認します。減らすときは、1件ずつ開いてください。",
        will="確認を記録する",
        button="{}件に確認を記録する",
        did_all="{}件に、都道府県の確認を記録しました",
        did="確認を記録しました",
    ),
    Verb.ACCEPT: Work(
        Verb.ACCEPT,
        check_accept,
        accept,
        will_all="{}件を、受付完了にします",
        none="受付完了にできる要請がありません",
        lead="受付完了にすると、だれも内容を変更できません。",
        will="受付完了にする",
        button="{}件を受付完了にする",
        did_all="{}件を、受付完了にしました",
        did="受付完了にしました",
    ),
}


@dataclass(frozen=True)
class Amount:
    """A line's quantities, in the item's unit; `confirmed` and `accepted` as the page tells them."""

    item: Item
    suggested: int | None
    asked: int | None
    confirmed: int | None
    accepted: int | None


@dataclass(frozen=True)
class Line:
    """One request of the bulk: as it stands, what was seen of it, and why it can't be done ("" if it can).

    `changed`: somebody changed it since it was seen, by `behind` revisions, and `since` is what they did.
    `wants_reason`: it can be done if somebody says why. `claim`: another officer has it in hand. `flags`: what to look
    at twice before it is done, as in the queue; afterwards only the question that still waits.
    """

    request: SosRequest
    seen: SeenRow
    problem: str = ""
    changed: bool = False
    behind: int = 0
    wants_reason: bool = False
    since: Sequence[Happened] = ()
    claim: Claim | None = None
    minutes_left: int = 0
    amounts: Sequence[Amount] = ()
    flags: Sequence[str] = ()

    @property
    def text(self) -> str:
        """The row as the next form carries it: what was seen, not what stands."""
        return f"{self.request.pk}:{self.seen.revision}:{self.seen.version}"

    @property
    def lines(self) -> list[RequestLine]:
        """The request's lines with their items."""
        return list(self.request.lines.all())


@dataclass(frozen=True)
class Group:
    """Rows with the same outcome: "" for what can be done, else the reason why not."""

    problem: str
    rows: Sequence[Line]

    @property
    def is_long(self) -> bool:
        """Whether its table is folded."""
        return len(self.rows) > LONG

    @property
    def wants_reason(self) -> bool:
        """Whether a reason would do."""
        return self.rows[0].wants_reason


def headline(work: Work, rows: Sequence[Line]) -> str:
    """`4件のうち3件を、受付完了にします`."""
    able = sum(1 for row in rows if not row.problem)
    if not able:
        return work.none
    of_all = f"{count(len(rows))}件のうち" if able < len(rows) else ""
    return of_all + work.will_all.format(count(able))


def by_outcome(rows: Sequence[Line]) -> list[Line]:
    """What can be done first, then what wants a reason, then the rest reason by reason; within each as they came."""
    reasons = ["", *dict.fromkeys(row.problem for row in rows if row.problem)]
    return sorted(
        rows, key=lambda row: (bool(row.problem) - row.wants_reason / 2, reasons.index(row.problem))
    )


def troubles_first(rows: Sequence[Line]) -> list[Line]:
    """What could not be done first, reason by reason, for somebody has to see to it; then what was done."""
    return sorted(by_outcome(rows), key=lambda row: not row.problem)


def groups(rows: Iterable[Line]) -> list[Group]:
    """Rows that came from `by_outcome` or `troubles_first`, together by their problem."""
    return [Group(problem, list(found)) for problem, found in groupby(rows, key=lambda row: row.problem)]


def totals(rows: Iterable[Line], verb: Verb) -> list[tuple[Item, int]]:
    """How much the verb would confirm or accept of each item, in the items' order."""
    found: dict[Item, int] = {}
    for row in rows:
        for line in row.lines:
            found[line.item] = found.get(line.item, 0) + (_result(line, row.request, verb) or 0)
    return sorted(found.items(), key=lambda each: each[0].order)


def _result(line: RequestLine, request: SosRequest, verb: Verb) -> int | None:
    """What the verb makes of the line: the prefecture confirms what was asked for, the ministry accepts what was
    confirmed, and what was asked for where nothing was."""
    confirmed = verb is Verb.ACCEPT and request.confirmed_at is not None
    return line.confirmed_quantity if confirmed else line.quantity


def rows_in_order(requests: models.QuerySet[Any]) -> list[SosRequest]:
    """The requests by id, with what the pages show of them. Three queries."""
    return list(requests.order_by("pk").prefetch_related("lines__item"))


def attempt(found: SosRequest, seen: SeenRow | None, act: Act) -> Line:
    """Do `act` to one request, and say what came of it."""
    if seen is None:
        return Line(found, SeenRow(0, 0), NOT_SHOWN)
    try:
        act(found, seen.revision)
    except StaleVersion as stale:
        version = stale.current.version
        words = f"いま第{version}版です" if version != seen.version else UPDATED
        return Line(found, seen, words, changed=True, behind=stale.current.revision - seen.revision)
    except ReasonRequired:
        return Line(found, seen, NEEDS_REASON, wants_reason=True)
    except (Refusal, once.TokenReused) as refusal:
        return Line(found, seen, refusal.message)
    except OperationalError:
        return Line(found, seen, BUSY)
    return Line(found, seen)


def attempt_all(requests: Iterable[SosRequest], seen: Mapping[int, SeenRow], act: Act) -> list[Line]:
    """`act` on each, one after the other, until BUDGET is spent; what is left then is told as NOT_YET."""
    end = time.monotonic() + BUDGET
    return [
        attempt(found, seen.get(found.pk), act)
        if time.monotonic() < end
        else Line(found, seen.get(found.pk, SeenRow(0, 0)), NOT_YET)
        for found in requests
    ]


def with_context(rows: Sequence[Line], user: User, now: datetime, will: Verb | None = None) -> list[Line]:
    """The rows with their quantities, what to look at twice, what changed them since they were seen, and who else has
    them in hand at `now` (aware). Seven queries at most.

    The quantities are those that stand; with `will`, what that verb is about to make of them.
    """
    events = desk.events_since({row.request.pk: row.behind for row in rows if row.changed})
    items = {item.pk: item for item in Item.objects.all()} if events else {}
    held = desk.holders([row.request.pk for row in rows], now)
    queue = officers.rows_of([row.request for row in rows])
    shown = []
    for row in rows:
        beside = queue[row.request.pk]
        flags = [flag for flag in beside.flags if will is not None or flag == officers.ASKED]
        row = replace(row, amounts=_amounts(row, beside, will), flags=flags)
        since = [happened(event, items) for event in events.get(row.request.pk, ())]
        claim = held.get(row.request.pk)
        if claim is not None and claim.user_id != user.pk:
            row = replace(row, claim=claim, minutes_left=claim.minutes_left(now))
        shown.append(replace(row, since=since) if since else row)
    return shown


def _amounts(row: Line, beside: officers.Row, will: Verb | None) -> list[Amount]:
    suggested = {line.item.pk: line.suggested for line in beside.lines}
    found = []
    for line in row.lines:
        confirmed, accepted = line.confirmed_quantity, line.accepted_quantity
        if will is not None and not row.problem:
            result = _result(line, row.request, will)
            confirmed, accepted = (result, accepted) if will is Verb.CONFIRM else (confirmed, result)
        found.append(Amount(line.item, suggested.get(line.item_id), line.quantity, confirmed, accepted))
    return found


# --- The report as a file -----------------------------------------------------------------------------------------

REPORT = (
    "要請番号",
    "医療機関コード",
    "医療機関名",
    "都道府県",
    "物資",
    "要請数量",
    "都道府県の確認",
    "結果",
)


def report_rows(rows: Iterable[Line], did: str) -> Iterator[CellRow]:
    """A row per line of each request, below REPORT; `did` says what was done where nothing stood in the way."""
    for row in rows:
        request = row.request
        place = request.institution
        for line in row.lines:
            yield (
                *(request.number, place.code, place.name, place.prefecture.name),
                *(line.item.label, line.quantity, line.confirmed_quantity, row.problem or did),
            )
