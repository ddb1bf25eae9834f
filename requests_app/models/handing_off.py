"""引渡し: which lines go to the vendor, and the verb that hands them off.

Only accepted requests with an allocation above nothing. A line goes out in full once; later its changed particulars go
out as a correction, its quantity never. What was handed off is marked by an event on each request.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models, transaction
from django.db.models import Sum

from institutions.models import Suspension
from requests_app import permissions
from requests_app.exceptions import HandOffChanged, NothingToHandOff, ReasonRequired
from requests_app.models.allocation import DecisionSums
from requests_app.models.handoff import HandOff, HandOffRow
from requests_app.models.moving import Outcome, record_many
from requests_app.models.planned_line import PlannedLine, planned_lines
from requests_app.models.request import RequestLine, SosRequest
from requests_app.models.waiting import Among, UndecidedLine, unhanded
from requests_app.rules.handing_off import (
    CORRECTION_HEADING,
    HEADING,
    Particulars,
    differences,
)
from requests_app.rules.transitions import Status, Verb
from sosportal.lib import clock, once
from sosportal.lib.tabular import FileKind, Unwritable, Written, unwritable, write

if TYPE_CHECKING:
    from institutions.models import User

BATCH = 1_000  # rows inserted at once
REPLACED = 1_000  # letters written as 〓 that the hand-off names one by one


@dataclass(frozen=True)
class HeldLine:
    """A line of an institution that is suspended: it goes out only where an officer says why."""

    line: PlannedLine
    suspension: Suspension


@dataclass(frozen=True)
class LeftOut:
    """How many lines stay behind, by reason; those that lack what a delivery needs one by one."""

    undecided: int = 0
    declined: int = 0
    handed_off: int = 0
    incomplete: Sequence[PlannedLine] = ()


@dataclass(frozen=True)
class HandOffPlan:
    """What would be handed off now. `corrects` is the hand-off to be corrected, None for a new one. `held` are the
    lines of suspended institutions, `included` the ids of those that go out nevertheless: they are in `lines` too."""

    lines: Sequence[PlannedLine]
    corrects: HandOff | None = None
    left_out: LeftOut = field(default_factory=LeftOut)
    held: Sequence[HeldLine] = ()
    included: frozenset[int] = frozenset()

    def including(self, line_ids: Iterable[int]) -> HandOffPlan:
        """The same with these of the held lines."""
        wanted = set(line_ids)
        chosen = [each.line for each in self.held if each.line.line_id in wanted]
        if not chosen:
            return self
        lines = sorted(
            [*self.lines, *chosen], key=lambda line: (line.request_id, line.particulars.line_number)
        )
        return replace(self, lines=lines, included=frozenset(line.line_id for line in chosen))

    @property
    def heading(self) -> tuple[str, ...]:
        """The heading of the file."""
        return HEADING if self.corrects is None else CORRECTION_HEADING

    def rows(self) -> Iterator[list[str | int]]:
        """The rows of the file."""
        for line in self.lines:
            yield from line.cells

    @cached_property
    def row_count(self) -> int:
        """How many there are."""
        if self.corrects is None:
            return len(self.lines)
        return sum(len(line.cells) for line in self.lines)

    @cached_property
    def digest(self) -> str:
        """The same for the same lines with the same cells, held back or not: what an officer saw is what goes out."""
        about = self.corrects.pk if self.corrects else None
        free = [[line.line_id, line.cells] for line in self.lines if line.line_id not in self.included]
        held = [[each.line.line_id, each.line.cells, each.suspension.pk] for each in self.held]
        return once.digest([about, free, held])

    @cached_property
    def unwritable(self) -> list[Unwritable]:
        """What CP932 can't hold of it, all of it."""
        return unwritable(self.heading, self.rows(), most=None)

    @cached_property
    def totals(self) -> list[tuple[str, str, int, int]]:
        """What goes out by item."""
        return totals_of(self.lines)


def totals_of(lines: Iterable[PlannedLine]) -> list[tuple[str, str, int, int]]:
    """(item, unit, lines, sum of the quantities) by item, in the order of the file."""
    sums: dict[tuple[str, str], list[int]] = {}
    for line in lines:
        found = sums.setdefault((line.particulars.item, line.particulars.unit), [0, 0])
        found[0] += 1
        found[1] += line.particulars.quantity
    return [(item, unit, count, total) for (item, unit), (count, total) in sorted(sums.items())]


