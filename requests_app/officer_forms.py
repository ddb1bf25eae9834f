"""Forms of the review (domain, "The request"): read what officers type; the verbs decide whether it can be taken."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict

from requests_app.models import RequestLine, SosRequest
from sosportal.lib.forms import CountField, LineField, PortalForm, TextField
from sosportal.lib.numbers import format_count
from sosportal.lib.text import clean_text
from surveys.models import Item

LONGEST_NOTE = 2_000
LONGEST_NAME = 100
MOST_ROWS = 200

_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
_ROW = re.compile(r"([0-9]{1,18}):([0-9]{1,9}):([0-9]{1,9})", re.ASCII)


@dataclass(frozen=True)
class Seen:
    """What every writing form carries along: its token, and the revision and last event that the officer saw."""

    token: uuid.UUID | None
    revision: int
    event: int

    @classmethod
    def fresh(cls, request: SosRequest, last_event: int) -> Seen:
        """For a form that is shown for the first time, or anew after something changed."""
        return cls(uuid.uuid4(), request.revision, last_event)

    @classmethod
    def read(cls, sent: QueryDict) -> Seen:
        """What came back. What can't be read is None or 0: no request has that revision, so what stands is shown."""
        return cls(_token(sent), _number(sent.get("seen_revision")), _number(sent.get("seen_event")))


@dataclass(frozen=True)
class SeenRow:
    """What an officer saw of one row of a list: its revision, and the version of its content."""

    revision: int
    version: int


@dataclass(frozen=True)
class SeenRows:
    """The rows of a form for many, by request id, and the form's token."""

    token: uuid.UUID | None
    rows: Mapping[int, SeenRow]

    @classmethod
    def read(cls, sent: QueryDict, name: str) -> SeenRows:
        """From the fields `name`, each `id:revision:version`. What can't be read is left out; at most 200 are taken."""
        rows = [_ROW.fullmatch(text) for text in sent.getlist(name)[:MOST_ROWS]]
        return cls(_token(sent), {int(row[1]): SeenRow(int(row[2]), int(row[3])) for row in rows if row})


def seen_text(request: SosRequest) -> str:
    """A row as `SeenRows` reads it."""
    return f"{request.pk}:{request.revision}:{request.version}"


def _token(sent: QueryDict) -> uuid.UUID | None:
    try:
        return uuid.UUID(sent.get("token", ""))
    except ValueError:
        return None


def _number(text: str | None) -> int:
    return int(text) if text and _NUMBER.fullmatch(text) else 0


class OfficerForm(PortalForm):
    """A form about one request, with its lines."""

    refused_field: str | None = None
    """The field beside which a missing reason is said; None for the head of the form."""

    def __init__(
        self, request: SosRequest, lines: Sequence[RequestLine], sent: QueryDict | None = None
    ) -> None:
        self.request = request
        self.lines = lines
        super().__init__(sent, initial=self.standing())
        self.add_quantities()

    def standing(self) -> dict[str, Any]:
        """What the form begins with."""
        return {}

    def add_quantities(self) -> None:
        """Fields for the lines; none by default."""

    def quantities(self) -> dict[int, int]:
        """What was entered for each line, by item id. Only of a valid form."""
        return {line.item_id: self.cleaned_data[f"quantity_{line.item_id}"] for line in self.lines}

    def rows(self) -> list[tuple[RequestLine, forms.BoundField]]:
        """Each line with its field."""
        return [(line, self[f"quantity_{line.item_id}"]) for line in self.lines]

    def said(self) -> dict[str, Any]:
        """What was sent, as JSON can hold it, to tell one form from another. Only of a valid form."""
        return dict(self.cleaned_data)

    def carried(self) -> list[tuple[str, str]]:
        """(name, value) of everything that was entered, for the hidden fields of the page that asks again."""
        return [(name, "" if value is None else str(value)) for name, value in self.cleaned_data.items()]

    def typed(self) -> list[tuple[str, str]]:
        """(label, text) of what was sent and isn't blank, as typed but for invisible characters."""
        found = [(str(bound.label), clean_text(str(bound.data or ""))) for bound in self]
        return [(label, text) for label, text in found if text]


