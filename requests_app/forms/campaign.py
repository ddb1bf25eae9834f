"""The form of a campaign (受付): its own texts and times, and the rule settings that are kept by version."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError

from requests_app.models import Campaign, CampaignItem, RuleSettings, Schedule
from requests_app.models.intake import TEXTS, ScheduleRefused, check_schedule, check_stop
from sosportal.lib import clock
from sosportal.lib.admin_fields import FIELDS

if TYPE_CHECKING:
    CampaignBase = forms.ModelForm[Campaign]
    CampaignItemBase = forms.ModelForm[CampaignItem]
else:
    CampaignBase = CampaignItemBase = forms.ModelForm


def rule_field(name: str) -> Any:
    """The form field of one rule setting, with the admin's widgets."""
    field: Any = RuleSettings._meta.get_field(name)
    if field.choices:
        return field.formfield()
    return field.formfield(**next(FIELDS[kind] for kind in type(field).__mro__ if kind in FIELDS))


def kept(standing: datetime | None, typed: datetime | None) -> Any:
    """`typed`, or what stands when that is the same to the second: the input shows no parts of one."""
    same = standing is not None and typed == standing.replace(microsecond=0)
    return standing if same else typed


class CampaignForm(CampaignBase):
    """A campaign together with its rule settings, which become a new version when they change."""

    survey_valid_days = rule_field("survey_valid_days")
    max_weeks_of_stock = rule_field("max_weeks_of_stock")
    weeks_of_stock_severity = rule_field("weeks_of_stock_severity")
    max_weeks_requested = rule_field("max_weeks_requested")
    weeks_requested_severity = rule_field("weeks_requested_severity")
    pack_severity = rule_field("pack_severity")

    class Meta:
        model = Campaign
        fields = ("name", "opens_at", "closes_at", "notice", "conditions", "terms")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        old = self.instance
        self.standing = Schedule(old.opens_at, old.closes_at) if old.pk else None
        standing = self.instance.rule_settings.order_by("-version").first() if self.instance.pk else None
        for name, value in (standing or RuleSettings()).values().items():
            self.initial.setdefault(name, value)

    def clean(self) -> dict[str, Any]:
        """Times in their order; the rule settings by the rules of their own table."""
        cleaned = super().clean() or self.cleaned_data
        opens_at, closes_at = cleaned.get("opens_at"), cleaned.get("closes_at")
        if opens_at and "closes_at" in cleaned:
            # Before the table's constraints are asked: PostgreSQL can't make a range that ends before it begins.
            old = self.standing
            cleaned["opens_at"] = opens_at = kept(old.opens_at if old else None, opens_at)
            cleaned["closes_at"] = closes_at = kept(old.closes_at if old else None, closes_at)
            try:
                check_schedule(old, Schedule(opens_at, closes_at), clock.now())
            except ScheduleRefused as refused:
                self.add_error(refused.field, refused.message)
        values = {name: cleaned[name] for name in RuleSettings.VALUES if name in cleaned}
        others = {field.name for field in RuleSettings._meta.fields} - set(values)
        try:
            RuleSettings(**values).clean_fields(exclude=others)
        except ValidationError as problem:
            self.add_error(None, problem)
        return cleaned

    def texts(self) -> dict[str, str]:
        """The texts that were entered. Only of a valid form."""
        return {name: self.cleaned_data[name] for name in TEXTS}

    def rules(self) -> dict[str, Any]:
        """The rule settings that were entered. Only of a valid form."""
        return {name: self.cleaned_data[name] for name in RuleSettings.VALUES}


class CampaignItemForm(CampaignItemBase):
    """An item of a campaign. Which item it is stays as it was first saved; that it is stopped can change."""

    class Meta:
        model = CampaignItem
        fields = ("item", "stopped_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.standing = self.instance.stopped_at
        if self.instance.pk:
            self.fields["item"].disabled = True

    def clean(self) -> dict[str, Any]:
        """No stop in the past, unless it stands already."""
        cleaned = super().clean() or self.cleaned_data
        cleaned["stopped_at"] = kept(self.standing, cleaned.get("stopped_at"))
        try:
            check_stop("stopped_at", self.standing, cleaned.get("stopped_at"), clock.now())
        except ScheduleRefused as refused:
            self.add_error(refused.field, refused.message)
        return cleaned
