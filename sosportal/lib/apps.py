"""The ground floor: what every app may use and what knows no app."""

from django.apps import AppConfig
from django.core.checks import register


class LibConfig(AppConfig):
    name = "sosportal.lib"
    label = "lib"
    verbose_name = "共通"

    def ready(self) -> None:
        from sosportal.lib.checks import check_queue

        register(check_queue)
