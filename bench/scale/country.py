"""The database of a made-up country: built in a directory of its own, started, with Django set up on it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg

from bench.scale.filling import Size, fill
from sosportal import embedded

ROOT = Path(__file__).resolve().parent.parent.parent
SETTINGS: Mapping[str, str] = {
    **embedded.THROWAWAY,
    "shared_buffers": "512MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "8GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "jit": "off",
}


def build(directory: Path, size: Size) -> None:
    """Erase what stands in `directory` and build a country of `size` there. Takes minutes for a million requests."""
    embedded.erase(directory)
    with _started(directory) as server:
        embedded.prepare(server.admin_url)
        _environment(server)
        for command in ("migrate", "createcachetable"):
            arguments = [sys.executable, str(ROOT / "manage.py"), command, "--verbosity", "0"]
            owner = {**os.environ, "DATABASE_AS_OWNER": "1"}
            subprocess.run(arguments, env=owner, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        url = psycopg.conninfo.make_conninfo(server.admin_url, dbname=embedded.DATABASE)
        fill(url, size, vacuum=True)


@contextlib.contextmanager
def country(directory: Path) -> Iterator[embedded.Server]:
    """The server of a country that was built, running, with Django set up on it; once in a process."""
    with _started(directory) as server:
        _environment(server)
        import django

        django.setup()
        yield server


@contextlib.contextmanager
def _started(directory: Path) -> Iterator[embedded.Server]:
    with embedded.running(directory, SETTINGS) as server:
        yield server


def _environment(server: embedded.Server) -> None:
    os.environ.update(
        PORTAL_MODE="demo",
        DJANGO_SETTINGS_MODULE="sosportal.settings",
        DATABASE_URL=server.url(embedded.RUNTIME),
        DATABASE_OWNER_URL=server.url(embedded.OWNER),
        BASE_URL="http://127.0.0.1:8000",
        CONN_MAX_AGE="600",
        LOG_LEVEL="WARNING",
    )
