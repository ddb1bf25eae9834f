"""The portal on one machine, for trying out: `python -m sosportal.demo`, which is what `make demo` calls.

`python -m sosportal.demo manage …` runs a manage.py command against the demo's database. Environment: PORT
(8000); RESET=1 begins anew; DEMO_DIRECTORY is where the embedded database lies (.local/demo); DATABASE_URL, and
DATABASE_OWNER_URL, name another database to use instead.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TextIO

from requests_app.demo_data.accounts import ACCOUNTS, PASSWORD
from sosportal import embedded
from sosportal.lib.processes import ProcessGroup

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
DATA = Path(os.environ.get("DEMO_DIRECTORY") or LOCAL / "demo")
STATIC_FINGERPRINT = LOCAL / "static.sha256"
HOST = "127.0.0.1"
START_SECONDS = 60
STOP_SECONDS = 20  # above what the queue allows its own processes

OWNERS_COMMANDS = frozenset({"migrate", "createcachetable", "flush"})


class DemoError(RuntimeError):
    """The demonstration can't go on; the message says why, for people."""


class Stopped(BaseException):
    """Ctrl-C or SIGTERM: end in order, with everything stopped."""


# --- Entry
# ----------------------------------------------------------------------------------------------------


def main(arguments: Sequence[str]) -> int:
    """Run the demo, or with `manage …` a command against its database; returns the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        if arguments[:1] == ["manage"]:
            return manage(arguments[1:])
        demo(_port(os.environ.get("PORT", "8000")), reset=os.environ.get("RESET", "") not in {"", "0"})
    except Stopped:
        say("Stopped.")
    except (DemoError, embedded.EmbeddedError) as error:
        say(f"The demo can't go on: {error}", stream=sys.stderr)
        return 1
    return 0


def _stop(_number: int, _frame: FrameType | None) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # once is enough; stopping shall not be interrupted
    raise Stopped


def demo(port: int, *, reset: bool) -> None:
    """Everything from the database to the web server, until a signal (Stopped) or trouble (DemoError) ends it."""
    begun = time.monotonic()
    _check_port(port)
    with database(reset=reset) as variables, contextlib.ExitStack() as running:
        environment = {**os.environ, **variables}
        environment.setdefault("BASE_URL", f"http://{HOST}:{port}")
        migrate_and_load(environment)
        collect_static()
        children = {
            "web server": _start(running, web_command(port), {**environment, "CONN_MAX_AGE": "600"}),
            "queue": _start(running, manage_command("run_queue"), {**environment, "CONN_MAX_AGE": "0"}),
        }
        _wait_until_it_answers(f"http://{HOST}:{port}/", children)
        running.callback(_ask_to_end, children)
        _greet(environment["BASE_URL"], time.monotonic() - begun)
        while True:
            _check(children)
            time.sleep(0.5)


def manage(arguments: Sequence[str]) -> int:
    """Run one manage.py command against the demo's database; returns its exit code.

    As the run-time role, on a migrated database with demo data; the commands in `OWNERS_COMMANDS` as the
    owner, on the database as it is.
    """
    with database(reset=False) as variables:
        environment = {**os.environ, **variables}
        if arguments[:1] and arguments[0] in OWNERS_COMMANDS:
            environment["DATABASE_AS_OWNER"] = "1"
        else:
            migrate_and_load(environment)
        signal.signal(
            signal.SIGINT, lambda *_: None
        )  # Ctrl-C is the command's own affair, in a shell for instance
        code = subprocess.run(manage_command(*arguments), env=environment, cwd=ROOT, check=False).returncode
        return 128 - code if code < 0 else code


def web_command(port: int) -> list[str]:
    """The command of the web server, the same as in production but for host and port.

    Every thread keeps a database connection of its own: 2 processes of 4 threads take 8 at most. A thread that
    idles lives as long as its connection does.
    """
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port)),
        *("--workers", "2", "--blocking-threads", "4", "--blocking-threads-idle-timeout", "600"),
        *("--respawn-failed-workers", "--workers-kill-timeout", "10", "--no-access-log"),
        "sosportal.wsgi:application",
    ]


def manage_command(*arguments: str) -> list[str]:
    """The command that runs a manage.py command."""
    return [sys.executable, str(ROOT / "manage.py"), *arguments]


def say(text: str, stream: TextIO | None = None) -> None:
    """Tell the person at the terminal, at once."""
    print(text, file=stream or sys.stdout, flush=True)


# --- Database, demo data, static files
# ------------------------------------------------------------------------


@contextlib.contextmanager
def database(*, reset: bool) -> Iterator[dict[str, str]]:
    """The demo's database for the time of the block; yields the environment variables that name it.

    That of DATABASE_URL as it is, else an embedded one in `DATA`. Raises DemoError, EmbeddedError.
    """
    own = os.environ.get("DATABASE_URL")
    if own:
        if reset:
            raise DemoError(
                "RESET=1 empties only the embedded database. Empty the one of DATABASE_URL yourself."
            )
        yield {"PORTAL_MODE": "demo", "DATABASE_OWNER_URL": os.environ.get("DATABASE_OWNER_URL") or own}
        return
    if reset:
        embedded.erase(DATA)
    with embedded.running(DATA) as server:
        embedded.prepare(server.admin_url)
        yield {
            "PORTAL_MODE": "demo",
            "DATABASE_URL": server.url(embedded.RUNTIME),
            "DATABASE_OWNER_URL": server.url(embedded.OWNER),
        }


def migrate_and_load(environment: Mapping[str, str]) -> None:
    """Bring the tables up to date as their owner; load the demo data as the run-time role when there are none."""
    os.environ.update(environment, DATABASE_AS_OWNER="1", DJANGO_SETTINGS_MODULE="sosportal.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections

    from institutions.models import Institution

    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    empty = not Institution.objects.exists()
    connections.close_all()
    if empty:
        say("Loading the demo data …")
        done = subprocess.run(manage_command("load_demo_data"), env=dict(environment), cwd=ROOT, check=False)
        if done.returncode:
            raise DemoError("the demo data could not be loaded (see above).")


def collect_static() -> None:
    """Collect the static files, unless none has changed since the last time. Wants Django set up."""
    from django.conf import settings
    from django.core.management import call_command

    found = _static_fingerprint()
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if manifest.exists() and STATIC_FINGERPRINT.exists() and STATIC_FINGERPRINT.read_text() == found:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    STATIC_FINGERPRINT.parent.mkdir(exist_ok=True)
    STATIC_FINGERPRINT.write_text(found)


def _static_fingerprint() -> str:
    """A digest of the path, size and time of change of every static file."""
    from django.contrib.staticfiles.finders import get_finders

    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in sorted(finder.list(None), key=lambda pair: str(pair[0])):
            status = os.stat(storage.path(path))
            digest.update(f"{storage.path(path)}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


# --- Port, children
# -------------------------------------------------------------------------------------------


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise DemoError(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise DemoError(
                f"port {port} can't be used ({error.strerror}). Choose another: make demo PORT={port % 65535 + 1}"
            ) from error


def _start(
    running: contextlib.ExitStack, command: Sequence[str], environment: Mapping[str, str]
) -> ProcessGroup:
    group = ProcessGroup(command, cwd=ROOT, env=environment)
    running.callback(group.stop, STOP_SECONDS)
    return group


def _ask_to_end(children: Mapping[str, ProcessGroup]) -> None:
    """Ask all of them at once, so that they end side by side."""
    for group in children.values():
        group.process.terminate()


def _check(children: Mapping[str, ProcessGroup]) -> None:
    for name, group in children.items():
        code = group.ended()
        if code is not None:
            raise DemoError(f"the {name} ended by itself with code {code} (see above).")


def _wait_until_it_answers(url: str, children: Mapping[str, ProcessGroup]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        _check(children)
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own address
                return
        except urllib.error.HTTPError as answer:
            answer.close()
            raise DemoError(f"the web server answers {answer.code} to {url} (see above).") from answer
        except OSError:
            time.sleep(0.1)
    raise DemoError(f"the web server did not answer within {START_SECONDS} s.")


def _greet(url: str, seconds: float) -> None:
    lines = [
        "",
        f"  The portal listens on {url}  (ready after {seconds:.1f} s)",
        "",
        "  Accounts, for the demonstration only: never load this data where real people log in.",
        *(f"    {account.username:<16}{account.described}" for account in ACCOUNTS),
        f"  Password of all of them: {PASSWORD}",
        "",
        "  Officers and the operator work in the admin: /admin/. Mail is printed here. Ctrl-C stops everything.",
        "",
    ]
    say("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
