"""What the queue does again and again. Apps declare it when they are ready; `ensure_schedules` writes it down.

Only schedules by the minute are used: they need no cron library, and what they call is idempotent, so that running
too often changes nothing and running late loses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction

from sosportal.lib import clock

# Any number, the same in all processes: one of them writes schedules at a time.
LOCK = 7_240_051


@dataclass(frozen=True)
class Recurring:
    """A task (dotted path, no arguments, safe to run twice) and how many minutes lie between two runs."""

    name: str
    task: str
    minutes: int


_declared: dict[str, Recurring] = {}


def declare(name: str, task: str, *, minutes: int) -> None:
    """Say that `task` is to run every so many minutes. Called by an app that is ready; the name is its key."""
    _declared[name] = Recurring(name, task, minutes)


def declared() -> tuple[Recurring, ...]:
    """Everything declared, by name."""
    return tuple(_declared[name] for name in sorted(_declared))


def ensure_schedules() -> list[str]:
    """Write every declared schedule down, once; returns the names of those that were new or not as declared.

    Safe to run twice and at once (an advisory lock). A schedule that stands as declared keeps its next run; one that
    was paused by a person (repeats 0) stays paused. Schedules of other names are left alone.
    """
    from django_q.models import Schedule

    written = []
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        for each in declared():
            wanted = {"func": each.task, "schedule_type": Schedule.MINUTES, "minutes": each.minutes}
            rows = Schedule.objects.filter(name=each.name).order_by("pk")
            keys = list(rows.values_list("pk", flat=True))
            if len(keys) == 1 and rows.filter(**wanted).exists():
                continue
            written.append(each.name)
            if keys:
                rows.filter(pk__in=keys[1:]).delete()
                rows.filter(pk=keys[0]).update(**wanted)
            else:
                Schedule.objects.create(name=each.name, next_run=clock.now(), **wanted)
    return written
