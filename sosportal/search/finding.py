"""What is found, in groups. Begins with what the person may see: what is hidden is neither shown nor counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.urls import reverse

from institutions.models import Announcement, Role, User
from institutions.queries import announcements_matching
from requests_app.queries.listing import ALL, LONGEST_SEARCH, MOST_WORDS, ListRow, request_list
from requests_app.rules.transitions import Status
from sosportal.help import HelpPage
from sosportal.lib.jinja import jst_date
from sosportal.lib.text import clean_line, search_key
from sosportal.search.excerpts import Excerpt, excerpt
from sosportal.search.helping import find_help, text_of

SHOWN = 10
ANNOUNCEMENTS, HELP = "announcements", "help"


@dataclass(frozen=True)
class Found:
    """One thing that was found: where it is, what it is, and the piece of text that says so."""

    title: str
    address: str
    note: str = ""
    piece: Excerpt | None = None
    status: Status | None = None


@dataclass(frozen=True)
class Group:
    """What was found of one kind: the first ten, or a page. `total` counts all that the person may see; `all_address`
    leads to them, "" where they are all here."""

    heading: str
    found: Sequence[Found]
    total: int
    all_address: str = ""
    page: Page[Announcement] | Page[HelpPage] | None = None


@dataclass(frozen=True)
class Asked:
    """What somebody looks for, made sound: the words as typed, and their search keys."""

    words: str
    keys: tuple[str, ...]

    @classmethod
    def read(cls, typed: str) -> Asked:
        """From what was typed: a hundred characters and eight words of it, as in the list of requests."""
        words = clean_line(typed)[:LONGEST_SEARCH].strip()
        return cls(words, tuple(filter(None, map(search_key, words.split()[:MOST_WORDS]))))

    def address(self, kind: str = "", page: int = 1) -> str:
        """The address of this search; of one kind of things alone; of a page of them."""
        asked = {"q": self.words, "in": kind, "page": str(page) if page > 1 else ""}
        return f"{reverse('search')}?{urlencode({name: value for name, value in asked.items() if value})}"


def find(user: User, asked: Asked, *, now: datetime) -> list[Group]:
    """Ten of each kind that `user` may see, `now` aware: requests and announcements for institution staff, help for
    everybody; kinds of which nothing is found are left out.

    Three queries, however much there is. Requests are looked through within the person's institutions, announcements
    the newest of those that reach them (`announcements_matching`), help in memory.
    """
    if not asked.keys:
        return []
    groups = [_help(user, asked, 1, SHOWN)]
    if user.role == Role.INSTITUTION:
        groups = [_requests(user, asked, now), _announcements(user, asked, 1, SHOWN), *groups]
    return [group for group in groups if group.total]


def find_in(user: User, asked: Asked, kind: str, page: int, size: int) -> Group | None:
    """A page of all that was found of one kind; None for a kind that isn't listed here. Two queries at most."""
    lists: dict[str, Callable[[User, Asked, int, int], Group]] = {HELP: _help}
    if user.role == Role.INSTITUTION:
        lists[ANNOUNCEMENTS] = _announcements
    return lists[kind](user, asked, page, size) if kind in lists and asked.keys else None


def _requests(user: User, asked: Asked, now: datetime) -> Group:
    page = request_list(user, now=now, view=ALL, words=asked.words, sort="-title", page=1)
    more = f"{reverse('request_list')}?{urlencode({'q': asked.words, 'sort': '-title'})}"
    found = [_request(row) for row in page.rows[:SHOWN]]
    return Group("緊急配布要請", found, page.total, more if page.total > SHOWN else "")


def _request(row: ListRow) -> Found:
    address = reverse("request_detail", args=[row.number])
    gone = "　取下げ" if row.withdrawn_at else ""
    note = f"要請番号 {row.number}　{row.institution_name}{gone}"
    return Found(row.title, address, note, status=Status(row.status))


def _announcements(user: User, asked: Asked, number: int, size: int) -> Group:
    page = Paginator(announcements_matching(user, asked.keys), size).get_page(number)
    found = [
        Found(
            row.title,
            reverse("announcement_detail", args=[row.pk]),
            f"{row.issuer}　{jst_date(row.starts_at)}",
            excerpt(row.body, asked.keys),
        )
        for row in page
    ]
    return _group("お知らせ", found, page, asked, ANNOUNCEMENTS)


def _help(user: User, asked: Asked, number: int, size: int) -> Group:
    page = Paginator(find_help(asked.keys, user.role), size).get_page(number)
    found = [
        Found(each.title, reverse(each.name, args=each.args), "", excerpt(_below_title(each), asked.keys))
        for each in page
    ]
    return _group("使い方", found, page, asked, HELP)


def _below_title(page: HelpPage) -> str:
    """What a page says below its heading, which stands above the excerpt already."""
    return text_of(page).removeprefix(f"{page.title}\n")


def _group(
    heading: str, found: Sequence[Found], page: Page[Announcement] | Page[HelpPage], asked: Asked, kind: str
) -> Group:
    total = page.paginator.count
    return Group(heading, found, total, asked.address(kind) if total > len(found) else "", page)
