"""System checks: settings that would make the queue send twice or stall stop every command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error


def check_queue(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Errors lib.E001 to lib.E005 about `Q_CLUSTER`; measured reasons are in the decision record on the queue."""
    queue = getattr(settings, "Q_CLUSTER", {})
    timeout, retry = queue.get("timeout"), queue.get("retry")
    errors: list[CheckMessage] = []
    if not _positive(timeout) or not _positive(retry) or retry <= timeout:
        errors.append(
            Error(
                f"Q_CLUSTER: retry ({retry}) must be above timeout ({timeout}), both in seconds above 0.",
                hint="A task that is retried while it still runs runs twice.",
                id="lib.E001",
            )
        )
    for number, name, reason in (
        (2, "queue_limit", "Tasks waiting in a worker's queue are retried before they start, and run twice."),
        (
            3,
            "bulk",
            "Tasks taken in bulk wait in a worker's queue, are retried before they start, and run twice.",
        ),
    ):
        if queue.get(name) != 1:
            errors.append(
                Error(
                    f"Q_CLUSTER: {name} must be 1, not {queue.get(name)}.", hint=reason, id=f"lib.E00{number}"
                )
            )
    if queue.get("orm") != "default":
        errors.append(
            Error(
                f"Q_CLUSTER: orm must be 'default', not {queue.get('orm')!r}.",
                hint="Only a task queued in the database of the transaction is gone when that is rolled back.",
                id="lib.E004",
            )
        )
    if not _positive(queue.get("max_attempts")):
        errors.append(
            Error(
                f"Q_CLUSTER: max_attempts must be a number above 0, not {queue.get('max_attempts')!r}.",
                hint="A task that kills its worker would be repeated without end.",
                id="lib.E005",
            )
        )
    return errors


def _positive(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