# --- What would go out --------------------------------------------------------------------------------------------


def plan_whole(now: datetime | None = None) -> HandOffPlan:
    """All lines that wait to be handed off, in the order of their requests; those of institutions that are suspended at
    `now` (aware; left out, the server's clock) apart. Seven queries, one more where any are held: of what waits,
    without objects of its rows, of who is suspended, and of how much went out by each hand-off before."""
    free: list[PlannedLine] = []
    held: list[PlannedLine] = []
    incomplete: list[PlannedLine] = []
    suspended = _suspended(now or clock.now())
    for line in planned_lines(unhanded()):
        if line.particulars.missing:
            incomplete.append(line)
        else:
            (held if line.institution_id in suspended else free).append(line)
    reasons = Suspension.objects.in_bulk({suspended[line.institution_id] for line in held})
    whole = HandOff.objects.filter(corrects=None)
    left_out = LeftOut(
        undecided=UndecidedLine.objects.count(),
        declined=DecisionSums.objects.aggregate(sum=Sum("declined"))["sum"] or 0,
        handed_off=whole.aggregate(sum=Sum("line_count"))["sum"] or 0,
        incomplete=incomplete,
    )
    return HandOffPlan(
        free,
        left_out=left_out,
        held=[HeldLine(line, reasons[suspended[line.institution_id]]) for line in held],
    )


def _suspended(now: datetime) -> dict[int, int]:
    """By institution: the key of its suspension in force at `now`. One query, which reads those in force."""
    return dict(Suspension.objects.in_force(now).values_list("institution_id", "pk"))


def plan_correction(corrects: HandOff) -> HandOffPlan:
    """What changed since of the lines of a hand-off: against what the vendor was told last. Four queries."""
    last = _told_last(corrects)
    planned = []
    for line in planned_lines(_lines_of(corrects)):
        before, quantity = last[line.line_id]
        now = Particulars.from_cells([*line.particulars.cells()[:-1], quantity])
        if differences(before, now):
            planned.append(PlannedLine(line.line_id, line.request_id, line.item_id, now, before))
    return HandOffPlan(planned, corrects)


def _lines_of(made: HandOff) -> models.QuerySet[RequestLine]:
    """The lines that went out in full with a hand-off."""
    return RequestLine.objects.filter(Among("pk", _whole(made)))


def _whole(made: HandOff) -> ArraySubquery:
    """The keys of those lines."""
    return ArraySubquery(made.rows.filter(whole=True).order_by().values("line_id"))


def _told_last(corrects: HandOff) -> dict[int, tuple[Particulars, int]]:
    """By line of the hand-off: what the vendor was told last, and the quantity. One query."""
    rows = HandOffRow.objects.filter(Among("line_id", _whole(corrects)))
    last = rows.order_by("line_id", "-hand_off_id").distinct("line_id")
    found = last.values_list("line_id", "particulars", "quantity").iterator(chunk_size=BATCH)
    return {line_id: (Particulars.from_cells(cells), quantity) for line_id, cells, quantity in found}


# --- The verb -----------------------------------------------------------------------------------------------------


