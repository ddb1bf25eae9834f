"""The form of the public page's switch."""

from __future__ import annotations

from django import forms

from sosportal.lib.forms import PortalForm, TextField
from sosportal.lib.once import LOST_TOKEN

LONGEST = 1_000
LOST = dict.fromkeys(("required", "invalid", "invalid_choice"), LOST_TOKEN)


class SwitchForm(PortalForm):
    """On or off, and why. `seen` is the key of the last row of the switch as the page showed it."""

    reason = TextField(
        label="理由",
        help_text="だれが、いつ切り替えたかとともに記録に残ります。公開ページには出ません。",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"class": "input", "rows": 3}),
    )
    on = forms.ChoiceField(choices=[("on", "公開する"), ("off", "公開をやめる")], error_messages=LOST)
    seen = forms.IntegerField(min_value=0, error_messages=LOST)
    token = forms.UUIDField(error_messages=LOST)
