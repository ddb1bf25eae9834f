"""The queue as a file: what is filtered, logged; what CP932 can't hold is shown before anything is sent."""

from __future__ import annotations

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

from requests_app.exports import Export, send
from requests_app.exports.queue import HEADING, rows_of
from requests_app.models import ExportLog
from requests_app.queries.officers import MOST
from sosportal.lib import clock
from sosportal.lib.tabular import FileKind, TableProblem, Unwritable, unwritable

if TYPE_CHECKING:
    from sosportal.lib.admin import ScopedModelAdmin

    Host = ScopedModelAdmin
else:
    Host = object

TEMPLATE = "admin/requests_app/sosrequest/export_ask.html"
SHOWN = 50
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
        found: list[Unwritable] = []
        if kind == FileKind.CP932:
            found = unwritable(HEADING, rows_of(rows))
            if found and "geta" not in request.POST:
                return self.ask_about(request, found)
        user: Any = request.user
        now = clock.now()
        export = Export(
            ExportLog.What.QUEUE,
            f"緊急配布要請_{now:%Y%m%d_%H%M}",
            FileKind(kind),
            HEADING,
            rows_of(rows),
            filters=unquote_plus(request.GET.urlencode()),
            geta=bool(found),
            replaced=found,
        )
        try:
            return send(export, user, now)
        except TableProblem as problem:
            messages.warning(request, str(problem))
            return HttpResponseRedirect(back)

    def ask_about(self, request: HttpRequest, found: list[Unwritable]) -> HttpResponseBase:
        """What CP932 can't hold, and what to do about it."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Shift_JISで書けない文字が{len(found):,}か所あります",
            "found": found[:SHOWN],
            "more": len(found) - SHOWN if len(found) > SHOWN else 0,
            "query": request.GET.urlencode(),
        }
        return TemplateResponse(request, TEMPLATE, context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
