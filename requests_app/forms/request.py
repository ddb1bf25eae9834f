"""The request form (manual 3-1 ④, 3-2): reads what people tick and type; decides nothing."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.html import format_html

from requests_app.models import Content
from requests_app.models.verbs import MAX_QUANTITY
from sosportal.lib.forms import CountField, PortalForm, TextField
from sosportal.lib.numbers import NumberProblem, count_of, format_count, parse_count
from sosportal.lib.once import token_of
from sosportal.lib.text import clean_text
from surveys.models import Item

LONGEST_OPINION = 2_000
TERMS = "上記の緊急配布条件を満たしていることを確認した"
OPENS_AGAIN = "受付が始まると、この画面の内容のまま保存できます。"
OPINION = "医療用物資の不足状況や、率直なご意見があれば記載願います(無回答可)"


@dataclass(frozen=True)
class ItemRow:
    """One kind of goods on the form. A closed one has no fields and is shown with 受付停止中."""

    item: Item
    tick: forms.BoundField | None = None
    quantity: forms.BoundField | None = None
    accepted: bool = True
    meant: int | None = None
    """What was typed in boxes or pairs, in the item's unit; None for anything else."""
    perhaps: int | None = None
    """What a number below one pack would be if packs were counted, in the item's unit; None for anything else."""


class RequestForm(PortalForm):
    """What an institution writes into a request.

    An item has fields when the campaign accepts it, when the request holds it already, or when the post names it: a
    campaign that closes while somebody types must not swallow what they typed.
    """

    confirmed = forms.BooleanField(
        label=TERMS,
        error_messages={
            "required": f"条件を満たしていることを確かめて、「{TERMS}」にチェックを入れてください。"
        },
    )
    opinion = TextField(
        label=OPINION,
        max_length=LONGEST_OPINION,
        required=False,
        widget=forms.Textarea(attrs={"class": "input", "rows": 5}),
    )

    def __init__(
        self,
        items: Sequence[Item],
        accepted: Collection[int],
        standing: Content | None = None,
        sent: QueryDict | None = None,
        judged: bool = True,
    ) -> None:
        """`accepted` are the ids of the items the campaign takes now, `standing` what is saved, `sent` the post.

        Not `judged`, a form is not to be saved yet: a tick that is still missing is no mistake."""
        standing = standing or Content()
        super().__init__(sent, initial=_initial(standing))
        self.judged = judged
        self.items = items
        self.accepted = frozenset(accepted)
        self.held = frozenset(standing.lines)
        for item in items:
            if item.pk in self.accepted or item.pk in self.held or _names(sent, item):
                self._add(item)
        self.order_fields(["confirmed", *(name for name in self.fields if name != "opinion"), "opinion"])

    def _add(self, item: Item) -> None:
        self.fields[f"item_{item.pk}"] = forms.BooleanField(label=f"{item.label}を要請する", required=False)
        self.fields[f"quantity_{item.pk}"] = CountField(
            label=format_html('<span class="hidden-text">{}の</span>要請数量', item.label),
            help_text=_how_to_count(item),
            maximum=MAX_QUANTITY,
            units=(item.unit,),
            required=False,
        )

    def full_clean(self) -> None:
        """As Django's; of a form that is not saved yet only what can't be read is wrong."""
        super().full_clean()
        if not self.judged:
            for name in [each for each in self.errors if each == "confirmed" or each.startswith("item_")]:
                del self.errors[name]

    def clean(self) -> dict[str, Any]:
        """A quantity without its tick is asked about, not lost; so is an item that is no longer taken."""
        cleaned = super().clean() or self.cleaned_data
        for item in self.open_items:
            tick, quantity = f"item_{item.pk}", f"quantity_{item.pk}"
            ticked = self.ticked(item)
            if ticked and item.pk not in self.accepted | self.held:
                then = "チェックと数量を外してください。" if self.accepted else OPENS_AGAIN
                self.add_error(tick, f"{item.label}は、いま受け付けていません。{then}")
            if not ticked and str(self.data.get(quantity, "")).strip():
                self.add_error(
                    tick,
                    f"{item.label}の数量が入力されています。要請するときは「{item.label}を要請する」に"
                    "チェックを入れ、要請しないときは数量を消してください。",
                )
            if meant := self.meant(item):
                self.errors.pop(quantity, None)
                text = str(self.data.get(quantity, "")).strip()
                self.add_error(
                    quantity,
                    f"{text}は{format_count(meant)}{item.unit}です。よければ、入力欄の下の"
                    f"「{format_count(meant)}{item.unit}にする」を押してください。",
                )
            if cleaned.get(quantity) == 0:
                self.add_error(
                    quantity,
                    f"1{item.unit}以上の{item.unit}数を入力してください。まだ決まらないときは空欄にします。",
                )
        return cleaned

    @property
    def open_items(self) -> list[Item]:
        """The items that have fields, in order."""
        return [item for item in self.items if f"item_{item.pk}" in self.fields]

    def rows(self) -> list[ItemRow]:
        """All items for the page; retired ones only where the request holds them."""
        opened = {item.pk for item in self.open_items}
        return [
            ItemRow(
                item,
                self[f"item_{item.pk}"] if item.pk in opened else None,
                self[f"quantity_{item.pk}"] if item.pk in opened else None,
                item.pk in self.accepted,
                self.meant(item) if item.pk in opened else None,
                self.perhaps(item) if item.pk in opened else None,
            )
            for item in self.items
            if item.is_active or item.pk in opened
        ]

    def meant(self, item: Item) -> int | None:
        """What was typed in boxes or, of gloves, in pairs (33箱, 50双), in the item's unit: to be asked back, as a
        guess would ship the wrong number. None for anything else."""
        text = str(self.data.get(f"quantity_{item.pk}", "")) if self.is_bound else ""
        for word, size in _other_units(item):
            count = count_of(text, word)
            if count and count * size <= MAX_QUANTITY:
                return count * size
        return None

    def perhaps(self, item: Item) -> int | None:
        """What a bare number below one pack would be if boxes were counted (16: 1,600枚), to be asked about: nothing
        refuses it. None for anything else."""
        try:
            count = parse_count(str(self[f"quantity_{item.pk}"].value() or ""), units=(item.unit,))
        except NumberProblem:
            return None
        return count * item.pack_size if 0 < count < item.pack_size else None

    def ticked(self, item: Item) -> bool:
        """Whether the item is ticked on the page as it stands."""
        bound = self[f"item_{item.pk}"]
        return bool(bound.data if self.is_bound else bound.initial)

    def content(self) -> Content:
        """What the page says: what was sent, as far as it can be read, or what is saved while nothing was sent."""
        said: Mapping[str, Any] = self.initial
        if self.is_bound:
            self.errors  # noqa: B018 - reading them cleans the form
            said = self.cleaned_data
        return Content(
            confirmed_terms=bool(said.get("confirmed")),
            lines={
                item.pk: said.get(f"quantity_{item.pk}") or None
                for item in self.open_items
                if self.ticked(item)
            },
            opinion=str(said.get("opinion") or ""),
        )

    def typed(self, item: Item) -> str:
        """What was sent of an item, as it was typed."""
        text = str(self.data.get(f"quantity_{item.pk}", "")).strip()
        if self.ticked(item):
            return text or "（空欄）"
        return f"{text}（チェックなし）" if text else "要請しない"

    @property
    def error_places(self) -> list[tuple[str, str]]:
        """As for every form, with the item named before what is wrong with its quantity."""
        named = {f"id_quantity_{item.pk}": f"{item.label}の要請数量：" for item in self.open_items}
        return [(place, f"{named.get(place, '')}{message}") for place, message in super().error_places]


