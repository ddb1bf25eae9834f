"""公開ページ: how the rounds came out, by prefecture, for everybody; off until the ministry says so.

It shows what was published of a round (`requests_app.progress.publishing`), which never changes, and reads nothing
else: from two looks nobody learns what happened in between.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from typing import Any, NoReturn

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.common import no_append_slash
from django.views.decorators.http import require_safe

from institutions.models import Prefecture
from requests_app.models import PublicSwitch
from requests_app.progress.hiding import TOTAL
from requests_app.progress.publishing import FEW, Line, published, published_rounds
from requests_app.progress.reading import NATION
from sosportal.dashboards.asking import Asked
from sosportal.dashboards.common import day_of, period
from sosportal.dashboards.drawing import Tile, legend_sign, narrow_map, sign, wide_map
from sosportal.dashboards.measures import (
    MEASURES,
    RATE,
    WEEKS,
    Band,
    Measure,
    Reading,
    percent,
    read_rate,
    read_weeks,
    weeks_text,
)
from sosportal.lib import clock
from sosportal.lib.tabular.writing import FileKind, download
from sosportal.middleware import may_be_cached
from sosportal.pages import PlainFrame
from surveys.models import Item, SurveyRound

SECONDS = 60
"""How long a cache may keep the page."""
SHOWN = ("weeks", "rate")
HEADING = (
    *("都道府県", "備蓄（週分）", "回答率", "要請した医療機関", "要請数量（約）"),
    *("受け付けた医療機関", "受付数量（約）"),
)


HIDDEN = "非表示"


@dataclass(frozen=True)
class Row:
    """A prefecture, or the country, as the page says it: texts in the order of HEADING, and its tile."""

    code: str
    name: str
    texts: Sequence[str]
    reading: Reading


@dataclass
class PublicPage:
    """Everything the page shows. Six queries, whatever there is."""

    asked: Asked

    @cached_property
    def rounds(self) -> list[SurveyRound]:
        """Those that are published, the newest first."""
        return published_rounds(self.asked.rounds)

    @cached_property
    def round(self) -> SurveyRound | None:
        """The one asked for among them, else the newest."""
        if self.asked.round in self.rounds:
            return self.asked.round
        return self.rounds[0] if self.rounds else None

    @cached_property
    def _published(self) -> tuple[datetime | None, list[Line]]:
        if self.round is None or self.item is None:
            return None, []
        return published(self.round, self.item)

    @property
    def as_of(self) -> datetime | None:
        """Of which moment."""
        return self._published[0]

    @property
    def item(self) -> Item | None:
        """The item asked for."""
        return self.asked.item

    @property
    def measure(self) -> Measure:
        """Weeks of stock or the response rate."""
        return self.asked.measure if self.asked.measure.key in SHOWN else WEEKS

    @property
    def period(self) -> str:
        """Which round."""
        return period(self.round) if self.round else ""

    # --- choices --------------------------------------------------------------------------------------------------

    @property
    def measure_choices(self) -> list[tuple[str, str, bool]]:
        """(label, address, current)."""
        found = [MEASURES[key] for key in SHOWN]
        return [(each.label, self.asked.link(measure=each.key), each is self.measure) for each in found]

    @property
    def item_choices(self) -> list[tuple[str, str, bool]]:
        """(label, address, current)."""
        return self.asked.item_choices

    @property
    def round_choices(self) -> list[tuple[str, str, bool]]:
        """(label, address, current)."""
        return [
            (f"{day_of(each)}の回", self.asked.link(round=each.pk), each == self.round)
            for each in self.rounds
        ]

    @property
    def file(self) -> str:
        """The address of the same table as CSV."""
        return reverse("public_progress_file") + self.asked.link()

    # --- figures --------------------------------------------------------------------------------------------------

    @cached_property
    def lines(self) -> list[Row]:
        """The prefectures by code, small numbers hidden."""
        names = dict(Prefecture.objects.values_list("code", "name"))
        return [self._row(line, names[line.code]) for line in self._published[1] if line.code != TOTAL]

    @property
    def total(self) -> Row | None:
        """The country; hidden like a prefecture where fewer than three institutions make it up."""
        found = (line for line in self._published[1] if line.code == TOTAL)
        return next((self._row(line, NATION) for line in found), None)

    def _row(self, line: Line, name: str) -> Row:
        weeks, rate = _share(line.weeks, 10), _share(line.rate, 100)
        counts = (line.institutions, line.asked, line.institutions_accepted, line.accepted)
        texts = [
            HIDDEN if line.weeks == FEW else weeks_text(weeks),
            HIDDEN if line.rate == FEW else percent(rate),
            *(HIDDEN if count == FEW else f"{count:,}" for count in counts),
        ]
        if (line.rate if self.measure is RATE else line.weeks) == FEW:
            read = Reading("…", "数が少ないため表示しません", Band.FEW, None)
        else:
            read = read_rate(rate) if self.measure is RATE else read_weeks(weeks, rate)
        return Row(line.code, name, texts, read)

    # --- the map --------------------------------------------------------------------------------------------------

    @cached_property
    def tiles(self) -> list[Tile]:
        """Each leads to its row in the table."""
        return [
            Tile(
                line.code,
                line.name,
                line.reading.figure,
                line.reading.band,
                f"{line.name} {line.reading.words}",
                f"#p{line.code}",
            )
            for line in self.lines
        ]

    @property
    def wide_map(self) -> SafeString:
        """For wide screens."""
        return wide_map(self.tiles, self.measure.heading)

    @property
    def narrow_map(self) -> SafeString:
        """For narrow ones."""
        return narrow_map(self.tiles, self.measure.heading)

    @property
    def legend(self) -> list[tuple[SafeString, str, int]]:
        """(sign, words, how many prefectures) of each band."""
        counts = Counter(line.reading.band for line in self.lines)
        words = {**dict(self.measure.legend), Band.FEW: "回答が少ない（参考の値、または表示しません）"}
        return [(legend_sign(band), words[band], counts[band]) for band in words]

    @property
    def rows(self) -> list[tuple[Row, SafeString]]:
        """Each prefecture with its sign."""
        return [(line, sign(line.reading.band)) for line in self.lines]

    @property
    def heading(self) -> Sequence[str]:
        """Of the table."""
        return HEADING


def _share(cut: int | str | None, parts: int) -> Fraction | None:
    return Fraction(cut, parts) if isinstance(cut, int) else None


class PublicFrame(PlainFrame):
    """A frame that is the same for everybody: no name, no session, no cookie."""


def rendered(page: PublicPage, *, preview: bool = False) -> HttpResponse:
    """The page. Without the request, so that nothing of who asks can get into it."""
    context = {"frame": PublicFrame(), "page": page, "preview": preview}
    return HttpResponse(render_to_string("progress/progress.html", context, using="jinja2"))


View = Callable[[HttpRequest], HttpResponseBase]


def while_published(view: View) -> View:
    """The view while the page is switched on, and cacheable then; else the page there isn't."""
    safe: Any = require_safe(view)

    def switched(request: HttpRequest) -> HttpResponseBase:
        last = PublicSwitch.last()
        if last is None or not last.is_on:
            absent(request)
        response: HttpResponseBase = safe(request)
        if response.status_code == 200:
            may_be_cached(response, SECONDS)
        return response

    # Else the address without its last slash would lead here while others like it lead nowhere.
    return no_append_slash(switched)


def absent(request: HttpRequest) -> NoReturn:
    """As for an address nobody knows: the frame too must not tell that this one was found."""
    request.resolver_match = None
    raise Http404


@while_published
def progress(request: HttpRequest) -> HttpResponseBase:
    """The public page."""
    return rendered(PublicPage(Asked(request.GET, clock.now())))


@while_published
def progress_file(request: HttpRequest) -> HttpResponseBase:
    """The same table as CSV."""
    page = PublicPage(Asked(request.GET, clock.now()))
    lines = [*page.lines, *([page.total] if page.total else [])]
    name = f"物資の状況_{page.item.name if page.item else ''}_{day_of(page.round) if page.round else ''}"
    return download(FileKind.UTF8, name, HEADING, [(line.name, *line.texts) for line in lines])
