"""Settings under which the queue runs tasks twice, or for ever, are refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks
from pytest_django.fixtures import Settings

from sosportal.lib.checks import check_queue


def ids() -> set[str]:
    return {str(message.id) for message in check_queue(None)}


def test_the_portals_own_settings_pass() -> None:
    assert ids() == set()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"retry": 30, "timeout": 30}, {"lib.E001"}),
        ({"retry": 29, "timeout": 30}, {"lib.E001"}),
        ({"timeout": None}, {"lib.E001"}),
        ({"timeout": 0}, {"lib.E001"}),
        ({"retry": "120"}, {"lib.E001"}),
        ({"queue_limit": 2}, {"lib.E002"}),
        ({"bulk": 10}, {"lib.E003"}),
        ({"orm": "replica"}, {"lib.E004"}),
        ({"max_attempts": 0}, {"lib.E005"}),
        ({"max_attempts": True}, {"lib.E005"}),
        ({"queue_limit": 50, "bulk": 2}, {"lib.E002", "lib.E003"}),
    ],
)
def test_each_wrong_setting_is_named(settings: Settings, changed: dict[str, Any], expected: set[str]) -> None:
    settings.Q_CLUSTER = {**settings.Q_CLUSTER, **changed}
    assert ids() == expected


@pytest.mark.parametrize("name", ["retry", "timeout", "queue_limit", "bulk", "orm", "max_attempts"])
def test_no_setting_may_be_left_to_its_default(settings: Settings, name: str) -> None:
    settings.Q_CLUSTER = {key: value for key, value in settings.Q_CLUSTER.items() if key != name}
    assert len(ids()) == 1


def test_no_queue_settings_at_all(settings: Settings) -> None:
    del settings.Q_CLUSTER
    assert ids() == {"lib.E001", "lib.E002", "lib.E003", "lib.E004", "lib.E005"}


def test_every_command_runs_the_check(settings: Settings) -> None:
    settings.Q_CLUSTER = {**settings.Q_CLUSTER, "bulk": 2}
    assert "lib.E003" in {message.id for message in run_checks()}


def test_one_mail_fits_well_into_a_tasks_time(settings: Settings) -> None:
    assert settings.EMAIL_TIMEOUT < 10 < settings.Q_CLUSTER["timeout"]
