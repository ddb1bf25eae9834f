"""The queue, as it is filtered, and the lines of a decision as files: logged; what CP932 can't hold is shown before
anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import SEARCH_VAR
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse

from requests_app.exports import Export, queue, send
from requests_app.exports import decision as decision_lines
from requests_app.models import AllocationDecision, ExportLog
from requests_app.queries.officers import MOST
from sosportal.lib import clock
from sosportal.lib.tabular import CellRow, FileKind, TableProblem, Unwritable, unwritable

if TYPE_CHECKING:
    from sosportal.lib.admin import ScopedModelAdmin

    Host = ScopedModelAdmin
else:
    Host = object

TEMPLATE = "admin/parts/export_ask.html"
SHOWN = 50
UNREADABLE = "決定に使った値の記録を読めないため、ファイルにできません。運用担当者に知らせてください。"
TOO_MANY = (
    f"検索で見つかった要請が{MOST:,}件より多いため、ファイルにできません。フィルターで絞り込んでください。"
)


class ExportViews(Host):
    """The view of the export, for SosRequestAdmin."""

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The file of a list, by the query string of its page; only a post sends one."""
        if not self.has_view_permission(request):
            raise Http404
        back = f"{reverse('admin:requests_app_sosrequest_changelist')}?{request.GET.urlencode()}"
        kind = request.POST.get("kind", "")
        if request.method != "POST" or kind not in set(FileKind):
            return HttpResponseRedirect(back)
        try:
            listed = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(reverse("admin:requests_app_sosrequest_changelist"))
        if request.GET.get(SEARCH_VAR, "").strip() and (listed.rows_counted > MOST or listed.walked):
            messages.warning(request, TOO_MANY)
            return HttpResponseRedirect(back)
        rows = listed.get_queryset(request)
        export = Export(
            ExportLog.What.QUEUE,
            f"緊急配布要請_{clock.now():%Y%m%d_%H%M}",
            FileKind(kind),
            queue.HEADING,
            queue.rows_of(rows),
            filters=unquote_plus(request.GET.urlencode()),
        )
        return sent(self, request, export, lambda: queue.rows_of(rows), back)


class DecisionFiles(Host):
    """The view of the lines of a decision as a file, for AllocationDecisionAdmin."""

    def file_view(self, request: HttpRequest, key: int) -> HttpResponseBase:
        """Every line of the decision; only a post sends it."""
        decision: AllocationDecision = self.find_or_404(request, str(key))
        back = reverse("admin:requests_app_allocationdecision_change", args=[decision.pk])
        kind = request.POST.get("kind", "")
        if request.method != "POST" or kind not in set(FileKind):
            return HttpResponseRedirect(back)
        closed = clock.jst(decision.cutoff_at)
        try:
            rows = decision_lines.rows_of(decision)
        except (KeyError, TypeError, ValueError):
            messages.error(request, UNREADABLE)
            return HttpResponseRedirect(back)
        export = Export(
            ExportLog.What.DECISION,
            f"配布の決定_{decision.item}_{closed:%Y%m%d}締切_{decision.pk}",
            FileKind(kind),
            decision_lines.HEADING,
            rows,
            filters=f"{decision}　{decision.pk}",
        )
        return sent(self, request, export, lambda: decision_lines.rows_of(decision), back)


def sent(
    page: ScopedModelAdmin,
    request: HttpRequest,
    export: Export,
    again: Callable[[], Iterable[CellRow]],
    back: str,
) -> HttpResponseBase:
    """The file; first a page that asks, where CP932 can't hold all of it: `again` gives the rows to look through.
    `back` leads to what the file is of, also where the kind of file can't hold it."""
    if export.kind is FileKind.CP932:
        found = unwritable(export.heading, again())
        if found and "geta" not in request.POST:
            return _ask_about(page, request, found, back)
        export = replace(export, geta=bool(found), replaced=found)
    user: Any = request.user
    try:
        return send(export, user, clock.now())
    except TableProblem as problem:
        messages.warning(request, str(problem))
        return HttpResponseRedirect(back)


def _ask_about(
    page: ScopedModelAdmin, request: HttpRequest, found: list[Unwritable], back: str
) -> HttpResponseBase:
    """What CP932 can't hold, and what to do about it."""
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": f"Shift_JISで書けない文字が{len(found):,}か所あります",
        "found": found[:SHOWN],
        "more": len(found) - SHOWN if len(found) > SHOWN else 0,
        "address": request.get_full_path(),
        "back": back,
    }
    return TemplateResponse(request, TEMPLATE, context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
