"""The rows of the queue: lines beside what was judged, and what an officer should look at twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from requests_app.models import RequestEvent, RequestLine, SosRequest
from requests_app.queries.officers.standing import Stage, stage_of
from requests_app.rules.quantity import SUGGESTED_WEEKS, cut_to_tenths, packs, suggested_quantity
from requests_app.rules.transitions import Status
from sosportal.lib.numbers import format_count
from surveys.models import Figures, Item, StockAnswer, SurveyResponse

MUCH = 2  # times the suggestion
LITTLE = Fraction(1, 2)  # weeks of stock
CHANGED = "調査の回答が変わった"
ASKED = "照会の回答待ち"


# --- A line and its figures ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LineView:
    """One item of a request beside figures of the institution's survey answers."""

    item: Item
    quantity: int | None
    confirmed: int | None
    accepted: int | None
    figures: Figures | None = None

    @property
    def suggested(self) -> int | None:
        """The suggested quantity (domain, "Suggested quantity"); None without complete figures."""
        given = self.figures
        if given is None or given.missing:
            return None
        return suggested_quantity(
            int(given.weekly_consumption or 0),
            int(given.stock or 0),
            int(given.weekly_purchase or 0),
            self.item.pack_size,
        )

    @property
    def sum(self) -> str:
        """How the suggestion comes about: `2 × 4,000 − 3,400 − 500 ＝ 4,100`; "" without complete figures."""
        given = self.figures
        if given is None or given.missing:
            return ""
        stock, consumption, purchase = (
            int(each or 0) for each in (given.stock, given.weekly_consumption, given.weekly_purchase)
        )
        lacking = SUGGESTED_WEEKS * consumption - stock - purchase
        figures = [
            f"{SUGGESTED_WEEKS} × {format_count(consumption)}",
            format_count(stock),
            format_count(purchase),
        ]
        sum_ = f"{' − '.join(figures)} ＝ {'−' if lacking < 0 else ''}{format_count(abs(lacking))}"
        if lacking == self.suggested:
            return sum_
        return f"{sum_} → {format_count(self.suggested or 0)}" + (
            f"（{self.item.pack_unit}の単位に切り上げ）" if lacking > 0 else ""
        )

    @property
    def weeks(self) -> Fraction | None:
        """Weeks of stock; None where it can't be said."""
        return self.figures.weeks if self.figures else None

    @property
    def weeks_text(self) -> str:
        """`1.0`; "" where it can't be said."""
        return "" if self.weeks is None else cut_to_tenths(self.weeks)

    @property
    def flags(self) -> list[str]:
        """What an officer should look at twice."""
        found = []
        suggested = self.suggested
        if suggested and self.quantity and self.quantity >= MUCH * suggested:
            found.append(f"めやすの{cut_to_tenths(Fraction(self.quantity, suggested))}倍")
        if suggested == 0 and self.quantity:
            found.append("めやすは0")
        if self.weeks is not None and self.weeks < LITTLE:
            found.append("備蓄0.5週分未満")
        if self.quantity and packs(self.quantity, self.item.pack_size)[1]:
            found.append(f"{self.item.pack_unit}の単位でない")
        return found


@dataclass(frozen=True)
class Row:
    """A request as the queue shows it."""

    lines: Sequence[LineView]
    flags: Sequence[str] = field(default_factory=list)

    @property
    def first_item(self) -> int:
        """The id of the first line's item; 0 without lines."""
        return self.lines[0].item.pk if self.lines else 0

    @property
    def asked(self) -> int:
        """All that is asked for, in units."""
        return sum(line.quantity or 0 for line in self.lines)


@dataclass(frozen=True)
class Answer:
    """An institution's survey answer: when, by whom, of which round (`11/25の回`), and the figures by item id."""

    institution_id: int
    at: datetime
    by: str
    round: str
    figures: dict[int, Figures]


