"""The portal in a process of its own, for tests that need a real server."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sosportal.demo import web_command

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 60


@dataclass(frozen=True)
class Portal:
    """A served portal: its address, and what it wrote to its log."""

    url: str
    process: subprocess.Popen[bytes]
    output: IO[bytes]

    def log(self) -> str:
        """All that the server wrote so far."""
        return Path(self.output.name).read_text(encoding="utf-8", errors="replace")

    def check(self) -> None:
        """Raise AssertionError when the server is gone."""
        assert self.process.poll() is None, f"The portal's process ended:\n{self.log()}"


@contextlib.contextmanager
def serve(database_url: str) -> Iterator[Portal]:
    """Granian, as in production, with two workers on a free port of 127.0.0.1, on the database of the URL."""
    port = free_port()
    with tempfile.NamedTemporaryFile(suffix=".log") as output:
        process = subprocess.Popen(
            web_command(port),
            cwd=ROOT,
            env={
                **os.environ,
                "DATABASE_URL": database_url,
                "BASE_URL": f"http://127.0.0.1:{port}",
                "CONN_MAX_AGE": "600",
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        portal = Portal(f"http://127.0.0.1:{port}", process, output)
        try:
            _wait(portal)
            yield portal
        finally:
            stop_group(process)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def stop_group(process: subprocess.Popen[bytes]) -> None:
    """Stop a child that leads its own process group, and all below it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _wait(portal: Portal) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        portal.check()
        try:
            with urllib.request.urlopen(portal.url, timeout=5):
                return
        except urllib.error.HTTPError as answer:
            answer.close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"The portal did not answer within {START_SECONDS} s:\n{portal.log()}")
