"""Fields of these pages' forms: read as the imports read them, and rows named by their key instead of picked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.db import models

from institutions.forms.fields import CellField
from institutions.imports.cells import Wrong, institution_code
from institutions.imports.user_rows import username
from sosportal.lib.forms import name_what_is_missing, readable

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Any]
    InlineFormSet = forms.BaseInlineFormSet[Any, Any, Any]
    RowField = forms.ModelChoiceField[Any]
else:
    ModelForm = forms.ModelForm
    InlineFormSet = forms.BaseInlineFormSet
    RowField = forms.ModelChoiceField


class PageForm(ModelForm):
    """Base of these pages' forms: what is missing is asked for by its name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            name_what_is_missing(field, name)


class ReadField(CellField):
    """A line that `reader` of the imports reads, as wide as the admin's own."""

    def __init__(self, reader: Callable[[str], str], **kwargs: Any) -> None:
        super().__init__(reader, **{"widget": AdminTextInputWidget} | kwargs)


class KeyedRowField(RowField):
    """A row of the given queryset, named by its unique text `key`: a choice among 97,000 rows helps nobody.

    Rows outside of the queryset are answered as if there were none.
    """

    key: str
    absent: str

    def __init__(self, queryset: models.QuerySet[Any], **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"autocomplete": "off", "class": "vTextField"})
        super().__init__(queryset, **{"widget": widget} | kwargs)
        self.error_messages["required"] = f"{self.label}を入力してください。"

    def read(self, text: str) -> dict[str, str]:
        """The lookup that finds the row. Raises Wrong for a text that can't be a key."""
        raise NotImplementedError

    def to_python(self, value: Any) -> Any:
        """The row, None for nothing. One query, none for a row that is known already."""
        if isinstance(value, models.Model):
            return value
        text = readable(value).strip()
        if not text:
            return None
        try:
            return self.queryset.get(**self.read(text))  # type: ignore[union-attr]
        except Wrong as wrong:
            raise ValidationError(wrong.message, code="unreadable") from wrong
        except (self.queryset.model.DoesNotExist, self.queryset.model.MultipleObjectsReturned) as error:  # type: ignore[union-attr]
            raise ValidationError(self.absent, code="invalid_choice") from error

    def prepare_value(self, value: Any) -> Any:
        """The key of a row; what was typed stays as typed."""
        return getattr(value, self.key) if isinstance(value, models.Model) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether something else was typed."""
        return not self.disabled and str(self.prepare_value(initial) or "") != str(data or "")


class InstitutionByCodeField(KeyedRowField):
    """An institution by its ten-digit code."""

    key = "code"
    absent = "この医療機関コードの医療機関は登録されていません。"

    def read(self, text: str) -> dict[str, str]:
        """By the code in half-width digits."""
        return {"code": institution_code(text)}


class UserByNameField(KeyedRowField):
    """A person by their user name, whatever its case."""

    key = "username"
    absent = "このユーザー名の利用者は登録されていません。"

    def read(self, text: str) -> dict[str, str]:
        """By the name as it is stored."""
        return {"username__iexact": username(text)}
