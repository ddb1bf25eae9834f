"""売払先事業者への引渡し: what would go out, the hand-off, its file again and again, and its corrections."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Any

from django.contrib import admin, messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    QueryDict,
)
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from institutions.permissions import OFFICERS, THE_MINISTRY
from requests_app.exceptions import HandOffChanged, NothingToHandOff, Refusal
from requests_app.exports import Export, send
from requests_app.forms.handoff import SEEN, HandOffForm, read_keys
from requests_app.models import ExportLog, HandOff
from requests_app.models.handing_off import (
    HandOffPlan,
    HeldLine,
    hand_off,
    plan_correction,
    plan_whole,
    rows_again,
)
from requests_app.presenters.handing_off import SHOWN, Preview
from sosportal.lib import clock, once
from sosportal.lib.admin import OwnPageAdmin
from sosportal.lib.jinja import jst_short
from sosportal.lib.once import LOST_TOKEN, token_of
from sosportal.lib.tabular import TableProblem
from sosportal.lib.text import clean_line

TEMPLATES = "admin/requests_app/handoff"
COMPARED = 1_000  # lines; of a bigger hand-off, what changed since is looked up when it is asked for
MADE = "{}を作りました。ファイルをダウンロードして、売払先事業者に渡してください。"


@admin.register(HandOff)
class HandOffAdmin(OwnPageAdmin):
    """引渡し. Nothing is changed here: a hand-off is made once, and its file made again from what was kept."""

    viewers = THE_MINISTRY
    list_display = ("number_cell", "vendor", "made_at", "what_cell", "kind", "line_count", "made_by")
    list_select_related = ("made_by",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "requests_app_handoff"
        return [
            path("new/", view(self.new_view), name=f"{name}_new"),
            path("<int:key>/correct/", view(self.correct_view), name=f"{name}_correct"),
            path("<int:key>/file/", view(self.file_view), name=f"{name}_file"),
            *super().get_urls(),
        ]

    @admin.display(description="番号", ordering="pk")
    def number_cell(self, obj: HandOff) -> str:
        return str(obj)

    @admin.display(description="内容")
    def what_cell(self, obj: HandOff) -> str:
        return obj.what

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        extra = {"title": "売払先事業者への引渡し", **(extra_context or {})}
        return super().changelist_view(request, extra)

    # --- making one -----------------------------------------------------------------------------------------------

    def new_view(self, request: HttpRequest) -> HttpResponse:
        """What would be handed off now; a post hands it off."""
        if not self.has_view_permission(request):
            raise Http404
        return self.plan_view(request, None)

    def correct_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """What changed since of a hand-off; a post hands the correction off."""
        found = self.find_or_404(request, str(key))
        if found.corrects_id is not None:
            raise Http404
        return self.plan_view(request, found)

    def plan_view(self, request: HttpRequest, corrects: HandOff | None) -> HttpResponse:
        """The page, and its post. Answers 422 for what is to be mended, 409 when what was seen has changed."""
        plan = self.plan_asked(request, corrects)
        if request.method != "POST":
            newest = HandOff.objects.values_list("vendor", flat=True)
            vendor = corrects.vendor if corrects else newest.first() or ""
            return self.show_plan(request, plan, self.form_for(plan, vendor=vendor))
        form = self.form_for(plan, sent=request.POST)
        token = token_of(request.POST.get("token"))
        if not form.is_valid():
            return self.show_plan(request, plan, form, HTTPStatus.UNPROCESSABLE_ENTITY)
        if token is None:
            return self.show_plan(request, plan, form, HTTPStatus.UNPROCESSABLE_ENTITY, LOST_TOKEN)
        try:
            made = self.make_once(request, token, corrects, form)
        except (HandOffChanged, NothingToHandOff, once.TokenReused) as refusal:
            again = self.plan_asked(request, corrects)
            form = self.form_for(again, sent=request.POST)
            return self.show_plan(request, again, form, HTTPStatus.CONFLICT, refusal.message)
        except (Refusal, TableProblem) as refusal:
            return self.show_plan(request, plan, form, HTTPStatus.UNPROCESSABLE_ENTITY, refusal.message)
        messages.success(request, MADE.format(f"第{made}号"))
        return HttpResponseRedirect(reverse("admin:requests_app_handoff_change", args=[made]))

    def plan_asked(self, request: HttpRequest, corrects: HandOff | None) -> HandOffPlan:
        """As things stand, with the held lines that were ticked."""
        if corrects:
            return plan_correction(corrects)
        return plan_whole().including(read_keys(request.POST.getlist("include")))

    def form_for(self, plan: HandOffPlan, vendor: str = "", sent: QueryDict | None = None) -> HandOffForm:
        """The form that fits the plan."""
        held = [(str(each.line.line_id), held_text(each)) for each in plan.held]
        return HandOffForm(len(plan.unwritable), vendor, sent, held)

    def make_once(
        self, request: HttpRequest, token: uuid.UUID, corrects: HandOff | None, form: HandOffForm
    ) -> str:
        """The key of the hand-off, the first time and every time."""
        user: Any = request.user
        seen = request.POST.get(SEEN, "")

        def act() -> str:
            made = hand_off(
                user,
                vendor=form.cleaned_data["vendor"],
                kind=form.file_kind,
                seen_digest=seen,
                corrects=corrects,
                geta=bool(form.cleaned_data.get("geta")),
                include=form.included,
                include_reason=form.cleaned_data.get("include_reason", ""),
            )
            return str(made.pk)

        body = [
            "hand_off",
            corrects.pk if corrects else None,
            seen,
            form.data.get("vendor"),
            form.data.get("kind"),
            request.POST.getlist("include"),
            form.data.get("include_reason"),
            form.data.get("geta"),
        ]
        return once.run_once(token, actor_id=user.pk, body=body, now=clock.now(), act=act)

    def show_plan(
        self,
        request: HttpRequest,
        plan: HandOffPlan,
        form: HandOffForm,
        status: HTTPStatus = HTTPStatus.OK,
        problem: str = "",
    ) -> HttpResponse:
        """What would go out (of many lines, sums and the lines of one prefecture), what stays behind and why, what
        CP932 can't hold; and the form."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{plan.corrects}の訂正のファイルを作る" if plan.corrects else "引渡しのファイルを作る",
            "plan": plan,
            "preview": Preview(plan, request.GET.get("prefecture", ""), request.GET.get("p", "")),
            "form": form,
            "problem": problem,
            "posted": form if form.is_bound else None,
            "token": uuid.uuid4(),
            "seen_name": SEEN,
        }
        return TemplateResponse(request, f"{TEMPLATES}/plan.html", context, status=status)

    # --- one that was made ----------------------------------------------------------------------------------------

    def row_page(self, request: HttpRequest, found: HandOff) -> HttpResponse:
        """What was handed off, who took its file when, and what has changed since."""
        compared = found.corrects_id is None and found.line_count <= COMPARED
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{found}　{found.what}",
            "original": found,
            "rows": [cells for row in found.rows.order_by("position")[:SHOWN] for cells in row.cells][:SHOWN],
            "more": max(0, found.row_count - SHOWN),
            "despite": found.rows.filter(suspended=True).order_by("position")[:SHOWN],
            "downloads": found.downloads.select_related("by", "hand_off")[:SHOWN],
            "corrections": found.corrections.order_by("pk"),
            "changed": len(plan_correction(found).lines) if compared else None,
            "has_view_permission": True,
        }
        return TemplateResponse(request, f"{TEMPLATES}/show.html", context)

    def file_view(self, request: HttpRequest, key: int) -> HttpResponseBase:
        """The file once more, logged."""
        found: HandOff = self.find_or_404(request, str(key))
        address = reverse("admin:requests_app_handoff_change", args=[found.pk])
        if request.method != "POST":
            return HttpResponseRedirect(address)
        user: Any = request.user
        export = Export(
            ExportLog.What.HAND_OFF,
            f"{found}_{found.what}_{clock.jst(found.made_at):%Y%m%d}",
            found.file_kind,
            found.heading,
            rows_again(found),
            hand_off=found,
            geta=bool(found.replaced),
            replaced=found.replaced,
        )
        return send(export, user, clock.now())


