"""発送と受領: what the vendor sent, by its own file, and what arrived. Written by the verbs `ship` and `receive` alone.

Decided: a parcel is a line and a slip number. What a later file says differently of it is a new version of it, beside
the earlier ones; the last one counts. A receipt belongs to the parcel, whichever version it was seen in.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Exists, OuterRef, Q

from institutions.models import User
from requests_app.models.request import RequestLine, SosRequest

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

KEPT = timedelta(days=1)
"""How long a shipping file waits for somebody to take it in."""


class ShipmentQuerySet(models.QuerySet["Shipment"]):
    def visible_to(self, user: User | AnonymousUser) -> ShipmentQuerySet:
        """Follows the request."""
        return self.filter(line__request__in=SosRequest.objects.visible_to(user))

    def current(self) -> ShipmentQuerySet:
        """The last version of each parcel."""
        later = Shipment.objects.filter(
            line_id=OuterRef("line_id"),
            slip_number=OuterRef("slip_number"),
            version__gt=OuterRef("version"),
        )
        return self.filter(~Exists(later))

    def parcels_of(self, line_ids: Iterable[int]) -> dict[tuple[int, str], Shipment]:
        """By line and slip number: the parcel as it stands. One query."""
        rows = self.current().filter(line_id__in=list(line_ids))
        return {(row.line_id, row.slip_number): row for row in rows}

    def unreceived(self) -> ShipmentQuerySet:
        """Whose receipt nobody confirmed yet."""
        return self.filter(~Exists(receipts_of_parcel()))


class Shipment(models.Model):
    """What one row of the vendor's file said of a parcel. Never changed: a correction is a row of the next version."""

    line = models.ForeignKey(
        RequestLine, verbose_name="明細", on_delete=models.PROTECT, related_name="shipments", db_index=False
    )
    slip_number = models.CharField("伝票番号", max_length=40)
    version = models.PositiveSmallIntegerField("版", default=1)
    quantity = models.PositiveIntegerField("発送数量")
    shipped_on = models.DateField("発送日")
    carrier = models.CharField("運送会社", max_length=60)
    imported_at = models.DateTimeField("取込日時")
    imported_by = models.ForeignKey(User, verbose_name="取込者", on_delete=models.PROTECT, related_name="+")
    file_sha256 = models.CharField("ファイルのSHA-256", max_length=64)

    objects: ClassVar[ShipmentQuerySet] = ShipmentQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "発送"
        verbose_name_plural = "発送"
        constraints = [
            models.UniqueConstraint(fields=["line", "slip_number", "version"], name="shipment_version_once"),
            models.CheckConstraint(name="shipment_quantity_positive", condition=Q(quantity__gte=1)),
            models.CheckConstraint(name="shipment_version_from_one", condition=Q(version__gte=1)),
        ]
        indexes = [models.Index(fields=["shipped_on"], name="shipment_day")]

    def __str__(self) -> str:
        return f"{self.line_id} {self.slip_number}"


class Receipt(models.Model):
    """受領: what the institution says arrived of a parcel. Said once; the parcel's first version stands for it."""

    shipment = models.OneToOneField(
        Shipment, verbose_name="発送", on_delete=models.PROTECT, related_name="receipt"
    )
    quantity = models.PositiveIntegerField("届いた数量")
    received_on = models.DateField("届いた日")
    comment = models.TextField("連絡事項", blank=True)
    confirmed_at = models.DateTimeField("確認日時")
    confirmed_by = models.ForeignKey(User, verbose_name="確認者", on_delete=models.PROTECT, related_name="+")

    confirmed_name = ""
    """Who confirmed, as the event of it names them."""

    class Meta:
        verbose_name = "受領"
        verbose_name_plural = "受領"

    def __str__(self) -> str:
        return f"{self.shipment_id}"


class ShipmentUploadQuerySet(models.QuerySet["ShipmentUpload"]):
    def kept(self, now: datetime) -> ShipmentUploadQuerySet:
        """Those sent less than a day before `now` (aware): older ones are as good as gone. No query."""
        return self.filter(uploaded_at__gt=now - KEPT)


class ShipmentUpload(models.Model):
    """A shipping file between its preview and its import: kept for the one who sent it, for a day at most."""

    token = models.UUIDField("番号", primary_key=True)
    name = models.CharField("ファイル名", max_length=100)
    content = models.BinaryField("内容")
    uploaded_at = models.DateTimeField("送信日時")
    uploaded_by = models.ForeignKey(User, verbose_name="送信者", on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[ShipmentUploadQuerySet] = ShipmentUploadQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "送信された発送ファイル"
        verbose_name_plural = "送信された発送ファイル"

    def __str__(self) -> str:
        return str(self.token)

    @classmethod
    def forget_old(cls, now: datetime) -> int:
        """Drop the files that are kept no longer at `now` (aware); returns how many. One query."""
        return cls.objects.filter(uploaded_at__lte=now - KEPT).delete()[0]


def receipts_of_parcel(line: str = "line_id", slip: str = "slip_number") -> models.QuerySet[Receipt]:
    """The receipt of the parcel that an outer query's row is a version of."""
    return Receipt.objects.filter(
        shipment__line_id=OuterRef(line), shipment__slip_number=OuterRef(slip), shipment__version=1
    )
