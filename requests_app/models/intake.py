"""The verbs of a campaign, and its texts by version: what an institution agreed to stays answerable for ever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models, transaction

from institutions.models import User
from requests_app import permissions
from requests_app.exceptions import Refusal
from sosportal.lib import clock
from sosportal.lib.jinja import jst_short

if TYPE_CHECKING:
    from requests_app.models.campaign import Campaign, CampaignItem

TEXTS = ("notice", "conditions", "terms")


class ScheduleRefused(Refusal):
    """A moment of the intake that makes no sense; `field` is where it was entered."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Schedule:
    """From when to when requests are taken (aware); no end while it is not known."""

    opens_at: datetime
    closes_at: datetime | None = None


def check_schedule(standing: Schedule | None, wanted: Schedule, now: datetime) -> None:
    """Raises ScheduleRefused: a stop before the opening, a stop in the past, an opening moved after it began.

    `standing` is what is in force, None for a new campaign. What stays as it is may lie in the past.
    """
    if wanted.closes_at is not None and wanted.closes_at <= wanted.opens_at:
        raise ScheduleRefused("closes_at", "受付停止は、受付開始よりあとの日時にしてください。")
    if standing is None or wanted.closes_at != standing.closes_at:
        check_stop("closes_at", None, wanted.closes_at, now)
    if standing is not None and wanted.opens_at != standing.opens_at:
        if standing.opens_at <= now:
            raise ScheduleRefused("opens_at", "受付が始まったあとは、受付開始を変えられません。")
        if wanted.opens_at < now:
            problem = f"受付開始は、いま（{jst_short(now)}）よりあとの日時にしてください。"
            raise ScheduleRefused("opens_at", problem)


def check_stop(field: str, standing: datetime | None, wanted: datetime | None, now: datetime) -> None:
    """Raises ScheduleRefused for a new stop that lies in the past: what was applied for since would be in doubt."""
    if wanted is not None and wanted != standing and wanted < now.replace(second=0, microsecond=0):
        raise ScheduleRefused(field, f"停止は、いま（{jst_short(now)}）よりあとの日時にしてください。")


class Texts(models.Model):
    """What institutions read and agree to: one version of it."""

    notice = models.TextField("お知らせ文", help_text="要請の一覧と要請の画面のはじめに表示します。")
    conditions = models.TextField("緊急配布条件", help_text="1行に1つ。①②…の番号は自動で付きます。")
    terms = models.TextField(
        "同意事項",
        help_text="見出しの行と本文の行を続けて書き、次の事項との間を1行空けます。番号は自動で付きます。",
    )

    class Meta:
        abstract = True

    @property
    def condition_lines(self) -> list[str]:
        """The conditions, one a line."""
        return [line.strip() for line in self.conditions.splitlines() if line.strip()]

    @property
    def term_paragraphs(self) -> list[tuple[str, str]]:
        """The terms as (heading, text) pairs."""
        blocks = [block.strip().splitlines() for block in self.terms.replace("\r\n", "\n").split("\n\n")]
        return [(lines[0].strip(), " ".join(line.strip() for line in lines[1:])) for lines in blocks if lines]

    def texts(self) -> dict[str, str]:
        """The texts themselves, by name."""
        return {name: getattr(self, name) for name in TEXTS}


class CampaignText(Texts):
    """One version of a campaign's texts; never changed. Without `created_by`: from before they were kept by version."""

    campaign = models.ForeignKey(
        "requests_app.Campaign", verbose_name="受付", on_delete=models.PROTECT, related_name="text_versions"
    )
    version = models.PositiveIntegerField("版")
    created_at = models.DateTimeField("日時")
    created_by = models.ForeignKey(
        User, verbose_name="変更した人", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = "受付の文"
        verbose_name_plural = "受付の文"
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "version"], name="campaign_text_version_once")
        ]

    def __str__(self) -> str:
        return f"受付の文 第{self.version}版"