def rows_of(requests: Sequence[SosRequest]) -> dict[int, Row]:
    """What the queue shows of each request, by its id. Four queries.

    What was applied for stands beside the figures that the check judged it by, and a flag says where the institution
    has answered otherwise since; what was not stands beside the latest answer.
    """
    keys = [request.pk for request in requests]
    lines = _lines_by_request(keys)
    judged = figures_judged([request.pk for request in requests if request.submitted_at])
    answers = latest_answers({request.institution_id for request in requests})
    doubled = _asked_elsewhere(requests)
    rows = {}
    for request in requests:
        answer = answers.get(request.institution_id)
        seen = judged.get(request.pk, answer.figures if answer else {})
        views = [_view(line, seen.get(line.item_id)) for line in lines.get(request.pk, ())]
        flags = [flag for view in views for flag in view.flags]
        if request.pk in doubled:
            flags.insert(0, "同じ物資が確認中")
        if request.is_under_review and request.question_open:
            flags.insert(0, ASKED)
        if stage_of(request) is Stage.AGAIN:
            flags.append("確認後に編集あり")
        if request.is_under_review and answer and _differ(views, answer):
            flags.append(CHANGED)
        rows[request.pk] = Row(views, list(dict.fromkeys(flags)))
    return rows


def _differ(lines: Iterable[LineView], answer: Answer) -> bool:
    return any(line.figures != answer.figures.get(line.item.pk) for line in lines)


def figures_judged(request_ids: Sequence[int]) -> dict[int, dict[int, Figures]]:
    """The figures that the last check of each request judged by: by request id and item id. One query."""
    last = (
        RequestEvent.objects.filter(request_id__in=request_ids, check_record__isnull=False)
        .order_by("request_id", "-id")
        .distinct("request_id")
        .values_list("request_id", "check_record__input__lines")
    )
    return {request_id: _figures_of(lines or ()) for request_id, lines in last}


def _figures_of(lines: Iterable[Any]) -> dict[int, Figures]:
    return {line["item_id"]: Figures(**line["figures"]) for line in lines if line["figures"]}


def view_of(line: RequestLine, answer: Answer | None) -> LineView:
    """A line (with its item) beside the answer."""
    return _view(line, answer.figures.get(line.item_id) if answer else None)


def _view(line: RequestLine, figures: Figures | None) -> LineView:
    return LineView(line.item, line.quantity, line.confirmed_quantity, line.accepted_quantity, figures)


def latest_answers(institution_ids: Iterable[int]) -> dict[int, Answer]:
    """The latest survey answer of each institution, by its id. One query."""
    latest = (
        SurveyResponse.objects.filter(institution_id__in=set(institution_ids))
        .order_by("institution_id", "-answered_at", "-id")
        .distinct("institution_id")
    )
    return {answer.institution_id: answer for answer in _answers(latest)}


def last_two_answers(institution_id: int) -> list[Answer]:
    """The institution's answers of the last two rounds it answered, the latest first. One query."""
    latest = SurveyResponse.objects.filter(institution_id=institution_id).order_by("-answered_at", "-id")[:2]
    return _answers(latest)


def _answers(responses: QuerySet[SurveyResponse]) -> list[Answer]:
    found: dict[int, Answer] = {}
    rows = (
        StockAnswer.objects.filter(response_id__in=responses.values("pk"))
        .select_related("response__answered_by", "response__round")
        .order_by("-response__answered_at", "-response_id", "item__order")
    )
    for row in rows:
        given = row.response
        answer = found.setdefault(
            given.pk,
            Answer(given.institution_id, given.answered_at, given.answered_name, given.round.label, {}),
        )
        answer.figures[row.item_id] = Figures(row.stock, row.weekly_consumption, row.weekly_purchase)
    return list(found.values())


def _lines_by_request(request_ids: Sequence[int]) -> dict[int, list[RequestLine]]:
    found: dict[int, list[RequestLine]] = {}
    rows = (
        RequestLine.objects.filter(request_id__in=request_ids).select_related("item").order_by("item__order")
    )
    for line in rows:
        found.setdefault(line.request_id, []).append(line)
    return found


def _asked_elsewhere(requests: Sequence[SosRequest]) -> set[int]:
    """Ids of those requests under review that share an item with another one of their institution's under review."""
    same = RequestLine.objects.filter(
        request__institution_id=OuterRef("request__institution_id"),
        request__status=Status.UNDER_REVIEW.value,
        request__withdrawn_at__isnull=True,
        item_id=OuterRef("item_id"),
    ).exclude(request_id=OuterRef("request_id"))
    rows = RequestLine.objects.filter(
        Exists(same),
        request_id__in=[request.pk for request in requests],
        request__status=Status.UNDER_REVIEW.value,
        request__withdrawn_at__isnull=True,
    )
    return set(rows.values_list("request_id", flat=True))
