"""A prefecture, its institutions, and one of them: from the map down to the request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.safestring import SafeString

from institutions.models import Institution, Prefecture
from requests_app.models import SosRequest
from requests_app.progress import listing, reading
from requests_app.progress.listing import Page, View, Week
from requests_app.progress.reading import Area, AsOf, Quantities, Stock
from requests_app.rules.transitions import Status
from sosportal.dashboards.asking import Asked
from sosportal.dashboards.common import Key, Trend, amount, day_of, large, period, since, up_to
from sosportal.dashboards.drawing import Point, line_chart, sign
from sosportal.dashboards.measures import Band, band_of_weeks, days_since, percent, weeks_text
from sosportal.lib.jinja import jst_date, jst_short
from surveys.models import Item, SurveyRound

if TYPE_CHECKING:
    from institutions.models import User

QUEUE = "admin:requests_app_sosrequest_changelist"
EMPTY = {
    View.STOCK: "この物資に回答した機関は、この回にはまだありません。",
    View.SILENT: "回答がまだの機関はありません。",
    View.OPEN: "確認中の要請がある機関はありません。",
    View.ALL: "医療機関はありません。",
}


@dataclass
class PrefecturePage:
    """A prefecture beside the country. Seventeen queries at most, whatever there is."""

    user: User
    asked: Asked
    prefecture: Prefecture
    item: Item
    round: SurveyRound
    now: datetime

    @cached_property
    def as_of(self) -> AsOf:
        """Of which moment."""
        return reading.as_of(self.now)

    @cached_property
    def area(self) -> Area:
        """Its figures; nothing but zeros before the first time they are summed up."""
        code, name = self.prefecture.code, self.prefecture.name
        found = {each.code: each for each in reading.areas(self.user, self.round, self.item)}
        return found.get(code) or Area(
            code, name, reading.Survey(), Stock(), Quantities(), reading.Standing()
        )

    @cached_property
    def nation(self) -> Area:
        """The country as a whole."""
        return reading.nation(self.round, self.item)

    @cached_property
    def trend(self) -> Trend:
        """Round by round."""
        rows = reading.trend(self.asked.rounds, self.item, self.prefecture.code)
        return Trend(up_to(rows, self.round), self.item)

    @property
    def period(self) -> str:
        """Which round."""
        return period(self.round)

    @property
    def keys(self) -> list[Key]:
        """The figures at the top, each beside the country's."""
        own, whole = self.area, self.nation
        figure, unit = large(own.quantities.asked)
        oldest = own.standing.oldest
        return [
            Key(
                f"{self.item.label}の備蓄",
                weeks_text(own.stock.weeks),
                "週分",
                f"全国 {weeks_text(whole.stock.weeks)}週分",
            ),
            Key(
                "週次調査の回答",
                percent(own.survey.rate),
                "",
                f"{own.survey.answered:,} / {own.survey.institutions:,}機関　全国 {percent(whole.survey.rate)}",
            ),
            Key(
                "都道府県・国確認中",
                f"{own.standing.under_review:,}",
                "件",
                f"最も古い申請 {days_since(oldest, self.now):,}日前" if oldest else "確認中の要請なし",
            ),
            Key(
                "この回に申請された数量",
                figure,
                f"{unit}{self.item.unit}",
                f"要請 {own.survey.requests:,}件、うち受付 {amount(own.quantities.accepted, self.item)}",
            ),
        ]

    @property
    def by_item(self) -> list[tuple[Item, Stock, Quantities, str, SafeString, str]]:
        """(item, stock, quantities, weeks, sign, address) of every item."""
        found = reading.by_item(self.prefecture.code, self.round)
        rate = self.area.survey.rate
        rows = []
        for item in self.asked.items:
            stock, quantities = found.get(item.pk, (Stock(), Quantities()))
            band = band_of_weeks(stock.weeks, rate)
            text = weeks_text(stock.weeks)
            rows.append((item, stock, quantities, text, sign(band), self.asked.link(item=item.pk)))
        return rows

    @property
    def statuses(self) -> list[tuple[str, int, str, str]]:
        """(words, count, address of the queue, note) of each state requests are in."""
        standing = self.area.standing
        return [
            ("未申請", standing.drafts, self._queue(status=Status.DRAFT.value), ""),
            ("エラー有り", standing.errors, self._queue(status=Status.ERROR.value), ""),
            (
                "都道府県の確認待ち",
                standing.unconfirmed - standing.again,
                self._queue(stage="unconfirmed"),
                since(standing.oldest_unconfirmed, self.now),
            ),
            ("確認のやり直し", standing.again, self._queue(stage="again"), ""),
            ("対応の遅れ", standing.late, self._queue(late="yes"), ""),
            (
                "国の受付待ち",
                standing.confirmed,
                self._queue(stage="confirmed"),
                since(standing.oldest_confirmed, self.now),
            ),
            ("受付完了", standing.accepted, self._queue(status=Status.ACCEPTED.value), ""),
        ]

    def _queue(self, **wanted: str) -> str:
        return queue_address(self.user, self.prefecture.code, **wanted)

    @property
    def lists(self) -> list[tuple[str, str, str]]:
        """(label, address, count) of the ways to its institutions."""
        address = reverse("admin:progress_institutions", args=[self.prefecture.code])
        shared = self.asked.shared
        survey = self.area.survey
        counts = {
            View.STOCK: f"1週分未満 {self.area.stock.below_1:,}機関",
            View.SILENT: f"{survey.institutions - survey.answered:,}機関",
            View.OPEN: f"要請 {self.area.standing.under_review:,}件",
            View.ALL: f"{survey.institutions:,}機関",
        }
        joint = "&" if shared else "?"
        return [(view.label, f"{address}{shared}{joint}view={view.value}", counts[view]) for view in View]


