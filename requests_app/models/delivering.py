"""受領の確認: what the institution says arrived. It leaves the request's row as it is."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import models

from requests_app.exceptions import (
    AlreadyReceived,
    DayRefused,
    QuantityRefused,
    ReasonRequired,
    ShipmentChanged,
)
from requests_app.models.moving import Outcome, move
from requests_app.rules.transitions import Verb
from sosportal.lib.numbers import MAXIMUM

if TYPE_CHECKING:
    from institutions.models import User
    from requests_app.models.request import SosRequest
    from requests_app.models.shipment import Shipment


class Delivering(models.Model):
    """The institution's verb of a delivery, for SosRequest."""

    class Meta:
        abstract = True

    def receive(
        self,
        actor: User,
        shipment_id: int,
        quantity: int,
        *,
        received_on: date,
        comment: str = "",
        now: datetime | None = None,
    ) -> SosRequest:
        """受領の確認: what arrived of a parcel, in the item's unit, and on which day (in Japan). Said once.

        `shipment_id` is the version of the parcel that was shown. Raises AlreadyReceived; ShipmentChanged when the
        vendor has corrected the parcel since; ReasonRequired when another quantity than was sent arrived and `comment`
        says nothing; QuantityRefused and DayRefused; Shipment.DoesNotExist when the request has no such parcel.
        """

        def decide(request: SosRequest, moment: datetime) -> Outcome:
            from requests_app.models.shipment import Receipt, Shipment

            seen = Shipment.objects.select_related("line__item").get(
                pk=shipment_id, line__request_id=request.pk
            )
            parcel = list(
                Shipment.objects.filter(line_id=seen.line_id, slip_number=seen.slip_number).order_by(
                    "version"
                )
            )
            if Receipt.objects.filter(shipment_id=parcel[0].pk).exists():
                raise AlreadyReceived
            if parcel[-1].pk != seen.pk:
                raise ShipmentChanged
            _check_receipt(seen, quantity, received_on, comment, moment.date())
            Receipt.objects.create(
                shipment_id=parcel[0].pk,
                quantity=quantity,
                received_on=received_on,
                comment=comment,
                confirmed_at=moment,
                confirmed_by=actor,
            )
            item = seen.line.item
            data = {
                "item_id": item.pk,
                "item": item.label,
                "slip_number": seen.slip_number,
                "shipped": seen.quantity,
                "shipped_words": item.amount(seen.quantity),
                "received": quantity,
                "received_words": item.amount(quantity),
                "received_on": received_on.isoformat(),
                "comment": comment,
            }
            return Outcome(request.state, data=data)

        return move(self.pk, Verb.RECEIVE, actor, None, decide, now)


def _check_receipt(seen: Shipment, quantity: int, received_on: date, comment: str, today: date) -> None:
    if not 0 <= quantity <= MAXIMUM:
        raise QuantityRefused("届いた数量は、0から9,999,999までの数を入力してください。")
    if not seen.shipped_on <= received_on <= today:
        raise DayRefused("届いた日は、発送日から今日までの日付を入力してください。")
    if quantity != seen.quantity and not comment.strip():
        raise ReasonRequired("発送数量と違うときは、届いたときの様子を連絡事項に書いてください。")
