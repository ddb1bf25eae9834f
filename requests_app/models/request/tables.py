"""The SOS request, its lines, and the verbs that change them.

No other code writes a request: querysets and `save()` refuse, the database refuses states that can't be.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from django.contrib.postgres.fields import ArrayField
from django.db import models

from institutions.models import Institution, Prefecture, Role, User
from requests_app.exceptions import StatusWriteRefused
from requests_app.models.campaign import Campaign
from requests_app.models.delivering import Delivering
from requests_app.models.event import STATUS_CHOICES, RequestEvent, RequestEventQuerySet
from requests_app.models.request.content import Content
from requests_app.models.request.rows import CONSTRAINTS, INDEXES
from requests_app.models.talking import Talking
from requests_app.models.verbs import Verbs
from requests_app.models.withdrawing import STANDING, Withdrawing
from requests_app.rules.transitions import BY_PROXY, Status
from sosportal.lib.audit.tracking import ITS_OWN, track
from surveys.models import Item

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


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
DERIVED = ("prefecture", "item_ids", "confirmed_before", "telephoned_at", "least_weeks", "question_open")


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
    # Whether an officer's question waits for an answer: kept by the database with each question that is written, and
    # with each change of the row.
    question_open = models.BooleanField("回答を待つ照会がある", default=False, editable=False)
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
        indexes = INDEXES
        constraints = CONSTRAINTS

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


def look_up_entered(requests: Collection[SosRequest], user: User) -> None:
    """Learn for all of them at once which the officer entered by proxy (`SosRequest.entered_by`). One query."""
    verbs = [verb.value for verb in BY_PROXY]
    entered = RequestEvent.objects.filter(
        request_id__in=[request.pk for request in requests], actor_id=user.pk, verb__in=verbs
    )
    ids = set(entered.values_list("request_id", flat=True))
    for request in requests:
        request._entered = (user.pk, request.pk in ids)
