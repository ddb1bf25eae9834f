"""What the queue does again and again is written down once."""

from __future__ import annotations

import importlib
import io
import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django_q.models import OrmQ, Schedule
from django_q.scheduler import scheduler

from sosportal.lib import clock, schedules
from sosportal.lib.schedules import declared, ensure_schedules

pytestmark = pytest.mark.django_db

NAMES = ["forget_receipts", "open_survey_round", "send_due_messages"]


def test_every_declared_task_can_be_called() -> None:
    assert {*NAMES} <= {each.name for each in declared()}
    for each in declared():
        module, _, function = each.task.rpartition(".")
        assert callable(getattr(importlib.import_module(module), function))
        assert each.minutes > 0


def test_schedules_are_written_once_and_keep_their_next_run() -> None:
    assert ensure_schedules() == [each.name for each in declared()]
    later = clock.now() + timedelta(days=1)
    Schedule.objects.update(next_run=later)
    assert ensure_schedules() == []
    assert set(Schedule.objects.values_list("next_run", flat=True)) == {later}
    assert Schedule.objects.count() == len(declared())


def test_what_was_changed_or_doubled_is_put_right_and_the_rest_left_alone() -> None:
    Schedule.objects.create(name="of-a-person", func="math.floor")
    ensure_schedules()
    Schedule.objects.filter(name="send_due_messages").update(minutes=60, repeats=0)
    Schedule.objects.create(name="open_survey_round", func="surveys.tasks.open_survey_round")
    assert ensure_schedules() == ["open_survey_round", "send_due_messages"]
    put_right = Schedule.objects.get(name="send_due_messages")
    assert (put_right.minutes, put_right.repeats) == (1, 0)
    opening = Schedule.objects.get(name="open_survey_round")
    assert (opening.schedule_type, opening.minutes) == (Schedule.MINUTES, 30)
    assert Schedule.objects.filter(name="of-a-person").exists()


def test_the_cluster_takes_them_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_q.scheduler.close_old_django_connections", lambda: None)  # it is the test's
    ensure_schedules()
    Schedule.objects.update(next_run=clock.now() - timedelta(minutes=90))
    scheduler()
    assert sorted(queued.task["func"] for queued in OrmQ.objects.all()) == sorted(
        each.task for each in declared()
    )
    assert all(next_run > clock.now() for next_run in Schedule.objects.values_list("next_run", flat=True))


def test_the_command_says_what_it_wrote(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedules, "_declared", {"one": schedules.Recurring("one", "math.floor", 5)})
    out = io.StringIO()
    call_command("ensure_schedules", "--format", "json", stdout=out)
    call_command("ensure_schedules", stdout=out)
    first, second = out.getvalue().splitlines()
    assert json.loads(first) == {"schedules": [{"name": "one", "minutes": 5, "written": True}]}
    assert second == "one: 5分ごと（登録済み）"