def queue_address(user: User, prefecture: str, **wanted: str) -> str:
    """The queue of a prefecture, filtered. An officer of the prefecture sees no other anyway."""
    if user.prefecture_id is None and prefecture:
        wanted = {"prefecture": prefecture, **wanted}
    return f"{reverse(QUEUE)}?{'&'.join(f'{name}={value}' for name, value in wanted.items())}"


@dataclass
class InstitutionsPage:
    """The institutions of a prefecture, fifty at a time."""

    user: User
    asked: Asked
    prefecture: Prefecture
    item: Item
    round: SurveyRound
    now: datetime

    @cached_property
    def as_of(self) -> AsOf:
        """Of which moment the order is; what stands in the rows of answers is live."""
        return reading.as_of(self.now)

    @property
    def view(self) -> View:
        """The one asked for; those with the least stock can be listed for the last two rounds alone."""
        found = [view for view in View if view.value == self.asked.view]
        view = found[0] if found else View.STOCK
        return View.ALL if view is View.STOCK and not self.is_listed else view

    @property
    def is_listed(self) -> bool:
        """Whether the round's institutions can be listed by their stock."""
        return self.round in self.asked.rounds[:2]

    @cached_property
    def page(self) -> Page:
        """The rows."""
        return listing.institutions_of(
            self.user,
            self.prefecture.code,
            self.round,
            self.item,
            view=self.view,
            words=self.asked.words,
            page=self.asked.page,
        )

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Each institution as the table shows it."""
        return [
            {
                "institution": row.institution,
                "address": reverse("admin:progress_institution", args=[row.institution.code])
                + self.asked.shared,
                "answered": jst_short(row.answered_at) if row.answered_at else "",
                "weeks": None if row.weeks is None else weeks_text(Fraction(row.weeks)),
                "sign": sign(_band(Fraction(row.weeks))) if row.weeks is not None else "",
                "open": row.open,
                "oldest": jst_date(row.oldest) if row.oldest else "",
            }
            for row in self.page.rows
        ]

    @property
    def views(self) -> list[tuple[str, str, bool]]:
        """(label, address, current)."""
        offered = [view for view in View if view is not View.STOCK or self.is_listed]
        return [(view.label, self.asked.link(view=view.value), view is self.view) for view in offered]

    @property
    def pages(self) -> list[tuple[str, str, str]]:
        """(label, address, rel) of the page before and the one after."""
        number = self.page.number
        found = [("前のページ", self.asked.link(p=number - 1), "prev")] if number > 1 else []
        if self.page.more:
            found.append(("次のページ", self.asked.link(p=number + 1), "next"))
        return found

    @property
    def empty(self) -> str:
        """What to say when there is nothing."""
        if self.asked.words:
            return "見つかりませんでした。ことばを短くするか、表示を「全ての機関」にしてお試しください。"
        return EMPTY[self.view]

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the search form carries along."""
        wanted = {
            "view": self.view.value,
            "round": self.asked.query.get("round", ""),
            "item": str(self.item.pk),
        }
        return [(name, value) for name, value in wanted.items() if value]


@dataclass
class InstitutionPage:
    """One institution: its weeks, answers and requests, all of them live."""

    user: User
    asked: Asked
    institution: Institution
    item: Item
    now: datetime

    @cached_property
    def weeks(self) -> Sequence[Week]:
        """The rounds, the newest first."""
        return listing.weeks_of(self.user, self.institution, self.asked.rounds)

    @cached_property
    def requests(self) -> Sequence[SosRequest]:
        """The newest requests."""
        return listing.last_requests(self.user, self.institution)

    @property
    def chart(self) -> SafeString:
        """Weeks of stock of the item, round by round."""
        found = [(week, week.weeks.get(self.item.pk)) for week in reversed(self.weeks)]
        points = [
            Point(day_of(week.round), None if weeks is None else float(weeks), weeks_text(weeks))
            for week, weeks in found
        ]
        return line_chart(
            points, f"{self.institution.name}の{self.item.label}の備蓄（週分）。同じ数が表にあります。"
        )

    @property
    def table(self) -> list[tuple[str, str, list[tuple[str, str, SafeString | str]]]]:
        """(round, answered when, [(item, weeks, sign)]), the newest first."""
        rows = []
        for week in self.weeks:
            cells: list[tuple[str, str, SafeString | str]] = []
            for item in self.asked.items:
                weeks = week.weeks.get(item.pk)
                cells.append((item.label, weeks_text(weeks), "" if weeks is None else sign(_band(weeks))))
            answered = jst_short(week.answered_at) if week.answered_at else ""
            rows.append((week.round.label, answered, cells))
        return rows

    @property
    def request_rows(self) -> list[tuple[SosRequest, str, str]]:
        """(request, address, what was asked and what came of it)."""
        return [
            (each, reverse("admin:requests_app_sosrequest_change", args=[each.pk]), "、".join(_lines(each)))
            for each in self.requests
        ]


def _lines(request: SosRequest) -> list[str]:
    found = []
    for line in sorted(request.lines.all(), key=lambda line: line.item.order):
        text = f"{line.item.label} {amount(line.quantity or 0, line.item)}"
        if line.accepted_quantity is not None:
            text += f"（受付 {amount(line.accepted_quantity, line.item)}）"
        found.append(text)
    return found


def _band(weeks: Fraction) -> Band:
    return band_of_weeks(weeks, Fraction(1))
