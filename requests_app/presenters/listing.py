"""The list of requests (manual 3-1): its views, its columns and the line above the table, as the page shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from requests_app.models.list_choice import Kept
from requests_app.presenters.typing import FROM
from requests_app.queries.listing import ALL, CURRENT, FOLLOWED, LONGEST_SEARCH, RECENT, ListPage, ListRow
from requests_app.rules.transitions import Status, Verb
from sosportal.lib.clock import jst
from sosportal.lib.text import clean_line

if TYPE_CHECKING:
    from django.http import QueryDict

# (key, name, what stands in the line above the table)
VIEWS = (
    (CURRENT, "実施中の緊急配布要請", "実施中の緊急配布要請（過去30日間） - 作成日"),
    (RECENT, "最近参照したデータ", "最近参照したデータ"),
    (FOLLOWED, "フォロー中の緊急配布要請", "フォロー中の緊急配布要請"),
    (ALL, "すべて選択", "すべての緊急配布要請"),
)
COLUMNS = (
    ("title", "タイトル"),
    ("submitted", "申請日時"),
    ("name", "医療機関名"),
    ("code", "医療機関コード"),
    ("status", "対応ステータス"),
)
SORT_NAMES: Mapping[str, str] = dict(COLUMNS) | {"viewed": "参照日時"}
FIRST_SORT: Mapping[str, str] = {CURRENT: "title", ALL: "title", FOLLOWED: "title", RECENT: "-viewed"}
LAST_PAGE = 999_999


@dataclass(frozen=True)
class Choice:
    """What the person asked the list for, made sound: unknown words fall back to the usual ones. `chosen`: the view
    is what they named, and nothing narrows it: theirs from now on."""

    view: str
    words: str
    sort: str
    page: int
    status: str = ""
    place: str = ""
    chosen: bool = False

    @classmethod
    def read(cls, sent: QueryDict, kept: Kept | None = None) -> Choice:
        """From the query string. A list that is asked for without a view is the one that was `kept`; a search that
        names no view looks through all requests, not only the recent ones."""
        words, place = (clean_line(sent.get(name, ""))[:LONGEST_SEARCH] for name in ("q", "place"))
        status = sent.get("status", "")
        status = status if status in set(Status) else ""
        narrowed = bool(words or place or status)
        view, sort = sent.get("view", ""), sent.get("sort", "")
        chosen = view in FIRST_SORT and not narrowed
        if view not in FIRST_SORT:
            last = kept if kept and kept.view in FIRST_SORT and not narrowed else None
            view = last.view if last else ALL if narrowed else CURRENT
            sort = sort or (last.sort if last else "")
        known = sort.removeprefix("-") in SORT_NAMES and not sort.startswith("--")
        if not known or (view != RECENT and sort.endswith("viewed")):
            sort = FIRST_SORT[view]
        page = page_number(sent.get("page", ""))
        return cls(view, words, sort, page, status, place, chosen)

    @property
    def kept(self) -> Kept:
        """What of it is remembered."""
        return Kept(self.view, self.sort)

    @property
    def narrowed(self) -> bool:
        """Whether less is asked for than the whole view."""
        return bool(self.words or self.status or self.place)

    def address(self, base: str, **changes: str) -> str:
        """The address of the list with these changes; the first page unless a page is named."""
        asked = {
            "view": self.view,
            "sort": self.sort,
            "q": self.words,
            "status": self.status,
            "place": self.place,
        } | changes
        return f"{base}?{urlencode({name: value for name, value in asked.items() if value})}"


def page_number(text: str) -> int:
    """The page asked for, from 1; 1 for anything that is no number."""
    return min(max(int(text), 1), LAST_PAGE) if text.isascii() and text.isdigit() and len(text) < 10 else 1


class Line(NamedTuple):
    """One row as the page shows it; `parts` are the pieces of the title between which a line may break."""

    address: str
    parts: list[str]
    number: str
    submitted: str
    name: str
    code: str
    status: str
    withdrawn: bool
    again: str
    """Where a new request begins with this one's items and quantities; "" before it was applied for or withdrawn."""


