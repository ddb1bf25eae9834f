"""Paths of the survey, below `/survey/`."""

from __future__ import annotations

from django.urls import path, re_path

from surveys import views

urlpatterns = [
    path("", views.choose, name="survey"),
    re_path(r"^(?P<code>[0-9]{10})/$", views.answer, name="survey_answer"),
    re_path(r"^(?P<code>[0-9]{10})/history/$", views.history, name="survey_history"),
]
