"""配布の決定: the rounds that wait, two proposals side by side, the decision, and what was decided."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from institutions.permissions import THE_MINISTRY
from requests_app.admin.exporting import DecisionFiles
from requests_app.exceptions import Refusal, StaleProposal
from requests_app.forms.allocation import (
    Chosen,
    DecisionForm,
    ProposalForm,
    carried_fields,
    cutoff_of,
    cutoff_text,
    item_of,
    seen_text,
)
from requests_app.models import AllocationDecision
from requests_app.models.allocation import Method
from requests_app.models.waiting import Waiting, suspended_among, waiting_for
from requests_app.presenters.allocation import (
    FEW,
    Proposal,
    differing,
    groups,
)
from requests_app.presenters.allocation_report import Report
from requests_app.queries import allocation as allocation_queries
from requests_app.rules.allocation import Cause, Rule
from sosportal.lib import clock, once
from sosportal.lib.admin import OwnPageAdmin
from sosportal.lib.jinja import jst_short

TEMPLATES = "admin/requests_app/allocationdecision"
UNREADABLE = "画面の情報が足りませんでした。もう一度、締切と物資を選んでください。"


class Unfinished(Exception):
    """A form that is to be mended before anything can be decided."""

    def __init__(self, form: DecisionForm) -> None:
        super().__init__()
        self.form = form


@admin.register(AllocationDecision)
class AllocationDecisionAdmin(DecisionFiles, OwnPageAdmin):
    """Decisions, the ministry's own. Nothing is added or changed by the admin's forms: only the verb decides."""

    viewers = THE_MINISTRY
    shared_relations = ("item",)
    list_display = (
        *("decided_cell", "item", "cutoff_cell", "rule"),
        *("available_cell", "given_cell", "full_cell", "reduced_cell", "declined_cell", "decided_by"),
    )
    list_display_links = ("decided_cell",)
    list_filter = ("item",)
    list_select_related = ("item", "decided_by", "sums")
    ordering = ("-decided_at", "-pk")
    actions = None

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "requests_app_allocationdecision"
        return [
            path("propose/", view(self.propose_view), name=f"{name}_propose"),
            path("decide/", view(self.decide_view), name=f"{name}_decide"),
            path("<int:key>/file/", view(self.file_view), name=f"{name}_file"),
            *super().get_urls(),
        ]

    # --- The list -------------------------------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        extra: dict[str, Any] = {"title": "配布の決定", "now": clock.now()}
        if self.has_view_permission(request):
            extra["rounds"] = [
                (each, propose_address(each.item.pk, cutoff_text(each.cutoff_at)))
                for each in allocation_queries.waiting_rounds()
            ]
        return super().changelist_view(request, {**extra, **(extra_context or {})})

    @admin.display(description="決定日時", ordering="decided_at")
    def decided_cell(self, decision: AllocationDecision) -> str:
        return format_html('<span class="name-cell num">{}</span>', jst_short(decision.decided_at))

    @admin.display(description="締切")
    def cutoff_cell(self, decision: AllocationDecision) -> str:
        return jst_short(decision.cutoff_at)

    @admin.display(description="配布できる数量")
    def available_cell(self, decision: AllocationDecision) -> str:
        return f"{decision.available:,}{decision.item.unit}"

    @admin.display(description="配布する数量")
    def given_cell(self, decision: AllocationDecision) -> str:
        return f"{decision.sums.given:,}{decision.item.unit}"

    @admin.display(description="配布")
    def full_cell(self, decision: AllocationDecision) -> str:
        return f"{decision.sums.full:,}件"

    @admin.display(description="減量")
    def reduced_cell(self, decision: AllocationDecision) -> str:
        return f"{decision.sums.reduced:,}件"

    @admin.display(description="見送り")
    def declined_cell(self, decision: AllocationDecision) -> str:
        return f"{decision.sums.declined:,}件"

    # --- Two proposals --------------------------------------------------------------------------------------------

    def propose_view(self, request: HttpRequest) -> HttpResponse:
        """What waits, and two proposals once a quantity is entered. Writes nothing: the address is the proposal."""
        if not self.has_view_permission(request):
            raise Http404
        item, cutoff_at = item_of(request.GET.get("item", "")), cutoff_of(request.GET.get("cutoff", ""))
        if item is None or cutoff_at is None:
            return self._back(request)
        sums = allocation_queries.waiting_sums(item, cutoff_at)
        form = ProposalForm(item, request.GET if "available" in request.GET else None)
        context: dict[str, Any] = {
            "title": f"{item.label}　{jst_short(sums.cutoff_at)}締切",
            "form": form,
            "sums": sums,
            "cutoff": cutoff_text(sums.cutoff_at),
            "rules": list(Rule),
        }
        if form.is_valid() and sums.lines:
            context |= self._proposals(request, form, waiting_for(item, cutoff_at))
        else:
            context["suspended_count"] = allocation_queries.suspended_waiting(item, cutoff_at, clock.now())
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return self._page(request, "propose", context, status)

    def _proposals(self, request: HttpRequest, form: ProposalForm, waiting: Waiting) -> dict[str, Any]:
        """Both proposals, of every line that waits now."""
        methods = zip("AB", form.methods(), strict=True)
        proposals = [Proposal.of(name, method, waiting) for name, method in methods]
        carried = _carried(waiting, form)
        return {
            "waiting": waiting,
            "proposals": proposals,
            "carried": carried,
            "groups": groups(waiting, *proposals, opened=request.GET.get("prefecture", "")),
            "lines_at": _lines_at(carried),
            "seen": seen_text(waiting),
        }

    # --- The decision ---------------------------------------------------------------------------------------------

    def decide_view(self, request: HttpRequest) -> HttpResponse:
        """Reasons and lines set by hand; then a page that asks; then the decision, once, and its report.

        Answers 422 with the form when something is to be mended, 409 when the lines are no longer those seen.
        """
        if not self.has_view_permission(request):
            raise Http404
        chosen = Chosen.read(request.POST) if request.method == "POST" else None
        if chosen is None:
            return self._back(request, UNREADABLE if request.method == "POST" else "")
        if "agreed" in request.POST and chosen.token is not None:
            return self._do(request, chosen, chosen.token)
        waiting = waiting_for(chosen.item, chosen.cutoff_at)
        begun = "start" in request.POST
        form = DecisionForm(waiting, chosen.method.rule, None if begun else request.POST)
        if not begun and not form.is_valid():
            return self._form(request, chosen, waiting, form)
        proposal = self._proposal(chosen, waiting, form)
        asked = "ask" in request.POST and self._whole(proposal, form)
        if not asked or waiting.digest != chosen.seen.digest:
            return self._form(request, chosen, waiting, form)
        return self._ask(request, chosen, waiting, form, proposal)

    def _do(self, request: HttpRequest, chosen: Chosen, token: uuid.UUID) -> HttpResponse:
        """Decide, once per token."""
        user: Any = request.user
        said = {name: value for name, value in request.POST.items() if name != "csrfmiddlewaretoken"}

        def act() -> str:
            waiting = waiting_for(chosen.item, chosen.cutoff_at)
            form = DecisionForm(waiting, chosen.method.rule, request.POST)
            if waiting.digest == chosen.seen.digest and not form.is_valid():
                raise Unfinished(form)
            method = _method(chosen, form) if form.is_valid() else chosen.method
            decision = AllocationDecision.decide(
                user,
                chosen.item,
                chosen.cutoff_at,
                method,
                reasons=form.reasons() if form.is_valid() else {},
                seen=chosen.seen,
                note=form.cleaned_data.get("note", ""),
            )
            return str(decision.pk)

        try:
            made = once.run_once(token, actor_id=user.pk, body=said, now=clock.now(), act=act)
        except Unfinished as problem:
            return self._form(request, chosen, problem.form.waiting, problem.form)
        except (Refusal, once.TokenReused) as refusal:
            waiting = waiting_for(chosen.item, chosen.cutoff_at)
            form = DecisionForm(waiting, chosen.method.rule, request.POST)
            if form.is_valid() and not isinstance(refusal, StaleProposal):
                form.add_error(None, refusal.message)
            return self._form(request, chosen, waiting, form, conflict=isinstance(refusal, once.TokenReused))
        messages.success(request, "配布を決定しました。医療機関にメールで知らせます。")
        return HttpResponseRedirect(reverse("admin:requests_app_allocationdecision_change", args=[made]))

    def _proposal(self, chosen: Chosen, waiting: Waiting, form: DecisionForm) -> Proposal:
        """What the form comes to; what stands against it is said at its head."""
        method = _method(chosen, form) if form.is_bound and form.is_valid() else chosen.method
        proposal = Proposal.of("", method, waiting)
        if proposal.problem and form.is_bound:
            form.add_error(None, proposal.problem)
        return proposal

    def _whole(self, proposal: Proposal, form: DecisionForm) -> bool:
        """Whether every cause that occurs has a reason; what is missing is said beside its field."""
        reasons = form.reasons() if not form.errors else {}
        for cause in dict.fromkeys(proposal.causes.values()):
            if cause is not Cause.BY_HAND and not reasons.get(cause, ""):
                form.add_error(f"reason_{cause.value}", f"「{cause.label}」の理由を入力してください。")
        return not form.errors

    # --- Pages ----------------------------------------------------------------------------------------------------

    def _form(
        self,
        request: HttpRequest,
        chosen: Chosen,
        waiting: Waiting,
        form: DecisionForm,
        *,
        conflict: bool = False,
    ) -> HttpResponse:
        """The form with what it comes to, what is wrong and what changed since it was shown; typed text stays."""
        able = form.is_bound and form.is_valid()
        shown = Proposal.of("", _method(chosen, form) if able else chosen.method, waiting)
        if shown.plan is None:  # what was set by hand can't be done: the rule alone is shown
            shown = Proposal.of("", chosen.method, waiting)
        stale = differing(chosen.seen, waiting)
        changed = conflict or chosen.seen.digest != waiting.digest
        occurring = set(shown.causes.values())
        context = {
            "title": "理由を確かめて、配布を決める",
            "chosen": chosen,
            "waiting": waiting,
            "form": form,
            "proposal": shown,
            "groups": groups(waiting, shown),
            "lines_at": _lines_at(chosen.carried),
            "reasons": [pair for pair in form.reason_fields if pair[0] in occurring or pair[1].errors],
            "other_reasons": [
                pair for pair in form.reason_fields if pair[0] not in occurring and not pair[1].errors
            ],
            "stale": stale,
            "changed": changed,
            "seen": seen_text(waiting),
            "token": uuid.uuid4(),
            "back": _lines_at(chosen.carried),
        }
        status = HTTPStatus.OK
        if form.errors:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
        return self._page(request, "decide", context, HTTPStatus.CONFLICT if changed else status)

    def _ask(
        self, request: HttpRequest, chosen: Chosen, waiting: Waiting, form: DecisionForm, proposal: Proposal
    ) -> HttpResponse:
        """The page that says what will happen to whom, and asks."""
        context = {
            "title": f"{len(waiting.lines):,}件に、配布の決定をします",
            "chosen": chosen,
            "waiting": waiting,
            "form": form,
            "proposal": proposal,
            "groups": groups(waiting, proposal),
            "lines_at": _lines_at(chosen.carried),
            "institutions": len({each.institution_id for each in waiting.lines}),
            "told": [
                (cause, form.cleaned_data[f"reason_{cause.value}"])
                for cause in Cause
                if cause in set(proposal.causes.values()) and cause is not Cause.BY_HAND
            ],
            "seen": seen_text(waiting),
            "token": chosen.token or uuid.uuid4(),
        }
        return self._page(request, "ask", context, HTTPStatus.OK)

    def row_page(self, request: HttpRequest, found: AllocationDecision) -> HttpResponse:
        """What was decided, and whether it comes out the same when it is recomputed (of many lines, if asked for)."""
        asked = request.GET
        report = Report(found, "check" in asked, asked.get("prefecture", ""), asked.get("p", ""))
        context = {
            "title": str(found),
            "original": found,
            "rule": Rule(found.rule),
            "report": report,
            "unfolded": report.lines <= FEW or not report.is_whole,
        }
        return self._page(request, "report", context, HTTPStatus.OK)

    def _page(
        self, request: HttpRequest, template: str, context: dict[str, Any], status: HTTPStatus
    ) -> HttpResponse:
        shown = {**self.admin_site.each_context(request), "opts": self.opts, "few": FEW, **context}
        if "waiting" in context:
            shown["suspended"] = suspended_among(context["waiting"], clock.now())
        return TemplateResponse(request, f"{TEMPLATES}/{template}.html", shown, status=status)

    def _back(self, request: HttpRequest, why: str = "") -> HttpResponse:
        if why:
            messages.warning(request, why)
        return HttpResponseRedirect(reverse("admin:requests_app_allocationdecision_changelist"))

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Without the stored inputs: they stay where they are until somebody recomputes."""
        return super().get_queryset(request).select_related("item", "decided_by", "sums").defer("inputs")


def propose_address(item_id: int, cutoff: str) -> str:
    """The page of proposals for an item at a cut-off."""
    query = urlencode({"item": item_id, "cutoff": cutoff})
    return f"{reverse('admin:requests_app_allocationdecision_propose')}?{query}"


def _lines_at(carried: Iterable[tuple[str, str]]) -> str:
    """The address of the two proposals that a form carries, with every prefecture's lines."""
    query = urlencode([pair for pair in carried if pair[0] != "rule"])
    return f"{reverse('admin:requests_app_allocationdecision_propose')}?{query}"


def _method(chosen: Chosen, form: DecisionForm) -> Method:
    """What was chosen, with the lines set by hand. Only of a valid form."""
    return Method(chosen.method.rule, chosen.method.available, chosen.method.loose, form.by_hand())


def _carried(waiting: Waiting, form: ProposalForm) -> list[tuple[str, str]]:
    """What the form of the proposals bears. Only of a valid form."""
    compared = (form.cleaned_data["rule_a"], form.cleaned_data["rule_b"])
    return carried_fields(waiting.item, waiting.cutoff_at, form.methods()[0], compared)
