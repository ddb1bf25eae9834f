"""ユーザー基礎情報登録: what an institution's own staff keep."""

from __future__ import annotations

from typing import NamedTuple

from django import forms
from django.http import QueryDict

from institutions.forms.fields import CellField, EmailField
from institutions.imports import cells
from institutions.imports.cells import Wrong
from institutions.models import Institution, Particulars
from sosportal.lib.forms import LineField, PortalForm

FEWEST_DIGITS, MOST_DIGITS = 9, 15
LONGEST_PERSON, LONGEST_NUMBER = 100, 20


class Difference(NamedTuple):
    """One field that somebody else saved otherwise than it was typed here."""

    name: str
    saved: str
    typed: str


def telephone(text: str) -> str:
    """A telephone number as the imports read it, with as many digits as one has. Raises Wrong."""
    number = cells.telephone(text)
    digits = sum(each.isdigit() for each in number)
    if not FEWEST_DIGITS <= digits <= MOST_DIGITS or len(number) > LONGEST_NUMBER:
        raise Wrong(f"電話番号を、市外局番から入力してください（数字{FEWEST_DIGITS}〜{MOST_DIGITS}けた）。")
    return number


class ParticularsForm(PortalForm):
    """電話番号, 担当者氏名, メールアドレス: all of them are needed to apply (domain.md R3)."""

    telephone = CellField(
        telephone,
        label="電話番号",
        help_text="要請の確認のお電話をします。例：03-1234-5678",
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    contact_person = LineField(
        label="担当者氏名",
        max_length=LONGEST_PERSON,
        help_text="要請について答えられる人の氏名です。",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = EmailField(
        label="メールアドレス",
        help_text="半角で入力してください。要請や調査のお知らせが届きます。",
    )

    def __init__(self, place: Institution, sent: QueryDict | None = None) -> None:
        super().__init__(sent, initial=vars(place.particulars))

    def particulars(self) -> Particulars:
        """What was typed. Only of a valid form."""
        return Particulars(**{name: self.cleaned_data[name] for name in self.fields})

    def differences(self, saved: Particulars) -> list[Difference]:
        """Where what stands and what was typed are not the same."""
        found = [
            Difference(str(bound.label), str(getattr(saved, bound.name)), str(bound.data or "").strip())
            for bound in self
        ]
        cleaned = getattr(self, "cleaned_data", {})
        same = {str(self[name].label) for name in cleaned if cleaned[name] == getattr(saved, name)}
        return [each for each in found if each.name not in same and each.saved != each.typed]
