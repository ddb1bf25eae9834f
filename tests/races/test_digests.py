"""The day's digest under blows: two runs at once write one, a run killed hard loses nothing and tells nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from datetime import timedelta
from pathlib import Path

import pytest

from sosportal.lib import clock, digest, outbox
from sosportal.lib.models import OutboxMessage
from tests.races.crowd import at_once
from tests.support.database import runtime_url_of_test_database

pytestmark = [pytest.mark.race, pytest.mark.usefixtures("committed_db")]

ROOT = Path(__file__).resolve().parents[2]
TO = "nurse@example.jp"
State = OutboxMessage.State

KILLED = """
import os, signal, sys
import django
django.setup()
from sosportal.lib import clock, digest, outbox
real = outbox.post
def post(*given):
    real(*given)
    os.kill(os.getpid(), signal.SIGKILL)
outbox.post = post
digest.fold(sys.argv[1], clock.now())
"""


def hold(count: int) -> None:
    """Mails that are due for a digest."""
    now = clock.now()
    OutboxMessage.objects.bulk_create(
        OutboxMessage(
            key=f"trial:{uuid.uuid4()}",
            to=TO,
            subject=f"件名{n}",
            body="本文",
            state=State.HELD,
            notice="request",
            created_at=now,
            due_at=now - timedelta(seconds=1),
        )
        for n in range(count)
    )


def digests() -> int:
    return OutboxMessage.objects.filter(key__startswith="digest:").count()


def test_runs_at_once_write_one_digest() -> None:
    hold(20)
    now = clock.now()
    results = at_once(*[lambda: digest.fold(TO, now)] * 4)
    assert sorted(results) == [False, False, False, True]
    assert digests() == 1
    assert OutboxMessage.objects.filter(state=State.FOLDED, folded_into__isnull=False).count() == 20


def test_control_without_the_key_of_the_day_there_would_be_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox.Mail, "key", property(lambda mail: str(uuid.uuid4())))
    for _ in range(2):
        hold(3)
        assert digest.fold(TO, clock.now())
    assert OutboxMessage.objects.filter(notice="digest").count() == 2


def test_a_run_killed_between_the_digest_and_its_commit_leaves_everything_held() -> None:
    hold(5)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, TO],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": runtime_url_of_test_database(), "CONN_MAX_AGE": "0"},
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert digests() == 0
    assert OutboxMessage.objects.filter(state=State.HELD).count() == 5
    assert digest.fold(TO, clock.now())
    assert digests() == 1
    assert OutboxMessage.objects.filter(state=State.FOLDED).count() == 5
