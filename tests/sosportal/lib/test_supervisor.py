"""The queue's supervision with real processes: killed, stalled, ended; nobody is left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from sosportal.lib import watchdog
from sosportal.lib.processes import ProcessGroup
from sosportal.lib.supervisor import Supervisor

ROOT = Path(__file__).resolve().parents[3]
FAKE = [sys.executable, "-m", "tests.support.fake_queue"]


def lives(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


class Fixture:
    """A supervisor in a thread, over fake queues that write down their process ids."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.overdue: float | None = None
        self.failing = False
        self.wake_ups = 0
        self.supervisor = Supervisor(
            FAKE, overdue=self.ask, started=self.wake_up, cwd=ROOT, grace=5, look_every=0.05
        )
        self.thread = threading.Thread(target=self.supervisor.run)

    def ask(self) -> float | None:
        if self.failing:
            raise ConnectionError("the database is away")
        return self.overdue

    def wake_up(self) -> None:
        self.wake_ups += 1
        if self.failing:
            raise ConnectionError("the database is away")

    def groups(self) -> list[list[int]]:
        """The process ids of each group started so far: parent, child, child."""
        if not self.log.exists():
            return []
        return [[int(pid) for pid in line.split()] for line in self.log.read_text().splitlines()]

    def running(self, number: int) -> list[int]:
        """Wait until that many groups were started; the ids of the last."""
        wait_for(lambda: len(self.groups()) >= number)
        time.sleep(0.2)  # the supervisor has looked at it
        return self.groups()[number - 1]


@pytest.fixture
def supervised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fixture]:
    monkeypatch.setenv("FAKE_QUEUE_LOG", str(tmp_path / "started.txt"))
    monkeypatch.setattr(watchdog, "FIRST_DELAY", 0.1)
    fixture = Fixture(tmp_path / "started.txt")
    fixture.thread.start()
    try:
        yield fixture
    finally:
        fixture.supervisor.stop.set()
        fixture.thread.join(30)
        assert not fixture.thread.is_alive()
        left = [pid for group in fixture.groups() for pid in group if lives(pid)]
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        assert left == []


def test_it_starts_wakes_and_stops_the_queue(supervised: Fixture) -> None:
    group = supervised.running(1)
    assert all(lives(pid) for pid in group)
    assert supervised.wake_ups == 1


@pytest.mark.parametrize("victim", [0, 1, 2], ids=["parent", "first child", "second child"])
def test_whoever_is_killed_hard_the_whole_group_is_replaced(supervised: Fixture, victim: int) -> None:
    first = supervised.running(1)
    os.kill(first[victim], signal.SIGKILL)
    second = supervised.running(2)
    assert not any(lives(pid) for pid in first)
    assert all(lives(pid) for pid in second)
    assert supervised.wake_ups == 2


def test_overdue_mail_replaces_a_group_that_looks_healthy(
    supervised: Fixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "PATIENCE", 0.2)
    monkeypatch.setattr("sosportal.lib.supervisor.OVERDUE_EVERY", 0.1)
    first = supervised.running(1)
    supervised.overdue = 90.0
    supervised.running(2)
    assert not any(lives(pid) for pid in first)


def test_without_its_database_it_goes_on_watching(
    supervised: Fixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sosportal.lib.supervisor.OVERDUE_EVERY", 0.1)
    supervised.failing = True
    first = supervised.running(1)
    os.kill(first[1], signal.SIGKILL)
    second = supervised.running(2)
    assert all(lives(pid) for pid in second)


def test_a_group_that_ignores_sigterm_is_ended_by_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "started.txt"
    monkeypatch.setenv("FAKE_QUEUE_LOG", str(log))
    group = ProcessGroup([*FAKE, "stubborn"], cwd=ROOT)
    wait_for(log.exists)
    wait_for(lambda: len(group.members()) == 3)
    begun = time.monotonic()
    group.stop(grace=0.3)
    assert time.monotonic() - begun < 5
    assert group.members() == frozenset()
    assert group.ended() == -signal.SIGKILL


def test_the_command_follows_a_supervisor_that_was_killed_hard(tmp_path: Path) -> None:
    """Only the kernel can tell the queue that its supervisor was killed; Linux does."""
    if sys.platform != "linux":
        return
    log = tmp_path / "started.txt"
    program = (
        "from sosportal.lib.supervisor import Supervisor;"
        f"Supervisor({FAKE!r}, overdue=lambda: None, started=lambda: None).run()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, env={**os.environ, "FAKE_QUEUE_LOG": str(log)}
    )
    try:
        wait_for(lambda: log.exists() and len(log.read_text().split()) == 3)
        pids = [int(pid) for pid in log.read_text().split()]
    finally:
        parent.kill()
        parent.wait()
    try:
        wait_for(lambda: not any(lives(pid) for pid in pids))
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
