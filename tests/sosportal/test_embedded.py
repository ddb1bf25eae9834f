"""Embedded PostgreSQL: shared, stopped, mended after hard ends; the two roles and what each may do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from sosportal import embedded

ROOT = Path(__file__).resolve().parents[2]
HOLD = (
    "import sys, time; from pathlib import Path; from sosportal import embedded\n"
    "with embedded.running(Path(sys.argv[1]), embedded.THROWAWAY):\n"
    "    print('running', flush=True); sys.stdin.read()\n"
)


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty directory; not pytest's own, which a second run at the same time closes to PostgreSQL's user."""
    with tempfile.TemporaryDirectory(prefix="sosportal-", ignore_cleanup_errors=True) as directory:
        yield Path(directory)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Path]:
    """A directory with a cluster that was made and stopped, and is stopped again in the end."""
    with tempfile.TemporaryDirectory(prefix="sosportal-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        with embedded.running(directory, embedded.THROWAWAY) as server:
            embedded.prepare(server.admin_url)
        yield directory
        embedded.stop(directory)


def answer(url: str, query: str) -> str:
    with psycopg.connect(url) as db:
        row = db.execute(query).fetchone()
    assert row is not None
    return str(row[0])


def holder(directory: Path) -> subprocess.Popen[str]:
    """Another process that uses the server until its input is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(directory)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.communicate()
    assert process.returncode == 0


# --- Start and stop -----------------------------------------------------------------------------------------


def test_the_version_and_the_collation_are_the_same_on_every_machine(cluster: Path) -> None:
    with embedded.running(cluster, embedded.THROWAWAY) as server:
        assert answer(server.admin_url, "SHOW server_version").startswith("18.")
        assert answer(server.admin_url, "SHOW fsync") == "off"
        locale = (
            "SELECT datlocprovider::text || ' ' || datlocale FROM pg_database WHERE datname = 'sosportal'"
        )
        assert answer(server.admin_url, locale) == "b C.UTF-8"
        assert answer(server.admin_url, "SHOW listen_addresses") == ""


def test_data_outlive_the_server(cluster: Path) -> None:
    with (
        embedded.running(cluster, embedded.THROWAWAY) as server,
        psycopg.connect(server.url(embedded.OWNER)) as db,
    ):
        db.execute("CREATE TABLE kept AS SELECT 42 AS figure")
    assert embedded.postmaster_pid(cluster) is None
    with embedded.running(cluster, embedded.THROWAWAY) as server:
        assert answer(server.url(embedded.OWNER), "SELECT figure FROM kept") == "42"


def test_the_last_of_several_processes_stops_it(cluster: Path) -> None:
    other = holder(cluster)
    with embedded.running(cluster, embedded.THROWAWAY):
        pid = embedded.postmaster_pid(cluster)
        assert pid is not None
        end(other)
        assert embedded.postmaster_pid(cluster) == pid
    assert embedded.postmaster_pid(cluster) is None


def test_leaving_first_stops_nothing_for_the_other(cluster: Path) -> None:
    other = holder(cluster)
    with embedded.running(cluster, embedded.THROWAWAY):
        pid = embedded.postmaster_pid(cluster)
    assert embedded.postmaster_pid(cluster) == pid
    end(other)
    assert embedded.postmaster_pid(cluster) is None


def test_a_user_that_was_killed_hard_does_not_keep_it_running_for_ever(cluster: Path) -> None:
    other = holder(cluster)
    other.kill()
    other.communicate()
    assert embedded.postmaster_pid(cluster) is not None
    with embedded.running(cluster, embedded.THROWAWAY):
        pass
    assert embedded.postmaster_pid(cluster) is None


def test_a_server_that_was_killed_hard_starts_again_with_its_data(cluster: Path) -> None:
    """With the demo's settings: those of the tests may lose the last moments."""
    with embedded.running(cluster) as server:
        with psycopg.connect(server.url(embedded.OWNER)) as db:
            db.execute("CREATE TABLE after_kill AS SELECT 7 AS figure")
        pid = embedded.postmaster_pid(cluster)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
    with embedded.running(cluster) as server:
        assert answer(server.url(embedded.OWNER), "SELECT figure FROM after_kill") == "7"


@pytest.mark.parametrize(
    "content", ["{other}\n/elsewhere\n0\n5432\n\n\n0 0\nready\n", "{other}\n", "", "not a number\n"]
)
def test_a_stale_pid_file_does_not_count(cluster: Path, content: str) -> None:
    """The number in it may by now be that of any program: here, of this test."""
    (cluster / "data" / "postmaster.pid").write_text(content.format(other=os.getpid()))
    assert embedded.postmaster_pid(cluster) is None
    with embedded.running(cluster, embedded.THROWAWAY) as server:
        assert answer(server.admin_url, "SELECT 1") == "1"


def test_an_interrupted_first_start_is_begun_anew(place: Path) -> None:
    (place / "data" / "base").mkdir(parents=True)
    (place / "data" / "half-written").write_text("")
    with embedded.running(place, embedded.THROWAWAY) as server:
        assert answer(server.admin_url, "SELECT 1") == "1"


def test_data_of_another_version_are_left_alone(place: Path) -> None:
    (place / "data").mkdir()
    (place / "data" / "PG_VERSION").write_text("16\n")
    with (
        pytest.raises(embedded.EmbeddedError, match="belongs to PostgreSQL 16, not 18"),
        embedded.running(place),
    ):
        pass
    assert (place / "data" / "PG_VERSION").read_text() == "16\n"


def test_a_path_too_long_for_a_socket_still_works(place: Path) -> None:
    directory = place / ("long" * 25)
    with embedded.running(directory, embedded.THROWAWAY) as server:
        assert answer(server.admin_url, "SELECT 1") == "1"
        assert not server.socket_directory.is_relative_to(place)


def test_a_failing_start_says_why(place: Path) -> None:
    settings = {**embedded.THROWAWAY, "shared_buffers": "nonsense"}
    with pytest.raises(embedded.EmbeddedError, match="pg_ctl failed"), embedded.running(place, settings):
        pass
    assert embedded.postmaster_pid(place) is None


def test_erase_waits_for_nobody_and_spares_what_is_in_use(place: Path) -> None:
    other = holder(place)
    with pytest.raises(embedded.EmbeddedError, match="in use by another process"):
        embedded.erase(place)
    assert (place / "data").exists()
    end(other)
    embedded.erase(place)
    assert not (place / "data").exists()


def test_no_warning_at_import() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "XDG_RUNTIME_DIR"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "from sosportal import embedded; embedded.programs()"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


# --- Roles --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def prepared(cluster: Path) -> Iterator[embedded.Server]:
    with embedded.running(cluster, embedded.THROWAWAY) as server:
        embedded.prepare(server.admin_url, database="roles")
        with psycopg.connect(server.url(embedded.OWNER, "roles")) as db:
            db.execute("CREATE TABLE thing (id bigint GENERATED ALWAYS AS IDENTITY, name text)")
            db.execute("CREATE SEQUENCE numbers")
        yield server


def test_preparing_again_changes_nothing(prepared: embedded.Server) -> None:
    query = "SELECT string_agg(rolname || rolsuper || rolcreatedb || rolcreaterole, ',' ORDER BY rolname) FROM pg_roles"
    before = answer(prepared.admin_url, query)
    embedded.prepare(prepared.admin_url, database="roles")
    assert answer(prepared.admin_url, query) == before
    assert answer(prepared.url(embedded.OWNER, "roles"), "SELECT count(*) FROM thing") == "0"


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO thing (name) VALUES ('x')",
        "UPDATE thing SET name = 'y'",
        "DELETE FROM thing",
        "SELECT nextval('numbers')",
        "CREATE TEMPORARY TABLE scratch (id int)",
    ],
)
def test_the_runtime_role_works_with_rows(prepared: embedded.Server, statement: str) -> None:
    with psycopg.connect(prepared.url(embedded.RUNTIME, "roles")) as db:
        db.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE thing",
        "DROP TABLE thing",
        "ALTER TABLE thing ADD COLUMN more int",
        "CREATE TABLE mine (id int)",
        "CREATE TRIGGER t BEFORE INSERT ON thing FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "ALTER SEQUENCE numbers RESTART",
        "CREATE DATABASE mine",
        "CREATE ROLE mine",
        "SET ROLE sosportal_owner",
        "SET session_replication_role = replica",
        "COPY thing TO PROGRAM 'true'",
    ],
)
def test_the_runtime_role_does_nothing_else(prepared: embedded.Server, statement: str) -> None:
    with (
        psycopg.connect(prepared.url(embedded.RUNTIME, "roles"), autocommit=True) as db,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        db.execute(statement)


def test_the_runtime_role_stages_rows_though_nobody_else_may(prepared: embedded.Server) -> None:
    with psycopg.connect(prepared.admin_url) as db:
        db.execute("REVOKE TEMPORARY ON DATABASE roles FROM PUBLIC")
        db.execute("REVOKE TEMPORARY ON DATABASE roles FROM sosportal_app")
    embedded.prepare(prepared.admin_url, database="roles")
    with psycopg.connect(prepared.url(embedded.RUNTIME, "roles")) as db:
        db.execute("CREATE TEMPORARY TABLE staged (line integer)")


def test_passwords_are_set_on_request(prepared: embedded.Server) -> None:
    embedded.prepare(prepared.admin_url, database="roles", owner_password="o'wn", runtime_password="run")
    query = "SELECT count(*) FROM pg_authid WHERE rolpassword LIKE 'SCRAM-SHA-256%'"
    assert answer(prepared.admin_url, query) == "2"


# --- The tests' own database --------------------------------------------------------------------------------


def test_tests_run_under_the_runtime_role(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, session_user")
        assert cursor.fetchone() == (embedded.RUNTIME, embedded.RUNTIME)


def test_the_runtime_role_owns_nothing(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, pg_get_userbyid(relowner) FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relowner <> %s::regrole",
            [embedded.OWNER],
        )
        assert cursor.fetchall() == []
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        )
        assert cursor.fetchone()[0] > 20


def test_the_runtime_role_can_truncate_no_table(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
            " AND has_table_privilege(oid, 'TRUNCATE, REFERENCES, TRIGGER')"
        )
        assert cursor.fetchall() == []


def test_a_killed_server_is_noticed_soon(place: Path) -> None:
    """`postmaster_pid` is what everything above rests on: it must not believe a zombie or a dead process."""
    with embedded.running(place, embedded.THROWAWAY):
        pid = embedded.postmaster_pid(place)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 5
        while embedded.postmaster_pid(place) is not None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
