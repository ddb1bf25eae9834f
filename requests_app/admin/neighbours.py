"""The way from one request to the next: through the list that the officer came from, with its filters."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest, SuspiciousOperation, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from requests_app.models import SosRequest
from requests_app.queries import desk

if TYPE_CHECKING:
    from sosportal.lib.admin import ScopedModelAdmin

FILTERS = "_changelist_filters"  # Django's own name for the query string of the list one came from
ORDER_AND_PAGE = ("o", "p", "all", "e")
LONGEST = 2_000  # characters


@dataclass(frozen=True)
class Way:
    """Where the officer came from (the list's query string, "" for nowhere in particular), and what stands above and
    below there."""

    filters: str
    preceding: int | None = None
    following: int | None = None

    @property
    def kept(self) -> str:
        """`?_changelist_filters=…`, to go on behind any address of a request; "" without filters."""
        return f"?{urlencode({FILTERS: self.filters})}" if self.filters else ""

    @property
    def list_address(self) -> str:
        """The list one came from."""
        back = f"?{self.filters}" if self.filters else ""
        return reverse("admin:requests_app_sosrequest_changelist") + back


def came_from(request: HttpRequest) -> Way:
    """The list as the address bears it."""
    return Way(request.GET.get(FILTERS, "")[:LONGEST].replace("\n", "").replace("\r", ""))


def way_from(page: ScopedModelAdmin, request: HttpRequest, found: SosRequest) -> Way:
    """The neighbours in the list one came from; without filters, among what waits for this role. Two queries, and
    those of the filters themselves."""
    filters = came_from(request).filters
    rows = _filtered(page, request, filters) if filters else None
    if rows is None:
        user: Any = request.user
        filters, rows = "", desk.waiting_for(user)
    return Way(filters, desk.preceding(rows, found), desk.following(rows, found))


def _filtered(page: ScopedModelAdmin, request: HttpRequest, filters: str) -> QuerySet[SosRequest] | None:
    """The rows that the list shows with these filters and this search, whatever it is sorted by; None for filters that
    it doesn't know."""
    asked: Any = copy.copy(request)
    asked.GET = QueryDict(filters, mutable=True)
    for name in ORDER_AND_PAGE:
        asked.GET.pop(name, None)
    listed: Any = page.get_changelist(asked)
    try:
        return _unlisted(listed)(  # type: ignore[no-any-return]
            asked,
            page.model,
            page.get_list_display(asked),
            None,
            page.get_list_filter(asked),
            page.date_hierarchy,
            page.get_search_fields(asked),
            page.get_list_select_related(asked),
            page.list_per_page,
            page.list_max_show_all,
            (),
            page,
            page.get_sortable_by(asked),
            page.search_help_text,
        ).queryset
    except (IncorrectLookupParameters, BadRequest, SuspiciousOperation, ValidationError):
        return None


def _unlisted(listed: type[Any]) -> type[Any]:
    """A change list of that kind which knows its rows and reads none."""
    return type("Unlisted", (listed,), {"get_results": lambda self, request: None})
