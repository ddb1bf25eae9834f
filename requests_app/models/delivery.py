"""A line on its way: handed off, sent, arrived. The sums beside each other, and where they differ."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from requests_app.models.handoff import HandOffRow
from requests_app.models.request import RequestLine, SosRequest
from requests_app.models.shipment import Receipt, Shipment, ShipmentQuerySet, receipts_of_parcel

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from institutions.models import User

RECEIPT_WITHIN = timedelta(days=7)
"""How long after the day of sending a receipt may take before somebody should ask (decided)."""


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def visible_to(self, user: User | AnonymousUser) -> DeliveryQuerySet:
        """Lines that were handed off, of requests that the user may see."""
        rows = self.filter(hand_off_rows__whole=True)
        return rows.filter(request__in=SosRequest.objects.visible_to(user))

    def with_sums(self) -> DeliveryQuerySet:
        """With `handed`, `shipped` and `received`, in the item's unit; nothing yet is 0. Subqueries, no query."""
        handed = HandOffRow.objects.filter(line_id=OuterRef("pk"), whole=True).values("quantity")
        shipped = Shipment.objects.current().filter(line_id=OuterRef("pk")).values("line_id")
        received = Receipt.objects.filter(shipment__line_id=OuterRef("pk")).values("shipment__line_id")
        return self.annotate(
            handed=Subquery(handed[:1]),
            shipped=Coalesce(Subquery(shipped.annotate(sum=Sum("quantity")).values("sum")), 0),
            received=Coalesce(Subquery(received.annotate(sum=Sum("quantity")).values("sum")), 0),
        )


class Delivery(RequestLine):
    """A line that was handed off, as officers look after it. The same rows as RequestLine."""

    objects: ClassVar[DeliveryQuerySet] = DeliveryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        proxy = True
        verbose_name = "発送と受領"
        verbose_name_plural = "発送と受領"


def _parcels() -> ShipmentQuerySet:
    return Shipment.objects.current().filter(line_id=OuterRef("pk"))


def not_shipped() -> Q:
    """Handed off, and nothing sent yet."""
    return Q(~Exists(Shipment.objects.filter(line_id=OuterRef("pk"))))


def shipped_otherwise() -> Q:
    """Something was sent, but not what was allocated; the rows come from `with_sums`."""
    return Q(shipped__gt=0) & ~Q(shipped=F("handed"))


def received_otherwise() -> Q:
    """A parcel of which something else arrived than was sent."""
    arrived = receipts_of_parcel().values("quantity")[:1]
    return Q(
        Exists(
            _parcels()
            .annotate(arrived=Subquery(arrived))
            .exclude(arrived=F("quantity"))
            .filter(arrived__isnull=False)
        )
    )


def receipt_missing(today: date) -> Q:
    """A parcel sent more than `RECEIPT_WITHIN` before `today` (in Japan) whose receipt nobody confirmed."""
    return Q(Exists(_parcels().unreceived().filter(shipped_on__lt=today - RECEIPT_WITHIN)))


def receipt_waiting() -> Q:
    """A parcel whose receipt nobody confirmed yet."""
    return Q(Exists(_parcels().unreceived()))
