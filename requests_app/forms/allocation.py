"""Forms of the decision about who gets what: read what officers type; the rules and the verb judge it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict

from requests_app.models.allocation import MAX_AVAILABLE, Method, SeenWaiting
from requests_app.models.waiting import Waiting
from requests_app.rules.allocation import ByHand, Cause, Rule, default_reason
from sosportal.lib.clock import JST, jst
from sosportal.lib.forms import CountField, LineField, PortalForm, TextField
from sosportal.lib.once import token_of
from sosportal.lib.text import hankaku_code
from surveys.models import Item

LONGEST_REASON = 500
LONGEST_NOTE = 2_000
SPARE_ROWS = 3
MOST_BY_HAND = 30
TOLD = tuple(cause for cause in Cause if cause is not Cause.BY_HAND)
RULES = frozenset(rule.value for rule in Rule)
CHOICES = [(rule.value, rule.label) for rule in Rule]
FIRST_CHOICES = {"rule_a": Rule.PRO_RATA.value, "rule_b": Rule.NEED_FIRST.value}

_CUTOFF = re.compile(r"[0-9]{14}", re.ASCII)
_KEY = re.compile(r"[0-9]{1,18}", re.ASCII)
_SEEN = re.compile(r"([0-9a-f]{64})\|((?:[0-9]{1,18}:[0-9a-f]{8},)*)", re.ASCII)


def cutoff_text(cutoff_at: datetime) -> str:
    """A cut-off as addresses bear it: `20261125170000`, in Japan."""
    return f"{jst(cutoff_at):%Y%m%d%H%M%S}"


def cutoff_of(text: str) -> datetime | None:
    """The cut-off that an address names; None for anything else."""
    if not _CUTOFF.fullmatch(text):
        return None
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=JST)
    except ValueError:
        return None


def seen_text(waiting: Waiting) -> str:
    """What a page shows, for its form to bring back."""
    return f"{waiting.digest}|" + "".join(f"{line}:{mark}," for line, mark in waiting.marks.items())


def seen_of(text: str) -> SeenWaiting:
    """What a form brought back; what can't be read was never shown, so it is stale."""
    found = _SEEN.fullmatch(text)
    if found is None:
        return SeenWaiting("")
    pairs = (pair.split(":") for pair in found[2].split(",") if pair)
    return SeenWaiting(found[1], {int(line): mark for line, mark in pairs})


def item_of(text: str) -> Item | None:
    """The item whose key it is. One query at most."""
    return Item.objects.filter(pk=int(text)).first() if _KEY.fullmatch(text) else None


class ProposalForm(PortalForm):
    """How much can be given, and two rules to compare."""

    loose = forms.BooleanField(label="箱を開けて、端数も配る", required=False)
    rule_a = forms.ChoiceField(label="案Aの決め方", choices=CHOICES)
    rule_b = forms.ChoiceField(label="案Bの決め方", choices=CHOICES)

    def __init__(self, item: Item, sent: QueryDict | None = None) -> None:
        super().__init__(sent, initial=FIRST_CHOICES)
        self.fields["available"] = CountField(
            label="配布できる数量",
            help_text=f"{item.unit}数で入力します。"
            + (f"1{item.pack_unit}は{item.pack_size:,}{item.unit}です。" if item.pack_size > 1 else ""),
            maximum=MAX_AVAILABLE,
            units=(item.unit,),
        )
        self.name_what_is_missing("available")
        self.fields[
            "loose"
        ].help_text = (
            f"チェックしないときは、1{item.pack_unit}（{item.pack_size:,}{item.unit}）の単位で配ります。"
        )
        for name in ("rule_a", "rule_b"):
            self.fields[name].widget.attrs["class"] = "input"
        if item.pack_size == 1:
            del self.fields["loose"]
        self.order_fields(["available", "rule_a", "rule_b", "loose"])

    def methods(self) -> tuple[Method, Method]:
        """What was chosen. Only of a valid form."""
        said = self.cleaned_data
        one, other = (
            Method(Rule(said[name]), said["available"], said.get("loose", False))
            for name in ("rule_a", "rule_b")
        )
        return one, other


@dataclass(frozen=True)
class Chosen:
    """What every form on the way to a decision carries along."""

    item: Item
    cutoff_at: datetime
    method: Method
    compared: tuple[str, str]
    seen: SeenWaiting
    token: uuid.UUID | None

    @classmethod
    def read(cls, sent: QueryDict) -> Chosen | None:
        """What came back; None when it names no item, cut-off, rule or quantity. One query."""
        item, cutoff_at = item_of(sent.get("item", "")), cutoff_of(sent.get("cutoff", ""))
        rule, available = sent.get("rule", ""), sent.get("available", "")
        if item is None or cutoff_at is None or rule not in RULES or not _KEY.fullmatch(available):
            return None
        method = Method(Rule(rule), min(int(available), MAX_AVAILABLE), sent.get("loose") == "on")
        compared = (sent.get("rule_a", "")[:20], sent.get("rule_b", "")[:20])
        return cls(
            item, cutoff_at, method, compared, seen_of(sent.get("seen", "")), token_of(sent.get("token"))
        )

    @property
    def carried(self) -> list[tuple[str, str]]:
        """(name, value) of the hidden fields, without token and what was seen."""
        return [
            ("rule", self.method.rule.value),
            *carried_fields(self.item, self.cutoff_at, self.method, self.compared),
        ]


