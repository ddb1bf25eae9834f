"""The queue killed hard, part by part, while mail is posted: everything goes out again by itself within 30 s."""

from __future__ import annotations

import itertools
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from django.db import connection

from sosportal.lib import outbox
from sosportal.lib.models import OutboxMessage
from sosportal.lib.processes import ProcessGroup
from tests.support.database import runtime_url_of_test_database

pytestmark = pytest.mark.race

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = 6  # of the cluster: its parent, the guard, two workers, the monitor, the pusher
RECOVERY = 30.0  # seconds
START = 90.0  # seconds; no promise, only patience with a busy machine
_numbers = itertools.count(1)


def wait_for(condition: Callable[[], bool], seconds: float) -> float:
    """Wait until `condition` holds; returns how many seconds that took."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds, f"waited {seconds} s in vain"
        time.sleep(0.1)
    return time.monotonic() - begun


class Queue:
    """The queue in processes of its own, on this worker's test database: `manage.py run_queue`, or another command."""

    def __init__(self, command: str = "run_queue") -> None:
        self.supervisor = ProcessGroup(
            [sys.executable, str(ROOT / "manage.py"), command],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": runtime_url_of_test_database(), "CONN_MAX_AGE": "0"},
        )

    def family(self) -> list[psutil.Process]:
        """The cluster's processes, parent first."""
        below = psutil.Process(self.supervisor.id).children(recursive=True)
        return sorted(
            (process for process in below if _lives(process)), key=lambda process: process.create_time()
        )

    def wait_until_complete(self) -> list[psutil.Process]:
        """The cluster's processes, once all are there and have been the same for as long as the supervisor looks."""
        seen: list[psutil.Process] = []
        same_since = time.monotonic()

        def settled() -> bool:
            nonlocal seen, same_since
            now = self.family()
            if now != seen:
                seen, same_since = now, time.monotonic()
            return len(seen) == PROCESSES and time.monotonic() - same_since > 4

        wait_for(settled, START)
        return seen


@pytest.fixture
def queue(committed_db: None) -> Iterator[Queue]:
    queue = Queue()
    family: list[psutil.Process] = []
    try:
        yield queue
        family = queue.family()
    finally:
        queue.supervisor.stop(20)
        assert [process for process in family if _lives(process)] == []
    assert queue.supervisor.ended() == 0


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def post() -> str:
    key = f"trial:{next(_numbers)}"
    outbox.post_mail(key=key, to="somebody@hospital.example", subject="試験", body="本文")
    return key


def sent(key: str) -> bool:
    message = OutboxMessage.objects.get(key__startswith=f"{key}:")  # followed by a digest of the address
    return bool(message.state == OutboxMessage.State.SENT)


def test_mail_goes_out_whoever_of_the_queue_is_killed(queue: Queue) -> None:
    first = post()
    wait_for(lambda: sent(first), START)
    kills = (("a worker", 2), ("the other worker", 3), ("parent", 0), ("guard", 1), ("pusher", 5))
    for name, victim in kills:
        family = queue.wait_until_complete()
        family[victim].send_signal(signal.SIGKILL)
        key = post()
        seconds = wait_for(lambda key=key: sent(key), RECOVERY)  # type: ignore[misc]
        print(f"killed {name}: sent after {seconds:.1f} s")  # noqa: T201 - the figure is what people want to see
    assert OutboxMessage.objects.exclude(state=OutboxMessage.State.SENT).count() == 0
    assert set(OutboxMessage.objects.values_list("attempts", flat=True)) == {1}


def test_it_waits_for_its_database(queue: Queue) -> None:
    """All connections cut, once: the supervisor and the cluster come back by themselves."""
    queue.wait_until_complete()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename = current_user"
        )
    key = post()
    wait_for(lambda: sent(key), RECOVERY)


def test_without_supervision_two_killed_workers_stall_it(committed_db: None) -> None:
    """The negative control: the cluster alone replaces its workers, and still sends nothing any more."""
    queue = Queue("qcluster")
    try:
        wait_for(lambda: len(queue.family()) == PROCESSES - 1, START)
        first = post()
        wait_for(lambda: sent(first), START)
        time.sleep(1.5)
        workers = queue.family()[1:3]
        for worker in workers:
            worker.send_signal(signal.SIGKILL)
        wait_for(lambda: len(queue.family()) == PROCESSES - 1 and not any(map(_lives, workers)), RECOVERY)
        key = post()
        time.sleep(8)
        assert not sent(key)
    finally:
        queue.supervisor.kill()
