"""Forms of the calendar's changes: they read; the verbs decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms

from requests_app.models import CalendarException, CutoffChange
from requests_app.models.calendar import cutoffs_around, day_problem, is_far_away
from requests_app.rules.cutoff import WEDNESDAY, move_problem, regular_cutoff
from sosportal.lib import clock
from sosportal.lib.business_calendar import is_business_day

if TYPE_CHECKING:
    CutoffBase = forms.ModelForm[CutoffChange]
    DayBase = forms.ModelForm[CalendarException]
else:
    CutoffBase = DayBase = forms.ModelForm

NOTE = "変える理由を入力してください。"
STANDS = "この{}の変更は、すでに登録されています。一覧から開いて変えてください。"


class CutoffForm(CutoffBase):
    """The cut-off of one week. Which week it is stays as it was first saved."""

    back = forms.BooleanField(label="通常の締切（水曜17:00）に戻す", required=False)

    class Meta:
        model = CutoffChange
        fields = ("regular_day", "cutoff_at", "note")
        error_messages: ClassVar[Any] = {"regular_day": {"unique": STANDS.format("週")}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].required = True
        self.fields["note"].error_messages["required"] = NOTE
        if self.instance.pk:
            self.fields["regular_day"].disabled = True
            self.fields["cutoff_at"].required = False
        else:
            del self.fields["back"]

    def clean(self) -> dict[str, Any]:
        """The moment that makes sense, or why it doesn't."""
        cleaned = super().clean() or self.cleaned_data
        day, wanted = cleaned.get("regular_day"), cleaned.get("cutoff_at")
        if day is None or is_far_away(day) or day.weekday() != WEDNESDAY:
            return cleaned  # said by the model
        if cleaned.get("back"):
            cleaned["cutoff_at"] = wanted = regular_cutoff(day)
        elif wanted is None and "cutoff_at" not in self.errors:
            self.add_error("cutoff_at", "変更後の締切を入力してください。")
        if wanted is None or is_far_away(clock.jst(wanted).date()):
            return cleaned
        if problem := move_problem(day, wanted, cutoffs_around(day), clock.now()):
            self.add_error("cutoff_at", problem)
        return cleaned


class DayForm(DayBase):
    """A single day. Which day it is stays as it was first saved."""

    back = forms.BooleanField(label="通常どおりに戻す", required=False)

    class Meta:
        model = CalendarException
        fields = ("day", "is_business_day", "note")
        help_texts: ClassVar[Any] = {
            "is_business_day": "チェックを入れると開庁日に、入れないと閉庁日になります。"
        }
        error_messages: ClassVar[Any] = {"day": {"unique": STANDS.format("日")}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].required = True
        self.fields["note"].error_messages["required"] = NOTE
        self.standing = {self.instance.day: self.instance.is_business_day} if self.instance.pk else {}
        if self.instance.pk:
            self.fields["day"].disabled = True
        else:
            del self.fields["back"]

    def clean(self) -> dict[str, Any]:
        """The day that can be changed, or why it can't."""
        cleaned = super().clean() or self.cleaned_data
        day = cleaned.get("day")
        if day is None or is_far_away(day):
            return cleaned  # said by the model
        if cleaned.get("back"):
            cleaned["is_business_day"] = is_business_day(day)
        if problem := day_problem(day, bool(cleaned.get("is_business_day")), self.standing, clock.now()):
            self.add_error("is_business_day" if self.fields["day"].disabled else "day", problem)
        return cleaned
