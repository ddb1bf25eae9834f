"""Reading and showing what people answer on the survey's page."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.http import QueryDict

from sosportal.lib.forms import CountField, PortalForm
from sosportal.lib.numbers import LARGEST_KEY, NumberProblem, format_count, parse_count
from sosportal.lib.once import token_of
from surveys.models import Figures, Item, SurveyResponse
from surveys.models.response import MAX_FIGURE
from surveys.queries import Sheet, by_place
from surveys.rules import jump
from surveys.rules.figures import FIGURES, shown_weeks
from surveys.rules.jump import Question

LABELS = {
    "stock": "在庫量",
    "weekly_consumption": "1週間の想定消費量",
    "weekly_purchase": "1週間の購入見込み量",
}
EXPLAINED = {
    "stock": "いま院内にある量",
    "weekly_consumption": "これから1週間で使う見込み",
    "weekly_purchase": "これから1週間で届く見込み",
}
MISSING = "数を入力してください（ないときは0）。"
MISSING_OPTIONAL = (
    "数を入力してください（ないときは0）。この物資に答えないときは、3つとも空欄にしてください。"
)
NOTHING = "どれか1つの物資の、3つの数を入力してください。"
UNREADABLE = -1


# --- What comes with a form beside its figures ------------------------------------------------------------------


@dataclass(frozen=True)
class Sent:
    """The hidden fields of a posted form. A number that can't be read is one that nothing has.

    `settled` are the keys of the questions asked before. `same` is the item whose 先週と変わりなし was pressed;
    `repeat`, where that of the whole sheet was, the digest of its figures. `put` is a figure to be put into an
    input: (name, figure). `pasted` is a block of cells to fill the form with.
    """

    token: uuid.UUID | None
    round_id: int
    version: int
    settled: frozenset[str]
    same: int | None
    repeat: str | None
    put: tuple[str, int] | None
    pasted: str | None

    @property
    def saves(self) -> bool:
        """Whether the figures of the form are to be saved, and not only changed."""
        return self.same is None and self.put is None and self.pasted is None

    @classmethod
    def of(cls, data: QueryDict) -> Sent:
        """Read them from a POST."""
        return cls(
            token=token_of(data.get("token")),
            round_id=_whole(data.get("round", "")),
            version=_whole(data.get("version", "")),
            settled=frozenset(data.getlist("settled")),
            same=_whole(data.get("same", "")) if "same" in data else None,
            repeat=data.get("repeat"),
            put=_put(data.get("put", "")) if "put" in data else None,
            pasted=data.get("pasted", "") if "fill" in data else None,
        )


def _put(text: str) -> tuple[str, int]:
    name, _, figure = text.partition(":")
    return name, _whole(figure)


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > len(str(LARGEST_KEY)):
        return UNREADABLE
    return int(text) if int(text) <= LARGEST_KEY else UNREADABLE


# --- The figures ------------------------------------------------------------------------------------------------


def field_name(item_id: int, figure: str) -> str:
    """The name of an input, and its id in the page: `stock-5`."""
    return f"{figure}-{item_id}"


@dataclass(frozen=True)
class Counted:
    """A figure somebody typed in another word than the item's unit: 33 `word` are `units` of it."""

    number: int
    word: str
    units: int
    item: Item

    def __str__(self) -> str:
        """`33箱なら3,300枚です。`"""
        return f"{format_count(self.number)}{self.word}なら{self.amount}です。"

    @property
    def amount(self) -> str:
        """`3,300枚`."""
        return f"{format_count(self.units)}{self.item.unit}"


