"""Forms of the hand-off and of the vendor's shipping file; the verbs decide whether what they say can be taken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from sosportal.lib.forms import LineField, PortalForm, TextField, UploadField
from sosportal.lib.tabular import KIND_CHOICES, FileKind

LONGEST_VENDOR = 100
LONGEST_REASON = 500
SEEN = "seen"


def read_keys(texts: Iterable[str]) -> list[int]:
    """The keys among the texts; what is none is left out."""
    return [int(each) for each in texts if each.isascii() and each.isdigit() and len(each) < 19]


class HeldField(forms.MultipleChoiceField):
    """Lines that were held back when the page was shown. What has changed since is told by the digest of the page, not
    here: the same form sent twice is the same form."""

    def valid_value(self, value: str) -> bool:
        return bool(read_keys([value]))


class HandOffForm(PortalForm):
    """To whom, and as what kind of file. `geta` is asked only where CP932 can't hold something, `include` and its
    reason only where lines of suspended institutions are held back."""

    vendor = LineField(label="売払先事業者", max_length=LONGEST_VENDOR)
    kind = forms.ChoiceField(
        label="ファイルの形式",
        choices=KIND_CHOICES,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "ファイルの形式を選んでください。"},
    )

    def __init__(
        self,
        unwritable: int,
        vendor: str = "",
        sent: QueryDict | None = None,
        held: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(sent, initial={"vendor": vendor, "kind": FileKind.UTF8.value})
        if held:
            self.fields["include"] = HeldField(
                label="それでも載せる物資",
                help_text="チェックを入れないものは、載せずに残します。",
                choices=held,
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )
            self.fields["include_reason"] = TextField(
                label="載せる理由",
                help_text="引渡しの記録に残ります。ファイルには書きません。",
                required=False,
                max_length=LONGEST_REASON,
                widget=forms.Textarea(attrs={"class": "input", "rows": 3}),
            )
        if unwritable:
            self.fields["geta"] = forms.BooleanField(
                label="Shift_JISで書けない文字を、〓に置き換える", required=False
            )

    def clean(self) -> dict[str, Any]:
        """CP932 with characters it can't hold is taken only with the tick."""
        cleaned = super().clean() or self.cleaned_data
        asked = "geta" in self.fields and cleaned.get("kind") == FileKind.CP932.value
        if asked and not cleaned.get("geta"):
            self.add_error(
                "geta",
                "Shift_JISで書けない文字があります。〓に置き換えるときはチェックを入れ、"
                "置き換えないときはUTF-8かExcelを選んでください。",
            )
        if cleaned.get("include") and not cleaned.get("include_reason"):
            self.add_error("include_reason", "停止中の医療機関の物資を載せる理由を入力してください。")
        return cleaned

    @property
    def included(self) -> list[int]:
        """Of a valid form: the lines that go out although their institution is suspended."""
        return read_keys(self.cleaned_data.get("include", ()))

    @property
    def file_kind(self) -> FileKind:
        """Of a valid form."""
        return FileKind(self.cleaned_data["kind"])


class ShipmentFileForm(PortalForm):
    """The vendor's shipping file."""

    file = UploadField(
        label="発送ファイル",
        accept=".csv,.xlsx,.gz",
        help_text="CSV（UTF-8またはShift_JIS）かExcel（.xlsx）。",
    )


class AgreeForm(PortalForm):
    """What has to be seen before a file with warnings is taken in."""

    agreed = forms.BooleanField(
        label="注意の内容を確かめました",
        error_messages={"required": "注意の内容を確かめて、チェックを入れてください。"},
    )

    def __init__(self, warnings: int, sent: QueryDict | None = None) -> None:
        super().__init__(sent)
        self.fields["agreed"].required = bool(warnings)
