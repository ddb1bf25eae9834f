"""緊急配布要請: the queue of prefecture and ministry officers, and the way to review and bulk work."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from institutions.models import Role
from institutions.permissions import OFFICERS
from requests_app.admin import filters
from requests_app.admin.bulk import BulkViews
from requests_app.admin.columns import QueueColumns
from requests_app.admin.exporting import ExportViews
from requests_app.admin.paper import PaperViews
from requests_app.admin.queue import Queue
from requests_app.admin.review import ReviewViews
from requests_app.models import SosRequest
from requests_app.models.request import NEWEST_FIRST
from requests_app.queries import officers
from requests_app.rules.transitions import VERB_ROLES, Status, Verb
from sosportal.lib import clock
from sosportal.lib.admin import LONGEST_SEARCH, OwnPageAdmin, role_of
from sosportal.lib.text import clean_line

COLUMNS = (
    "institution_cell",
    "prefecture_cell",
    "submitted_cell",
    "handled_cell",
    "quantity_cell",
    "suggested_cell",
    "stock_cell",
    "flags_cell",
    "stage_cell",
    "status_cell",
)
PLAIN = {"stock_cell": "unsorted_stock_cell"}  # where no index has their order


@admin.register(SosRequest)
class SosRequestAdmin(QueueColumns, PaperViews, ReviewViews, BulkViews, ExportViews, OwnPageAdmin):
    """The queue."""

    viewers = OFFICERS
    list_display = COLUMNS
    list_display_links = ("institution_cell",)
    list_filter = (
        filters.OlderFilter,
        filters.StatusFilter,
        filters.RoundFilter,
        filters.LateFilter,
        filters.WaitingFilter,
        filters.StageFilter,
        filters.TelephoneFilter,
        filters.QuestionFilter,
        filters.WeeksFilter,
        filters.ItemFilter,
        filters.DayFilter,
        filters.PrefectureFilter,
    )
    search_fields = ("number",)  # Django asks whether there are any; `get_search_results` does the search
    search_help_text = "医療機関名、医療機関コード、要請番号"
    ordering = NEWEST_FIRST
    show_facets = admin.ShowFacets.NEVER  # the filters bring their own counts
    actions = ("confirm_many", "accept_many")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "requests_app_sosrequest"
        return [
            path("export/", view(self.export_view), name=f"{name}_export"),
            path("bulk/<slug:verb>/", view(self.bulk_view), name=f"{name}_bulk"),
            path("<int:key>/<slug:step>/do/", view(self.step_view), name=f"{name}_step"),
            path("<int:key>/follow/", view(self.follow_view), name=f"{name}_follow"),
            path("<int:key>/pdf/", view(self.pdf_view), name=f"{name}_pdf"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return super().get_queryset(request).select_related("institution__prefecture", "confirmed_by")

    def get_list_display(self, request: HttpRequest) -> Any:
        """Without columns that would say the same in each row: the officer's own prefecture, the status filtered by."""
        same = {"prefecture_cell"} if role_of(request) == Role.PREFECTURE else set()
        if filters.status_asked(request) not in {filters.EVERYTHING, filters.WITHDREW}:
            same.add("status_cell")
        waiting = filters.shows(request, Status.UNDER_REVIEW)
        shown = [name for name in COLUMNS if name not in same]
        return shown if waiting else [PLAIN.get(name, name) for name in shown]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """Nor for a choice among one."""
        mine = role_of(request) == Role.PREFECTURE
        return [
            each
            for each in super().get_list_filter(request)
            if not (mine and each is filters.PrefectureFilter)
        ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Queue

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        rows: Any = queryset
        found = officers.search(rows, request.user, clean_line(search_term[:LONGEST_SEARCH]))  # type: ignore[arg-type]
        if found is None:
            return queryset, False
        request.__dict__["_found"] = found
        return rows.filter(found.requests()), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        extra = {"title": "緊急配布要請の確認", "now": clock.now()}
        if self.has_view_permission(request):
            self.tell_of_takeovers(request)
            waiting = SosRequest.objects.visible_to(request.user)
            extra["figures"] = officers.queue_figures(waiting, clock.today())
        return super().changelist_view(request, {**extra, **(extra_context or {})})

    def has_confirm_permission(self, request: HttpRequest) -> bool:
        """Whether the role confirms."""
        return role_of(request) in {role.value for role in VERB_ROLES[Verb.CONFIRM]}

    def has_accept_permission(self, request: HttpRequest) -> bool:
        """Whether the role accepts."""
        return role_of(request) in {role.value for role in VERB_ROLES[Verb.ACCEPT]}

    @admin.action(description="都道府県の確認をまとめて記録する", permissions=["confirm"])
    def confirm_many(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> HttpResponse:
        return self.ask_for_many(request, queryset, Verb.CONFIRM)

    @admin.action(description="受付完了にする", permissions=["accept"])
    def accept_many(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> HttpResponse:
        return self.ask_for_many(request, queryset, Verb.ACCEPT)