class IntakeVerbs(models.Model):
    """The verbs. Each is the ministry's alone (NotPermitted), locks the actor's row and the campaign's, and takes `now`
    (aware; left out, the server's clock under the lock). What is asked for and stands already is no change."""

    class Meta:
        abstract = True

    @classmethod
    def open_intake(
        cls,
        actor: User,
        *,
        name: str,
        schedule: Schedule,
        texts: Mapping[str, str],
        items: Mapping[int, datetime | None],
        rules: Mapping[str, Any],
        now: datetime | None = None,
    ) -> Campaign:
        """A new campaign with its first texts and rules, for these items (id → when its intake stops, None: with the
        whole). Raises ScheduleRefused; IntegrityError when it overlaps another campaign."""
        from requests_app.models.campaign import Campaign, CampaignItem

        with transaction.atomic():
            permissions.check_run_campaigns(actor.held())
            moment = now or clock.now()
            check_schedule(None, schedule, moment)
            made = Campaign(
                name=name, opens_at=schedule.opens_at, closes_at=schedule.closes_at, **dict(texts)
            )
            made.save(force_insert=True)
            _keep_texts(made, actor, moment)
            for item_id, stopped_at in items.items():
                CampaignItem.objects.create(campaign=made, item_id=item_id, stopped_at=stopped_at)
            made.set_rules(actor, now=moment, **rules)
        return made

    def reschedule(
        self, actor: User, *, name: str, schedule: Schedule, now: datetime | None = None
    ) -> Campaign:
        """Another name, another opening or stop; a stop that has passed and is taken away opens the intake again.

        Raises ScheduleRefused; IntegrityError when it overlaps another campaign. Returns the row as it then stands.
        """
        with transaction.atomic():
            row, moment = _locked(self, actor), now or clock.now()
            check_schedule(Schedule(row.opens_at, row.closes_at), schedule, moment)
            row.name, row.opens_at, row.closes_at = name, schedule.opens_at, schedule.closes_at
            row.save(update_fields=["name", "opens_at", "closes_at"])
        return row

    def change_texts(
        self, actor: User, texts: Mapping[str, str], *, now: datetime | None = None
    ) -> CampaignText | None:
        """Put notice, conditions and terms in force as a new version; None when they are what stands already."""
        with transaction.atomic():
            row, moment = _locked(self, actor), now or clock.now()
            if row.texts() == dict(texts):
                return None
            for field in TEXTS:
                setattr(row, field, texts[field])
            row.text_version += 1
            row.save(update_fields=[*TEXTS, "text_version"])
            return _keep_texts(row, actor, moment)

    def take_item(
        self, actor: User, item_id: int, *, until: datetime | None = None, now: datetime | None = None
    ) -> None:
        """Take requests for one more item, or for one that was stopped, until `until` (aware; None: with the whole).

        Raises ScheduleRefused for an end in the past.
        """
        from requests_app.models.campaign import CampaignItem

        with transaction.atomic():
            row, moment = _locked(self, actor), now or clock.now()
            held: CampaignItem | None = row.campaign_items.filter(item_id=item_id).first()
            check_stop("stopped_at", held.stopped_at if held else None, until, moment)
            if held is None:
                CampaignItem.objects.create(campaign=row, item_id=item_id, stopped_at=until)
            elif held.stopped_at != until:
                held.stopped_at = until
                held.save(update_fields=["stopped_at"])


def _locked(campaign: IntakeVerbs, actor: User) -> Campaign:
    from requests_app.models.campaign import Campaign

    permissions.check_run_campaigns(actor.held())
    return Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)


def _keep_texts(campaign: Campaign, actor: User, moment: datetime) -> CampaignText:
    kept = CampaignText(
        campaign=campaign,
        version=campaign.text_version,
        created_at=moment,
        created_by=actor,
        **campaign.texts(),
    )
    kept.save(force_insert=True)
    return kept
