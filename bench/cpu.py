"""CPU time of running processes, from /proc: of every thread, in nanoseconds, as operations are short."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """CPU seconds: of the process that serves, and of its PostgreSQL backends."""

    process: float
    database: float

    @property
    def total(self) -> float:
        """Both."""
        return self.process + self.database

    def __sub__(self, earlier: Cost) -> Cost:
        return Cost(self.process - earlier.process, self.database - earlier.database)

    def per(self, operations: int) -> Cost:
        """The cost of one of so many operations."""
        return Cost(self.process / operations, self.database / operations)


@dataclass(frozen=True)
class Meter:
    """Who is measured: process ids of the server's side and of the database's side."""

    processes: tuple[int, ...]
    backends: tuple[int, ...]

    def read(self) -> Cost:
        """CPU time until now."""
        return Cost(cpu_seconds(self.processes), cpu_seconds(self.backends))


def cpu_seconds(pids: Iterable[int]) -> float:
    """CPU time, user and system, of all threads of these processes since they began. Raises OSError for a dead one."""
    return sum(_of_process(pid) for pid in pids) / 1e9


def _of_process(pid: int) -> int:
    total = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError):  # a thread that has just ended
            total += int((thread / "schedstat").read_text().split()[0])
    return total


def machine() -> str:
    """The machine in one line."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(models)} × {models[0]}" if models else "unknown processor"
