"""Child processes with all that is below them: in a session of their own, stopped without leftovers."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

PR_SET_PDEATHSIG = 1  # from Linux' <sys/prctl.h>
POLL_SECONDS = 0.05
ORPHANS_SECONDS = 1.0


class ProcessGroup:
    """A command and all its descendants, in a process group of their own.

    Signals of the terminal do not reach it. On Linux the command gets SIGTERM when the thread that started
    it is gone, however that came about.
    """

    def __init__(
        self, command: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - the portal's own commands
            list(command),
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_follow_parent if sys.platform == "linux" else None,
        )
        self.id = self.process.pid

    def ended(self) -> int | None:
        """The command's exit code once it has ended, None while it runs; negative when a signal ended it."""
        return self.process.poll()

    def members(self) -> frozenset[int]:
        """The ids of all processes of the group that live; one that only waits to be reaped does not."""
        return frozenset(pid for pid in psutil.pids() if _group_of(pid) == self.id and _lives(pid))

    def stop(self, grace: float) -> None:
        """Ask the command to end, which is to end the others; returns when nobody of the group lives.

        Who is still there after `grace` seconds, or a second after the command itself is gone, is ended by force.
        """
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        deadline = time.monotonic() + grace
        while time.monotonic() < deadline and self.members():
            if self.ended() is not None:
                deadline = min(deadline, time.monotonic() + ORPHANS_SECONDS)
            time.sleep(POLL_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End the whole group by force; returns when nobody of it lives."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.id, signal.SIGKILL)
        self.process.wait()
        while self.members():
            time.sleep(POLL_SECONDS)


def _follow_parent() -> None:
    """In the child, before the command: ask the kernel for SIGTERM at the parent's death."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except OSError:  # it is gone
        return None


def _lives(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