def hand_off(
    actor: User,
    *,
    vendor: str,
    kind: FileKind,
    seen_digest: str,
    corrects: HandOff | None = None,
    geta: bool = False,
    include: Collection[int] = (),
    include_reason: str = "",
    now: datetime | None = None,
) -> HandOff:
    """引渡し: keep what goes to the vendor, and mark every request; the file can be made again from it to the byte.

    `seen_digest` is that of the plan the officer saw. `geta`: what CP932 can't hold becomes 〓 and is listed with the
    hand-off. `include`: lines of suspended institutions that go out nevertheless, for `include_reason`; the reason
    stays with the hand-off and its events, the file says nothing of it (decided: a suspension keeps new requests out,
    domain R6; whether what was allocated before goes out is the ministry's to say). `now` is aware; left out, the
    server's clock once the rows are locked. One transaction.

    Raises NotPermitted; ReasonRequired without a vendor, or without a reason for what is included; NothingToHandOff;
    HandOffChanged when the plan is no longer that one; TableProblem for what the kind of file can't hold. Locks the
    actor's row, then the requests in the order of their ids. Queries: thirteen, one for every 1,000 lines beyond, and
    those of `record_many`.
    """
    if not vendor.strip():
        raise ReasonRequired("売払先事業者の名前を入力してください。")
    if include and not include_reason.strip():
        raise ReasonRequired("停止中の医療機関の物資を載せる理由を入力してください。")
    with transaction.atomic():
        actor = actor.held()
        permissions.check_hand_off(actor)
        requests = _locked(corrects)
        moment = clock.jst(now or clock.now())
        # Under the locks: what another officer handed off while this one waited for them is seen.
        plan = plan_correction(corrects) if corrects else plan_whole(moment).including(include)
        if not plan.lines:
            raise NothingToHandOff
        if plan.digest != seen_digest or any(line.request_id not in requests for line in plan.lines):
            raise HandOffChanged
        reason = include_reason if plan.included else ""
        found = plan.unwritable[:REPLACED] if geta and kind is FileKind.CP932 else []
        replaced = [str(each) for each in found]
        written = written_of(kind, plan.heading, plan.rows(), geta=bool(replaced))
        made = HandOff.objects.create(
            made_at=moment,
            made_by=actor,
            vendor=vendor,
            corrects=corrects,
            kind=kind.value,
            replaced=replaced,
            despite_suspension=reason,
            line_count=len(plan.lines),
            row_count=written.rows,
            size=written.size,
            sha256=written.sha256,
        )
        HandOffRow.objects.bulk_create(
            (_row(made, position, line, plan) for position, line in enumerate(plan.lines, start=1)),
            batch_size=BATCH,
        )
        record_many(list(_recorded(made, plan, requests)), Verb.HAND_OFF, actor, moment)
    return made


def written_of(
    kind: FileKind, heading: Sequence[str], rows: Iterable[Sequence[str | int]], *, geta: bool
) -> Written:
    """What the file would be. Raises TableProblem."""
    with TemporaryFile() as binary:
        return write(binary, kind, heading, rows, geta=geta)


def rows_again(made: HandOff) -> Iterator[list[str | int]]:
    """The rows of the file of a hand-off, as they went out. One query, with a server-side cursor."""
    rows = made.rows.order_by("position").values_list("cells", flat=True)
    for cells in rows.iterator(chunk_size=BATCH):
        yield from cells


def _locked(corrects: HandOff | None) -> Mapping[int, SosRequest]:
    """The requests whose lines may go out."""
    lines = unhanded() if corrects is None else _lines_of(corrects)
    rows = (
        SosRequest.objects.locked()
        .filter(pk__in=lines.values("request_id"))
        .select_related("institution")
        .order_by("pk")
    )
    return {request.pk: request for request in rows}


def _row(made: HandOff, position: int, line: PlannedLine, plan: HandOffPlan) -> HandOffRow:
    return HandOffRow(
        hand_off=made,
        line_id=line.line_id,
        position=position,
        whole=line.before is None,
        suspended=line.line_id in plan.included,
        quantity=line.particulars.quantity,
        particulars=line.particulars.cells(),
        cells=line.cells,
    )


def _recorded(
    made: HandOff, plan: HandOffPlan, requests: Mapping[int, SosRequest]
) -> Iterator[tuple[SosRequest, Outcome]]:
    """One event per request, whatever the number of its lines."""
    by_request: dict[int, list[PlannedLine]] = {}
    for line in plan.lines:
        by_request.setdefault(line.request_id, []).append(line)
    for request_id, own in sorted(by_request.items()):
        data: dict[str, Any] = {"hand_off": made.pk, "vendor": made.vendor}
        if made.corrects_id is None:
            data["handed"] = {str(line.item_id): line.particulars.quantity for line in own}
        else:
            changed = [
                each[0] for line in own if line.before for each in differences(line.before, line.particulars)
            ]
            data |= {"corrects": made.corrects_id, "changed": list(dict.fromkeys(changed))}
        if any(line.line_id in plan.included for line in own):
            data["despite_suspension"] = made.despite_suspension
        yield requests[request_id], Outcome(Status.ACCEPTED, data=data)
