"""A line on its way: handed off, sent, arrived. The sums beside each other, and where they differ."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.models import F, Q

from institutions.models import Prefecture, Role
from requests_app.models.request import RequestLine, SosRequest
from surveys.models import Item

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from institutions.models import User

RECEIPT_WITHIN = timedelta(days=7)
"""How long after the day of sending a receipt may take before somebody should ask (decided)."""

NEWEST = (F("request").desc(), F("item").asc())


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def visible_to(self, user: User | AnonymousUser) -> DeliveryQuerySet:
        """Follows the request; an officer's own prefecture stands in the row."""
        if user.is_authenticated and user.is_active and user.role == Role.MINISTRY:
            return self
        if user.is_authenticated and user.is_active and user.role == Role.PREFECTURE:
            return self.filter(prefecture_id=user.prefecture_id)
        return self.filter(request__in=SosRequest.objects.visible_to(user))


def _listed(name: str, *first: Any, condition: Q | None = None) -> list[models.Index]:
    """The country's list and a prefecture's in the same order, of the rows that meet the condition."""
    return [
        models.Index(*first, name=f"delivery_{name}", condition=condition),
        models.Index(F("prefecture"), *first, name=f"delivery_{name}_there", condition=condition),
    ]


class Delivery(models.Model):
    """A line that was handed off, as officers look after it: written by the database itself, when lines are handed off,
    sent and received, so that what differs is found at once, however much was delivered before.

    Quantities are in the item's unit, nothing yet is 0; of each parcel its last version counts.
    """

    line = models.OneToOneField(
        RequestLine,
        verbose_name="明細",
        on_delete=models.DO_NOTHING,
        primary_key=True,
        related_name="delivery",
    )
    request = models.ForeignKey(
        SosRequest, verbose_name="要請", on_delete=models.DO_NOTHING, related_name="+", db_index=False
    )
    item = models.ForeignKey(
        Item, verbose_name="物資", on_delete=models.DO_NOTHING, related_name="+", db_index=False
    )
    prefecture = models.ForeignKey(
        Prefecture, verbose_name="都道府県", on_delete=models.DO_NOTHING, related_name="+", db_index=False
    )
    handed = models.PositiveIntegerField("配布の決定")
    shipped = models.PositiveBigIntegerField("発送", default=0)
    received = models.PositiveBigIntegerField("受領", default=0)
    unshipped = models.BooleanField("まだ発送なし", default=True)
    shipped_otherwise = models.BooleanField("発送が配布の決定と違う", default=False)
    received_otherwise = models.BooleanField("届いた数量が発送と違う", default=False)
    unreceived_since = models.DateField("受領の確認を待つ最初の発送日", null=True, blank=True)
    differs_from = models.DateField("差のある日", null=True, blank=True)

    objects: ClassVar[DeliveryQuerySet] = DeliveryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "発送と受領"
        verbose_name_plural = "発送と受領"
        indexes = [
            *_listed("newest", *NEWEST),
            *_listed("unshipped", *NEWEST, condition=Q(unshipped=True)),
            *_listed("shipped", *NEWEST, condition=Q(shipped_otherwise=True)),
            *_listed("received", *NEWEST, condition=Q(received_otherwise=True)),
            # What stands by its day: the longest standing comes first.
            *_listed("waiting", F("unreceived_since"), *NEWEST, condition=Q(unreceived_since__isnull=False)),
            *_listed("differs", F("differs_from"), *NEWEST, condition=Q(differs_from__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.line_id)


def not_shipped() -> Q:
    """Handed off, and nothing sent yet."""
    return Q(unshipped=True)


def shipped_otherwise() -> Q:
    """Something was sent, but not what was allocated."""
    return Q(shipped_otherwise=True)


def received_otherwise() -> Q:
    """A parcel of which something else arrived than was sent."""
    return Q(received_otherwise=True)


def receipt_missing(today: date) -> Q:
    """A parcel sent more than `RECEIPT_WITHIN` before `today` (in Japan) whose receipt nobody confirmed."""
    return Q(unreceived_since__lt=today - RECEIPT_WITHIN)


def receipt_waiting() -> Q:
    """A parcel whose receipt nobody confirmed yet."""
    return Q(unreceived_since__isnull=False)


def differing(today: date) -> Q:
    """Any of these by `today` (in Japan), but for a receipt that may still take its time."""
    return Q(differs_from__lte=today)
