"""Which pages there are, by the registry of the admin and the names of the URLs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import get_resolver, reverse

from institutions.models import Announcement, Inquiry
from requests_app.models import Delivery, ExportLog, SosRequest
from sosportal.urls import CLOSED_PAGES


def pages_of(model: type[Any]) -> Iterator[str]:
    """The addresses of the admin's pages of a model; the object is the newest one."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    yield reverse(f"{name}_changelist")
    yield reverse(f"{name}_add")
    if model in {Delivery, ExportLog}:  # a row of theirs leads elsewhere
        return
    newest = model.objects.order_by("-pk").first()
    assert newest is not None, f"the scene has no {name}"
    yield reverse(f"{name}_change", args=[newest.pk])
    if model not in {SosRequest, Announcement, Inquiry}:  # their history stands on their page
        yield reverse(f"{name}_history", args=[newest.pk])


# Each by its name in the URL conf. What only answers posts or monitors, or is closed, is named with no page.
# The public page is looked at where it is switched on, in test_dashboards.
NO_PAGE = frozenset(
    {
        "health",
        "proxy_end",
        "proxy_end_all",
        "public_progress",
        "public_progress_file",
        "request_answer",
        "request_file",
        "request_follow",
        "request_pdf",
        "request_receive",
        "survey_sheet_template",
    }
)
FOR_OFFICERS = frozenset({"proxy_begin"})
WITH_CODE = ("institution_profile", "proxy_begin", "request_create", "survey_answer", "survey_history")
WITH_NUMBER = ("request_detail", "request_edit", "request_submit", "request_withdraw", "request_print")
FOR_VISITORS = frozenset(
    {
        "account_login",
        "account_inactive",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
    }
)


def names_of_pages() -> list[str]:
    """The names of the URLs outside the admin that may be pages."""
    closed = {pattern.name for pattern in CLOSED_PAGES}
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    return sorted(names - closed - NO_PAGE)
