"""Queue entry points of the requests app: without arguments, safe to run twice and at once."""

from __future__ import annotations

from typing import Any

from django.apps import apps

from sosportal.lib import clock

SECONDS = 15.0
"""No further piece of reminders is begun after this: a task must end before the queue takes it for dead."""


def forget_typed_drafts() -> int:
    """Drop what was typed and never saved, once it is old: run by a schedule. Returns how many."""
    model = apps.get_model("requests_app", "TypedDraft")
    return int(model.forget_old(clock.now()))


def forget_shipment_uploads() -> int:
    """Drop the shipping files that were looked at and never taken in: run by a schedule. Returns how many."""
    model = apps.get_model("requests_app", "ShipmentUpload")
    return int(model.forget_old(clock.now()))


def remind_of_survey() -> int:
    """Post the reminders that are due, as far as time allows; returns how many. Run by a schedule, in and out of the
    slots: outside of them nothing happens."""
    reminding: Any = apps.get_model("requests_app", "SurveyReminding")
    return int(reminding.work_off(SECONDS))
