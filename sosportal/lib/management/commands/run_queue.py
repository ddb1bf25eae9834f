"""`manage.py run_queue`: the queue cluster under supervision."""

from __future__ import annotations

import signal
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection
from django_q.tasks import async_task

from sosportal.lib import clock, outbox
from sosportal.lib.schedules import ensure_schedules
from sosportal.lib.supervisor import Supervisor


class Command(BaseCommand):
    help = "Runs the queue; starts it anew when one of its processes dies or mail is overdue."

    def handle(self, *args: Any, **options: Any) -> None:
        supervisor = Supervisor(
            command=[sys.executable, str(settings.BASE_DIR / "manage.py"), "qcluster"],
            overdue=_overdue,
            started=_wake_up,
            cwd=settings.BASE_DIR,
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: supervisor.stop.set())
        supervisor.run()


def _overdue() -> float | None:
    """How long the oldest unsent mail is overdue, asked on a fresh connection each time."""
    try:
        return outbox.oldest_overdue_seconds(clock.now())
    finally:
        connection.close()


def _wake_up() -> None:
    """Queue one look at everything due: a group that was killed took wake-up calls with it. Then the schedules."""
    try:
        async_task("sosportal.lib.tasks.send_due_messages", task_name="send_due_messages")
        ensure_schedules()
    finally:
        connection.close()
