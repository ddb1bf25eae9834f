"""The form of メールの受け取り方: one choice for each kind of notice."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms
from django.http import QueryDict

from institutions.rules.notices import Notice
from sosportal.lib.delivery import When
from sosportal.lib.forms import PortalForm

SEPARATOR = "."


class NoticesForm(PortalForm):
    """How soon each kind is wanted; `standing` is what is shown unless something was sent."""

    def __init__(self, standing: Mapping[Notice, When], sent: QueryDict | None = None) -> None:
        super().__init__(sent, initial={each.value: when.value for each, when in standing.items()})
        for each in Notice:
            self.fields[each.value] = forms.ChoiceField(
                label=each.label,
                help_text=each.about,
                choices=[(when.value, when.label) for when in each.choices],
                widget=forms.RadioSelect,
            )
            self.name_what_is_missing(each.value)

    def wanted(self) -> dict[Notice, When]:
        """What was chosen. Only of a valid form."""
        return {each: When(self.cleaned_data[each.value]) for each in Notice}


def as_seen(standing: Mapping[Notice, When]) -> str:
    """What a page showed, for its form to carry."""
    return SEPARATOR.join(standing[each].value for each in Notice)


def seen_in(text: str) -> dict[Notice, When]:
    """The same, read back; empty, which nothing that stands equals, for what can't be read."""
    parts = text.split(SEPARATOR)
    known = set(When)
    if len(parts) != len(Notice) or not known.issuperset(parts):
        return {}
    return {each: When(part) for each, part in zip(Notice, parts, strict=True)}