def counted_otherwise(text: str, item: Item) -> Counted | None:
    """What `text` comes to if it is a number of packs or pairs (33箱, ５０双); None for anything else."""
    for word, size in item.measure.others.items():
        try:
            number = parse_count(text, maximum=MAX_FIGURE // size, units=(word,))
        except NumberProblem:
            continue
        return Counted(number, word, number * size, item) if text.rstrip().endswith(word) else None
    return None


class FigureField(CountField):
    """A figure of `item`. Who typed packs or pairs (33箱, 50双) is refused as everywhere, and told how many units that
    would be."""

    def __init__(self, item: Item, **kwargs: Any) -> None:
        self.item = item
        super().__init__(maximum=MAX_FIGURE, units=(item.unit,), **kwargs)

    def to_python(self, value: Any) -> int | None:
        """As CountField's. Raises ValidationError."""
        try:
            return super().to_python(value)
        except ValidationError as refused:
            otherwise = counted_otherwise(str(value), self.item) or ""
            raise ValidationError(f"{refused.message}{otherwise}", code="number") from refused


class SurveyForm(PortalForm):
    """Three figures for each item of a sheet; those of required items must be there, any other item may stay blank.

    Unbound, it shows `typed` (raw texts by field name) or else the answer that stands. Shows saved figures beside
    what was typed when `compare` is set.
    """

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        sheet: Sheet,
        typed: Mapping[str, str] | None = None,
        compare: bool = False,
    ) -> None:
        self.sheet = sheet
        self.compare = compare
        standing = {field_name(*place): figure for place, figure in by_place(sheet.standing_figures).items()}
        super().__init__(data, initial=standing if typed is None else typed, auto_id="%s")
        for item in sheet.items:
            for figure in FIGURES:
                self.fields[field_name(item.pk, figure)] = FigureField(
                    item, label=LABELS[figure], required=False
                )
        if sheet.items:
            self.whole_form_place = field_name(sheet.items[0].pk, FIGURES[0])

    def clean(self) -> dict[str, Any]:
        """Say which figures are missing; nothing at all is no answer."""
        cleaned = super().clean() or self.cleaned_data
        for item in self.sheet.items:
            self._clean_item(item)
        if not self.errors and all(figures.is_blank for figures in self.figures().values()):
            self.add_error(None, NOTHING)
        return cleaned

    def _clean_item(self, item: Item) -> None:
        names = [field_name(item.pk, figure) for figure in FIGURES]
        required = item.pk in self.sheet.required
        blank = [name for name in names if self.cleaned_data.get(name) is None and name not in self.errors]
        if blank and (required or len(blank) < len(names)):
            for name in blank:
                self.add_error(name, MISSING if required else MISSING_OPTIONAL)

    @property
    def error_places(self) -> list[tuple[str, str]]:
        """As every form's, but each message begins with the item and the figure it is about."""
        whole = [(self.whole_form_place, str(message)) for message in self.non_field_errors()]
        single = [
            (row.bound.id_for_label, f"{part.item.label}の{row.bound.label}：{message}")
            for part in self.parts
            for row in part.rows
            for message in row.bound.errors
        ]
        return whole + single

    def figures(self) -> dict[int, Figures]:
        """What was answered, by item id; blank for the items left blank. Once the form is valid."""
        return {
            item.pk: Figures(**{name: self.cleaned_data.get(field_name(item.pk, name)) for name in FIGURES})
            for item in self.sheet.items
        }

    def questions(self, settled: frozenset[str]) -> list[Question]:
        """The jumps to ask back about: neither `settled` before, nor figures that stand already."""
        standing = {jump.key(*each) for each in by_place(self.sheet.standing_figures).items()}
        measures = {item.pk: item.measure for item in self.sheet.items}
        last = by_place(self.sheet.earlier_figures)
        return jump.questions(last, by_place(self.figures()), measures, settled | standing)

    def still_settled(self, settled: frozenset[str]) -> frozenset[str]:
        """Those of the keys whose figures still stand in the inputs."""
        typed = by_place({part.item.pk: part.figures for part in self.parts})
        return settled & {jump.key(*each) for each in typed.items()}

    @cached_property
    def parts(self) -> list[Part]:
        """The items as the page shows them."""
        return [self._part(item) for item in self.sheet.items]

    def _part(self, item: Item) -> Part:
        last = self.sheet.earlier_figures.get(item.pk, Figures())
        saved = self.sheet.standing_figures.get(item.pk, Figures())
        rows = [
            Row(
                name=name,
                bound=self[field_name(item.pk, name)],
                item=item,
                last=getattr(last, name),
                saved=getattr(saved, name),
                compare=self.compare,
            )
            for name in FIGURES
        ]
        return Part(item, item.pk in self.sheet.required, rows, last)


