"""The vendor's shipping file: judged as a whole against what was handed off, then recorded by the verb `ship`.

Nothing is recorded while a row is wrong, and all that is wrong of all rows is said at once. The same file again
changes nothing. A parcel (line and slip number) that is known otherwise is corrected: a new version beside the old one.
More than was allocated is taken, with a warning.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, TYPE_CHECKING

from requests_app.imports.shipment_rows import (
    DAY,
    ITEM,
    LINE,
    NUMBER,
    OPTIONAL,
    QUANTITY,
    REQUIRED,
    SLIP,
    ShipmentRow,
    Wrong,
    quantity_of,
    read_row,
)
from requests_app.models import HandOffRow, RequestLine, Shipment, SosRequest
from requests_app.models.shipping import Parcel, ship, versions_of
from requests_app.rules.handing_off import line_number
from sosportal.lib import clock, once
from sosportal.lib.findings import ListOutcome
from sosportal.lib.numbers import format_count
from sosportal.lib.tabular import TableProblem, read_table
from sosportal.lib.tabular.raw import CHUNK
from sosportal.lib.text import hankaku_code, search_key
from surveys.models import Item

if TYPE_CHECKING:
    from institutions.models import User

MAX_ROWS = 50_000
MAX_BYTES = 20 * 1024 * 1024

OnProgress = Callable[[float], None]


@dataclass(frozen=True)
class Judged:
    """A row that can be taken: the parcel, its line with item, request and institution, and as it is known so far."""

    row: ShipmentRow
    parcel: Parcel
    line: RequestLine
    before: Shipment | None

    @property
    def state(self) -> str:
        """新規, 訂正 or 変更なし."""
        if self.before is None:
            return "新規"
        return "変更なし" if self.parcel.says_the_same_as(self.before) else "訂正"

    @property
    def changes(self) -> list[str]:
        """What a correction changes, in words."""
        known, parcel = self.before, self.parcel
        if known is None:
            return []
        unit = self.line.item.unit
        pairs = (
            (f"{format_count(known.quantity)}{unit}", f"{format_count(parcel.quantity)}{unit}"),
            (f"{known.shipped_on:%Y/%m/%d}", f"{parcel.shipped_on:%Y/%m/%d}"),
            (known.carrier, parcel.carrier),
        )
        return [f"{old} → {new}" for old, new in pairs if old != new]


@dataclass
class ShipmentList:
    """What a file comes to: its digest, its counts and findings, and the rows that can be taken, in its order."""

    sha256: str
    outcome: ListOutcome = field(default_factory=ListOutcome)
    rows: list[Judged] = field(default_factory=list)

    @property
    def can_be_taken(self) -> bool:
        """No row is wrong, and something is new."""
        return not self.outcome.problems and bool(self.outcome.new or self.outcome.changed)

    @property
    def digest(self) -> str:
        """The same for the same changes: what an officer saw is what is recorded."""
        seen = [
            [row.row.line, row.line.pk, row.state, row.before.pk if row.before else None, row.parcel.seen]
            for row in self.rows
        ]
        return once.digest([self.sha256, seen])

    def parcels(self) -> Mapping[int, Sequence[Parcel]]:
        """What is new or corrected, by request id."""
        found: dict[int, list[Parcel]] = {}
        for row in self.rows:
            if row.state != "変更なし":
                found.setdefault(row.line.request_id, []).append(row.parcel)
        return found


def read_shipments(
    binary: IO[bytes], actor: User, *, now: datetime, on_progress: OnProgress = lambda share: None
) -> ShipmentList:
    """Judge the file in `binary`; nothing is written. `now` is aware.

    Raises TableProblem for a file that can't be read as a whole. Five queries, whatever the number of rows (at most
    50,000, 20 MB).
    """
    found = ShipmentList(_digest(binary))
    outcome = found.outcome
    today = clock.jst(now).date()
    size = binary.seek(0, 2) or 1
    rows: list[ShipmentRow] = []
    table = read_table(
        binary,
        required=REQUIRED,
        optional=OPTIONAL,
        max_bytes=MAX_BYTES,
        max_rows=MAX_ROWS,
        on_problem=outcome.problems.add,
    )
    for each in table:
        on_progress(min(1.0, binary.tell() / size))
        rows.append(read_row(each, today))
    found.rows = _Judge(rows, actor).judge(rows, outcome)
    outcome.read = len(found.rows) + outcome.repeated + outcome.refused
    states = [row.state for row in found.rows]
    outcome.new, outcome.changed = states.count("新規"), states.count("訂正")
    outcome.unchanged = states.count("変更なし")
    return found


def import_shipments(
    binary: IO[bytes],
    actor: User,
    *,
    now: datetime,
    dry_run: bool = False,
    skip_bad_rows: bool = False,
    on_progress: OnProgress = lambda share: None,
) -> ListOutcome:
    """Judge the file and record it, in one transaction or not at all.

    Nothing is written on a dry run, nor when a row is wrong unless `skip_bad_rows`. Raises TableProblem for a file that
    can't be read as a whole, and what `ship` raises.
    """
    found = read_shipments(binary, actor, now=now, on_progress=on_progress)
    found.outcome.written = not dry_run and (skip_bad_rows or not found.outcome.problems)
    if found.outcome.written:
        record_shipments(found, actor, now=now)
    return found.outcome


def record_shipments(found: ShipmentList, actor: User, *, now: datetime) -> list[Shipment]:
    """Record what was judged, just as it was judged; the new rows. Raises what `ship` raises."""
    return ship(actor, found.parcels(), file_sha256=found.sha256, now=now)


def _digest(binary: IO[bytes]) -> str:
    digest = hashlib.sha256()
    binary.seek(0)
    while chunk := binary.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


class _Judge:
    """Rows beside what the portal knows of their requests."""

    def __init__(self, rows: Iterable[ShipmentRow], actor: User) -> None:
        items = list(Item.in_order())
        self.units = {item.unit for item in items}
        self.names = {search_key(name) for item in items for name in (item.label, item.name)}
        numbers = {row.number for row in rows}
        requests = SosRequest.objects.visible_to(actor).filter(number__in=numbers)
        self.numbers = set(requests.values_list("number", flat=True))
        lines = RequestLine.objects.filter(request__in=requests).select_related(
            "item", "request__institution", "outcome"
        )
        self.lines: dict[str, list[RequestLine]] = {}
        for line in lines:
            self.lines.setdefault(line.request.number, []).append(line)
        line_ids = [line.pk for own in self.lines.values() for line in own]
        handed = HandOffRow.objects.filter(whole=True, line_id__in=line_ids)
        self.handed = {row.line_id: row for row in handed.select_related("hand_off")}
        self.known = Shipment.objects.parcels_of(line_ids)
        self.versions = versions_of(self.known.values())

    def judge(self, rows: Iterable[ShipmentRow], outcome: ListOutcome) -> list[Judged]:
        """The rows that can be taken; what is wrong, doubtful or said twice goes to the outcome."""
        taken: dict[tuple[int, str], Judged] = {}
        for row in rows:
            problems = list(row.problems)
            judged = self._judged(row, problems)
            if judged is None:
                outcome.problems.extend(problems)
                continue
            earlier = taken.get((judged.parcel.line_id, judged.parcel.slip_number))
            if earlier is None:
                taken[judged.parcel.line_id, judged.parcel.slip_number] = judged
            elif earlier.parcel == judged.parcel:
                outcome.repeated += 1
            else:
                message = (
                    f"{earlier.row.line}行目と同じ荷物ですが、内容が違います。正しい1行だけにしてください。"
                )
                outcome.problems.add(TableProblem(row.line, SLIP, message))
        self._warn(taken.values(), outcome)
        return list(taken.values())

    def _judged(self, row: ShipmentRow, problems: list[TableProblem]) -> Judged | None:
        """None where anything is wrong: all of it is in `problems` then."""

        def wrong(column: str, message: str) -> None:
            problems.append(TableProblem(row.line, column, message))

        line = self._line(row, wrong)
        handed = self.handed.get(line.pk) if line else None
        if line and handed is None:
            wrong(NUMBER, _why_not_handed_off(line))
        day = clock.jst(handed.hand_off.made_at).date() if handed else None
        if day and row.shipped_on and row.shipped_on < day:
            wrong(DAY, f"引渡しの日（{day:%Y/%m/%d}）より前の日付です。発送した日を入れてください。")
        quantity = 0
        try:
            if row.quantity:
                quantity = quantity_of(row, [line.item.unit] if line else self.units)
        except Wrong as problem:
            wrong(QUANTITY, problem.message)
        if problems or line is None or row.shipped_on is None:
            return None
        before = self.known.get((line.pk, row.slip_number))
        parcel = Parcel(
            line.pk,
            row.slip_number,
            quantity,
            row.shipped_on,
            row.carrier,
            seen=self.versions[line.pk],
        )
        return Judged(row, parcel, line, before)

    def _line(self, row: ShipmentRow, wrong: Callable[[str, str], None]) -> RequestLine | None:
        """The line that the row is about, where its number and its item say so."""
        if row.number and row.number not in self.numbers:
            wrong(NUMBER, f"要請番号{row.number}の要請はありません。")
        if row.item and row.item not in self.names:
            wrong(ITEM, "物資の名前ではありません。引渡しのファイルの「物資」のとおりに入れてください。")
            return None
        if row.number not in self.numbers or not row.item:
            return None
        for line in self.lines.get(row.number, ()):
            if row.item in {search_key(line.item.label), search_key(line.item.name)}:
                wanted = line_number(row.number, line.item.order)
                if row.line_number and row.line_number != hankaku_code(wanted):
                    wrong(LINE, f"要請番号と物資に合いません。引渡しのファイルでは{wanted}です。")
                return line
        wrong(ITEM, f"要請番号{row.number}に、この物資はありません。")
        return None

    def _warn(self, taken: Iterable[Judged], outcome: ListOutcome) -> None:
        """More than was allocated, and one slip for two institutions: possible, but surely worth a look."""
        last: dict[int, Judged] = {}
        sums: dict[int, int] = {}
        slips: dict[str, Judged] = {}
        for (line_id, _), known in self.known.items():
            sums[line_id] = sums.get(line_id, 0) + known.quantity
        for each in taken:
            sums.setdefault(each.line.pk, 0)
            sums[each.line.pk] += each.parcel.quantity - (each.before.quantity if each.before else 0)
            last[each.line.pk] = each
            other = slips.setdefault(each.parcel.slip_number, each)
            if other.line.request.institution_id != each.line.request.institution_id:
                message = f"{other.row.line}行目と同じ伝票番号ですが、医療機関が違います。"
                outcome.warnings.add(TableProblem(each.row.line, SLIP, message))
        for line_id, each in last.items():
            handed, item = self.handed[line_id].quantity, each.line.item
            if sums[line_id] > handed:
                total, allocated = item.amount(sums[line_id]), item.amount(handed)
                message = f"発送の合計が{total}になり、配布の決定{allocated}より多くなります。"
                outcome.warnings.add(TableProblem(each.row.line, QUANTITY, message))


def _why_not_handed_off(line: RequestLine) -> str:
    outcome = getattr(line, "outcome", None)
    if outcome is None:
        return "配布を決定していない要請です。"
    if outcome.quantity == 0:
        return "配布の決定が見送りの要請です。"
    return "まだ売払先事業者に引き渡していない要請です。"
