"""Prefectures, institutions, people, and who may see what."""

from django.apps import AppConfig


class InstitutionsConfig(AppConfig):
    name = "institutions"
    verbose_name = "医療機関と利用者"
