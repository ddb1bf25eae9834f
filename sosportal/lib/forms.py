"""Forms of the portal's own pages: rendered by our own templates, read by our own rules for figures and text."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.forms.boundfield import BoundField
from django.forms.renderers import BaseRenderer
from django.template import engines

from sosportal.lib.numbers import NumberProblem, parse_count
from sosportal.lib.text import clean_line, clean_text, find_unreadable

DJANGO_REQUIRED = forms.Field.default_error_messages["required"]
PRESSED = frozenset({"checkbox", "radio", "hidden", "file"})
LONGEST_MOMENT = 40  # characters
LONGEST_FILE_NAME = 100  # characters
MOST_MEGABYTES = 2  # of a file that is read in
CHOSEN_FROM = (forms.ChoiceField, forms.ModelChoiceField)


class PortalRenderer(BaseRenderer):
    """Renders fields and widgets with the environment of the portal's pages (templates/portal)."""

    field_template_name = "components/field.html"

    def get_template(self, template_name: str) -> Any:
        """The template of that name, of the portal's own engine."""
        return engines["jinja2"].get_template(template_name)


class PortalBoundField(BoundField):
    """A bound field whose input bears the class names of portal.css."""

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        """Django's attributes (required, aria-invalid, aria-describedby) and the class of the kind of input."""
        attrs = super().build_widget_attrs(attrs, widget)
        widget = widget or self.field.widget
        if getattr(widget, "input_type", "text") not in PRESSED and "class" not in widget.attrs:
            figure = isinstance(self.field, CountField)
            attrs.setdefault("class", "input input--figure" if figure else "input")
        return attrs


class PortalForm(forms.Form):
    """The base of every form on the portal's own pages.

    Renders through templates/portal; a missing entry is asked for by the name of its field; `error_places` feeds the
    summary at the top of the page.
    """

    whole_form_place = ""
    default_renderer = PortalRenderer
    bound_field_class = PortalBoundField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for name in self.fields:
            self.name_what_is_missing(name)

    def name_what_is_missing(self, name: str) -> None:
        """As `name_what_is_missing`, for the field `name`."""
        name_what_is_missing(self.fields[name], name)

    def reword(self, name: str, label: str, help_text: str = "") -> None:
        """Give the field `name`, taken over from a library's form, our label and hint, and no placeholder."""
        field = self.fields[name]
        field.label, field.help_text = label, help_text
        field.error_messages["required"] = required_message(field, label)
        field.widget.attrs.pop("placeholder", None)

    @property
    def error_places(self) -> list[tuple[str, str]]:
        """What is wrong, in the order of the page: (id of the input, message).

        What concerns the whole form comes first and points to `whole_form_place`, "" for nowhere.
        """
        whole = [(self.whole_form_place, str(message)) for message in self.non_field_errors()]
        single = [(place_of(bound), str(message)) for bound in self for message in bound.errors]
        return whole + single


def place_of(bound: forms.BoundField) -> str:
    """The id of the input that a link to the field leads to: of choices, or of a date and its time, the first.

    What lies around them takes no focus, so that a reader by ear would land nowhere.
    """
    return bound.id_for_label or f"{bound.auto_id}_0"


def name_what_is_missing(field: forms.Field, name: str = "") -> None:
    """Replace Django's "this field is required" by words that say which (`name` where it has no label), what to do."""
    if field.error_messages.get("required") == DJANGO_REQUIRED:
        field.error_messages["required"] = required_message(field, str(field.label or name))


def required_message(field: forms.Field, label: str) -> str:
    """What to say when `field` was left empty."""
    if isinstance(field, forms.BooleanField):
        return f"「{label}」にチェックを入れてください。"
    if isinstance(field, CHOSEN_FROM):
        return f"{label}を選んでください。"
    return f"{label}を入力してください。"


