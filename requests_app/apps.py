"""Emergency distribution requests (SOS), campaigns and review."""

from django.apps import AppConfig


class RequestsAppConfig(AppConfig):
    name = "requests_app"
    verbose_name = "緊急配布要請"

    def ready(self) -> None:
        from requests_app.queries import items_asked_for
        from surveys import required_items

        required_items.provide(items_asked_for)
