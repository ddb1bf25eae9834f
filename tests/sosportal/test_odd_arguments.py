"""Every command × every argument × what slips of keys and shells bring: a sentence and an exit code, no traceback."""

from __future__ import annotations

from argparse import Action
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class

from institutions.models import Role
from sosportal.lib.commands import whole_number
from tests import factories

pytestmark = pytest.mark.django_db

APPS = ("institutions", "requests_app", "surveys", "sosportal.lib")
ENDLESS = {"run_queue"}  # takes no argument, and ends by a signal
ODD = [
    *("", " ", "-1", "0", "１", "1_000", "1e3", "9" * 31, "٣", "NaN", "x" * 300, "../nowhere", "--"),
    *("\0", "a\0b", "\udcff", "\u202e", "a\nb", "2026-13-45", "9999-12-31T23:59", "0001-01-01"),
]
NEEDED = {
    "create_user": ["somebody", "--role=operator", "--name=見本", "--email=a@example.jp", "--dry-run"],
    "import_institutions": ["absent.csv"],
    "import_users": ["absent.csv"],
    "import_shipments": ["absent.csv", "--by=kokutan"],
    "load_demo_data": ["--dry-run"],
}


def ours() -> list[str]:
    return sorted(name for name, app in get_commands().items() if app in APPS and name not in ENDLESS)


def arguments(name: str) -> list[Action]:
    """Those of the command's own that take a value."""
    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    common = {"version", "verbosity", "settings", "pythonpath"}
    return [each for each in parser._actions if each.nargs != 0 and each.dest not in common]


def cases() -> Iterator[Any]:
    for name in ours():
        for action in arguments(name):
            for odd in ODD:
                if odd == "--" and action.option_strings:
                    continue  # Python's own parser loses it: the option comes in as an empty list
                yield pytest.param(name, action, odd, id=f"{name}-{action.dest}-{odd!a:.20}")


def said_of(name: str, *args: str) -> tuple[int, str]:
    """The exit code and what stderr would get, as `manage.py` ends."""
    out, err = StringIO(), StringIO()
    try:
        call_command(name, *args, stdout=out, stderr=err)
    except CommandError as error:
        return error.returncode, err.getvalue() + str(error)
    except SystemExit as end:
        return int(end.code or 0), err.getvalue()
    return 0, err.getvalue()


def test_the_table_holds_every_command() -> None:
    assert {"send_outbox", "verify_allocations", "create_user", "load_demo_data"} <= set(ours())
    assert {each.dest for each in arguments("send_outbox")} == {"limit", "format"}


@pytest.mark.parametrize(("name", "action", "odd"), list(cases()))
def test_an_odd_value_is_no_traceback(
    name: str, action: Action, odd: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    factories.user(Role.MINISTRY, username="kokutan")
    needed = [
        each for each in NEEDED.get(name, []) if not each.startswith(tuple(action.option_strings or "\n"))
    ]
    if action.option_strings:
        args = [*needed, f"{action.option_strings[-1]}={odd}"]
    elif odd in {"-1", "--"}:
        args = ["--", odd]  # else it is an option's name
    else:
        args = [*needed[1:], odd]
    code, said = said_of(name, *args)
    assert code == 0 or said.strip(), "refused without a word"
    assert "Traceback" not in said


@pytest.mark.parametrize("limit", ["-1", "0", "1000000", "9" * 31, "１", "1_000", "", "x"])
def test_how_many_mails_is_a_count(limit: str) -> None:
    code, said = said_of("send_outbox", f"--limit={limit}")
    assert code != 0
    assert "from 1 to 100000" in said


@pytest.mark.parametrize("key", ["-1", "0", "9" * 31, "\0"])
def test_a_decision_that_cannot_be(key: str) -> None:
    assert "no whole number" in said_of("verify_allocations", f"--decision={key}")[1]


def test_bounds_are_included() -> None:
    assert [whole_number(1, 5)(text) for text in ("1", "5", "05")] == [1, 5, 5]
