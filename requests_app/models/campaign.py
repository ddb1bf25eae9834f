"""The intake: what the ministry asks for, from when to when, under which rules."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import F

from institutions.models import User
from requests_app import permissions
from requests_app.models.intake import IntakeVerbs, Texts
from requests_app.rules.system_check import Rules, Severity
from sosportal.lib import clock
from sosportal.lib.audit.tracking import track
from sosportal.lib.prepared import Prepared
from surveys.models import Item
from surveys.models.round import TsTzRange


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def open_at(self, now: datetime) -> CampaignQuerySet:
        """The campaign that takes requests at `now` (aware): at most one, the table's constraint sees to it."""
        return self.filter(opens_at__lte=now).filter(
            models.Q(closes_at__isnull=True) | models.Q(closes_at__gt=now)
        )


@track()
class Campaign(IntakeVerbs, Texts):
    """One intake (受付). Its texts are the ministry's own; they and its rule settings are kept by version."""

    name = models.CharField("名称", max_length=100)
    opens_at = models.DateTimeField("受付開始")
    closes_at = models.DateTimeField(
        "受付停止", null=True, blank=True, help_text="空欄のあいだは受付を続けます。"
    )
    text_version = models.PositiveIntegerField("文の版", default=1, editable=False)
    items: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        Item, through="CampaignItem", verbose_name="物資", related_name="campaigns"
    )

    objects: ClassVar[CampaignQuerySet] = CampaignQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "受付"
        verbose_name_plural = "受付"
        ordering = ["-opens_at"]
        constraints = [
            models.CheckConstraint(
                name="campaign_closes_after_opening",
                condition=models.Q(closes_at__isnull=True) | models.Q(closes_at__gt=F("opens_at")),
                violation_error_message="受付停止は、受付開始よりあとの日時にしてください。",
            ),
            ExclusionConstraint(
                name="campaign_no_overlap",
                expressions=[(TsTzRange("opens_at", "closes_at", RangeBoundary()), RangeOperators.OVERLAPS)],
                violation_error_message="ほかの受付と期間が重なっています。",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def text_mark(self) -> str:
        """Which texts people are shown: the campaign's, in which version."""
        return f"{self.pk}:{self.text_version}"

    def is_open_at(self, now: datetime) -> bool:
        """Opened and not yet closed at `now` (aware)."""
        return self.opens_at <= now and (self.closes_at is None or now < self.closes_at)

    @classmethod
    def open(cls, now: datetime) -> Campaign | None:
        """The campaign that takes requests at `now` (aware), if there is one. One query."""
        return OPEN_AT.first(now=now)

    def accepted_items(self, now: datetime) -> frozenset[int]:
        """Ids of the items that are not stopped at `now` (aware). One query."""
        stops = STOPS.rows(campaign_id=self.pk)
        return frozenset(item_id for item_id, stopped_at in stops if stopped_at is None or now < stopped_at)

    def current_settings(self) -> RuleSettings:
        """The rule settings in force. One query. Raises RuleSettings.DoesNotExist before the first version."""
        settings = SETTINGS.first(campaign_id=self.pk)
        if settings is None:
            raise RuleSettings.DoesNotExist
        return settings

    def set_rules(self, actor: User, now: datetime | None = None, **values: Any) -> RuleSettings:
        """Put rule settings in force as a new version, unless they are what stands already.

        `values` are the fields of RuleSettings. Raises NotPermitted unless the actor is the ministry's. Locks the
        actor's row and the campaign's.
        """
        with transaction.atomic():
            permissions.check_run_campaigns(actor.held())
            Campaign.objects.select_for_update(no_key=True).get(pk=self.pk)
            standing = self.rule_settings.order_by("-version").first()
            new = RuleSettings(
                campaign=self,
                version=(standing.version if standing else 0) + 1,
                created_at=now or clock.now(),
                created_by=actor,
                **values,
            )
            if standing and standing.values() == new.values():
                return standing
            new.full_clean()
            new.save(force_insert=True)
        return new


@track()
class CampaignItem(models.Model):
    """An item that a campaign asks for; the ministry can stop it by itself."""

    campaign = models.ForeignKey(
        Campaign, verbose_name="受付", on_delete=models.PROTECT, related_name="campaign_items"
    )
    item = models.ForeignKey(
        Item, verbose_name="物資", on_delete=models.PROTECT, related_name="campaign_items"
    )
    stopped_at = models.DateTimeField("この物資の受付停止", null=True, blank=True)

    class Meta:
        verbose_name = "受付の物資"
        verbose_name_plural = "受付の物資"
        constraints = [models.UniqueConstraint(fields=["campaign", "item"], name="campaign_item_once")]

    def __str__(self) -> str:
        return str(self.item)

    def is_accepted_at(self, now: datetime) -> bool:
        """Not stopped at `now` (aware); whether the campaign is open is another question."""
        return self.stopped_at is None or now < self.stopped_at


SEVERITIES = [(Severity.ERROR.value, "エラー有りにする"), (Severity.WARNING.value, "注意だけ表示する")]


class RuleSettings(models.Model):
    """The figures of the system check, by version; never changed, so that every check stays answerable."""

    campaign = models.ForeignKey(
        Campaign, verbose_name="受付", on_delete=models.PROTECT, related_name="rule_settings"
    )
    version = models.PositiveIntegerField("版")
    survey_valid_days = models.PositiveSmallIntegerField(
        "調査の回答が有効な日数", default=7, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    max_weeks_of_stock = models.DecimalField(
        "備蓄の上限（週分）",
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text="備蓄がこの週分より少ないときに要請できます。空欄なら調べません。",
    )
    weeks_of_stock_severity = models.CharField(
        "備蓄の上限以上のとき", max_length=10, choices=SEVERITIES, default=Severity.ERROR.value
    )
    max_weeks_requested = models.DecimalField(
        "要請数量の上限（週分）",
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text="1週間の想定消費量の何倍まで要請できるか。空欄なら調べません。",
    )
    weeks_requested_severity = models.CharField(
        "要請数量の上限を超えるとき", max_length=10, choices=SEVERITIES, default=Severity.WARNING.value
    )
    pack_severity = models.CharField(
        "箱の単位になっていないとき", max_length=10, choices=SEVERITIES, default=Severity.WARNING.value
    )
    created_at = models.DateTimeField("設定日時")
    created_by = models.ForeignKey(User, verbose_name="設定者", on_delete=models.PROTECT, related_name="+")

    VALUES = (
        "survey_valid_days",
        "max_weeks_of_stock",
        "weeks_of_stock_severity",
        "max_weeks_requested",
        "weeks_requested_severity",
        "pack_severity",
    )

    class Meta:
        verbose_name = "受付規則"
        verbose_name_plural = "受付規則"
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "version"], name="rule_settings_version_once")
        ]

    def __str__(self) -> str:
        return f"受付規則 第{self.version}版"

    def values(self) -> dict[str, Any]:
        """The settings themselves, without version, time and person."""
        return {name: getattr(self, name) for name in self.VALUES}

    def as_rules(self) -> Rules:
        """The settings as the pure rules take them."""
        return Rules(
            version=self.version,
            survey_valid_days=self.survey_valid_days,
            max_weeks_of_stock=self.max_weeks_of_stock,
            weeks_of_stock_severity=Severity(self.weeks_of_stock_severity),
            max_weeks_requested=self.max_weeks_requested,
            weeks_requested_severity=Severity(self.weeks_requested_severity),
            pack_severity=Severity(self.pack_severity),
        )


# --- What every form and every check asks ---------------------------------------------------------------------------

OPEN_AT: Prepared[Campaign] = Prepared(lambda now: Campaign.objects.open_at(now)[:1])
STOPS: Prepared[CampaignItem] = Prepared(
    lambda campaign_id: CampaignItem.objects.filter(campaign_id=campaign_id).values_list(
        "item_id", "stopped_at"
    )
)
SETTINGS: Prepared[RuleSettings] = Prepared(
    lambda campaign_id: RuleSettings.objects.filter(campaign_id=campaign_id).order_by("-version")[:1]
)
