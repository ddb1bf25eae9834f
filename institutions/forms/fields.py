"""Fields that read what people type as the imports read their cells."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from institutions.imports import cells
from institutions.imports.cells import Wrong
from sosportal.lib.forms import LineField

LONGEST_EMAIL = 254


class CellField(LineField):
    """A line that `reader` of the imports reads; its Wrong is the field's error."""

    def __init__(self, reader: Callable[[str], str], **kwargs: Any) -> None:
        self.reader = reader
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        """What the reader makes of it; "" for nothing."""
        text = super().to_python(value)
        try:
            return self.reader(text) if text else ""
        except Wrong as wrong:
            raise ValidationError(wrong.message, code="unreadable") from wrong


class EmailField(CellField):
    """A mail address, typed in half-width letters on whatever keyboard."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {
            "inputmode": "email",
            "autocomplete": "email",
            "autocapitalize": "none",
            "spellcheck": "false",
        }
        reader = partial(cells.email, longest=LONGEST_EMAIL)
        super().__init__(reader, widget=forms.TextInput(attrs=attrs), **kwargs)
