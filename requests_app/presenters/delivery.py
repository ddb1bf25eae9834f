"""お届け: the parcels of a request on the institution's page, and the forms to confirm what arrived."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.urls import reverse

from requests_app.forms.receipt import ReceiptForm
from requests_app.forms.request import Carried
from requests_app.queries.delivery import ParcelState
from requests_app.queries.desk import Delivery
from sosportal.lib.numbers import format_count


@dataclass(frozen=True)
class Fate:
    """What became of a line after the acceptance, in the item's unit; None where it has not come to that."""

    granted: int | None
    sent: int | None
    received: int | None
    undecided: bool
    unreceived: int

    @classmethod
    def of(cls, accepted: int | None, granted: int | None, delivery: Delivery) -> Fate:
        """`granted` by the decision, None while there is none. No query."""
        parcels, receipts = delivery.parcels, delivery.receipts
        return cls(
            granted,
            sum(each.quantity for each in parcels) if parcels else None,
            sum(each.quantity for each in receipts) if receipts else None,
            bool(accepted) and granted is None,
            len(parcels) - len(receipts),
        )


@dataclass
class Parcel:
    """One parcel of the request `number`. `may_confirm`: whether the person may say what arrived, if nobody has."""

    state: ParcelState
    number: str
    may_confirm: bool
    form: ReceiptForm
    carried: Carried = field(default_factory=Carried.fresh)
    problem: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the receipt is still to be confirmed, by this person."""
        return self.may_confirm and self.state.receipt is None

    @property
    def place(self) -> str:
        """Its place on the request's page."""
        return f"parcel-{self.state.first.pk}"

    @property
    def address(self) -> str:
        """Where the receipt of the version shown is sent to."""
        return reverse("request_receive", args=[self.number, self.state.current.pk])

    @property
    def was_corrected(self) -> bool:
        """Whether the vendor said otherwise before."""
        return len(self.state.versions) > 1

    @property
    def difference(self) -> str:
        """`発送より100枚少ない`; "" where there is none."""
        more = self.state.difference
        if not more:
            return ""
        return f"発送より{format_count(abs(more))}{self.state.item.unit}{'多い' if more > 0 else '少ない'}"
