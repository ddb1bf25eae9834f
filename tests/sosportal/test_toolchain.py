"""The checks check: each finds a planted fault, and what a machine lacks is never passed over in silence."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from playwright.sync_api import sync_playwright

from institutions.models import Prefecture
from tests.support import database, lock, machine
from tests.support.portal import Portal

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("sosportal", "requests_app", "surveys", "institutions")


# --- Lock files ---------------------------------------------------------------------------------------------

LOCKED = "django==5.2.19 \\\n    --hash=sha256:aa\n    # via sosportal (pyproject.toml)\n"


def test_the_lock_files_fit() -> None:
    assert lock.main() == 0


@pytest.mark.parametrize(
    ("wanted", "text", "fault"),
    [
        (["django~=5.2.0", "jinja2"], LOCKED, "lacks jinja2"),
        (["django>=6"], LOCKED, "holds django 5.2.19, pyproject.toml wants >=6"),
        ([], LOCKED, "holds django, which pyproject.toml no longer names"),
        (["django"], LOCKED.replace(" \\\n    --hash=sha256:aa", ""), "holds django without a hash"),
        (["django"], f"--index-url https://packages.example/\n{LOCKED}", "holds an address"),
        (["django"], f"--find-links ./wheels\n{LOCKED}", "holds an address"),
    ],
)
def test_a_lock_file_that_does_not_fit_is_found(wanted: list[str], text: str, fault: str) -> None:
    assert any(fault in found for found in lock.misfits("lock", wanted, text))
    assert lock.misfits("lock", ["Django~=5.2.0"], LOCKED) == []


def test_lock_files_that_differ_are_found() -> None:
    assert lock.differences(LOCKED, LOCKED.replace("5.2.19", "5.2.18")) != []
    assert lock.differences(LOCKED, LOCKED) == []


# --- Lint and floors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("from django.utils import timezone\n\nthen = timezone.now()\n", "TID251"),
        ("from datetime import UTC, datetime\n\nthen = datetime.now(UTC)\n", "TID251"),
        ("from datetime import date\n\nthen = date.today()\n", "TID251"),
        ("print('left over')\n", "T201"),
        ("try:\n    pass\nexcept Exception:\n    pass\n", "BLE001"),
    ],
)
def test_ruff_finds_what_the_house_forbids(code: str, rule: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--stdin-filename", "surveys/planted.py", "-"],
        cwd=ROOT,
        input=code,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert rule in done.stdout


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("institutions/rules/planted.py", "import django.utils.timezone", "Rules are pure"),
        ("surveys/rules/planted.py", "import sosportal.lib.clock\nimport django.conf", "Rules are pure"),
        ("institutions/planted.py", "import surveys.models", "Floors"),
        ("sosportal/lib/planted.py", "import institutions.models", "The ground floor"),
        ("requests_app/exceptions.py", "import requests_app.models", "Rooms"),
    ],
)
def test_import_linter_finds_what_the_floors_forbid(
    tmp_path: Path, file: str, line: str, contract: str
) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    planted = tmp_path / file
    planted.parent.mkdir(exist_ok=True)
    (planted.parent / "__init__.py").touch()
    planted.write_text(f"{line}\n", encoding="utf-8")
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    broken = [found for found in done.stdout.splitlines() if found.endswith("BROKEN")]
    assert [found for found in broken if found.startswith(contract)] != [], done.stdout
    assert done.returncode == 1


# --- What the machine lacks ---------------------------------------------------------------------------------


@pytest.mark.browser
def test_chromium_starts() -> None:
    """Left out below, where a machine without Chromium is played."""
    path = machine.chromium()
    assert path is not None
    done = subprocess.run([path, "--version"], capture_output=True, text=True, check=True, timeout=60)
    assert "Chrom" in done.stdout


@pytest.mark.firefox
def test_firefox_starts() -> None:
    """Left out below, where a machine without Firefox is played."""
    path = machine.firefox()
    assert path is not None
    done = subprocess.run([path, "--version"], capture_output=True, text=True, check=True, timeout=60)
    assert "Firefox" in done.stdout


WITHOUT = [
    pytest.param(test_chromium_starts, "CHROMIUM", "Browser", "chromium", id="chromium"),
    pytest.param(test_firefox_starts, "FIREFOX", "Firefox", "firefox-esr", id="firefox"),
]


def without(test: Callable[[], None], variable: str, ci: str) -> subprocess.CompletedProcess[str]:
    """A run of the test, and of one more, on a machine without that browser."""
    these = [f"{__file__}::{each.__name__}" for each in (test, test_lock_files_that_differ_are_found)]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n0", *these],
        cwd=ROOT,
        env={**os.environ, variable: "/nowhere/browser", "CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("test", "variable", "marker", "package"), WITHOUT)
def test_without_a_browser_its_tests_are_left_out_loudly(
    test: Callable[[], None], variable: str, marker: str, package: str
) -> None:
    done = without(test, variable, ci="")
    assert done.returncode == 0
    assert "1 passed, 1 deselected" in done.stdout
    assert f"{marker.upper()} TESTS LEFT OUT" in done.stdout
    assert f"apt-get install {package}" in done.stdout


@pytest.mark.parametrize(("test", "variable", "marker", "package"), WITHOUT)
def test_without_a_browser_ci_fails(
    test: Callable[[], None], variable: str, marker: str, package: str
) -> None:
    done = without(test, variable, ci="true")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert f"{marker} tests can't run on this machine" in done.stderr
    assert package in done.stderr
    assert "passed" not in done.stdout


# --- The database of the tests ------------------------------------------------------------------------------


def test_what_was_committed_is_gone(committed_db: None) -> None:
    pristine = database.Pristine.of(database.admin_url_of_test_database())
    Prefecture.objects.create(code="99", name="残り物")
    Prefecture.objects.filter(code="13").update(name="変更")
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('institutions_institution', 'id'))")
    pristine.restore()
    assert database.Pristine.of(pristine.url) == pristine
    assert not Prefecture.objects.filter(code="99").exists()
    assert Prefecture.objects.get(code="13").name == "東京都"


def test_a_transaction_left_open_is_reported(committed_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    pristine = database.Pristine.of(database.admin_url_of_test_database())
    monkeypatch.setattr(database, "LOCK_TIMEOUT", "200ms")
    with psycopg.connect(database.runtime_url_of_test_database()) as forgotten:
        forgotten.execute("SELECT count(*) FROM institutions_prefecture")
        with pytest.raises(AssertionError, match="left work open on the database: idle in transaction"):
            pristine.restore()
        assert forgotten.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS
        with pytest.raises(psycopg.OperationalError):
            forgotten.execute("SELECT 1")


# --- The served portal --------------------------------------------------------------------------------------


def test_the_served_portal_shows_what_was_committed(live_portal: Portal) -> None:
    with urllib.request.urlopen(f"{live_portal.url}/accounts/login/", timeout=20) as answer:
        page = answer.read().decode()
    assert "ログイン" in page
    stylesheets = re.findall(r'rel="stylesheet" href="([^"]+)"', page)
    assert stylesheets
    for stylesheet in stylesheets:
        with urllib.request.urlopen(live_portal.url + stylesheet, timeout=20) as answer:
            assert answer.headers["Content-Type"].startswith("text/css")


@pytest.mark.browser
def test_a_browser_and_the_orm_get_along(live_portal: Portal) -> None:
    """Playwright keeps an event loop in the test's thread; queries must work beside it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=machine.chromium(), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(live_portal.url)
        assert "ログイン" in page.title()
        assert Prefecture.objects.count() == 47
        browser.close()