@dataclass(frozen=True)
class Listing:
    """Everything the page of the list shows besides its frame and notice. `base` is the address of the list, `places`
    (code, name) the institutions to choose from, where there are several and not too many."""

    choice: Choice
    page: ListPage
    base: str
    places: Sequence[tuple[str, str]] = ()

    @property
    def lines(self) -> list[Line]:
        """The rows in words."""
        return [_line(row, self.base) for row in self.page.rows]

    @property
    def view_name(self) -> str:
        """The name of the view, for the table's caption."""
        return next(name for key, name, _ in VIEWS if key == self.choice.view)

    @property
    def file_address(self) -> str:
        """Where the whole list is had as a file."""
        return self.choice.address(f"{self.base}file/")

    @property
    def views(self) -> list[tuple[str, str, bool]]:
        """(name, address, whether it is this one). A search is taken along, the order of rows is not."""
        return [
            (name, self.choice.address(self.base, view=key, sort=""), key == self.choice.view)
            for key, name, _ in VIEWS
        ]

    @property
    def columns(self) -> list[tuple[str, str, str]]:
        """(label, address that sorts by it, value of aria-sort or "")."""
        found = []
        for key, label in COLUMNS:
            here = self.choice.sort.removeprefix("-") == key
            falling = self.choice.sort.startswith("-")
            turned = key if not here or falling else f"-{key}"
            state = ("descending" if falling else "ascending") if here else ""
            found.append((label, self.choice.address(self.base, sort=turned), state))
        return found

    @property
    def orders(self) -> list[tuple[str, str, bool]]:
        """The same as a choice, for phones, which show no column heads: (value, label, chosen)."""
        return [
            (value, f"{label}（{way}）", value == self.choice.sort)
            for key, label in SORT_NAMES.items()
            if key != "viewed" or self.choice.view == RECENT
            for value, way in ((key, "昇順"), (f"-{key}", "降順"))
        ]

    @property
    def count_line(self) -> str:
        """The line above the table, in the manual's form."""
        condition = next(words for key, _, words in VIEWS if key == self.choice.view)
        if self.choice.words:
            condition += f"、「{self.choice.words}」を含む"
        if self.choice.status:
            condition += f"、対応ステータスは{Status(self.choice.status).label}"
        if self.choice.place:
            condition += f"、医療機関は{dict(self.places).get(self.choice.place, self.choice.place)}"
        by = SORT_NAMES[self.choice.sort.removeprefix("-")]
        return f"{self.page.total:,} 個の項目 • 並び替え基準: {by} • 検索条件: {condition} • 数秒前に更新されました"

    @property
    def previous(self) -> str:
        """The address of the page before; "" on the first."""
        return self._turned(self.page.number - 1)

    @property
    def next(self) -> str:
        """The address of the page after; "" on the last."""
        return self._turned(self.page.number + 1)

    @property
    def withdrawn(self) -> str:
        """The address of what was withdrawn, among all requests."""
        return Choice(ALL, Verb.WITHDRAW.label, FIRST_SORT[ALL], 1).address(self.base)

    def _turned(self, number: int) -> str:
        return self.choice.address(self.base, page=str(number)) if 1 <= number <= self.page.pages else ""


def _line(row: ListRow, base: str) -> Line:
    number, title, submitted_at, name, code, status, withdrawn_at, _ = row
    told = (number, moment_text(submitted_at), name, code, status, withdrawn_at is not None)
    again = f"{base}new/{code}/?{FROM}={number}" if submitted_at or withdrawn_at else ""
    return Line(f"{base}{number}/", title_parts(title), *told, again)


def title_parts(title: str) -> list[str]:
    """`2026/4/28_〇〇病院_緊急配布要請` in the three pieces between which a line may break."""
    return [f"{part}_" for part in title.split("_")[:-1]] + [title.rpartition("_")[2]]


def moment_text(moment: datetime | None) -> str:
    """申請日時 as the manual writes it, `2026/04/28 15:13`; "" while there is none."""
    return f"{jst(moment):%Y/%m/%d %H:%M}" if moment else ""
