"""発送と受領: every line that was handed off, what was sent and what arrived; and the vendor's shipping file."""

from __future__ import annotations

import io
import uuid
from http import HTTPStatus
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from institutions.permissions import OFFICERS, THE_MINISTRY
from requests_app import permissions
from requests_app.admin.filters import items
from requests_app.admin.queue import BoundedList
from requests_app.exceptions import Refusal
from requests_app.forms.handoff import SEEN, AgreeForm, ShipmentFileForm
from requests_app.imports import ShipmentList, read_shipments, record_shipments
from requests_app.models import Delivery, ShipmentUpload, SosRequest
from requests_app.models import delivery as states
from requests_app.presenters.handing_off import SHOWN
from requests_app.queries import officers
from requests_app.queries.delivery import ParcelState, parcels_of
from requests_app.rules.transitions import Status
from sosportal.lib import clock, once
from sosportal.lib.admin import LONGEST_SEARCH, OwnPageAdmin, role_of
from sosportal.lib.admin_filters import Choice, ConditionFilter
from sosportal.lib.markup import mark
from sosportal.lib.once import LOST_TOKEN
from sosportal.lib.tabular import TableProblem
from sosportal.lib.text import clean_line

TEMPLATES = "admin/requests_app/delivery"
DONE = "発送を取り込みました（新規{:,}件、訂正{:,}件）。医療機関にお知らせしました。"
CHANGED = "画面を開いたあとに、発送の記録が変わりました。いまの内容を確かめて、もう一度押してください。"


STANDING = {"any": "differs_from", "late": "unreceived_since", "waiting": "unreceived_since"}
"""By the choice of a difference: the day since when it stands."""


class DeliveryFilter(ConditionFilter):
    """A filter without counts: they would add up every delivery."""

    def counts(self, changelist: Any) -> None:
        return None


class DifferenceFilter(DeliveryFilter):
    """差: where what was allocated, sent and received are not the same, or not known yet."""

    title = "差"
    parameter_name = "difference"

    def table(self, request: HttpRequest) -> list[Choice]:
        days, today = states.RECEIPT_WITHIN.days, clock.today()
        return [
            ("any", "差のあるもの全て", states.differing(today)),
            ("unshipped", "まだ発送なし", states.not_shipped()),
            ("shipped", "発送が配布の決定と違う", states.shipped_otherwise()),
            ("received", "届いた数量が発送と違う", states.received_otherwise()),
            ("late", f"発送から{days}日を過ぎて受領の確認なし", states.receipt_missing(today)),
            ("waiting", "受領の確認待ち", states.receipt_waiting()),
        ]


class ItemFilter(DeliveryFilter):
    """物資."""

    title = "物資"
    parameter_name = "item"

    def table(self, request: HttpRequest) -> list[Choice]:
        return items(lambda item: Q(item_id=item.pk))


class Deliveries(BoundedList):
    """A change list whose rows bear their parcels: one query for all of them. Its orders are those of indexes; what
    stands since a day begins with the longest standing."""

    def get_ordering(self, request: HttpRequest, queryset: Any) -> list[Any]:
        since = STANDING.get(request.GET.get(DifferenceFilter.parameter_name, ""))
        return [since, *states.NEWEST] if since else list(states.NEWEST)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        # The keys first: a plan that joins would rather walk all requests, of which the newest have no delivery.
        keys = list(self.result_list.select_related(None).values_list("pk", flat=True))
        rows = self.root_queryset.in_bulk(keys)
        shown: list[Any] = [rows[key] for key in keys if key in rows]
        found = parcels_of({row.request_id for row in shown})
        for row in shown:
            row.parcels = [each for each in found.get(row.request_id, ()) if each.first.line_id == row.pk]
        self.result_list = shown


