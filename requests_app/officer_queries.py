"""What officers look at: the queue, the figures beside a request, and what became of it.

Every function begins with rows that `visible_to` gave, or with requests found through it. Costs are per call,
whatever the number of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from requests_app.models import RequestEvent, RequestLine, SosRequest
from requests_app.rules.quantity import suggested_quantity
from requests_app.rules.transitions import Status, Verb
from sosportal.lib.text import hankaku_code, search_key
from surveys.models import Figures, Item, StockAnswer, SurveyResponse

if TYPE_CHECKING:
    from requests_app.models.request import SosRequestQuerySet

MOST_WORDS = 8
MUCH = 2  # times the suggestion
LITTLE = Fraction(1, 2)  # weeks of stock

UNDER_REVIEW = Q(status=Status.UNDER_REVIEW.value)


class Stage(StrEnum):
    """Where a request under review stands with its prefecture. AGAIN: confirmed once, then edited."""

    UNCONFIRMED = "unconfirmed"
    AGAIN = "again"
    CONFIRMED = "confirmed"

    @property
    def label(self) -> str:
        """The word on screen."""
        return {"unconfirmed": "未確認", "again": "やり直し", "confirmed": "確認済み"}[self.value]

    @property
    def condition(self) -> Q:
        """The requests that stand there; the rows come from `with_history`."""
        if self is Stage.CONFIRMED:
            return UNDER_REVIEW & Q(confirmed_at__isnull=False)
        return UNDER_REVIEW & Q(confirmed_at__isnull=True, confirmed_before=self is Stage.AGAIN)


def with_history(requests: SosRequestQuerySet) -> SosRequestQuerySet:
    """The requests with `confirmed_before`: whether the prefecture ever confirmed them."""
    confirmations = RequestEvent.objects.filter(request_id=OuterRef("pk"), verb=Verb.CONFIRM.value)
    return requests.annotate(confirmed_before=Exists(confirmations))


def late(today: date) -> Q:
    """Under review, not confirmed by the prefecture, and the first day of handling lies before `today` (in Japan)."""
    return UNDER_REVIEW & Q(confirmed_at__isnull=True, handled_from__lt=today)


def matching(requests: SosRequestQuerySet, words: str) -> SosRequestQuerySet:
    """Each word is in the number (with or without hyphen), or the institution's name or code, whatever its width."""
    for word in words.split()[:MOST_WORDS]:
        found = Q(institution__search_key__contains=search_key(word))
        digits = hankaku_code(word)
        if digits.isascii() and digits.isdigit():
            found |= Q(institution__code__contains=digits)
            found |= Q(number__contains=digits) | Q(number__startswith=f"{digits[:4]}-{digits[4:]}")
        requests = requests.filter(found)
    return requests


# --- The queue ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class QueueFigures:
    """How many requests wait for what, and how much they ask for: (item, sum) in the items' order."""

    unconfirmed: int
    again: int
    confirmed: int
    late: int
    asked: Sequence[tuple[Item, int]]


def queue_figures(requests: SosRequestQuerySet, today: date) -> QueueFigures:
    """Of the requests under review among `requests`. Three queries."""
    counts = with_history(requests.filter(UNDER_REVIEW)).aggregate(
        **{stage.value: Count("pk", filter=stage.condition) for stage in Stage},
        late=Count("pk", filter=late(today)),
    )
    sums = dict(
        RequestLine.objects.filter(request__in=requests.filter(UNDER_REVIEW).order_by())
        .order_by()
        .values_list("item_id")
        .annotate(asked=Sum("quantity"))
    )
    items = Item.objects.filter(pk__in=sums).order_by("order")
    return QueueFigures(asked=[(item, sums[item.pk] or 0) for item in items], **counts)


def late_count(requests: SosRequestQuerySet, today: date) -> int:
    """How many of the requests are `late`. One query."""
    return requests.filter(late(today)).count()


# --- A line and its figures ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LineView:
    """One item of a request beside what the institution's latest survey answer says of it."""

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
        return found


@dataclass(frozen=True)
class Row:
    """A request as the queue shows it."""

    lines: Sequence[LineView]
    flags: Sequence[str] = field(default_factory=list)

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
    """What the queue shows of each request, by its id. Three queries; `requests` bear `confirmed_before`."""
    lines = _lines_by_request([request.pk for request in requests])
    answers = latest_answers({request.institution_id for request in requests})
    doubled = _asked_elsewhere(requests)
    rows = {}
    for request in requests:
        answer = answers.get(request.institution_id)
        views = [view_of(line, answer) for line in lines.get(request.pk, ())]
        flags = [flag for view in views for flag in view.flags]
        if request.pk in doubled:
            flags.insert(0, "同じ物資が確認中")
        if stage_of(request) is Stage.AGAIN:
            flags.append("確認後に編集あり")
        rows[request.pk] = Row(views, list(dict.fromkeys(flags)))
    return rows


def stage_of(request: SosRequest) -> Stage | None:
    """Where a request from `with_history` stands; None when it isn't under review."""
    if request.state is not Status.UNDER_REVIEW:
        return None
    if request.confirmed_at is not None:
        return Stage.CONFIRMED
    return Stage.AGAIN if getattr(request, "confirmed_before", False) else Stage.UNCONFIRMED


def view_of(line: RequestLine, answer: Answer | None) -> LineView:
    """A line (with its item) beside the answer."""
    figures = answer.figures.get(line.item_id) if answer else None
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
            Answer(given.institution_id, given.answered_at, given.answered_by.name, given.round.label, {}),
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
        item_id=OuterRef("item_id"),
    ).exclude(request_id=OuterRef("request_id"))
    rows = RequestLine.objects.filter(
        Exists(same),
        request_id__in=[request.pk for request in requests],
        request__status=Status.UNDER_REVIEW.value,
    )
    return set(rows.values_list("request_id", flat=True))


def cut_to_tenths(number: Fraction) -> str:
    """`1.9` for 1.96: cut off, never rounded up over a limit it does not reach."""
    tenths = int(number * 10)
    return f"{tenths // 10}.{tenths % 10}"