class CleanedField(forms.CharField):
    """What LineField and TextField share: a length limit that is said, not one that cuts in the browser."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for validator in self.validators:
            if isinstance(validator, MaxLengthValidator):
                validator.message = (
                    f"{self.max_length}文字以内で入力してください（いまは%(show_value)d文字です）。"
                )

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """No maxlength on the input: browsers would cut what is pasted without a word."""
        return {}


class LineField(CleanedField):
    """One line of text: cleaned by `clean_line` (control characters, direction marks and zero-width ones go).

    `max_length` counts characters after cleaning. Raises ValidationError with a message for people.
    """

    def to_python(self, value: Any) -> str:
        """The cleaned line; "" for nothing."""
        return clean_line(readable(value))


class TextField(CleanedField):
    """Several lines of text: cleaned by `clean_text`, line breaks kept as \\n; `max_length` as in LineField."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        """The cleaned text; "" for nothing."""
        return clean_text(readable(value))


def readable(value: Any) -> str:
    """`value` as text, "" for None. Raises ValidationError when it holds characters that can't be kept."""
    text = "" if value is None else str(value)
    if problem := find_unreadable(text):
        raise ValidationError(problem, code="unreadable")
    return text


class MomentField(forms.DateTimeField):
    """A date and time in Tokyo as people type it, full-width digits too; kept to the years a person can mean."""

    default_error_messages = {"year": "日付を確かめてください（例：2026-11-25 10:00）。"}

    def to_python(self, value: Any) -> datetime | None:
        """The moment (aware); None for nothing. Raises ValidationError with a message for people."""
        found = super().to_python(unicodedata.normalize("NFKC", readable(value)[:LONGEST_MOMENT]).strip())
        if found is not None and not 2020 <= found.year <= 2100:
            raise ValidationError(self.error_messages["year"], code="year")
        return found


class UploadField(forms.FileField):
    """A file of a list, small enough to be kept for the next page; its name is cleaned and cut.

    `label` names it in what is said of it, `accept` are the endings that the browser offers.
    """

    def __init__(self, *, label: str, accept: str, help_text: str) -> None:
        choose = f"{label}を選んでください。"
        super().__init__(
            label=label,
            help_text=f"{help_text}{MOST_MEGABYTES}MBまで。",
            widget=forms.FileInput(attrs={"class": "input", "accept": accept}),
            error_messages={
                "empty": "ファイルに何も書かれていません。",
                **dict.fromkeys(("required", "missing", "invalid"), choose),
            },
        )

    def clean(self, data: Any, initial: Any = None) -> Any:
        """The UploadedFile. Raises ValidationError for one that is missing, empty or too big."""
        given = super().clean(data, initial)
        if given.size is None or given.size > MOST_MEGABYTES * 1024 * 1024:
            raise ValidationError(f"ファイルが大きすぎます。{MOST_MEGABYTES}MBまでに分けてください。")
        given.name = clean_line(given.name or "")[:LONGEST_FILE_NAME]
        return given


class CountField(forms.Field):
    """A whole number ≥ 0 as people type it: １２３, 1,000 and 1 000 枚 are understood (`numbers.parse_count`).

    `maximum` is the largest figure taken, `units` the words that may follow it. Cleans to an int, or None for
    nothing when not required. What can't be read stays in the input as it was typed.
    """

    def __init__(self, *, maximum: int = 9_999_999, units: tuple[str, ...] = (), **kwargs: Any) -> None:
        attrs: Mapping[str, str] = {"inputmode": "numeric", "autocomplete": "off"}
        kwargs.setdefault("widget", forms.TextInput(attrs=dict(attrs)))
        self.maximum = maximum
        self.units = units
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> int | None:
        """The figure; None for nothing. Raises ValidationError with the message of NumberProblem."""
        if value is None or not str(value).strip():
            return None
        try:
            return parse_count(str(value), maximum=self.maximum, units=self.units)
        except NumberProblem as problem:
            raise ValidationError(problem.message, code="number") from problem

    def prepare_value(self, value: Any) -> Any:
        """A figure we know is shown with separators; what was typed is shown as typed."""
        return f"{value:,}" if isinstance(value, int) else value
