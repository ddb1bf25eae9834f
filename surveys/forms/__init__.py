"""Reading and showing what people answer in the survey: on the page (`answering`) and in a workbook (`sheets`)."""

from surveys.forms.answering import (
    LABELS,
    Answered,
    Sent,
    SurveyForm,
    answered_items,
    as_last_week,
    counted_otherwise,
    field_name,
    repeated,
    typed_rows,
    typed_texts,
    weeks_of,
)
from surveys.forms.sheets import ConfirmForm, SheetFileForm

__all__ = [
    "LABELS",
    "Answered",
    "ConfirmForm",
    "Sent",
    "SheetFileForm",
    "SurveyForm",
    "answered_items",
    "as_last_week",
    "counted_otherwise",
    "field_name",
    "repeated",
    "typed_rows",
    "typed_texts",
    "weeks_of",
]
