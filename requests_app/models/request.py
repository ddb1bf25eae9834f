"""The SOS request, its lines, and the verbs that change them.

No other code writes a request: querysets and `save()` refuse, the database refuses states that can't be.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from institutions.models import Institution, Prefecture, Role, User
from requests_app.exceptions import StatusWriteRefused
from requests_app.models.campaign import Campaign
from requests_app.models.delivering import Delivering
from requests_app.models.event import STATUS_CHOICES, RequestEvent, RequestEventQuerySet
from requests_app.models.talking import Talking
from requests_app.models.verbs import Verbs
from requests_app.models.withdrawing import STANDING, WITHDRAWN, Withdrawing
from requests_app.rules.transitions import BY_PROXY, Status
from sosportal.lib import clock
from sosportal.lib.audit.tracking import ITS_OWN, track
from surveys.models import Item

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


UNDER_REVIEW = models.Q(status=Status.UNDER_REVIEW.value) & STANDING
NEWEST_FIRST = (models.F("submitted_at").desc(nulls_last=True), models.F("id").desc())
"""The order of the officers' queue: total, so that a page never repeats or leaves out a row."""


FILTERED_BY = (
    *("confirmed_at", "confirmed_before", "telephoned_at", "handled_from", "cutoff_at", "least_weeks"),
    "item_ids",
)


@dataclass(frozen=True)
class Content:
    """What an institution writes into a request.

    `lines` maps the ids of the ticked items to the quantity in the item's unit, None where it is still blank.
    """

    confirmed_terms: bool = False
    lines: Mapping[int, int | None] = field(default_factory=dict)
    opinion: str = ""

    def to_json(self) -> dict[str, Any]:
        """As event rows keep it."""
        return {
            "confirmed_terms": self.confirmed_terms,
            "lines": {str(item_id): quantity for item_id, quantity in sorted(self.lines.items())},
            "opinion": self.opinion,
        }


class SosRequestQuerySet(models.QuerySet["SosRequest"]):
    def visible_to(self, user: User | AnonymousUser) -> SosRequestQuerySet:
        """The requests `user` may see (domain, "People"): members their institutions', officers their prefecture's, the
        ministry all, operators none."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.role == Role.MINISTRY:
            return self
        if user.role == Role.PREFECTURE:
            return self.filter(prefecture_id=user.prefecture_id)
        if user.role == Role.INSTITUTION:
            # In their order: a set of many stands in another with each statement that is prepared from it.
            return self.filter(institution_id__in=list(user.own_institutions))
        return self.none()

    def standing(self) -> SosRequestQuerySet:
        """Without those that were withdrawn (取下げ)."""
        return self.filter(STANDING)

    def followed_by(self, user: User | AnonymousUser) -> SosRequestQuerySet:
        """フォロー中: those the user follows; narrow `visible_to` by it, following gives no right to see."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(follows__user_id=user.pk)

    def locked(self) -> SosRequestQuerySet:
        """The rows under `FOR NO KEY UPDATE`: the one place where a verb locks. Many are locked in the order of their
        ids, and after their institution where that is held too."""
        return self.select_for_update(of=("self",), no_key=True)

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise StatusWriteRefused("Requests change by their verbs alone.")

    update = _refuse
    delete = _refuse
    bulk_create = _refuse
    bulk_update = _refuse
    update_or_create = _refuse
    get_or_create = _refuse
    create = _refuse


# What the queue filters by says nothing that the rest, the lines and the events don't say.
DERIVED = ("prefecture", "item_ids", "confirmed_before", "telephoned_at", "least_weeks")


