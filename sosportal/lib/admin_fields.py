"""Fields of the admin's own forms: the portal's rules for text and figures, and inputs that need no script."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.widgets import AdminEmailInputWidget, AdminTextareaWidget, AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.db import models

from sosportal.lib.forms import CountField, LineField, TextField

_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)
_FIGURE = {"inputmode": "numeric", "autocomplete": "off", "class": "vIntegerField"}


class MomentInput(forms.DateTimeInput):
    """Date and time in one input of the browser's own; seconds only where there are some."""

    input_type = "datetime-local"

    def format_value(self, value: Any) -> str | None:
        """`2026-11-25T17:00`, as the input wants it; what was typed stays as typed."""
        if isinstance(value, datetime):
            return value.isoformat(timespec="seconds" if value.second else "minutes")[
                : 19 if value.second else 16
            ]
        return None if value is None else str(value)


class DayInput(forms.DateInput):
    """A date in the browser's own input."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None, format: str | None = "%Y-%m-%d") -> None:  # noqa: A002
        super().__init__(attrs, format)


class AdminCountField(CountField):
    """A whole number as people type it, where a model's form asks for an integer."""

    def __init__(self, *, min_value: int = 0, max_value: int | None = None, **kwargs: Any) -> None:
        super().__init__(maximum=9_999_999 if max_value is None else max_value, **kwargs)


class AdminDecimalField(forms.DecimalField):
    """A decimal as people type it, full-width digits too; no exponent, sign, underscore or digits of other scripts."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "vIntegerField"})

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        """The number, None for nothing. Raises ValidationError with a message for people."""
        if value is None or isinstance(value, Decimal) or not str(value).strip():
            return None if not isinstance(value, Decimal) else value
        plain = unicodedata.normalize("NFKC", str(value)[:40]).strip()
        if not _DECIMAL.fullmatch(plain):
            raise ValidationError(
                "数として読めません。数字だけで入力してください（例：2 または 1.5）。", code="number"
            )
        return Decimal(plain)


class OnlyThisPageForm(ActionForm):
    """The choice of an action. It is done to the rows ticked on the page, never to rows that were not shown."""

    def clean_select_across(self) -> bool:
        """Whatever was posted."""
        return False


FIELDS: dict[type[models.Field[Any, Any]], dict[str, Any]] = {
    models.CharField: {"form_class": LineField, "widget": AdminTextInputWidget},
    models.TextField: {"form_class": TextField, "widget": AdminTextareaWidget},
    models.EmailField: {"widget": AdminEmailInputWidget},
    models.IntegerField: {"form_class": AdminCountField, "widget": forms.TextInput(attrs=_FIGURE)},
    models.DecimalField: {"form_class": AdminDecimalField, "widget": AdminDecimalField.widget},
    models.DateTimeField: {"form_class": forms.DateTimeField, "widget": MomentInput},
    models.DateField: {"widget": DayInput},
}
"""For `formfield_overrides`: what stands in the place of Django's widgets and fields."""