def held_text(held: HeldLine) -> str:
    """A line that is held back, and by what."""
    says, suspension = held.line.particulars, held.suspension
    since = jst_short(suspension.suspended_from)
    return (
        f"{says.number}　{says.name}　{says.item}　{says.quantity:,}{says.unit}"
        f"（{since}から停止：{clean_line(suspension.reason)}）"
    )


@admin.register(ExportLog)
class ExportLogAdmin(OwnPageAdmin):
    """出力の記録: every file that left the house. Written by what sends them."""

    viewers = OFFICERS
    list_display = ("at", "by", "what", "hand_off", "filters", "kind", "row_count", "finished_at", "digest")
    list_display_links = None
    list_select_related = ("by", "hand_off")
    list_filter = ("what",)

    @admin.display(description="SHA-256")
    def digest(self, log: ExportLog) -> str:
        """Of the bytes that went out; nothing while they haven't all."""
        return format_html('<span class="code-break">{}</span>', log.sha256) if log.sha256 else ""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return super().changelist_view(request, {"title": "出力の記録", **(extra_context or {})})

    def row_page(self, request: HttpRequest, found: ExportLog) -> HttpResponse:
        """The list says it all."""
        return HttpResponseRedirect(reverse("admin:requests_app_exportlog_changelist"))
