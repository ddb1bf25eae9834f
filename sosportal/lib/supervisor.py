"""Keeps the queue at work: starts its processes, watches them, starts them anew when they stall or die."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sosportal.lib import watchdog
from sosportal.lib.processes import ProcessGroup

logger = logging.getLogger(__name__)

OVERDUE_EVERY = 5.0  # seconds between two looks into the outbox


@dataclass
class Supervisor:
    """Runs `command` in a process group of its own until `stop` is set.

    `overdue` says how long, in seconds, the oldest unsent mail has been overdue, or None; it may raise when
    the database is away, which counts as not known. `started` is called after each start. `grace` is how
    many seconds the group gets to finish its tasks when it is asked to end.
    """

    command: Sequence[str]
    overdue: Callable[[], float | None]
    started: Callable[[], None]
    cwd: Path | None = None
    grace: float = 12.0
    look_every: float = 1.0
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Supervise until `stop` is set; nobody of the group lives when this returns."""
        watch = watchdog.Watch(started_at=time.monotonic())
        while not self.stop.is_set():
            group = ProcessGroup(self.command, cwd=self.cwd)
            try:
                self._tell_started()
                restart = self._watch(group, watch)
            finally:
                # A group that stalled or lost a process can't end in an orderly way: it gets no time for it.
                group.stop(self.grace if self.stop.is_set() else 1.0)
            if restart is None:
                return
            logger.warning("queue restarted: %s; next start in %.0f s", restart.reason, restart.delay)
            self.stop.wait(restart.delay)
            watch = watchdog.restarted(watch, time.monotonic())

    def _watch(self, group: ProcessGroup, watch: watchdog.Watch) -> watchdog.Restart | None:
        """Look at the group until it must be started anew (returned) or `stop` is set (None)."""
        known: frozenset[int] = frozenset()
        overdue: float | None = None
        next_overdue = 0.0
        while not self.stop.wait(self.look_every):
            if time.monotonic() >= next_overdue:
                overdue = self._ask_overdue()
                next_overdue = time.monotonic() + OVERDUE_EVERY
            exit_code, members = group.ended(), group.members()
            seen = watchdog.Observation(time.monotonic(), exit_code, known - members, overdue)
            restart = watchdog.decide(watch, seen)
            if restart is not None:
                return restart
            watch = watchdog.remember(watch, seen)
            known = members
        return None

    def _ask_overdue(self) -> float | None:
        try:
            return self.overdue()
        except Exception:
            logger.warning("the outbox can't be read", exc_info=True)
            return None

    def _tell_started(self) -> None:
        try:
            self.started()
        except Exception:
            logger.warning("no wake-up call could be queued", exc_info=True)
