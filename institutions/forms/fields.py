"""Fields that read what people type as the imports read their cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError

from institutions.imports.cells import Wrong
from sosportal.lib.forms import LineField


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
