"""引渡し: what went to the vendor (売払先事業者), line by line and to the byte. Rows are never changed or deleted.

Source: domain, "What goes out of the house". The verb that writes them is `requests_app.models.handing_off`.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q

from institutions.models import Role, User
from requests_app import permissions
from requests_app.models.request import RequestLine
from requests_app.rules.handing_off import CORRECTION_HEADING, HEADING
from sosportal.lib.tabular import KIND_CHOICES, FileKind, Written

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


class HandOffQuerySet(models.QuerySet["HandOff"]):
    def visible_to(self, user: User | AnonymousUser) -> HandOffQuerySet:
        """The ministry alone hands off, and sees what was handed off."""
        return self if permissions.can_hand_off(user) else self.none()


class HandOff(models.Model):
    """One file for the vendor: lines in full, or what changed since of the lines of an earlier one."""

    made_at = models.DateTimeField("作成日時")
    made_by = models.ForeignKey(User, verbose_name="作成者", on_delete=models.PROTECT, related_name="+")
    vendor = models.CharField("売払先事業者", max_length=100)
    corrects = models.ForeignKey(
        "self",
        verbose_name="訂正する引渡し",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="corrections",
    )
    kind = models.CharField("ファイルの形式", max_length=8, choices=KIND_CHOICES)
    replaced = models.JSONField("〓に置き換えた文字", default=list)
    despite_suspension = models.TextField("停止中の医療機関の物資を載せた理由", blank=True, default="")
    line_count = models.PositiveIntegerField("明細の数")
    row_count = models.PositiveIntegerField("行数")
    size = models.PositiveBigIntegerField("大きさ（バイト）")
    sha256 = models.CharField("SHA-256", max_length=64)

    objects: ClassVar[HandOffQuerySet] = HandOffQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "引渡し"
        verbose_name_plural = "売払先事業者への引渡し"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="hand_off_is_not_empty", condition=Q(line_count__gte=1)),
        ]

    def __str__(self) -> str:
        return f"第{self.pk}号"

    @property
    def file_kind(self) -> FileKind:
        """The kind of its file."""
        return FileKind(self.kind)

    @property
    def heading(self) -> tuple[str, ...]:
        """The heading of its file."""
        return HEADING if self.corrects_id is None else CORRECTION_HEADING

    @property
    def what(self) -> str:
        """`引渡し`, or `訂正（第3号）`."""
        return "引渡し" if self.corrects_id is None else f"訂正（第{self.corrects_id}号）"


class HandOffRow(models.Model):
    """A line in a hand-off: the particulars as they stood, and the cells of its rows in the file."""

    hand_off = models.ForeignKey(
        HandOff, verbose_name="引渡し", on_delete=models.PROTECT, related_name="rows", db_index=False
    )
    line = models.ForeignKey(
        RequestLine, verbose_name="明細", on_delete=models.PROTECT, related_name="hand_off_rows"
    )
    position = models.PositiveIntegerField("順番")
    whole = models.BooleanField("全項目")
    suspended = models.BooleanField("停止中の医療機関", default=False)
    quantity = models.PositiveIntegerField("数量")
    particulars = models.JSONField("項目")
    cells = models.JSONField("セル")

    class Meta:
        verbose_name = "引渡しの明細"
        verbose_name_plural = "引渡しの明細"
        constraints = [
            models.UniqueConstraint(fields=["hand_off", "position"], name="hand_off_row_place"),
            models.UniqueConstraint(
                fields=["line"], condition=Q(whole=True), name="hand_off_of_a_line_in_full_once"
            ),
            models.CheckConstraint(name="hand_off_row_quantity_positive", condition=Q(quantity__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.hand_off_id} {self.position}"


class ExportLogQuerySet(models.QuerySet["ExportLog"]):
    def visible_to(self, user: User | AnonymousUser) -> ExportLogQuerySet:
        """The ministry sees all, a prefecture's officer their own."""
        if permissions.can_hand_off(user):
            return self
        if user.is_authenticated and user.is_active and user.role == Role.PREFECTURE:
            return self.filter(by=user)
        return self.none()


class ExportLog(models.Model):
    """A file that left the house: who, when, what, by which filters, and which bytes.

    Written before the first byte goes out; `finished_at` and what was counted follow when the last one is out. A row
    without them is a download that somebody broke off.
    """

    class What(models.TextChoices):
        QUEUE = "queue", "要請の一覧"
        HAND_OFF = "hand_off", "引渡しのファイル"
        CHANGES = "changes", "変更履歴"
        OWN_LIST = "own_list", "医療機関の要請の一覧"
        DECISION = "decision", "配布の決定"

    at = models.DateTimeField("日時")
    by = models.ForeignKey(User, verbose_name="だれが", on_delete=models.PROTECT, related_name="+")
    what = models.CharField("内容", max_length=20, choices=What.choices)
    hand_off = models.ForeignKey(
        HandOff,
        verbose_name="引渡し",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="downloads",
    )
    filters = models.CharField("絞り込み", max_length=1_000, blank=True)
    kind = models.CharField("ファイルの形式", max_length=8, choices=KIND_CHOICES)
    replaced = models.JSONField("〓に置き換えた文字", default=list)
    finished_at = models.DateTimeField("終わった日時", null=True, blank=True)
    row_count = models.PositiveIntegerField("行数", null=True, blank=True)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)

    objects: ClassVar[ExportLogQuerySet] = ExportLogQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "出力の記録"
        verbose_name_plural = "出力の記録"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="export_finished_with_its_counts",
                condition=Q(finished_at__isnull=True, row_count__isnull=True, sha256="")
                | (Q(finished_at__isnull=False, row_count__isnull=False) & ~Q(sha256="")),
            ),
            models.CheckConstraint(
                name="export_of_a_hand_off_names_it",
                condition=Q(what="hand_off", hand_off__isnull=False)
                | (~Q(what="hand_off") & Q(hand_off__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_what_display()} {self.pk}"

    def finish(self, written: Written, now: datetime) -> None:
        """The last byte is out. Said once; `now` is aware. One query."""
        self.finished_at = now
        self.row_count = written.rows
        self.sha256 = written.sha256
        self.save(update_fields=["finished_at", "row_count", "sha256"])

    @property
    def is_the_file(self) -> bool:
        """Whether these were the bytes of the hand-off when it was made."""
        return self.hand_off is not None and self.sha256 == self.hand_off.sha256