@admin.register(Delivery)
class DeliveryAdmin(OwnPageAdmin):
    """発送と受領. The rows are written by the verbs alone."""

    viewers = OFFICERS
    list_display = (
        "request_cell",
        "item_cell",
        "handed_cell",
        "shipped_cell",
        "received_cell",
        "parcels_cell",
    )
    list_display_links = None
    list_filter = (DifferenceFilter, ItemFilter)
    search_fields = (
        "request__number",
    )  # Django asks whether there are any; `get_search_results` does the search
    search_help_text = "医療機関名、医療機関コード、要請番号"
    ordering = states.NEWEST
    show_facets = admin.ShowFacets.NEVER

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "requests_app_delivery"
        return [
            path("import/", view(self.upload_view), name=f"{name}_upload"),
            path("import/<uuid:token>/", view(self.import_view), name=f"{name}_import"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.select_related("request__institution__prefecture", "item")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Deliveries

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        user: Any = request.user
        requests = SosRequest.objects.visible_to(user).filter(officers.in_status(Status.ACCEPTED))
        found = officers.search(requests, user, clean_line(search_term[:LONGEST_SEARCH]))
        if found is None:
            return queryset, False
        request.__dict__["_found"] = found
        return queryset.filter(found.requests("request_id")), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        extra = {"title": "発送と受領", "can_import": role_of(request) in THE_MINISTRY, "now": clock.now()}
        return super().changelist_view(request, {**extra, **(extra_context or {})})

    def row_page(self, request: HttpRequest, found: Delivery) -> HttpResponse:
        """The request's page shows it all."""
        return HttpResponseRedirect(reverse("admin:requests_app_sosrequest_change", args=[found.request_id]))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """It stands on the request's page too."""
        found = self.find_or_404(request, object_id)
        page = reverse("admin:requests_app_sosrequest_change", args=[found.request_id])
        return HttpResponseRedirect(f"{page}#history")

    # --- cells ----------------------------------------------------------------------------------------------------

    @admin.display(description="医療機関")
    def request_cell(self, obj: Delivery) -> SafeString:
        place = obj.request.institution
        return format_html(
            '<a class="name-cell" href="{}">{}</a><span class="ref"><span class="num">{}</span>　{}</span>',
            reverse("admin:requests_app_sosrequest_change", args=[obj.request_id]),
            place.name,
            obj.request.number,
            place.prefecture.name,
        )

    @admin.display(description="物資")
    def item_cell(self, obj: Delivery) -> str:
        return obj.item.label

    @admin.display(description="配布の決定")
    def handed_cell(self, obj: Delivery) -> SafeString:
        return amount_cell(obj, obj.handed)

    @admin.display(description="発送")
    def shipped_cell(self, obj: Delivery) -> SafeString:
        return amount_cell(obj, obj.shipped, obj.shipped_otherwise)

    @admin.display(description="受領")
    def received_cell(self, obj: Delivery) -> SafeString:
        return amount_cell(obj, obj.received, obj.received_otherwise)

    @admin.display(description="荷物")
    def parcels_cell(self, obj: Delivery) -> SafeString | None:
        if not parcels(obj):
            return format_html('<span class="soft">{}</span>', "発送待ち")
        return format_html_join(
            "", '<span class="parcel-cell">{}</span>', ((told(each),) for each in parcels(obj))
        )

    # --- the vendor's file ----------------------------------------------------------------------------------------

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """Take a file, judge it, and keep it for the next page if every row can be taken."""
        self.check_import(request)
        if request.method != "POST":
            return self.show_upload(request, ShipmentFileForm())
        form = ShipmentFileForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.show_upload(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        user: Any = request.user
        given, now = form.cleaned_data["file"], clock.now()
        try:
            found = read_shipments(given, user, now=now)
        except TableProblem as problem:
            form.add_error("file", str(problem))
            return self.show_upload(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        if found.outcome.problems:
            return self.show_upload(request, form, found, HTTPStatus.UNPROCESSABLE_ENTITY)
        given.seek(0)
        kept = ShipmentUpload.objects.create(
            token=uuid.uuid4(), name=given.name, content=given.read(), uploaded_at=now, uploaded_by=user
        )
        return HttpResponseRedirect(reverse("admin:requests_app_delivery_import", args=[kept.token]))

    def import_view(self, request: HttpRequest, token: uuid.UUID) -> HttpResponse:
        """What the kept file would change; a post records it, once."""
        self.check_import(request)
        user: Any = request.user
        done = once.answer_to(token, actor_id=user.pk)
        if done:
            messages.success(request, done)
            return HttpResponseRedirect(reverse("admin:requests_app_delivery_changelist"))
        now = clock.now()
        kept = ShipmentUpload.objects.kept(now).filter(token=token, uploaded_by=user).first()
        if kept is None:
            raise Http404
        found = read_shipments(io.BytesIO(kept.content), user, now=now)
        if request.method != "POST":
            return self.show_import(request, kept, found, AgreeForm(len(found.outcome.warnings.kept)))
        form = AgreeForm(len(found.outcome.warnings.kept), request.POST)
        if not form.is_valid():
            return self.show_import(request, kept, found, form, HTTPStatus.UNPROCESSABLE_ENTITY)
        if request.POST.get(SEEN) != found.digest or found.outcome.problems:
            return self.show_import(request, kept, found, form, HTTPStatus.CONFLICT, CHANGED)
        # From here on `ship` refuses what another file has recorded since this one was judged.

        def act() -> str:
            made = record_shipments(found, user, now=now)
            ShipmentUpload.objects.filter(token=token).delete()
            new = sum(each.version == 1 for each in made)
            return DONE.format(new, len(made) - new)

        try:
            done = once.run_once(token, actor_id=user.pk, body=found.sha256, now=now, act=act)
        except (Refusal, once.TokenReused) as refusal:
            found = read_shipments(io.BytesIO(kept.content), user, now=now)
            form = AgreeForm(len(found.outcome.warnings.kept), request.POST)
            return self.show_import(request, kept, found, form, HTTPStatus.CONFLICT, refusal.message)
        messages.success(request, done)
        return HttpResponseRedirect(reverse("admin:requests_app_delivery_changelist"))

    def check_import(self, request: HttpRequest) -> None:
        """Raises Http404 for who has no business here, PermissionDenied for who only looks."""
        if not self.has_view_permission(request):
            raise Http404
        if not permissions.can_hand_off(request.user):
            raise PermissionDenied

    def show_upload(
        self,
        request: HttpRequest,
        form: ShipmentFileForm,
        found: ShipmentList | None = None,
        status: HTTPStatus = HTTPStatus.OK,
    ) -> HttpResponse:
        """The form, and what is wrong with the file that was sent."""
        problems = found.outcome.problems if found else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "発送ファイルを取り込む",
            "form": form,
            "problem": f"{problems.rows:,}行を直してください。何も取り込んでいません。" if problems else "",
            "problems": problems.kept[: SHOWN * 5] if problems else [],
            "more": max(0, problems.count - SHOWN * 5) if problems else 0,
        }
        return TemplateResponse(request, f"{TEMPLATES}/upload.html", context, status=status)

    def show_import(
        self,
        request: HttpRequest,
        kept: ShipmentUpload,
        found: ShipmentList,
        form: AgreeForm,
        status: HTTPStatus = HTTPStatus.OK,
        problem: str = "",
    ) -> HttpResponse:
        """What is new, what is corrected, what to look at twice."""
        rows = sorted(found.rows, key=lambda row: ("訂正", "新規", "変更なし").index(row.state))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "取り込む内容を確かめる",
            "kept": kept,
            "found": found,
            "rows": rows[: SHOWN * 5],
            "more": max(0, len(rows) - SHOWN * 5),
            "warnings": found.outcome.warnings.kept,
            "form": form,
            "problem": problem or (LOST_TOKEN if status is HTTPStatus.CONFLICT else ""),
            "problems": found.outcome.problems.kept[: SHOWN * 5],
            "seen_name": SEEN,
        }
        return TemplateResponse(request, f"{TEMPLATES}/import.html", context, status=status)


def parcels(obj: Delivery) -> list[ParcelState]:
    """What the change list put there."""
    found: list[ParcelState] = obj.__dict__.get("parcels", [])
    return found


def amount_cell(obj: Delivery, amount: int, caution: bool = False) -> SafeString:
    """A sum in the item's unit; marked where it differs."""
    text = f"{amount:,}{obj.item.unit}"
    if caution:
        return format_html('<span class="flag">{}<span class="num">{}</span></span>', mark("caution"), text)
    return format_html('<span class="num">{}</span>', text)


def told(parcel: ParcelState) -> SafeString:
    """A parcel in one line: day, carrier, slip; what arrived, or that nobody said so yet."""
    sent, receipt, unit = parcel.current, parcel.receipt, parcel.item.unit
    state = (
        "受領の確認待ち" if receipt is None else f"{receipt.received_on.month}/{receipt.received_on.day} 受領"
    )
    if parcel.difference:
        state += (
            f"（発送より{abs(parcel.difference):,}{unit}{'多い' if parcel.difference > 0 else '少ない'}）"
        )
    return format_html(
        '{}/{} {}　<span class="num">{}</span><br><span class="soft">{}</span>',
        *(sent.shipped_on.month, sent.shipped_on.day, sent.carrier, sent.slip_number, state),
    )
