"""取下げ: why the institution takes its request back."""

from __future__ import annotations

from django import forms

from sosportal.lib.forms import PortalForm, TextField
from sosportal.lib.text import clean_text

LONGEST_REASON = 500


class WithdrawForm(PortalForm):
    """The reason, read by the institution's colleagues and by officers."""

    reason = TextField(
        label="取り下げる理由",
        max_length=LONGEST_REASON,
        help_text=f"都道府県と国の担当者も読みます（{LONGEST_REASON}文字まで）。例：業者から納品があり、足りるようになったため",
        widget=forms.Textarea(attrs={"class": "input", "rows": 4}),
    )

    @property
    def typed(self) -> str:
        """What was sent, without invisible characters."""
        return clean_text(str(self["reason"].data or ""))
