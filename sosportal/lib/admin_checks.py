"""System checks of the admin's pages: declarations that would let something foreign through stop the start."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.checks import ModelAdminChecks
from django.contrib.admin.filters import AllValuesFieldListFilter, RelatedFieldListFilter
from django.core import checks


class ScopedModelAdminChecks(ModelAdminChecks):
    """Django's checks, and the ones below."""

    def check(self, admin_obj: Any, **kwargs: Any) -> list[checks.CheckMessage]:
        """All messages about one admin page."""
        return [*super().check(admin_obj, **kwargs), *_raw_ids(admin_obj), *_filters(admin_obj)]


def _raw_ids(admin_obj: Any) -> list[checks.CheckMessage]:
    if not any(each.raw_id_fields for each in (admin_obj, *admin_obj.inlines)):
        return []
    message = "raw_id_fields name any row of the table whose key is posted; use a choice of rows in scope."
    return [checks.Error(message, obj=type(admin_obj), id="portal.E101")]


def _filters(admin_obj: Any) -> list[checks.CheckMessage]:
    from sosportal.lib.admin import ScopedRelatedFilter

    leaking = [
        each[1].__name__
        for each in admin_obj.list_filter
        if isinstance(each, tuple | list)
        and issubclass(each[1], RelatedFieldListFilter | AllValuesFieldListFilter)
        and not issubclass(each[1], ScopedRelatedFilter)
    ]
    if not leaking:
        return []
    message = f"{', '.join(leaking)} offers values of rows out of scope; use ScopedRelatedFilter."
    return [checks.Error(message, obj=type(admin_obj), id="portal.E102")]
