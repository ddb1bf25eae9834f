"""The weekly stockpile survey."""

from django.apps import AppConfig


class SurveysConfig(AppConfig):
    name = "surveys"
    verbose_name = "週次調査"

    def ready(self) -> None:
        from sosportal.lib.schedules import declare

        declare("open_survey_round", "surveys.tasks.open_survey_round", minutes=30)