@dataclass(frozen=True)
class Row:
    """One figure: its input, last week's and, to be compared, the saved one (None: blank)."""

    name: str
    bound: BoundField
    item: Item
    last: int | None
    saved: int | None
    compare: bool

    @property
    def explained(self) -> str:
        return EXPLAINED[self.name]

    @property
    def typed(self) -> int | None:
        """The figure in the input, as far as it can be read."""
        try:
            return parse_count(self.text, maximum=MAX_FIGURE, units=(self.item.unit,))
        except NumberProblem:
            return None

    @property
    def text(self) -> str:
        """What stands in the input."""
        return str(self.bound.value() or "").strip()

    @property
    def otherwise(self) -> Counted | None:
        """What the input holds, had it been typed in packs or pairs: offered by one press."""
        return counted_otherwise(self.text, self.item) if self.bound.errors else None

    @property
    def differs(self) -> bool:
        """Whether the saved figure is another one than what stands in the input."""
        return self.compare and (self.typed != self.saved or (bool(self.text) and self.typed is None))


@dataclass(frozen=True)
class Part:
    """One item with its three figures."""

    item: Item
    required: bool
    rows: list[Row]
    last: Figures

    @property
    def figures(self) -> Figures:
        """What stands in the inputs, as far as it can be read."""
        return Figures(**{row.name: row.typed for row in self.rows})

    @property
    def is_open(self) -> bool:
        """Something was typed, is wrong, or is to be compared: not to be folded away."""
        return any(row.text or row.bound.errors or row.differs for row in self.rows)

    @property
    def weeks(self) -> Decimal | None:
        return weeks_of(self.figures)

    @property
    def last_weeks(self) -> Decimal | None:
        return weeks_of(self.last)


def weeks_of(figures: Figures) -> Decimal | None:
    """Weeks of stock as shown; None where they can't be said."""
    return None if figures.weeks is None else shown_weeks(figures.weeks)


def typed_texts(data: QueryDict, items: Iterable[Item]) -> dict[str, str]:
    """The raw texts of a posted form by field name, to be shown again untouched."""
    names = (field_name(item.pk, figure) for item in items for figure in FIGURES)
    return {name: data.get(name, "") for name in names}


def typed_rows(data: QueryDict, items: Iterable[Item]) -> list[tuple[Item, list[tuple[str, str]]]]:
    """The raw texts of a posted form, item by item, as (label, text); items left blank are left out."""
    rows = [
        (item, [(LABELS[figure], data.get(field_name(item.pk, figure), "")) for figure in FIGURES])
        for item in items
    ]
    return [(item, row) for item, row in rows if any(text for _, text in row)]


def as_last_week(texts: Mapping[str, str], sheet: Sheet, item_id: int) -> dict[str, str]:
    """`texts` with the earlier figures of one item in the place of what was typed."""
    last = sheet.earlier_figures.get(item_id, Figures())
    copied = {
        field_name(item_id, name): format_count(figure)
        for name in FIGURES
        if (figure := getattr(last, name)) is not None
    }
    return {**texts, **copied}


def repeated(sheet: Sheet) -> list[Answered]:
    """What 先週と変わりなし would send for the whole sheet, in the order of the page; nothing where it is not offered.

    Not offered once this round was answered: the answer that stands is what one corrects then.
    """
    if sheet.standing is not None:
        return []
    return [Answered(item, sheet.repeatable[item.pk]) for item in sheet.items if item.pk in sheet.repeatable]


@dataclass(frozen=True)
class Answered:
    """One item of an answer that was given."""

    item: Item
    figures: Figures

    @property
    def weeks(self) -> Decimal | None:
        return weeks_of(self.figures)


def answered_items(response: SurveyResponse, items: Iterable[Item]) -> list[Answered]:
    """The items answered, in the order of `items`. One query unless `answers` is prefetched."""
    figures = response.figures()
    found = [Answered(item, figures.get(item.pk, Figures())) for item in items]
    return [each for each in found if not each.figures.is_blank]
