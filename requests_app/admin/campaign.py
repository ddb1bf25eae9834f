"""受付: the ministry opens and stops the intake, as a whole and item by item, and sets its texts and rules.

The form only reads; a page shows what changes, what that means and how institutions will see it; the verbs do it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html

from institutions.permissions import THE_MINISTRY
from requests_app.exceptions import Refusal
from requests_app.forms.campaign import CampaignForm, CampaignItemForm
from requests_app.models import Campaign, CampaignItem, RuleSettings, Schedule
from requests_app.presenters import intake
from requests_app.queries.campaign import judged_differently
from requests_app.queries.intake import Intake, ItemStop
from sosportal.lib import clock
from sosportal.lib.admin import ScopedInline, ScopedModelAdmin
from sosportal.lib.asking import AskFirst
from sosportal.lib.jinja import jst_short
from surveys.models import Item

TEMPLATES = "admin/requests_app/campaign"


class CampaignItemInline(ScopedInline):
    """The items asked for. An item once named stays; its intake can be stopped."""

    model = CampaignItem
    form = CampaignItemForm
    viewers = adders = changers = THE_MINISTRY
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


@admin.register(Campaign)
class CampaignAdmin(AskFirst, ScopedModelAdmin):
    """受付."""

    viewers = adders = changers = THE_MINISTRY
    all_rows = True
    form = CampaignForm
    ask_template = f"{TEMPLATES}/ask.html"
    refusals = (Refusal,)
    inlines: ClassVar[Any] = [CampaignItemInline]
    list_display = ("name", "state_cell", "opens_at", "closes_at", "items_cell")
    fieldsets: ClassVar[Any] = [
        (None, {"fields": ["name", "opens_at", "closes_at"]}),
        (
            "画面に表示する文",
            {
                "fields": ["notice", "conditions", "terms"],
                "description": "変えて保存すると新しい版になります。申請した要請には、申請したときの版が残ります。",
            },
        ),
        (
            "受付規則",
            {
                "fields": list(RuleSettings.VALUES),
                "description": "変えて保存すると新しい版になり、次のシステムチェックから使います。前の版も残ります。",
            },
        ),
    ]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.versions_view)
        name = "requests_app_campaign_versions"
        return [path("<int:object_id>/versions/", view, name=name), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("campaign_items__item")

    def seen_parts(self, obj: Campaign) -> list[Any]:
        """Also the items with their stops, and the version of the rules in force. Two queries."""
        version = obj.rule_settings.aggregate(version=models.Max("version"))["version"]
        return [*super().seen_parts(obj), version]

    # --- before it is saved ---------------------------------------------------------------------------------------

    def consequences(
        self, request: HttpRequest, form: Any, formsets: Sequence[Any], obj: Campaign | None
    ) -> dict[str, Any]:
        """What changes, what it means, and how institutions will see it."""
        now, said = clock.now(), form.cleaned_data
        standing = obj.rule_settings.order_by("-version").first() if obj else None
        rules = RuleSettings(version=(standing.version if standing else 0) + 1, **form.rules())
        changes = [
            *intake.schedule_changes(obj, said["name"], said["opens_at"], said["closes_at"], now),
            *intake.item_changes(items_of(obj), wanted_items(formsets), item_names(formsets), now),
        ]
        rule_changes = intake.rule_changes(standing, rules)
        texts = intake.text_changes(obj, form.texts())
        return {
            "title": "受付の変更を確かめる" if obj else "新しい受付を確かめる",
            "changes": changes,
            "rule_changes": rule_changes,
            "texts": texts,
            "new_version": rules.version,
            "judged": judged_differently(obj, rules, now) if obj and rule_changes else None,
            "nothing": not changes and not rule_changes and not texts,
            "shown": as_institutions_see(form, formsets, now),
        }

    # --- saving ---------------------------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """With the items and the rules, in `save_related`: the verbs take them together."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Call the verbs, each of which leaves alone what stands already."""
        user: Any = request.user
        said, now = form.cleaned_data, clock.now()
        schedule = Schedule(said["opens_at"], said["closes_at"])
        wanted = wanted_items(formsets)
        if not change:
            made = Campaign.open_intake(
                user,
                name=said["name"],
                schedule=schedule,
                texts=form.texts(),
                items=wanted,
                rules=form.rules(),
                now=now,
            )
            form.instance.pk = made.pk
            return
        campaign = Campaign.objects.get(pk=form.instance.pk)
        campaign.reschedule(user, name=said["name"], schedule=schedule, now=now)
        campaign.change_texts(user, form.texts(), now=now)
        for item_id, stopped_at in wanted.items():
            campaign.take_item(user, item_id, until=stopped_at, now=now)
        campaign.set_rules(user, now=now, **form.rules())

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Which fields; what they held stands in the versions and in the change history."""
        changed = "、".join(str(form.fields[name].label) for name in form.changed_data if name in form.fields)
        return f"受付を{'追加' if add else '変更'}しました。{changed}"

    # --- the versions ---------------------------------------------------------------------------------------------

    def versions_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Every version of the texts and of the rules, by whom and when, and the difference between any two."""
        campaign: Campaign = self.find_or_404(request, str(object_id))
        texts = list(campaign.text_versions.select_related("created_by__prefecture"))
        rules = list(campaign.rule_settings.select_related("created_by__prefecture"))
        text_pair, rule_pair = pair(request, texts, "texts"), pair(request, rules, "rules")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": campaign,
            "title": "文と受付規則の版",
            "texts": texts,
            "rules": rules,
            "text_pair": text_pair,
            "rule_pair": rule_pair,
            "text_changes": intake.text_changes(text_pair[0], text_pair[1].texts()) if text_pair else [],
            "rule_changes": intake.rule_changes(*rule_pair) if rule_pair else [],
        }
        return TemplateResponse(request, f"{TEMPLATES}/versions.html", context)

    # --- the list -------------------------------------------------------------------------------------------------

    @admin.display(description="いま")
    def state_cell(self, obj: Campaign) -> str:
        now = clock.now()
        if obj.is_open_at(now):
            return f"受付中（{jst_short(obj.closes_at)}まで）" if obj.closes_at else "受付中"
        return f"{jst_short(obj.opens_at)}から受付" if now < obj.opens_at else "受付停止"

    @admin.display(description="物資")
    def items_cell(self, obj: Campaign) -> str:
        now = clock.now()
        rows = sorted(obj.campaign_items.all(), key=lambda row: row.item.order)
        return format_html("{}", "、".join(row.item.label + stop_note(row, now) for row in rows))


