"""The ground floor: what every app may use and what knows no app."""

from django.apps import AppConfig
from django.core.checks import register


class LibConfig(AppConfig):
    name = "sosportal.lib"
    label = "lib"
    verbose_name = "共通"

    def ready(self) -> None:
        from sosportal.lib.checks import check_queue
        from sosportal.lib.schedules import declare

        register(check_queue)
        declare("send_due_messages", "sosportal.lib.tasks.send_due_messages", minutes=1)
        declare("forget_receipts", "sosportal.lib.tasks.forget_receipts", minutes=24 * 60)
