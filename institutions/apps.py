"""Prefectures, institutions, people, and who may see what."""

from django.apps import AppConfig


class InstitutionsConfig(AppConfig):
    name = "institutions"
    verbose_name = "医療機関と利用者"

    def ready(self) -> None:
        from institutions.models.notice import judge
        from sosportal.lib import delivery
        from sosportal.lib.schedules import declare

        delivery.provide(judge)
        declare("post_announcement_mails", "institutions.tasks.post_announcement_mails", minutes=1)