def stop_note(row: CampaignItem, now: datetime) -> str:
    """Behind the item's name: that its intake is stopped, or when it will be."""
    if row.stopped_at is None:
        return ""
    return f"（{jst_short(row.stopped_at)}まで）" if row.is_accepted_at(now) else "（停止）"


def items_of(campaign: Campaign | None) -> dict[int, datetime | None]:
    """The items of a campaign by id, with when their intake stops. One query."""
    return dict(campaign.campaign_items.values_list("item_id", "stopped_at")) if campaign else {}


def _rows(formsets: Sequence[Any]) -> list[dict[str, Any]]:
    said = [form.cleaned_data for formset in formsets for form in formset.forms]
    return [row for row in said if row.get("item")]


def wanted_items(formsets: Sequence[Any]) -> dict[int, datetime | None]:
    """What was entered for each item, by id."""
    return {row["item"].pk: row.get("stopped_at") for row in _rows(formsets)}


def item_names(formsets: Sequence[Any]) -> dict[int, str]:
    """The labels of the items that were entered, by id."""
    return {row["item"].pk: row["item"].label for row in _rows(formsets)}


def as_institutions_see(form: Any, formsets: Sequence[Any], now: datetime) -> str:
    """The same parts of the same templates as on the institutions' pages, from what was typed."""
    said, names = form.cleaned_data, item_names(formsets)
    campaign = Campaign(
        name=said["name"], opens_at=said["opens_at"], closes_at=said["closes_at"], **form.texts()
    )
    stops = [
        ItemStop(pk, names[pk], at)
        for pk, at in wanted_items(formsets).items()
        if at is not None and at > now
    ]
    context = {
        "intake": Intake(campaign.notice, campaign.closes_at, campaign.opens_at),
        "campaign": campaign,
        "stops": stops,
        "texts": campaign,
    }
    return render_to_string("requests/_preview.html", context, using="jinja2")


def pair(request: HttpRequest, versions: Sequence[Any], name: str) -> tuple[Any, Any] | None:
    """The two versions to be compared, the older first: those asked for, else the last two; None with only one."""
    by_number = {str(each.version): each for each in versions}
    asked = [
        by_number[text] for key in ("a", "b") if (text := request.GET.get(f"{name}_{key}", "")) in by_number
    ]
    if len(asked) < 2:
        asked = list(versions[:2])
    if len(asked) < 2:
        return None
    older, newer = sorted(asked, key=lambda each: each.version)
    return older, newer
