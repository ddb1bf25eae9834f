"""受付: the ministry opens and stops the intake, as a whole and item by item, and sets its rules."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html

from institutions.models import Role
from requests_app.campaign_forms import CampaignForm, CampaignItemForm
from requests_app.models import Campaign, CampaignItem, RuleSettings
from sosportal.lib import clock
from sosportal.lib.admin import ReadOnlyMixin, ScopedInline, ScopedModelAdmin
from surveys.models import Item

MINISTRY = frozenset({Role.MINISTRY.value})


class CampaignItemInline(ScopedInline):
    """The items asked for. An item once named stays; its intake can be stopped."""

    model = CampaignItem
    form = CampaignItemForm
    viewers = adders = changers = MINISTRY
    shared_relations = ("item",)
    verbose_name_plural = "物資ごとの受付"

    def get_extra(self, request: HttpRequest, obj: Campaign | None = None, **kwargs: Any) -> int:
        """As many empty rows as there are items not named yet."""
        named = obj.campaign_items.values("item_id") if obj else CampaignItem.objects.none().values("item_id")
        return Item.objects.asked().exclude(pk__in=named).count()

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """The items are read once for all rows."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "item":
            field.choices = [*iter(field.choices)]
        return field

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return super().get_queryset(request).select_related("item").order_by("item__order")


class RuleSettingsInline(ReadOnlyMixin, ScopedInline):
    """The versions of the rule settings, newest first."""

    model = RuleSettings
    viewers = MINISTRY
    shared_relations = ("created_by",)
    fields = readonly_fields = ("version", *RuleSettings.VALUES, "created_at", "created_by")
    verbose_name_plural = "受付規則の版"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return super().get_queryset(request).select_related("created_by")


@admin.register(Campaign)
class CampaignAdmin(ScopedModelAdmin):
    """受付."""

    viewers = adders = changers = MINISTRY
    all_rows = True
    form = CampaignForm
    inlines: ClassVar[Any] = [CampaignItemInline, RuleSettingsInline]
    list_display = ("name", "state_cell", "opens_at", "closes_at", "items_cell")
    fieldsets: ClassVar[Any] = [
        (None, {"fields": ["name", "opens_at", "closes_at"]}),
        ("画面に表示する文", {"fields": ["notice", "conditions", "terms"]}),
        (
            "受付規則",
            {
                "fields": list(RuleSettings.VALUES),
                "description": "変えて保存すると新しい版になり、次のシステムチェックから使います。前の版も残ります。",
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("campaign_items__item")

    def seen_parts(self, obj: Campaign) -> list[Any]:
        """Also the items with their stops, and the version of the rules in force. Two queries."""
        items = obj.campaign_items.order_by("pk").values_list("pk", "item_id", "stopped_at")
        version = obj.rule_settings.aggregate(version=models.Max("version"))["version"]
        return [[str(value) for row in items for value in row], version]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        form.instance.set_rules(request.user, **form.rules())

    @admin.display(description="いま")
    def state_cell(self, obj: Campaign) -> str:
        now = clock.now()
        if obj.is_open_at(now):
            return "受付中"
        return "受付前" if now < obj.opens_at else "受付停止"

    @admin.display(description="物資")
    def items_cell(self, obj: Campaign) -> str:
        now = clock.now()
        rows = sorted(obj.campaign_items.all(), key=lambda row: row.item.order)
        names = [row.item.label + ("" if row.is_accepted_at(now) else "（停止）") for row in rows]
        return format_html("{}", "、".join(names))
