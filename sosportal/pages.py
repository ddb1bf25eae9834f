"""The frame around every page, the pages that belong to no app, and what is shown when something went wrong."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import django.db
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.messages import get_messages
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from institutions.models import Proxy, User, unread_count
from institutions.models.announcement import MOST_UNREAD
from institutions.permissions import lacks_reason
from institutions.views import proxy
from institutions.views.access import begun, chosen
from requests_app.queries.intake import items_asked_for, moved_cutoffs
from requests_app.rules.cutoff import next_cutoff
from sosportal.guide.shelf import explanation_of
from sosportal.lib import clock
from sosportal.lib.jinja import path_of
from sosportal.lib.logs import request_id
from surveys.models import Item

# Pages under その他; home is its own tab, as are announcements and inquiries; every other page stands under 調査.
OTHER_PAGES = frozenset(
    {"other_menu", "notices", "guides", "environment", "accessibility", "institution", "institution_profile"}
)
# Pages of the account and of the choice of an institution stand under no tab.
NO_TAB = ("account_", "institution_switch", "search")
# Pages that show what the person chose to look at: one of their institutions, or all.
NARROWED = frozenset({"home", "search", "request_list", "request_new", "survey", "institution"})
TABS = (
    ("home", "ホーム", "home"),
    ("survey", "調査", "survey_menu"),
    ("announcement", "お知らせ", "announcement_list"),
    ("inquiry", "お問い合わせ", "inquiry_list"),
    ("other", "その他", "other_menu"),
)
# Of officers and operators: the other pages are institutions', unless they enter for one by proxy.
OFFICE_TABS = (("office", "管理サイト", "admin:index"), ("other", "操作マニュアル", "guides"))
FOOTER = (("操作マニュアル", "guides"), ("動作環境", "environment"), ("アクセシビリティ", "accessibility"))
RETRY_AFTER = 30  # seconds
MOST_IN_MENU = 20  # institutions; of more, one is chosen on a page with a search
MOST_PROXIES = 3  # shown on a page that is about no institution


@dataclass(frozen=True)
class Deadline:
    """The next cut-off (aware) and what is left until then, in words. `minutes` are left out on phones."""

    at: dt.datetime
    left: str
    minutes: str


@dataclass(frozen=True)
class Tab:
    """One tab. `current` is the value of aria-current: "page", "true" for a page below it, or ""; `unread` how much is
    new there, in words ("3", "99+"), or ""."""

    label: str
    address: str
    current: str
    unread: str = ""


class PlainFrame:
    """The frame of a page that must not ask the database, because the database may be what is broken."""

    site_name = settings.SITE_NAME
    helpdesk_telephone = settings.HELPDESK_TELEPHONE
    helpdesk_hours = settings.HELPDESK_HOURS
    user: User | None = None
    deadline: Deadline | None = None
    messages: Iterable[Any] = ()
    proxies: Sequence[Proxy] = ()
    proxy_wanted = ""
    looked_at = ""
    explained_at = ""

    @property
    def footer_links(self) -> list[tuple[str, str]]:
        """(label, address) of the links in the footer."""
        return [(label, path_of(name)) for label, name in FOOTER]


class Frame(PlainFrame):
    """What the layout shows around a page. Everything is looked up when it is used, once a request.

    Costs on an ordinary page: the moved cut-offs (one query), the names of the user's institutions (one) and the
    announcements not read (one, for institution staff).
    """

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def user(self) -> User | None:  # type: ignore[override]
        """Who is logged in. None for nobody, and for a request refused before it was known who asks."""
        user = getattr(self.request, "user", None)
        return user if user is not None and user.is_authenticated else None

    @cached_property
    def proxies(self) -> Sequence[Proxy]:  # type: ignore[override]
        """The entry by proxy that the page is part of; all that were begun, where the page is about no institution."""
        if self.user is None:
            return ()
        if self.user.turned_to is None:
            return begun(self.request)
        return [self.user.proxy] if self.user.proxy else []

    @property
    def shown_proxies(self) -> Sequence[Proxy]:
        """The latest of them; the others are counted."""
        return self.proxies[:MOST_PROXIES]

    @property
    def proxy_wanted(self) -> str:  # type: ignore[override]
        """Where to begin the entry by proxy without which the page takes nothing in; "" where none is needed."""
        place = self.user.turned_to if self.user else None
        if self.user is None or place is None or not lacks_reason(self.user, place):
            return ""
        for start, to in (("request_list", proxy.REQUEST), ("institution", proxy.PROFILE)):
            if self.request.path.startswith(path_of(start)):
                return proxy.address(place, to)
        return proxy.address(place, proxy.SURVEY)

    @cached_property
    def deadline(self) -> Deadline:  # type: ignore[override]
        """The next cut-off, moved ones considered. One query."""
        now = clock.now()
        at = next_cutoff(now, moved_cutoffs(now))
        return Deadline(at, *time_left(at - now))

    @cached_property
    def accepted_items(self) -> list[str]:
        """The labels of the items that can be asked for now, in their order. Three queries."""
        accepted = items_asked_for(clock.now())
        return [item.label for item in Item.objects.filter(pk__in=accepted)] if accepted else []

    @property
    def messages(self) -> Iterable[Any]:  # type: ignore[override]
        """Django's messages for this user, which are thereby shown; each once, however often a form was sent."""
        if not hasattr(self.request, "_messages"):
            return ()
        return {(message.level, str(message)): message for message in get_messages(self.request)}.values()

    @cached_property
    def account_name(self) -> str:
        """What stands on the account menu: the institution, how many more there are, or the officer's name."""
        if self.user is None:
            return ""
        names = list(self.user.own_institutions.values())
        if not names:
            return self.user.name
        if self.chosen is not None:
            return self.user.own_institutions[self.chosen]
        return names[0] if len(names) == 1 else f"{names[0]} ほか{len(names) - 1}件"

    @cached_property
    def chosen(self) -> int | None:
        """The institution that lists and overviews are narrowed to; None for all of them."""
        return chosen(self.request) if self.user is not None else None

    @cached_property
    def choices(self) -> list[tuple[str, str, bool]]:
        """(value, label, whether it is this one) of すべて and of each institution, for who serves several."""
        own = self.user.own_institutions if self.user is not None else {}
        if len(own) < 2:
            return []
        every = ("", f"すべて（{len(own):,}件）", self.chosen is None)
        return [every, *((str(key), name, key == self.chosen) for key, name in own.items())]

    @property
    def is_long_choice(self) -> bool:
        """Whether there are too many for a menu."""
        return len(self.choices) > MOST_IN_MENU + 1

    @property
    def looked_at(self) -> str:  # type: ignore[override]
        """What this page shows: すべて（3件） or the institution's name; "" on pages that aren't narrowed."""
        match = self.request.resolver_match
        if not match or match.url_name not in NARROWED:
            return ""
        return next((label for _, label, here in self.choices if here), "")

    @property
    def explained_at(self) -> str:  # type: ignore[override]
        """Where the guide explains this page to who looks at it; "" for pages that need no explanation."""
        match = self.request.resolver_match
        return explanation_of(match.view_name, self.user.role if self.user else "") if match else ""

    @property
    def switch_address(self) -> str:
        """The page that chooses, with the way back."""
        return f"{path_of('institution_switch')}?{urlencode({'next': self.here})}"

    @property
    def here(self) -> str:
        """The address to come back to: this page, or the first one where it can't be opened again."""
        opens = self.request.method == "GET" and self.request.resolver_match is not None
        return self.request.get_full_path() if opens else path_of("home")

    @property
    def account_links(self) -> list[tuple[str, str]]:
        """(label, address) in the account menu, above ログアウト."""
        links = [
            ("自分の登録", path_of("account_me")),
            ("パスワードの変更", path_of("account_change_password")),
        ]
        if self.user is not None and self.user.is_staff:
            links.insert(0, ("管理サイト", path_of("admin:index")))
        else:
            links.insert(0, ("メールの受け取り方", path_of("notices")))
        return links

    @property
    def tab(self) -> str:
        """The key of the tab this page stands under; "" for the search, pages of the account and errors."""
        match = self.request.resolver_match
        name = (match.url_name or "") if match else ""
        if not name or name.startswith(NO_TAB):
            return ""
        if name == "home":
            return "home"
        if name.startswith(("announcement_", "inquiry_")):
            return name.partition("_")[0]
        return "other" if name in OTHER_PAGES or name.startswith("guide_") else "survey"

    @property
    def tabs(self) -> list[Tab]:
        """The tabs of the header."""
        is_office = self.user is not None and self.user.is_staff and not self.proxies
        return [
            Tab(
                label,
                path := path_of(name),
                self.current(key, path),
                self.unread if key == "announcement" else "",
            )
            for key, label, name in (OFFICE_TABS if is_office else TABS)
        ]

    @cached_property
    def unread(self) -> str:
        """How many announcements wait to be read; "" for none, and for officers. One query for institution staff."""
        found = unread_count(self.user, clock.now()) if self.user is not None else 0
        return f"{MOST_UNREAD}+" if found > MOST_UNREAD else str(found or "")

    def current(self, key: str, path: str) -> str:
        """The value of aria-current for the tab `key` that leads to `path`."""
        if self.tab != key:
            return ""
        return "page" if path == self.request.path else "true"


