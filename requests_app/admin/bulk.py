"""One verb on many requests: a page that says what will happen to each, then a report of what did.

Each row is a transaction of its own, in the order of ids: one that is refused holds up no other, and two officers who
do the same rows in opposite orders never wait for each other in a circle.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse

from requests_app.admin.bulk_work import (
    NOT_YET,
    REPORT,
    WORKS,
    Line,
    Work,
    attempt,
    attempt_all,
    by_outcome,
    groups,
    headline,
    report_rows,
    rows_in_order,
    totals,
    troubles_first,
    with_context,
)
from requests_app.admin.columns import SEEN
from requests_app.admin.neighbours import Way, came_from
from requests_app.admin.review import TEMPLATES
from requests_app.forms.officer import (
    MOST_ROWS,
    ReasonForm,
    SeenRow,
    SeenRows,
    WholeListForm,
    wants_whole_list,
)
from requests_app.models import SosRequest
from requests_app.models.request import look_up_entered
from requests_app.rules.transitions import VERB_ROLES, Verb
from sosportal.lib import clock, once
from sosportal.lib.admin import role_of
from sosportal.lib.jinja import count
from sosportal.lib.tabular import FileKind, download

if TYPE_CHECKING:
    from sosportal.lib.admin import ScopedModelAdmin

    Host = ScopedModelAdmin
else:
    Host = object

ROW, UNCONFIRMED = "row", "unconfirmed"  # the fields of the form: rows as they are, rows that want the reason
WITH_REASON, FILE = "with_reason", "file"  # which button was pressed
KINDS = frozenset({FileKind.UTF8.value, FileKind.XLSX.value})
"""Of the report: those that hold every character, so that nothing is to be asked first."""


class BulkViews(Host):
    """The views of bulk work, for SosRequestAdmin."""

    action_form = WholeListForm  # type: ignore[assignment]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """As above; who chooses the whole list need not tick a row of it too."""
        if wants_whole_list(request.POST) and not request.POST.getlist(ACTION_CHECKBOX_NAME):
            posted = request.POST.copy()
            posted[ACTION_CHECKBOX_NAME] = "0"
            request.POST = posted  # type: ignore[assignment]
        return super().changelist_view(request, extra_context)

    def ask_for_many(self, request: HttpRequest, queryset: models.QuerySet[Any], verb: Verb) -> HttpResponse:
        """The page that says of each chosen row what will happen, or why nothing can. Nothing is written.

        Of a whole list the first MOST_ROWS are taken. Thirteen queries, however many rows.
        """
        seen = dict(SeenRows.read(request.POST, SEEN).rows)
        keys = list(queryset.values_list("pk", flat=True)[: MOST_ROWS + 1])
        if not wants_whole_list(request.POST):
            # What was ticked and has left the list since, say accepted or withdrawn, is told and not passed over.
            ticked = set(request.POST.getlist(ACTION_CHECKBOX_NAME))
            keys += [key for key in seen if str(key) in ticked and key not in set(keys)]
        rows = rows_in_order(self.get_queryset(request).filter(pk__in=keys[:MOST_ROWS]))
        if wants_whole_list(request.POST):
            # What was on no page the officer saw is seen now: as this page shows it.
            seen = {each.pk: SeenRow(each.revision, each.version) for each in rows} | seen
        way = Way(request.GET.urlencode())
        return self._ask(request, WORKS[verb], rows, seen, way, more=len(keys) > MOST_ROWS)

    def _ask(
        self,
        request: HttpRequest,
        work: Work,
        rows: Sequence[SosRequest],
        seen: Mapping[int, SeenRow],
        way: Way,
        *,
        form: ReasonForm | None = None,
        more: bool = False,
    ) -> HttpResponse:
        user: Any = request.user
        look_up_entered(rows, user)
        chosen = [
            attempt(found, seen.get(found.pk), lambda one, revision: work.check(one, user, revision, ""))
            for found in rows
        ]
        context = {
            "title": headline(work, chosen),
            "token": uuid.uuid4(),
            "form": form or ReasonForm(),
            "more": MOST_ROWS if more else 0,
            "way": way,
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form else HTTPStatus.OK
        shown = by_outcome(with_context(chosen, user, clock.now(), will=work.verb))
        return self._bulk_page(request, work, "bulk_ask", shown, context, status)

    def bulk_view(self, request: HttpRequest, verb: str) -> HttpResponseBase:
        """Do it to each row and report, as a page or as a file. The same post again gives the same report and does
        nothing twice."""
        work = next((work for work in WORKS.values() if work.verb.value == verb), None)
        if work is None or not self.has_view_permission(request):
            raise Http404
        if request.method != "POST":
            return HttpResponseRedirect(reverse("admin:requests_app_sosrequest_changelist"))
        if role_of(request) not in {role.value for role in VERB_ROLES[work.verb]}:
            raise PermissionDenied
        plain, unconfirmed = SeenRows.read(request.POST, ROW), SeenRows.read(request.POST, UNCONFIRMED)
        with_reason = WITH_REASON in request.POST
        seen = {**unconfirmed.rows, **plain.rows} if with_reason else plain.rows
        if plain.token is None or not seen:
            messages.warning(request, "要請が選ばれていません。一覧から選んでください。")
            return HttpResponseRedirect(came_from(request).list_address)
        waiting = rows_in_order(self.get_queryset(request).filter(pk__in=seen))
        form = ReasonForm(request.POST if with_reason else None)
        if with_reason and not form.is_valid():
            return self._ask(request, work, waiting, seen, came_from(request), form=form)
        reason = form.cleaned_data["reason"] if with_reason else ""
        report = self._do(request, work, waiting, seen, plain.token, dict.fromkeys(unconfirmed.rows, reason))
        stands = {found.pk: found for found in rows_in_order(self.get_queryset(request).filter(pk__in=seen))}
        report = [replace(row, request=stands.get(row.request.pk, row.request)) for row in report]
        kind = request.POST.get(FILE, "")
        if kind in KINDS:
            name = f"{work.verb.label}の結果_{clock.jst(clock.now()):%Y%m%d_%H%M}"
            return download(FileKind(kind), name, REPORT, report_rows(report, work.did))
        context = {
            "title": work.did_all.format(count(sum(1 for row in report if not row.problem))),
            "missing": len(seen) - len(report),
            "token": plain.token,
            "form": form,
            "with_reason": with_reason,
            "reasons": dict.fromkeys(unconfirmed.rows, reason) if with_reason else {},
            "way": came_from(request),
        }
        user: Any = request.user
        shown = troubles_first(with_context(report, user, clock.now()))
        return self._bulk_page(request, work, "bulk_done", shown, context, HTTPStatus.OK)

    def _do(
        self,
        request: HttpRequest,
        work: Work,
        waiting: Sequence[SosRequest],
        seen: Mapping[int, SeenRow],
        token: uuid.UUID,
        reasons: Mapping[int, str],
    ) -> list[Line]:
        """Each row in a transaction of its own; `reasons` by request id."""
        user: Any = request.user

        def act(found: SosRequest, revision: int) -> None:
            reason = reasons.get(found.pk, "")
            once.run_once(
                uuid.uuid5(token, f"{work.verb.value}:{found.pk}"),
                actor_id=user.pk,
                body={"bulk": work.verb.value, "request": found.pk, "seen": revision, "reason": reason},
                now=clock.now(),
                act=lambda: work.act(found, user, revision, reason).number,
            )

        return attempt_all(waiting, seen, act)

    def _bulk_page(
        self,
        request: HttpRequest,
        work: Work,
        template: str,
        shown: Sequence[Line],
        more: Mapping[str, Any],
        status: HTTPStatus,
    ) -> HttpResponse:
        able = [row for row in shown if not row.problem]
        reasoned = [row for row in shown if row.wants_reason]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "work": work,
            "rows": shown,
            "groups": groups(shown),
            "able": able,
            "failed": len(shown) - len(able),
            "unable": len(shown) - len(able) - len(reasoned),
            "wanting": reasoned,
            "left": [row for row in shown if row.problem == NOT_YET],
            "totals": totals(able, work.verb),
            "button": work.button.format(count(len(able))),
            "all_button": work.button.format(count(len(able) + len(reasoned))),
            **more,
        }
        return TemplateResponse(request, f"{TEMPLATES}/{template}.html", context, status=status)
