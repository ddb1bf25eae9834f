"""Suspending an institution from requesting, and lifting it: the ministry's, each with a reason."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db import models
from django.http import HttpRequest

from institutions import suspension_hits
from institutions.admin.fields import InstitutionByCodeField, PageForm
from institutions.exceptions import Refusal
from institutions.models import Suspension
from institutions.models.suspension import member_addresses, moment_problem
from institutions.permissions import EVERY_DESK, THE_MINISTRY
from sosportal.lib import clock
from sosportal.lib.admin import ScopedModelAdmin
from sosportal.lib.admin_fields import MomentInput
from sosportal.lib.asking import AskFirst
from sosportal.lib.forms import TextField

UNKNOWN = "記録なし"
"""Of what was done before the portal kept by whom."""


class SuspendForm(PageForm):
    """Whom, why, and from when."""

    suspended_from = forms.DateTimeField(
        label="停止の開始", required=False, widget=MomentInput, help_text="空欄なら、すぐに停止します。"
    )

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError for an institution that is suspended already, and for a moment that has passed."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        now = clock.now()
        institution = cleaned.get("institution")
        if institution and Suspension.objects.standing(now).filter(institution=institution).exists():
            self.add_error("institution", "この医療機関の要請は、すでに停止しています。")
        if problem := moment_problem(cleaned.get("suspended_from"), now, "停止の開始"):
            self.add_error("suspended_from", problem)
        return cleaned


class LiftForm(PageForm):
    """Lifting a suspension, with its reason."""

    lift = forms.BooleanField(label="停止を解除する", required=False)
    lift_reason = TextField(
        label="解除の理由",
        required=False,
        max_length=1000,
        help_text="医療機関にメールでお知らせします。",
        widget=AdminTextareaWidget,
    )
    lift_at = forms.DateTimeField(
        label="解除の日時", required=False, widget=MomentInput, help_text="空欄なら、すぐに解除します。"
    )

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError when the tick or the reason is missing, and for a moment that has passed."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("lift") and not cleaned.get("lift_reason"):
            self.add_error("lift_reason", "解除の理由を入力してください。")
        if (cleaned.get("lift_reason") or cleaned.get("lift_at")) and not cleaned.get("lift"):
            self.add_error("lift", "解除するときは、チェックを入れてください。")
        if problem := moment_problem(cleaned.get("lift_at"), clock.now(), "停止の解除"):
            self.add_error("lift_at", problem)
        return cleaned


class InForceFilter(admin.SimpleListFilter):
    """停止中, 停止予定, 解除済み."""

    title = "状態"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("now", "停止中"), ("ahead", "停止予定"), ("lifted", "解除済み")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        rows: Any = queryset
        asked = {"now": rows.in_force, "ahead": rows.planned, "lifted": rows.over}.get(self.value() or "")
        return asked(clock.now()) if asked else queryset


@admin.register(Suspension)
class SuspensionAdmin(AskFirst, ScopedModelAdmin):
    """Suspensions in scope. They are never deleted, only lifted; a page says whom it hits before either is done."""

    viewers: ClassVar[frozenset[str]] = EVERY_DESK
    adders: ClassVar[frozenset[str]] = THE_MINISTRY
    changers: ClassVar[frozenset[str]] = THE_MINISTRY
    ask_template = "admin/institutions/suspension/ask.html"
    refusals = (Refusal,)
    ended_form = LiftForm
    list_display = ("institution", "code", "suspended_from", "lifted_at")
    list_filter = (InForceFilter,)
    list_select_related = ("institution",)
    search_fields = ("institution__code", "institution__name")
    ordering = ("-suspended_from", "-pk")
    KEPT = ("institution", "code", "reason", "suspended_from", "suspender")
    LIFTED = ("lifted_at", "why_lifted", "lifter")

    @admin.display(description="医療機関コード", ordering="institution__code")
    def code(self, suspension: Suspension) -> str:
        """The institution's code."""
        return suspension.institution.code

    @admin.display(description="停止した人")
    def suspender(self, suspension: Suspension) -> str:
        """Who suspended it, as everybody may read it."""
        return suspension.suspended_by.described() if suspension.suspended_by else UNKNOWN

    @admin.display(description="解除した人")
    def lifter(self, suspension: Suspension) -> str:
        """Who lifted it."""
        return suspension.lifted_by.described() if suspension.lifted_by else UNKNOWN

    @admin.display(description="解除の理由")
    def why_lifted(self, suspension: Suspension) -> str:
        """Why it was lifted."""
        return suspension.lifted_reason or UNKNOWN

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is lifted stays as it is."""
        return super().has_change_permission(request, obj) and (obj is None or obj.lifted_at is None)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("institution", "reason", "suspended_from")
        if self.has_change_permission(request, obj):
            return (*self.KEPT, "lift", "lift_reason", "lift_at")
        return (*self.KEPT, *self.LIFTED) if obj.lifted_at else self.KEPT

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else (*self.KEPT, *self.LIFTED)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["form"] = LiftForm if change else SuspendForm
        return super().get_form(request, obj, change, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The institution's code, from the link on its page."""
        return {"institution": request.GET.get("institution", "")[:10]}

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        help_text = "10桁の数字です。"
        return InstitutionByCodeField(kwargs["queryset"], label="医療機関コード", help_text=help_text)

    def consequences(self, request: HttpRequest, form: Any, formsets: Any, obj: Any) -> dict[str, Any]:
        """Whom it hits: the institution, its people, its requests under review."""
        said = form.cleaned_data
        institution = obj.institution if obj else said["institution"]
        mailed = {address.lower() for address in member_addresses(institution) if address}
        return {
            "title": "要請の停止を解除します" if obj else "要請を停止します",
            "lifting": obj is not None,
            "nothing": obj is not None and not said.get("lift"),
            "institution": institution,
            "reason": said["lift_reason"] if obj else said["reason"],
            "at": said["lift_at"] if obj else said["suspended_from"],
            "before_it_began": obj is not None and obj.suspended_from > clock.now(),
            "mailed": len(mailed),
            "hits": suspension_hits.hits(institution),
        }

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        user: Any = request.user
        said = form.cleaned_data
        if not change:
            starts_at = said["suspended_from"]
            made = Suspension.suspend(user, said["institution"], said["reason"], starts_at=starts_at)
            obj.__dict__.update(made.__dict__)
        elif said.get("lift"):
            lifted = Suspension.objects.get(pk=obj.pk).lift(
                user, said["lift_reason"], ends_at=said["lift_at"]
            )
            obj.__dict__.update(lifted.__dict__)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """What the log says, in words."""
        if not add and form.cleaned_data.get("lift"):
            return f"要請の停止を解除しました。理由：{form.cleaned_data['lift_reason']}"
        return super().construct_change_message(request, form, formsets, add)
