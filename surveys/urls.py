"""Paths of the survey, below `/survey/`."""

from __future__ import annotations

from django.urls import path, re_path

from surveys.views import answering, choosing, looking_back, sheets

urlpatterns = [
    path("", choosing.choose, name="survey"),
    path("sheet/", sheets.sheet, name="survey_sheet"),
    path("sheet/template.xlsx", sheets.template, name="survey_sheet_template"),
    re_path(r"^(?P<code>[0-9]{10})/$", answering.answer, name="survey_answer"),
    re_path(r"^(?P<code>[0-9]{10})/history/$", looking_back.history, name="survey_history"),
]
