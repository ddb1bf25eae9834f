"""The ground of every test: an embedded PostgreSQL, the two database roles, and what a machine may lack.

One server per run, started by the process that was called; pytest-xdist's workers find it in the
environment. The owner's role creates and migrates the test database; the tests run under the run-time role,
as the portal does.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import hypothesis
import pytest
from django.test.utils import setup_databases, teardown_databases
from pytest_django.plugin import DjangoDbBlocker

from sosportal import embedded
from tests.support import database, machine
from tests.support.portal import Portal, serve

# Django's settings are read from the environment, once, and after this: nothing of a person's shell counts.
for _name in ("SECRET_KEY", "BASE_URL", "ALLOWED_HOSTS", "EMAIL_HOST", "DATABASE_AS_OWNER", "LOG_LEVEL"):
    os.environ.pop(_name, None)
os.environ["PORTAL_MODE"] = "test"
os.environ["DJANGO_SETTINGS_MODULE"] = "sosportal.settings"

# No time limit on an example: on a busy machine it fails tests that find nothing.
hypothesis.settings.register_profile("portal", deadline=None)
hypothesis.settings.load_profile("portal")

# Kept from run to run, so that a server left behind by a killed run is found again and used.
POOL = Path(__file__).resolve().parent.parent / ".local" / "test"

_open = contextlib.ExitStack()


# --- The run ------------------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--take-pictures",
        choices=["changed", "all"],
        help="write the guides' pictures: those whose page says something else by now, or all (make pictures)",
    )


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("CI") == "true":
        for marker, lacking in machine.lacking_by_marker().items():
            raise pytest.UsageError(
                f"{marker.capitalize()} tests can't run on this machine, and CI=true: {lacking}"
            )
    if config.option.help:
        return
    if not hasattr(config, "workerinput"):
        server = _open.enter_context(database.claimed_server(POOL))
        os.environ[database.ADMIN_VARIABLE] = server.admin_url
        os.environ["DATABASE_URL"] = server.url(embedded.RUNTIME)
        os.environ["DATABASE_OWNER_URL"] = server.url(embedded.OWNER)
    django.setup()  # pytest-django finds Django set up only if somebody named the settings before this file was read


def pytest_unconfigure() -> None:
    _open.close()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    lacking = machine.lacking_by_marker()
    if not lacking:
        return
    left_out = [item for item in items if any(item.get_closest_marker(marker) for marker in lacking)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for marker, lacking in machine.lacking_by_marker().items():
        terminalreporter.section(f"{marker.upper()} TESTS LEFT OUT", sep="!", red=True, bold=True)
        terminalreporter.line(
            f"{lacking} Every test marked `{marker}` was left out: this run shows nothing of them."
        )


# --- The database -------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
    django_db_keepdb: bool,
    django_db_createdb: bool,
    django_db_modify_db_settings: None,
) -> Iterator[None]:
    """The test database, made and migrated by the owner; from here on it is used under the run-time role.

    In place of pytest-django's own fixture, which knows no second role and makes no database for `committed_db`.
    """
    with django_db_blocker.unblock():
        database.connect_as(embedded.OWNER)
        made = setup_databases(
            verbosity=0,
            interactive=False,
            keepdb=django_db_keepdb and not django_db_createdb,
            aliases={"default": False},
            serialized_aliases=set(),
        )
        database.connect_as(embedded.RUNTIME)
    yield
    with django_db_blocker.unblock():
        database.connect_as(embedded.OWNER)
        if not django_db_keepdb:
            database.disconnect_everybody()
            teardown_databases(made, verbosity=0)


@pytest.fixture(scope="session")
def _pristine(django_db_setup: None) -> database.Pristine:
    return database.Pristine.of(database.admin_url_of_test_database())


@pytest.fixture
def committed_db(_pristine: database.Pristine, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The database with real commits, for races and journeys; afterwards it is as the migrations left it.

    Use it in place of `transactional_db`, whose clean-up needs a TRUNCATE that the run-time role may not do.
    Threads of a test close their own connections; a transaction left open fails the test after 10 seconds.
    """
    with django_db_blocker.unblock():
        try:
            yield
        finally:
            database.close_connections()
            _pristine.restore()


# --- The portal as people meet it ---------------------------------------------------------------------------


@pytest.fixture(scope="session")
def _served(django_db_setup: None) -> Iterator[Portal]:
    with serve(database.runtime_url_of_test_database()) as portal:
        yield portal


@pytest.fixture
def live_portal(committed_db: None, _served: Portal, monkeypatch: pytest.MonkeyPatch) -> Portal:
    """The portal on the server it has in production, in a process of its own, on this worker's test database.

    `live_portal.url` is its address. It sees only what is committed, hence `committed_db`. The server starts
    once per worker and lives on between tests.
    """
    # Playwright keeps an event loop in this thread; Django would refuse the ORM beside it.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    _served.check()
    return _served