def frame(request: HttpRequest) -> dict[str, Frame]:
    """Context processor: `frame` in every template of the portal."""
    return {"frame": Frame(request)}


def time_left(left: dt.timedelta) -> tuple[str, str]:
    """What is left, rounded down to minutes, in two parts: (あと1日6時間, 40分), (あと5時間0分, ""), (あと1分未満, "").

    The second part holds the minutes when there are days: the least of it, where room is short.
    """
    minutes = int(left.total_seconds()) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"あと{days}日{hours}時間", f"{minutes}分"
    if hours:
        return f"あと{hours}時間{minutes}分", ""
    return (f"あと{minutes}分" if minutes else "あと1分未満"), ""


# --- Pages ---------------------------------------------------------------------------------------------------------


@login_required
def survey_menu(request: HttpRequest) -> HttpResponse:
    """感染症関連調査: the ways to the survey and to the requests (manual 3-1)."""
    return render(request, "pages/survey_menu.html")


@login_required
def other_menu(request: HttpRequest) -> HttpResponse:
    """その他: what helps to use the portal."""
    return render(request, "pages/other_menu.html")


def environment(request: HttpRequest) -> HttpResponse:
    """動作環境 (manual 5-1). Open to everybody."""
    return render(request, "pages/environment.html", {"base_url": settings.BASE_URL})