def carried_fields(
    item: Item, cutoff_at: datetime, method: Method, compared: tuple[str, str]
) -> list[tuple[str, str]]:
    """What an address or a form bears of a proposal, whichever of its two rules is taken."""
    found = [
        ("item", str(item.pk)),
        ("cutoff", cutoff_text(cutoff_at)),
        ("available", str(method.available)),
        ("rule_a", compared[0]),
        ("rule_b", compared[1]),
    ]
    return [*found, ("loose", "on")] if method.loose else found


class DecisionForm(PortalForm):
    """The reasons that institutions read, lines set by hand, and a note for the record."""

    note = TextField(
        label="備考",
        help_text="記録に残します。医療機関には表示されません。",
        max_length=LONGEST_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"class": "input", "rows": 3}),
    )

    def __init__(self, waiting: Waiting, rule: Rule, sent: QueryDict | None = None) -> None:
        self.waiting = waiting
        self.numbers = {each.claimant.number.replace("-", ""): each for each in waiting.lines}
        standing = {f"reason_{cause.value}": default_reason(rule, cause) for cause in TOLD}
        super().__init__(sent, initial=standing)
        for cause in TOLD:
            self.fields[f"reason_{cause.value}"] = TextField(
                label=cause.label,
                max_length=LONGEST_REASON,
                required=False,
                widget=forms.Textarea(attrs={"class": "input", "rows": 2}),
            )
        for row in range(_rows_in(sent)):
            self._add_row(row, waiting.item)
        self.order_fields([*(name for name in self.fields if name != "note"), "note"])

    def _add_row(self, row: int, item: Item) -> None:
        self.fields[f"number_{row}"] = LineField(label="要請番号", max_length=12, required=False)
        self.fields[f"quantity_{row}"] = CountField(label="配布の数量", units=(item.unit,), required=False)
        self.fields[f"reason_{row}"] = LineField(label="理由", max_length=LONGEST_REASON, required=False)

    @property
    def hand_rows(self) -> list[tuple[forms.BoundField, forms.BoundField, forms.BoundField]]:
        """The rows for lines set by hand: number, quantity, reason."""
        rows = sum(1 for name in self.fields if name.startswith("number_"))
        return [(self[f"number_{n}"], self[f"quantity_{n}"], self[f"reason_{n}"]) for n in range(rows)]

    @property
    def reason_fields(self) -> list[tuple[Cause, forms.BoundField]]:
        """The reason of every cause, in their order."""
        return [(cause, self[f"reason_{cause.value}"]) for cause in TOLD]

    def clean(self) -> dict[str, Any]:
        """Rows set by hand are whole, name a line that waits, and no line twice."""
        cleaned = super().clean() or self.cleaned_data
        used: set[int] = set()
        for row in range(len(self.hand_rows)):
            said = [cleaned.get(f"{name}_{row}") for name in ("number", "quantity", "reason")]
            if all(value in (None, "") for value in said):
                continue
            for name, value, ask in zip(
                ("number", "quantity", "reason"),
                said,
                (
                    "要請番号を入力してください。",
                    "配布の数量を入力してください。",
                    "理由を入力してください。医療機関に表示されます。",
                ),
                strict=True,
            ):
                if value in (None, "") and f"{name}_{row}" not in self.errors:
                    self.add_error(f"{name}_{row}", ask)
            line = self.numbers.get(hankaku_code(str(said[0] or "")))
            if said[0] and line is None:
                self.add_error(
                    f"number_{row}",
                    f"要請番号 {said[0]} は、この決定の対象にありません。番号を確かめてください。",
                )
            elif line is not None and line.line_id in used:
                self.add_error(f"number_{row}", "同じ要請番号が2回あります。1回だけ入力してください。")
            elif line is not None:
                used.add(line.line_id)
        return cleaned

    def by_hand(self) -> tuple[ByHand, ...]:
        """The lines set by hand, in the order of the rows. Only of a valid form."""
        said = self.cleaned_data
        return tuple(
            ByHand(
                self.numbers[hankaku_code(said[f"number_{n}"])].line_id,
                said[f"quantity_{n}"],
                said[f"reason_{n}"],
            )
            for n in range(len(self.hand_rows))
            if said[f"number_{n}"]
        )

    def reasons(self) -> Mapping[Cause, str]:
        """What institutions read, per cause. Only of a valid form."""
        return {cause: self.cleaned_data[f"reason_{cause.value}"] for cause in TOLD}

    def carried(self) -> list[tuple[str, str]]:
        """(name, value) of everything entered, for the hidden fields of the page that asks. Only of a valid form."""
        return [
            (name, "" if value is None else str(value))
            for name, value in self.cleaned_data.items()
            if value not in (None, "") or name.startswith("reason_")
        ]


def _rows_in(sent: QueryDict | None) -> int:
    """As many rows as are filled in, and some spare ones."""
    filled = 0
    if sent is not None:
        filled = max(
            (
                n + 1
                for n in range(MOST_BY_HAND)
                if any(sent.get(f"{name}_{n}") for name in ("number", "quantity", "reason"))
            ),
            default=0,
        )
    return min(filled + SPARE_ROWS, MOST_BY_HAND)
