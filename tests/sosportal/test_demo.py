"""`make demo` as people use it: begins, answers, keeps its data, ends with everything stopped."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from requests_app.demo_data.accounts import ACCOUNTS, PASSWORD
from sosportal import embedded
from tests.support.portal import free_port

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = ("DATABASE_URL", "DATABASE_OWNER_URL", "PORTAL_MODE", "DJANGO_SETTINGS_MODULE", "PORT", "RESET")
FIRST_START = 120  # seconds that the slowest machine may take; `make demo` promises less


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sosportal-", ignore_cleanup_errors=True) as directory:
        yield Path(directory)
        embedded.stop(Path(directory))


def environment(place: Path, **more: str) -> dict[str, str]:
    """A person's environment: nothing of the test run's own."""
    inherited = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    return {**inherited, "DEMO_DIRECTORY": str(place), **more}


def run(place: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sosportal.demo", *arguments],
        cwd=ROOT,
        env=environment(place, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=FIRST_START,
    )


class Demo:
    """A demo that was started, and what it said until it listened."""

    def __init__(self, place: Path, **more: str) -> None:
        self.port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sosportal.demo"],
            cwd=ROOT,
            env=environment(place, PORT=str(self.port), **more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.said: list[str] = []
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.said.extend(iter(self.process.stdout.readline, ""))

    def text(self) -> str:
        return "".join(self.said)

    def wait_until_it_listens(self) -> None:
        deadline = time.monotonic() + FIRST_START
        while "Ctrl-C stops everything" not in self.text():
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < deadline, self.text()
            time.sleep(0.05)

    def family(self) -> list[psutil.Process]:
        """All processes below the demo: web server, queue, and what belongs to them."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self, number: int | None) -> int:
        """Send the signal, if any, and wait for the end; returns the exit code."""
        if number is not None:
            self.process.send_signal(number)
        code = self.process.wait(60)
        self.reader.join(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@contextlib.contextmanager
def started(place: Path, **more: str) -> Iterator[Demo]:
    demo = Demo(place, **more)
    try:
        demo.wait_until_it_listens()
        yield demo
    finally:
        if demo.process.poll() is None:
            demo.end(signal.SIGTERM)


def fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:
        assert answer.status == 200
        return str(answer.read().decode())


def everybody_is_gone(family: list[psutil.Process], place: Path) -> None:
    _gone, alive = psutil.wait_procs(family, timeout=5)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []
    assert embedded.postmaster_pid(place) is None


def test_from_the_first_start_to_a_new_beginning(place: Path) -> None:
    with started(place) as demo:
        for expected in (
            f"http://127.0.0.1:{demo.port}",
            PASSWORD,
            *(account.username for account in ACCOUNTS),
        ):
            assert expected in demo.text()
        page = fetch(f"http://127.0.0.1:{demo.port}/")
        assert "ログイン" in page
        for stylesheet in re.findall(r'rel="stylesheet" href="([^"]+)"', page):
            fetch(f"http://127.0.0.1:{demo.port}{stylesheet}")
        commands = [" ".join(process.cmdline()) for process in demo.family()]
        assert any("run_queue" in command for command in commands)
        assert any("granian" in command for command in commands)

        # A command beside the running demo, under the run-time role; it neither stops nor harms the demo.
        create = "from institutions.models import Prefecture as P; print('prefectures', P.objects.count())"
        beside = run(place, "manage", "shell", "--verbosity", "0", "--command", create)
        assert (beside.returncode, beside.stdout) == (0, "prefectures 47\n"), beside.stderr
        fetch(f"http://127.0.0.1:{demo.port}/")

        in_use = run(place, PORT=str(free_port()), RESET="1")
        assert in_use.returncode == 1
        assert "in use by another process" in in_use.stderr

        family = demo.family()
        assert demo.end(signal.SIGINT) == 0
        everybody_is_gone(family, place)

    count = "from institutions.models import User; print(User.objects.count())"
    change = (
        "from institutions.models import User; User.objects.filter(username='ministry').update(name='変更')"
    )
    assert run(place, "manage", "shell", "--verbosity", "0", "--command", change).returncode == 0
    users = run(place, "manage", "shell", "--verbosity", "0", "--command", count).stdout
    assert int(users) >= len(ACCOUNTS)

    begun = time.monotonic()
    with started(place) as demo:
        assert "Loading" not in demo.text()
        assert time.monotonic() - begun < 60
        name = "from institutions.models import User; print(User.objects.get(username='ministry').name)"
        kept = run(place, "manage", "shell", "--verbosity", "0", "--command", name)
        assert kept.stdout == "変更\n"
        family = demo.family()
        server = next(process for process in family if "granian" in " ".join(process.cmdline()))
        server.kill()
        assert demo.end(None) == 1
        assert "the web server ended by itself with code -9" in demo.text()
        everybody_is_gone(family, place)

    with started(place, RESET="1") as demo:
        assert "Loading the demo data" in demo.text()
        family = demo.family()
        assert demo.end(signal.SIGTERM) == 0
        everybody_is_gone(family, place)


def test_a_port_that_is_taken_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run(tmp_path, PORT=str(port))
    assert done.returncode == 1
    assert f"port {port} can't be used" in done.stderr
    assert f"make demo PORT={port + 1}" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("port", ["0", "65536", "-1", "8000.0", "８０００", "http"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, port: str) -> None:
    done = run(tmp_path, PORT=port)
    assert done.returncode == 1
    assert "PORT must be a number from 1 to 65535" in done.stderr


def test_somebody_elses_database_is_never_emptied(tmp_path: Path) -> None:
    done = run(tmp_path, PORT=str(free_port()), RESET="1", DATABASE_URL=os.environ["DATABASE_URL"])
    assert done.returncode == 1
    assert "Empty the one of DATABASE_URL yourself" in done.stderr


def test_a_commands_exit_code_is_passed_on(place: Path) -> None:
    assert run(place, "manage", "migrate", "--check", "no_such_app").returncode not in {0, None}


def test_a_database_of_ones_own_with_one_role_is_enough(tmp_path: Path) -> None:
    """Its only role owns the tables; even it can't change what was recorded."""
    admin = os.environ["TEST_DATABASE_ADMIN_URL"]
    name = f"own_{os.getpid()}"
    with psycopg.connect(admin, autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name} OWNER {embedded.OWNER}")
    own = psycopg.conninfo.make_conninfo(os.environ["DATABASE_OWNER_URL"], dbname=name)
    try:
        count = "from institutions.models import Institution; print(Institution.objects.count() > 0)"
        done = run(tmp_path, "manage", "shell", "--verbosity", "0", "--command", count, DATABASE_URL=own)
        assert done.returncode == 0, done.stderr
        assert done.stdout.endswith("True\n")
        assert list(tmp_path.iterdir()) == []
        with psycopg.connect(own) as db, pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            db.execute("DELETE FROM requests_app_requestevent")
    finally:
        with psycopg.connect(admin, autocommit=True) as db:
            db.execute(f"DROP DATABASE {name} WITH (FORCE)")
