"""Several people at once: each in a thread with a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection

TIMEOUT = 20.0  # seconds; far above what any of these needs


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run the acts in threads that begin together; their results or the exceptions they raised, in order."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            start.wait(TIMEOUT)
            return act()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result(TIMEOUT) for future in [pool.submit(run, act) for act in acts]]


class Meeting:
    """A place where threads wait for each other, but not for ever: where a lock keeps one away, the other goes on.

    Put into a verb between its reading and its writing, it makes a lost update certain if nothing locks, and
    changes nothing if something does.
    """

    def __init__(self, parties: int = 2, patience: float = 0.5) -> None:
        self._barrier = threading.Barrier(parties)
        self._patience = patience
        self.met = False

    def wait(self) -> None:
        try:
            self._barrier.wait(self._patience)
            self.met = True
        except threading.BrokenBarrierError:
            return
