"""The filters of the queue.

Counts stand beside the choices while the list shows what is under review and nothing is searched for; they go up to
`officers.MOST`. No filter reads more rows than it shows and counts (decision 0007).
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from institutions.models import Prefecture
from requests_app.models import SosRequest
from requests_app.models.withdrawing import WITHDRAWN
from requests_app.queries.desk import has_open_question, has_unseen_answer
from requests_app.queries.officers import MOST, Stage, counted_each, in_status, late, told
from requests_app.queries.officers.applied import (
    applied_in,
    earlier_rounds,
    this_round,
    waited,
    years_applied_in,
)
from requests_app.queries.officers.standing import older_than
from requests_app.rules.transitions import Status, Verb
from sosportal.lib import clock
from sosportal.lib.admin_filters import Choice, ConditionFilter
from surveys.models import Item

EVERYTHING = "all"
WITHDREW = "withdrawn"
WEEKS = (1, 2, 3)
WAITED = (3, 7, 14)


class QueueFilter(ConditionFilter):
    """A filter of the queue: with counts where they can be had without reading the table."""

    hide_empty = False
    counted = True
    has_index = True  # one that finds the rows of a choice, or a choice that most rows meet
    most = MOST

    def is_counted(self, changelist: Any) -> bool:
        """Whether its choices bear counts: while the list shows what waits and nothing is searched for.

        Beside other filters only where the list itself was counted to its end: few rows of many are far between.
        """
        if not self.counted or changelist.query or not shows(self.request, Status.UNDER_REVIEW):
            return False
        if self.value() is None and changelist.rows_counted <= MOST:
            return True
        return self.has_index and not self.others_narrow

    @property
    def others_narrow(self) -> bool:
        """Whether another filter is in use."""
        return bool((set(self.request.GET) & NARROWING) - {self.parameter_name})

    def counts(self, changelist: Any) -> Mapping[str, int] | None:
        if not self.is_counted(changelist):
            return None
        if self.value() is None and changelist.rows_counted <= MOST:
            found: Mapping[str, int] = changelist.facets[self.parameter_name]
            return found
        others = changelist.get_queryset(self.request, exclude_parameters=self.expected_parameters())
        conditions = {value: condition for value, _, condition in self.conditions}
        return counted_each(others.select_related(None), conditions, self.most)

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        everything, *others = super().choices(changelist)
        yield everything
        yield from (each for each in others if each["count"] != 0 or each["selected"] or not self.hide_empty)

    def total(self, changelist: Any, counts: Mapping[str, int]) -> int | None:
        return changelist.rows_counted if self.value() is None else None

    def told(self, value: str | None, count: int) -> str:
        return told(count, MOST if value is None else self.most)


def status_asked(request: HttpRequest) -> str:
    """The status the queue shows, EVERYTHING for all of them: left out, what waits; a search looks through all."""
    left_out = EVERYTHING if request.GET.get(SEARCH_VAR, "").strip() else Status.UNDER_REVIEW.value
    return request.GET.get(StatusFilter.parameter_name, left_out)


def shows(request: HttpRequest, status: Status) -> bool:
    """Whether the queue, as it is asked for, holds requests of this status alone."""
    return status_asked(request) == status.value


class StatusFilter(QueueFilter):
    """対応ステータス, and beside the four what was withdrawn, which stands in none of them.

    Left out, what waits for officers: 都道府県・国確認中; a search looks through all.
    """

    title = "対応ステータス"
    parameter_name = "status"

    def table(self, request: HttpRequest) -> list[Choice]:
        found = [(status.value, status.label, in_status(status)) for status in Status]
        return [*found, (WITHDREW, Verb.WITHDRAW.label, WITHDRAWN)]

    def value(self) -> str | None:
        """The status asked for, EVERYTHING for none in particular."""
        return status_asked(self.request)

    def is_counted(self, changelist: Any) -> bool:
        """Beside no other filter but the prefecture: most ask for what only requests under review have."""
        return not changelist.query and not self.others_narrow

    def queryset(self, request: HttpRequest, queryset: QuerySet[SosRequest]) -> QuerySet[SosRequest]:
        return queryset if self.value() == EVERYTHING else super().queryset(request, queryset)

    def total(self, changelist: Any, counts: Mapping[str, int]) -> int | None:
        return sum(counts.values())

    def choice(
        self, changelist: ChangeList, value: str | None, label: str, count: int | None
    ) -> dict[str, Any]:
        return super().choice(changelist, value or EVERYTHING, label, count)


class RoundFilter(QueueFilter):
    """締切の回: applied for before the coming cut-off, or left over from those that have passed."""

    title = "締切の回"
    parameter_name = "round"

    def table(self, request: HttpRequest) -> list[Choice]:
        now = clock.now()
        return [
            ("this", "今週の締切分", this_round(now)),
            ("earlier", "前の回から残っているもの", earlier_rounds(now)),
        ]


class LateFilter(QueueFilter):
    """対応の遅れ: the first day of handling has passed without the prefecture's confirmation."""

    title = "対応の遅れ"
    parameter_name = "late"

    def table(self, request: HttpRequest) -> list[Choice]:
        return [("yes", "対応開始日を過ぎ、確認がまだのもの", late(clock.today()))]


