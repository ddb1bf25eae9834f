"""System checks: queue settings under which tasks run twice, or for ever, stop every command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error


def check_queue(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Errors lib.E001 to lib.E005 about the settings `Q_CLUSTER`; none when they are right."""
    queue: dict[str, Any] = getattr(settings, "Q_CLUSTER", {})
    timeout, retry = _number(queue.get("timeout")), _number(queue.get("retry"))
    rules = [
        (
            "lib.E001",
            0 < timeout < retry,
            "retry must be above timeout, both in seconds above 0",
            "A task that is retried while it still runs is run twice.",
        ),
        (
            "lib.E002",
            queue.get("queue_limit") == 1,
            f"queue_limit must be 1, not {queue.get('queue_limit')}",
            "A task that waits inside the cluster is retried before it starts, and run twice.",
        ),
        (
            "lib.E003",
            queue.get("bulk") == 1,
            f"bulk must be 1, not {queue.get('bulk')}",
            "Tasks taken in bulk wait inside the cluster, are retried before they start, and run twice.",
        ),
        (
            "lib.E004",
            queue.get("orm") == "default",
            f"orm must be 'default', not {queue.get('orm')!r}",
            "Only a task that stands in the transaction's own database goes when that is rolled back.",
        ),
        (
            "lib.E005",
            _number(queue.get("max_attempts")) > 0,
            f"max_attempts must be a number above 0, not {queue.get('max_attempts')!r}",
            "A task that kills its worker would be repeated without end.",
        ),
    ]
    return [
        Error(f"Q_CLUSTER: {wrong}.", hint=hint, id=id_) for id_, right, wrong, hint in rules if not right
    ]


def _number(value: object) -> float:
    """A setting as a number; -1 when it is none."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else -1.0