def _initial(standing: Content) -> dict[str, Any]:
    initial: dict[str, Any] = {"confirmed": standing.confirmed_terms, "opinion": standing.opinion}
    for item_id, quantity in standing.lines.items():
        initial |= {f"item_{item_id}": True, f"quantity_{item_id}": quantity}
    return initial


def _names(sent: QueryDict | None, item: Item) -> bool:
    return sent is not None and bool(
        sent.get(f"item_{item.pk}") or str(sent.get(f"quantity_{item.pk}", "")).strip()
    )


def _other_units(item: Item) -> list[tuple[str, int]]:
    """Words in which people count an item instead of its unit, and how many of the unit each is."""
    found = [(item.pack_unit, item.pack_size)] if item.pack_size > 1 else []
    if item.unit == "枚" and "手袋" in item.name:
        found.append(("双", 2))
    return found


FIELD_NAME = re.compile(r"confirmed|opinion|(?:item|quantity)_[0-9]{1,9}")


def texts_of(sent: Mapping[str, Any]) -> dict[str, str]:
    """The texts of the form's fields exactly as they were sent, by name; everything else is left out."""
    return {name: str(sent[name]) for name in sorted(sent) if FIELD_NAME.fullmatch(name)}


def as_sent(texts: Mapping[str, str]) -> QueryDict:
    """The other way round: as if a browser sent them."""
    sent = QueryDict(mutable=True)
    for name, text in texts.items():
        sent[name] = text
    return sent


def _how_to_count(item: Item) -> str:
    if item.pack_size <= 1:
        return f"「{item.unit}」で入力してください。"
    pack = f"{format_count(item.pack_size)}{item.unit}（1{item.pack_unit}）"
    return f"「{item.unit}」で、{pack}きざみで入力してください。"


# --- 照会 ------------------------------------------------------------------------------------------------------------

LONGEST_ANSWER = 2_000


class AnswerForm(PortalForm):
    """The institution's answer to one question; several may stand on one page."""

    answer = TextField(
        label="回答",
        max_length=LONGEST_ANSWER,
        widget=forms.Textarea(attrs={"class": "input", "rows": 4}),
    )

    def __init__(self, question_id: int, sent: QueryDict | None = None) -> None:
        super().__init__(sent, prefix=f"question-{question_id}")

    @property
    def typed(self) -> str:
        """What was sent, without invisible characters."""
        return clean_text(str(self["answer"].data or ""))


# --- What every writing form carries along ---------------------------------------------------------------------------

MOST_DIGITS = 9


@dataclass(frozen=True)
class Carried:
    """The hidden fields: the form's token, and what the person saw: the request's version, and of which campaign the
    terms, in which version ("": none were shown, None: the form has none)."""

    token: uuid.UUID | None
    seen_version: int
    seen_text: str | None = None

    @classmethod
    def fresh(cls, seen_version: int = 0, seen_text: str | None = None) -> Carried:
        """For a form that is shown for the first time, or anew after something changed."""
        return cls(uuid.uuid4(), seen_version, seen_text)

    @classmethod
    def named(cls, token: str) -> Carried:
        """For a new form whose address holds its token; without one that can be read, as `fresh`."""
        return cls(token_of(token) or uuid.uuid4(), 0)

    @classmethod
    def read(cls, sent: QueryDict) -> Carried:
        """What came back. A token that can't be read is None; a version that can't is 0: no request has it, so that
        the person is shown what stands."""
        return cls(token_of(sent.get("token")), _whole(sent.get("seen_version", "")), sent.get("seen_text"))


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else 0
