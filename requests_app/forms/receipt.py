"""受領の確認: what the institution types about a parcel; the verb decides whether it can be taken."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from requests_app.models import Shipment
from sosportal.lib import clock
from sosportal.lib.dates import DayProblem, parse_day
from sosportal.lib.forms import CountField, PortalForm, TextField
from surveys.models import Item

LONGEST_COMMENT = 1_000


class DayField(forms.Field):
    """A day, typed or chosen: 2026/11/25, 11月25日, 令和8年11月25日. Cleans to a date, None for nothing."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget", forms.TextInput(attrs={"class": "input input--figure", "autocomplete": "off"})
        )
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> date | None:
        """The day. Raises ValidationError with the message of DayProblem."""
        if value is None or not str(value).strip():
            return None
        try:
            return parse_day(str(value), clock.today())
        except DayProblem as problem:
            raise ValidationError(problem.message, code="day") from problem

    def prepare_value(self, value: Any) -> Any:
        """A day we know as 2026/11/25; what was typed as typed."""
        return f"{value:%Y/%m/%d}" if isinstance(value, date) else value


class ReceiptForm(PortalForm):
    """Another quantity or another day than the ones assumed: what arrived, when, and what it looked like."""

    received_on = DayField(label="届いた日")
    comment = TextField(
        label="連絡事項",
        help_text="数量が違うときは、届いたときの様子を書いてください。国と都道府県の担当者が読みます。",
        max_length=LONGEST_COMMENT,
        required=False,
        widget=forms.Textarea(attrs={"class": "input", "rows": 3}),
    )

    def __init__(self, shipment: Shipment, item: Item, sent: QueryDict | None = None) -> None:
        super().__init__(sent, initial={"received_on": clock.today()}, auto_id=f"id_{shipment.pk}_%s")
        self.fields["quantity"] = CountField(
            label="届いた数量",
            help_text=f"「{item.unit}」で入力してください。届かなかったときは0です。",
            units=(item.unit,),
        )
        self.order_fields(["quantity", "received_on", "comment"])
        self.name_what_is_missing("quantity")

    def typed(self) -> list[tuple[str, str]]:
        """(label, text) of what was sent, as typed."""
        return [(str(bound.label), str(bound.data or "").strip()) for bound in self]
