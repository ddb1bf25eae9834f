"""What the benchmarks stand on: a database with the demo data, a hospital with a page of requests, servers."""

from __future__ import annotations

import contextlib
import os
import pickle
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import psycopg

from bench.cpu import Meter
from bench.statements import FIRST_ID, Statement
from sosportal import embedded

if TYPE_CHECKING:
    from institutions.models import User
    from requests_app.models import SosRequest

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / ".local" / "bench"
SUBJECT, FLOOR = "bench-subject", "bench-floor"
ACCOUNT = "hospital-tokyo"
STATUSES_SHOWN = 24  # requests of the account: more than a page of 20
QUANTITY = 1000


@contextlib.contextmanager
def database() -> Iterator[embedded.Server]:
    """A fresh embedded PostgreSQL, with the settings of the demo, migrated and filled; Django set up on it."""
    embedded.erase(DATA)
    with embedded.running(DATA) as server:
        embedded.prepare(server.admin_url)
        os.environ.update(
            PORTAL_MODE="demo",
            DJANGO_SETTINGS_MODULE="sosportal.settings",
            DATABASE_URL=server.url(embedded.RUNTIME),
            DATABASE_OWNER_URL=server.url(embedded.OWNER),
            BASE_URL="http://127.0.0.1:8000",
            CONN_MAX_AGE="600",
            LOG_LEVEL="WARNING",
        )
        for command in ("migrate", "createcachetable"):
            _manage(command, "--verbosity", "0", DATABASE_AS_OWNER="1")
        _manage("load_demo_data")
        _manage("collectstatic", "--no-input", "--verbosity", "0")
        import django

        django.setup()
        yield server


def _manage(*arguments: str, **variables: str) -> None:
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    subprocess.run(command, env={**os.environ, **variables}, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


@dataclass(frozen=True)
class Hospital:
    """Who visits: a person with a session, the institution they file for, what they ask for."""

    person: User
    code: str
    item_id: int
    cookies: Mapping[str, str]


def hospital(server: embedded.Server) -> Hospital:
    """The account with this week's survey answered and more than a page of requests; ids begin anew at FIRST_ID."""
    from django.conf import settings
    from django.test import Client

    from institutions.models import User
    from requests_app.models import Content, SosRequest
    from sosportal.lib import clock
    from surveys.models import Figures, Item, SurveyResponse, SurveyRound

    person = User.objects.get(username=ACCOUNT)
    institution = person.institutions.get()
    gloves = Item.objects.get(order=5)
    this_week, _ = SurveyRound.objects.open_for(clock.now())
    figures = {gloves.pk: Figures(3400, 4000, 500)}
    SurveyResponse.answer(person, this_week, institution, figures, required=frozenset(), seen_version=0)
    while SosRequest.objects.visible_to(person).count() < STATUSES_SHOWN:
        draft = SosRequest.create_draft(person, institution, Content(True, {gloves.pk: QUANTITY}))
        accept(draft.submit(person, seen_version=draft.version))
    _begin_ids_anew(server)
    client = Client()
    client.force_login(person)
    cookies = {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}
    return Hospital(person, institution.code, gloves.pk, cookies)


def _begin_ids_anew(server: embedded.Server) -> None:
    """Ids that look like nothing else, and a request number with four digits that stay four."""
    url = psycopg.conninfo.make_conninfo(server.admin_url, dbname=embedded.DATABASE)
    with psycopg.connect(url) as connection:
        for table in ("sosrequest", "requestline", "requestevent"):
            connection.execute("SELECT setval(%s, %s)", [f"requests_app_{table}_id_seq", FIRST_ID])
        connection.execute("UPDATE requests_app_numberseries SET last = 5000")


def accept(request: SosRequest) -> SosRequest:
    """The ministry accepts a request under review: it no longer counts as one that is open."""
    from institutions.models import Role, User

    ministry = User.objects.filter(role=Role.MINISTRY)[:1].get()
    return request.accept(ministry, seen_revision=request.revision, reason="測定のため")


def accept_all(person: User) -> None:
    """Accept whatever of the person's institutions is under review."""
    from requests_app.models import SosRequest
    from requests_app.queries.officers import UNDER_REVIEW

    for request in SosRequest.objects.visible_to(person).filter(UNDER_REVIEW):
        accept(request)


# --- Processes that are measured ------------------------------------------------------------------------------------


def write_task(**task: Any) -> Path:
    """A file that tells the floor what to run."""
    path = DATA / f"task-{'-'.join(sorted(task))}.pickle"
    path.write_bytes(pickle.dumps(task))
    return path


@contextlib.contextmanager
def served(application: str, name: str, **variables: str) -> Iterator[tuple[int, Meter]]:
    """An application under granian with one worker and one thread; yields its port and who is to be measured."""
    port = _free_port()
    url = psycopg.conninfo.make_conninfo(os.environ["DATABASE_URL"], application_name=name)
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
        *("--workers", "1", "--blocking-threads", "1", "--blocking-threads-idle-timeout", "600"),
        *("--no-access-log", "--log-level", "error", application),
    ]
    environment = {**os.environ, "DATABASE_URL": url, "BASE_URL": f"http://127.0.0.1:{port}", **variables}
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            _wait(port, process)
            yield port, _meter(process.pid, name)
        finally:
            process.terminate()
            process.wait(20)


def _meter(pid: int, name: str) -> Meter:
    family = (pid, *(child.pid for child in psutil.Process(pid).children(recursive=True)))
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s", [name])
        backends = tuple(int(row[0]) for row in rows)
    if len(backends) != 1:
        raise RuntimeError(f"{name} keeps {len(backends)} database connections, not one.")
    return Meter(family, backends)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until it has answered a page that asks the database."""
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"The server ended with code {process.returncode}.")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/", timeout=5):
                return
        except urllib.error.HTTPError as error:
            error.close()
            raise RuntimeError(f"The server answers {error.code}.") from error
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("The server does not answer.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Replayer:
    """The process that runs captured SQL and nothing else."""

    def __init__(self, statements: list[Statement]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.replaying"],
            env={**os.environ, "BENCH_TASK": str(write_task(statements=statements))},
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.meter = Meter((self.process.pid,), (int(self._answer()),))

    def run(self, times: int) -> None:
        """Run the statements so often; returns when it is done."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{times}\n")
        self.process.stdin.flush()
        if self._answer() != "done":
            raise RuntimeError("The replaying process ended.")

    def _answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(20)
