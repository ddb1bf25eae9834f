"""Queue entry points of requests: without arguments, safe to run twice and at once."""

from __future__ import annotations

from django.apps import apps

from sosportal.lib import clock


def forget_typed_drafts() -> int:
    """Drop what was typed and never saved, once it is old: run by a schedule. Returns how many."""
    model = apps.get_model("requests_app", "TypedDraft")
    return int(model.forget_old(clock.now()))