@track(exclude=["revision", "created_at", "updated_at", *DERIVED], institution=ITS_OWN)
class SosRequest(Verbs, Talking, Delivering, Withdrawing):
    """One emergency distribution request (緊急配布要請), from draft to acceptance.

    `version` counts the institution's contents (第2版); `revision` counts everything an officer must have seen.
    What the queue filters by stands in the row itself, each column with an index: a join can't be walked in order.
    """

    number = models.CharField("要請番号", max_length=12, unique=True)
    title = models.CharField("タイトル", max_length=240)
    institution = models.ForeignKey(
        Institution, verbose_name="医療機関", on_delete=models.PROTECT, related_name="requests"
    )
    # The institution's, always: a trigger sees to it, also when the institution moves.
    prefecture = models.ForeignKey(
        Prefecture,
        verbose_name="都道府県",
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        db_index=False,
    )
    campaign = models.ForeignKey(
        Campaign,
        verbose_name="受付",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="requests",
    )
    status = models.CharField(
        "対応ステータス", max_length=20, choices=STATUS_CHOICES, default=Status.DRAFT.value
    )
    version = models.PositiveIntegerField("版", default=1)
    revision = models.PositiveIntegerField("改訂", default=1)
    confirmed_terms = models.BooleanField("緊急配布条件の確認", default=False)
    opinion = models.TextField("不足状況、ご意見", blank=True)
    item_ids = ArrayField(models.BigIntegerField(), verbose_name="物資", default=list, editable=False)
    prefecture_note = models.TextField("都道府県入力欄", blank=True)

    created_at = models.DateTimeField("作成日時")
    created_by = models.ForeignKey(User, verbose_name="作成者", on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField("更新日時")
    submitted_at = models.DateTimeField("申請日時", null=True, blank=True)
    submitted_by = models.ForeignKey(
        User, verbose_name="申請者", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    cutoff_at = models.DateTimeField("締切", null=True, blank=True)
    handled_from = models.DateField("対応開始日", null=True, blank=True)
    confirmed_at = models.DateTimeField("都道府県の確認", null=True, blank=True)
    confirmed_by = models.ForeignKey(
        User, verbose_name="確認者", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Whether the prefecture ever confirmed it; with no confirmation standing, an edit has withdrawn it.
    confirmed_before = models.BooleanField("確認したことがある", default=False, editable=False)
    telephoned_at = models.DateTimeField("最後の電話確認", null=True, blank=True, editable=False)
    # As the last check judged it; cut off to hundredths, so that no limit is reached by rounding.
    least_weeks = models.DecimalField(
        "備蓄の週分（いちばん少ない物資）",
        max_digits=11,
        decimal_places=2,
        null=True,
        blank=True,
        editable=False,
    )
    accepted_at = models.DateTimeField("受付日時", null=True, blank=True)
    accepted_by = models.ForeignKey(
        User, verbose_name="受付者", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects: ClassVar[SosRequestQuerySet] = SosRequestQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "緊急配布要請"
        verbose_name_plural = "緊急配布要請"
        indexes = [
            models.Index(fields=["institution", "-created_at"], name="request_of_institution"),
            models.Index(fields=["-created_at"], name="request_created"),
            # The queue's lists in their order: of the country and of a prefecture, in one status and in all.
            models.Index("status", *NEWEST_FIRST, name="request_by_status"),
            models.Index("status", "prefecture", *NEWEST_FIRST, name="request_by_status_there"),
            models.Index(*NEWEST_FIRST, name="request_newest"),
            models.Index("prefecture", *NEWEST_FIRST, name="request_newest_there"),
            # Those under review with all that they are filtered by, so that no filter reads the rows themselves.
            models.Index(
                *NEWEST_FIRST,
                name="request_waits",
                condition=UNDER_REVIEW,
                include=(*FILTERED_BY, "prefecture"),
            ),
            models.Index(
                "prefecture",
                *NEWEST_FIRST,
                name="request_waits_there",
                condition=UNDER_REVIEW,
                include=FILTERED_BY,
            ),
            # What few of those under review have in common.
            models.Index("least_weeks", *NEWEST_FIRST, name="request_least_weeks", condition=UNDER_REVIEW),
            models.Index(
                "prefecture",
                "least_weeks",
                *NEWEST_FIRST,
                name="request_least_weeks_there",
                condition=UNDER_REVIEW,
            ),
            models.Index(
                "prefecture",
                "handled_from",
                name="request_not_confirmed",
                condition=UNDER_REVIEW & models.Q(confirmed_at__isnull=True),
            ),
            models.Index(
                "prefecture",
                *NEWEST_FIRST,
                name="request_confirm_again",
                condition=UNDER_REVIEW & models.Q(confirmed_at__isnull=True, confirmed_before=True),
            ),
            # Those that were withdrawn are few, and stand in no list but the whole one and their own.
            models.Index(*NEWEST_FIRST, name="request_withdrawn", condition=WITHDRAWN),
            models.Index("prefecture", *NEWEST_FIRST, name="request_withdrawn_there", condition=WITHDRAWN),
            models.Index(fields=["cutoff_at"], name="request_cutoffs"),
            models.Index(fields=["cutoff_at"], name="request_waits_cutoff", condition=UNDER_REVIEW),
            GinIndex(fields=["item_ids"], name="request_items", fastupdate=False),
        ]
        constraints = [
            models.CheckConstraint(
                name="request_status_and_its_times",
                condition=(
                    models.Q(
                        status__in=[Status.DRAFT.value, Status.ERROR.value],
                        submitted_at__isnull=True,
                        submitted_by__isnull=True,
                        cutoff_at__isnull=True,
                        handled_from__isnull=True,
                        confirmed_at__isnull=True,
                        accepted_at__isnull=True,
                    )
                    | models.Q(
                        status=Status.UNDER_REVIEW.value,
                        campaign__isnull=False,
                        submitted_at__isnull=False,
                        submitted_by__isnull=False,
                        cutoff_at__isnull=False,
                        handled_from__isnull=False,
                        accepted_at__isnull=True,
                    )
                    | models.Q(
                        status=Status.ACCEPTED.value,
                        campaign__isnull=False,
                        submitted_at__isnull=False,
                        submitted_by__isnull=False,
                        cutoff_at__isnull=False,
                        handled_from__isnull=False,
                        accepted_at__isnull=False,
                    )
                ),
            ),
            models.CheckConstraint(
                name="request_confirmed_when_and_who",
                condition=models.Q(confirmed_at__isnull=True, confirmed_by__isnull=True)
                | models.Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="request_accepted_when_and_who",
                condition=models.Q(accepted_at__isnull=True, accepted_by__isnull=True)
                | models.Q(accepted_at__isnull=False, accepted_by__isnull=False),
            ),
            models.CheckConstraint(
                name="request_withdrawn_when_who_and_why",
                condition=models.Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True, withdrawn_reason="")
                | (
                    models.Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False)
                    & ~models.Q(withdrawn_reason="")
                ),
            ),
            models.CheckConstraint(
                name="request_accepted_or_withdrawn",
                condition=models.Q(withdrawn_at__isnull=True) | ~models.Q(status=Status.ACCEPTED.value),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        raise StatusWriteRefused("Requests change by their verbs alone.")

    @property
    def state(self) -> Status:
        """The status as the rules know it."""
        return Status(self.status)

    _entered: tuple[int, bool] | None = None
    """An officer's id, and whether they entered any of it by proxy, once looked up."""

    def content(self) -> Content:
        """What the institution wrote, as it stands. One query unless `lines` is prefetched."""
        return Content(
            confirmed_terms=self.confirmed_terms,
            lines={line.item_id: line.quantity for line in self.lines.all()},
            opinion=self.opinion,
        )

    def entered_by(self, user: User) -> bool:
        """Whether this officer entered any of it by proxy. One query, none after `look_up_entered`."""
        if self._entered is None or self._entered[0] != user.pk:
            look_up_entered([self], user)
        return self._entered is not None and self._entered[1]

    def events(self) -> RequestEventQuerySet:
        """What happened to it, newest first."""
        return RequestEvent.objects.of(self.pk)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise StatusWriteRefused("Requests are never deleted.")


@track(
    institution="(SELECT r.institution_id FROM public.requests_app_sosrequest r WHERE r.id = {row}.request_id)"
)
class RequestLine(models.Model):
    """One item of a request: what was asked, what the prefecture confirmed, what the ministry accepted."""

    request = models.ForeignKey(
        SosRequest, verbose_name="要請", on_delete=models.PROTECT, related_name="lines"
    )
    item = models.ForeignKey(
        Item, verbose_name="物資", on_delete=models.PROTECT, related_name="request_lines"
    )
    quantity = models.PositiveIntegerField("要請数量", null=True, blank=True)
    confirmed_quantity = models.PositiveIntegerField("都道府県の確認", null=True, blank=True)
    accepted_quantity = models.PositiveIntegerField("国の受付", null=True, blank=True)

    class Meta:
        verbose_name = "要請の物資"
        verbose_name_plural = "要請の物資"
        ordering = ["item__order"]
        constraints = [
            models.UniqueConstraint(fields=["request", "item"], name="request_line_once"),
            models.CheckConstraint(
                name="request_line_quantity_positive",
                condition=models.Q(quantity__isnull=True) | models.Q(quantity__gte=1),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.item_id}"


class RecentView(models.Model):
    """Which requests a user looked at, for the view 最近参照したデータ (manual 3-1)."""

    user = models.ForeignKey(
        User, verbose_name="利用者", on_delete=models.CASCADE, related_name="recent_views"
    )
    request = models.ForeignKey(
        SosRequest, verbose_name="要請", on_delete=models.PROTECT, related_name="recent_views"
    )
    viewed_at = models.DateTimeField("参照日時")

    class Meta:
        verbose_name = "最近の参照"
        verbose_name_plural = "最近の参照"
        constraints = [models.UniqueConstraint(fields=["user", "request"], name="recent_view_once")]
        indexes = [models.Index(fields=["user", "-viewed_at"], name="recent_view_of_user")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.request_id}"

    @classmethod
    def note(cls, user: User, request: SosRequest, now: datetime | None = None) -> None:
        """Remember that `user` looked at `request` at `now` (aware). One query."""
        RecentView.objects.bulk_create(
            [RecentView(user=user, request=request, viewed_at=now or clock.now())],
            update_conflicts=True,
            unique_fields=["user", "request"],
            update_fields=["viewed_at"],
        )


class NumberSeries(models.Model):
    """The last request number given in a month."""

    month = models.CharField("年月", max_length=4, primary_key=True)
    last = models.PositiveIntegerField("最後の番号")

    class Meta:
        verbose_name = "要請番号の系列"
        verbose_name_plural = "要請番号の系列"

    def __str__(self) -> str:
        return f"{self.month}-{self.last:04d}"


def look_up_entered(requests: Collection[SosRequest], user: User) -> None:
    """Learn for all of them at once which the officer entered by proxy (`SosRequest.entered_by`). One query."""
    verbs = [verb.value for verb in BY_PROXY]
    entered = RequestEvent.objects.filter(
        request_id__in=[request.pk for request in requests], actor_id=user.pk, verb__in=verbs
    )
    ids = set(entered.values_list("request_id", flat=True))
    for request in requests:
        request._entered = (user.pk, request.pk in ids)
