"""Prefectures, institutions, people, and who may see what."""

from django.apps import AppConfig


class InstitutionsConfig(AppConfig):
    name = "institutions"
    verbose_name = "医療機関と利用者"

    def ready(self) -> None:
        from sosportal.lib.schedules import declare

        declare("post_announcement_mails", "institutions.tasks.post_announcement_mails", minutes=1)