class WaitingFilter(QueueFilter):
    """申請からの日数: full days in Japan since the day of the application."""

    title = "申請からの日数"
    parameter_name = "waited"

    def table(self, request: HttpRequest) -> list[Choice]:
        today = clock.today()
        return [(str(days), f"{days}日以上", waited(days, today)) for days in WAITED]


class StageFilter(QueueFilter):
    """都道府県の確認: 未確認, やり直し, 確認済み."""

    title = "都道府県の確認"
    parameter_name = "stage"

    def table(self, request: HttpRequest) -> list[Choice]:
        words = {Stage.AGAIN: "やり直し（確認後に編集あり）"}
        return [(stage.value, words.get(stage, stage.label), stage.condition) for stage in Stage]


class TelephoneFilter(QueueFilter):
    """電話確認: whether a telephone check was ever recorded."""

    title = "電話確認"
    parameter_name = "telephone"

    def table(self, request: HttpRequest) -> list[Choice]:
        return [
            ("no", "電話確認なし", Q(telephoned_at__isnull=True)),
            ("yes", "電話確認あり", Q(telephoned_at__isnull=False)),
        ]


class QuestionFilter(QueueFilter):
    """照会: asked and not answered yet, or answered since the officer last opened the request."""

    title = "照会"
    parameter_name = "question"
    has_index = False

    def table(self, request: HttpRequest) -> list[Choice]:
        user: Any = request.user
        return [
            ("open", "回答を待っているもの", has_open_question()),
            ("answered", "回答があり、まだ見ていないもの", has_unseen_answer(user)),
        ]


class WeeksFilter(QueueFilter):
    """備蓄: weeks of stock of the item that has the least, as the check judged it."""

    title = "備蓄"
    parameter_name = "weeks"

    def table(self, request: HttpRequest) -> list[Choice]:
        return [(str(weeks), f"{weeks}週分未満", Q(least_weeks__lt=weeks)) for weeks in WEEKS]


class ItemFilter(QueueFilter):
    """物資 of any line."""

    title = "物資"
    parameter_name = "item"
    hide_empty = True

    def table(self, request: HttpRequest) -> list[Choice]:
        return items(lambda item: Q(item_ids__contains=[item.pk]))


def items(condition: Callable[[Item], Q]) -> list[Choice]:
    """Every item as a choice, by its `condition`."""
    return [(str(item.pk), item.label, condition(item)) for item in Item.in_order()]


class PrefectureFilter(QueueFilter):
    """都道府県 of the institution, for the ministry."""

    title = "都道府県"
    parameter_name = "prefecture"
    hide_empty = True
    most = 100  # there are many choices

    def table(self, request: HttpRequest) -> list[Choice]:
        names = Prefecture.objects.order_by("code").values_list("code", "name")
        return [(code, name, Q(prefecture_id=code)) for code, name in names]

    def total(self, changelist: Any, counts: Mapping[str, int]) -> int | None:
        return sum(counts.values())


class DayFilter(QueueFilter):
    """申請日: the years; of the year chosen its months, of the month chosen its days. In Japan's time."""

    title = "申請日"
    parameter_name = "day"
    counted = False
    pattern = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)

    def table(self, request: HttpRequest) -> list[Choice]:
        asked = self.pattern.fullmatch(request.GET.get(self.parameter_name, ""))
        year, month, _ = (int(part) if part else 0 for part in asked.groups()) if asked else (0, 0, 0)
        found = [_span(each) for each in years_applied_in(request.user)]
        try:
            if year:
                found += [_span(year, each) for each in range(1, 13)]
            if month:
                days = calendar.monthrange(year, month)[1]
                found += [_span(year, month, each) for each in range(1, days + 1)]
        except (ValueError, OverflowError):  # no calendar has it, or not its morrow: unknown
            return found
        return found


def _span(year: int, month: int = 0, day: int = 0) -> Choice:
    """A year, a month or a day as a choice. Raises as `applied_in`."""
    if day:
        value, label = f"{year:04}-{month:02}-{day:02}", f"{month}月{day}日"
    elif month:
        value, label = f"{year:04}-{month:02}", f"{year}年{month}月"
    else:
        value, label = f"{year:04}", f"{year}年"
    return value, label, applied_in(year, month, day)


class OlderFilter(QueueFilter):
    """続き: what follows a request when the newest come first; where the numbered pages end, a link leads here."""

    title = "続き"
    parameter_name = "older"
    counted = False

    def table(self, request: HttpRequest) -> list[Choice]:
        asked = request.GET.get(self.parameter_name, "")
        if not (asked.isascii() and asked.isdigit() and len(asked) < len(str(2**63))):
            return []
        last = SosRequest.objects.visible_to(request.user).filter(pk=asked).first()
        if last is None or last.submitted_at is None:
            return []
        return [(asked, f"{last.number} より前の申請", older_than(last))]


NARROWING = frozenset(
    str(each.parameter_name)
    for each in (
        *(RoundFilter, LateFilter, WaitingFilter, StageFilter, TelephoneFilter, WeeksFilter, ItemFilter),
        *(QuestionFilter, DayFilter, OlderFilter),
    )
)
