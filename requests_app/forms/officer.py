"""Forms of the review (domain, "The request"): read what officers type; the verbs decide whether it can be taken."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.admin.helpers import ActionForm
from django.http import QueryDict

from requests_app.models import RequestLine, SosRequest
from sosportal.lib.admin_fields import MomentInput
from sosportal.lib.forms import CountField, LineField, MomentField, PortalForm, TextField
from sosportal.lib.numbers import format_count
from sosportal.lib.once import token_of
from sosportal.lib.text import clean_text
from surveys.models import Item

LONGEST_NOTE = 2_000
LONGEST_NAME = 100
MOST_ROWS = 1_000

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
        return cls(
            token_of(sent.get("token")), _number(sent.get("seen_revision")), _number(sent.get("seen_event"))
        )


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
        """From the fields `name`, each with one or more `id:revision:version` between spaces: a form may have fewer
        fields than a bulk has rows. What can't be read is left out; at most MOST_ROWS are taken."""
        texts = " ".join(sent.getlist(name)).split()[:MOST_ROWS]
        rows = [_ROW.fullmatch(text) for text in texts]
        return cls(
            token_of(sent.get("token")),
            {int(row[1]): SeenRow(int(row[2]), int(row[3])) for row in rows if row},
        )


def seen_text(request: SosRequest) -> str:
    """A row as `SeenRows` reads it."""
    return f"{request.pk}:{request.revision}:{request.version}"


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

    def entered(self) -> list[tuple[RequestLine, int]]:
        """Each line with what was entered for it, where quantities are asked for. Only of a valid form."""
        named = ((line, self.cleaned_data.get(f"quantity_{line.item_id}")) for line in self.lines)
        return [(line, quantity) for line, quantity in named if isinstance(quantity, int)]

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
    """電話での状況確認: when, who was spoken to, and what was said (manual 1-1, note 2)."""

    refused_field = "what"
    whom = LineField(label="相手", max_length=LONGEST_NAME)
    what = TextField(
        label="内容", max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"class": "input", "rows": 3})
    )
    called_at = MomentField(
        label="電話した日時",
        help_text="いま電話したときは、空欄のままにします。",
        required=False,
        widget=MomentInput(attrs={"class": "input input--line"}),
        error_messages=dict.fromkeys(
            ("invalid", "year"), "電話した日時を、2026-11-24 10:22 のように入力してください。"
        ),
    )

    def said(self) -> dict[str, Any]:
        """What was sent, as JSON can hold it."""
        at: datetime | None = self.cleaned_data["called_at"]
        return dict(self.cleaned_data) | {"called_at": at.isoformat() if at else None}


class AskForm(OfficerForm):
    """照会: what the institution is asked."""

    question_text = TextField(
        label="照会の内容",
        help_text="医療機関にメールで届き、要請の画面に回答欄が出ます。",
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"class": "input", "rows": 3}),
    )


class UnaskForm(OfficerForm):
    """照会の取り消し: which question, and why it needs no answer any more. One for each open question of the page."""

    reason = LineField(
        label="取り消す理由",
        help_text="医療機関に表示されます。",
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"class": "input input--line"}),
    )

    def __init__(
        self,
        request: SosRequest,
        lines: Sequence[RequestLine],
        sent: QueryDict | None = None,
        question_id: int | None = None,
    ) -> None:
        super().__init__(request, lines, sent)
        self.question_id = _number(sent.get("question")) if sent is not None else question_id
        self.auto_id = f"id_unask_{self.question_id}_%s"

    def said(self) -> dict[str, Any]:
        """The reason and the question."""
        return dict(self.cleaned_data) | {"question": self.question_id}


class MemoForm(OfficerForm):
    """申し送り to the other officers."""

    memo = TextField(
        label="申し送り",
        help_text="都道府県と国の担当者だけに表示されます。医療機関には表示されません。",
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"class": "input", "rows": 3}),
    )


class ClaimForm(OfficerForm):
    """担当する, or 引き継ぐ from whom the page showed."""

    def __init__(
        self, request: SosRequest, lines: Sequence[RequestLine], sent: QueryDict | None = None
    ) -> None:
        super().__init__(request, lines, sent)
        self.seen_holder = _number(sent.get("holder")) or None if sent is not None else None

    def said(self) -> dict[str, Any]:
        """From whom."""
        return {"holder": self.seen_holder}

    def carried(self) -> list[tuple[str, str]]:
        """The same, for the page that asks again."""
        return [("holder", str(self.seen_holder or ""))]


class ReleaseForm(OfficerForm):
    """担当を終える: nothing to fill in."""


class ReasonForm(PortalForm):
    """Why requests are accepted that the prefecture has not confirmed: one reason for all of them."""

    reason = TextField(
        label="理由",
        help_text="都道府県の確認がない要請、それぞれの記録に残ります。",
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"class": "input", "rows": 3}),
    )


class WholeListForm(ActionForm):
    """The choice of an action, and whether it is for the whole list as it is filtered. A page asks before it is done,
    and shows every row: what was on no page is seen there."""

    select_across = forms.BooleanField(
        label=f"この一覧の全件（{MOST_ROWS:,}件まで）", required=False, initial=False
    )

    def clean_select_across(self) -> bool:
        """Django's box takes any value for a tick, "0" too."""
        return wants_whole_list(self.data)


def wants_whole_list(posted: Mapping[str, Any]) -> bool:
    """Whether the box of WholeListForm was ticked: it sends this value and no other."""
    return posted.get("select_across") == "1"


def amount(item: Item, quantity: int) -> str:
    """`4,100枚`."""
    return f"{format_count(quantity)}{item.unit}"
