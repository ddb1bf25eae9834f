"""Emergency distribution requests (SOS), campaigns and review."""

from django.apps import AppConfig


class RequestsAppConfig(AppConfig):
    name = "requests_app"
    verbose_name = "緊急配布要請"

    def ready(self) -> None:
        from institutions import asked_about, suspension_hits
        from institutions.rules.notices import Notice
        from requests_app.models.reminding import still_missing
        from requests_app.presenters.asked_about import SOURCE
        from requests_app.presenters.suspension_hits import under_review
        from requests_app.queries.intake import items_asked_for
        from sosportal.lib import delivery
        from sosportal.lib.schedules import declare
        from surveys import required_items

        required_items.provide(items_asked_for)
        asked_about.provide(SOURCE)
        suspension_hits.provide(under_review)
        delivery.provide_gate(Notice.REMINDER, still_missing)
        declare("remind_of_survey", "requests_app.tasks.remind_of_survey", minutes=5)
        declare("refresh_progress", "requests_app.progress.refreshing.refresh_progress", minutes=5)
        declare("forget_typed_drafts", "requests_app.tasks.forget_typed_drafts", minutes=24 * 60)
        declare("forget_shipment_uploads", "requests_app.tasks.forget_shipment_uploads", minutes=60)
