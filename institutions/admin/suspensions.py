"""Suspending an institution from requesting, and lifting it: the ministry's, each with a reason."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest

from institutions.admin.fields import InstitutionByCodeField, PageForm
from institutions.models import Institution, Role, Suspension
from institutions.permissions import check_suspend
from sosportal.lib import clock
from sosportal.lib.admin import ScopedModelAdmin
from sosportal.lib.forms import TextField


class SuspendForm(PageForm):
    """Whom, and why. It begins when it is saved."""

    def clean_institution(self) -> Institution:
        """Raises ValidationError for an institution that is suspended already. Locks the institution's row."""
        institution: Institution = self.cleaned_data["institution"]
        Institution.objects.select_for_update(no_key=True).get(pk=institution.pk)
        if institution.suspension_at(clock.now()) is not None:
            raise ValidationError("この医療機関の要請は、すでに停止しています。")
        return institution


class LiftForm(PageForm):
    """Lifting a suspension. The reason is kept in the history."""

    lift = forms.BooleanField(label="停止を解除する", required=False)
    lift_reason = TextField(label="解除の理由", required=False, max_length=1000)

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError when one of the two is missing."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("lift") and not cleaned.get("lift_reason"):
            self.add_error("lift_reason", "解除の理由を入力してください。")
        if cleaned.get("lift_reason") and not cleaned.get("lift"):
            self.add_error("lift", "解除するときは、チェックを入れてください。")
        return cleaned


class InForceFilter(admin.SimpleListFilter):
    """停止中, 解除済み."""

    title = "状態"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("now", "停止中"), ("lifted", "解除済み")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        rows: Any = queryset
        if self.value() == "now":
            return rows.in_force(clock.now())  # type: ignore[no-any-return]
        if self.value() == "lifted":
            return queryset.filter(lifted_at__lte=clock.now())
        return queryset


@admin.register(Suspension)
class SuspensionAdmin(ScopedModelAdmin):
    """Suspensions in scope. They are never deleted, only lifted."""

    viewers: ClassVar[frozenset[str]] = frozenset({Role.PREFECTURE, Role.MINISTRY, Role.OPERATOR})
    adders: ClassVar[frozenset[str]] = frozenset({Role.MINISTRY})
    changers: ClassVar[frozenset[str]] = frozenset({Role.MINISTRY})
    list_display = ("institution", "code", "suspended_from", "lifted_at")
    list_filter = (InForceFilter,)
    list_select_related = ("institution",)
    search_fields = ("institution__code", "institution__name")
    ordering = ("-suspended_from",)
    KEPT = ("institution", "code", "reason", "suspended_from", "lifted_at")

    @admin.display(description="医療機関コード", ordering="institution__code")
    def code(self, suspension: Suspension) -> str:
        """The institution's code."""
        return suspension.institution.code

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is lifted stays as it is."""
        return super().has_change_permission(request, obj) and (obj is None or obj.lifted_at is None)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("institution", "reason")
        lifting = ("lift", "lift_reason") if self.has_change_permission(request, obj) else ()
        return (*self.KEPT, *lifting)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else self.KEPT

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["form"] = LiftForm if change else SuspendForm
        return super().get_form(request, obj, change, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The institution's code, from the link on its page."""
        return {"institution": request.GET.get("institution", "")[:10]}

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        help_text = "10桁の数字です。"
        return InstitutionByCodeField(kwargs["queryset"], label="医療機関コード", help_text=help_text)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        check_suspend(request.user)
        if not change:
            obj.suspended_from = clock.now()
        elif form.cleaned_data.get("lift"):
            obj.lifted_at = clock.now()
        super().save_model(request, obj, form, change)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """What the history keeps: the reason for lifting is nowhere else."""
        if not add and form.cleaned_data.get("lift"):
            return f"要請の停止を解除しました。理由：{form.cleaned_data['lift_reason']}"
        return super().construct_change_message(request, form, formsets, add)