def accessibility(request: HttpRequest) -> HttpResponse:
    """アクセシビリティ. Open to everybody."""
    return render(request, "pages/accessibility.html")


def health(request: HttpRequest) -> HttpResponse:
    """For monitors: 200 when the database answers, 503 when it doesn't. One trivial query."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except django.db.Error:
        return JsonResponse({"status": "unavailable"}, status=503)
    return JsonResponse({"status": "ok"})


# --- When something went wrong -------------------------------------------------------------------------------------


def error_page(request: HttpRequest, status: int, **context: Any) -> HttpResponse:
    """The page `<status>.html` in the frame of the portal."""
    return render(request, f"{status}.html", context, status=status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form came without its token: the page was open too long, or somebody else made it. Nothing was changed."""
    return error_page(request, 403, expired=True)


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What was sent can't be read, or is too much."""
    return error_page(request, 400)


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Not allowed, of a thing the user may see (what they may not see answers 404)."""
    return error_page(request, 403, expired=False)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Not there, or not for this user: both look the same."""
    return error_page(request, 404)


def handler429(request: HttpRequest) -> HttpResponse:
    """Too many attempts from one place; allauth counts them."""
    return error_page(request, 429)


def handler500(request: HttpRequest) -> HttpResponse:
    """An error of ours (500), or a database that is away, full or too busy (503). Asks the database nothing."""
    busy = isinstance(sys.exc_info()[1], django.db.OperationalError | django.db.InterfaceError)
    context = {"frame": PlainFrame(), "request_id": request_id()}
    status = 503 if busy else 500
    response = HttpResponse(render_to_string(f"{status}.html", context, using="jinja2"), status=status)
    if busy:
        response["Retry-After"] = str(RETRY_AFTER)
    return response