class QuantitiesForm(OfficerForm):
    """A quantity per line, up to what was asked for."""

    quantity_label = ""

    def add_quantities(self) -> None:
        """A field per line, before the others."""
        for line in self.lines:
            item, asked = line.item, line.quantity or 0
            self.fields[f"quantity_{line.item_id}"] = CountField(
                label=f"{self.quantity_label}　{item.label}",
                help_text=f"要請 {format_count(asked)}{item.unit}。{self.hint(line)}",
                maximum=asked,
                units=(item.unit,),
                error_messages={"required": f"{item.label}の{item.unit}数を入力してください。"},
            )
        self.order_fields([*(f"quantity_{line.item_id}" for line in self.lines), *self.fields])

    def hint(self, line: RequestLine) -> str:
        """What stands above the input besides what was asked for."""
        raise NotImplementedError


class ConfirmForm(QuantitiesForm):
    """都道府県の確認: a confirmed quantity per line and the 都道府県入力欄."""

    quantity_label = "確認した数量"
    refused_field = "note"
    note = TextField(
        label="都道府県入力欄",
        help_text="医療機関に表示されます。",
        max_length=LONGEST_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"class": "input", "rows": 4}),
    )

    def standing(self) -> dict[str, Any]:
        """The quantities confirmed before, or those asked for; the note as it stands."""
        return {"note": self.request.prefecture_note} | {
            f"quantity_{line.item_id}": line.quantity
            if line.confirmed_quantity is None
            else line.confirmed_quantity
            for line in self.lines
        }

    def hint(self, line: RequestLine) -> str:
        """How to lower it."""
        return "減らすときは、理由を下の欄に書いてください。"


class NoteForm(ConfirmForm):
    """保存 of the 都道府県入力欄 alone; what stands in the quantities' fields is not read, and stays as typed."""

    def add_quantities(self) -> None:
        """The fields are shown, and nothing is asked of them."""
        super().add_quantities()
        for line in self.lines:
            self.fields[f"quantity_{line.item_id}"] = forms.CharField(
                label=self.fields[f"quantity_{line.item_id}"].label,
                help_text=self.fields[f"quantity_{line.item_id}"].help_text,
                required=False,
                widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "input input--figure"}),
            )

    def said(self) -> dict[str, Any]:
        """The note."""
        return {"note": self.cleaned_data["note"]}


class AcceptForm(QuantitiesForm):
    """受付: the accepted quantity per line, and the reason where one is needed."""

    quantity_label = "国の受付"
    refused_field = "reason"
    reason = TextField(
        label="理由",
        help_text="都道府県の確認がないときと、確認した数量と違う数量にするときに書きます。記録に残ります。",
        max_length=LONGEST_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"class": "input", "rows": 3}),
    )

    def standing(self) -> dict[str, Any]:
        """The confirmed quantities, or those asked for while nothing is confirmed."""
        return {
            f"quantity_{line.item_id}": line.quantity
            if line.confirmed_quantity is None
            else line.confirmed_quantity
            for line in self.lines
        }

    def hint(self, line: RequestLine) -> str:
        """What the prefecture confirmed."""
        if line.confirmed_quantity is None:
            return "都道府県の確認はまだありません。"
        return f"都道府県の確認 {amount(line.item, line.confirmed_quantity)}。"


class TelephoneForm(OfficerForm):
    """電話での状況確認: who was spoken to, and what was said (manual 1-1, note 2)."""

    whom = LineField(label="相手", max_length=LONGEST_NAME)
    what = TextField(
        label="内容", max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"class": "input", "rows": 3})
    )


def amount(item: Item, quantity: int) -> str:
    """`4,100枚`."""
    return f"{format_count(quantity)}{item.unit}"
