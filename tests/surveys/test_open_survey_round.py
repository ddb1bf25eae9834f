"""Rounds open by command and by the queue: once, whoever comes first."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import OperationalError

from sosportal.lib.commands import Exit
from surveys.models import SurveyRound
from surveys.tasks import AHEAD, open_survey_round
from tests.surveys.ward import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

OPENS, CLOSES = "2026-11-18T17:00+09:00", "2026-11-25T17:00+09:00"


def command(*arguments: str) -> str:
    out = io.StringIO()
    call_command("open_survey_round", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue().strip()


def as_json(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(command("--format", "json", *arguments))
    return found


def test_the_round_of_now_is_opened_once() -> None:
    assert command() == "11/25の回（11/18（水）17:00〜11/25（水）17:00）: 開きました。"
    assert command() == "11/25の回（11/18（水）17:00〜11/25（水）17:00）: すでに開いています。"
    assert SurveyRound.objects.count() == 1
    assert SurveyRound.objects.open_at(NOW) is not None


def test_json_says_the_same() -> None:
    told = {"dry_run": False, "new": True, "opened": True, "opens_at": OPENS, "closes_at": CLOSES}
    assert as_json() == told
    assert as_json() == told | {"new": False, "opened": False}


def test_a_dry_run_changes_nothing() -> None:
    assert as_json("--dry-run") == {
        "dry_run": True,
        "new": True,
        "opened": False,
        "opens_at": OPENS,
        "closes_at": CLOSES,
    }
    assert "開くことができます" in command("--dry-run")
    assert not SurveyRound.objects.exists()


def test_a_round_of_another_length_in_the_way_is_refused() -> None:
    SurveyRound.objects.create(opens_at=NOW + timedelta(hours=1), closes_at=NOW + timedelta(days=9))
    with pytest.raises(CommandError) as refused:
        command()
    assert refused.value.returncode == Exit.REFUSED
    assert SurveyRound.objects.count() == 1


def test_a_busy_database_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> None:
        raise OperationalError

    monkeypatch.setattr("surveys.models.round.SurveyRoundQuerySet.open_for", away)
    with pytest.raises(CommandError) as refused:
        command()
    assert refused.value.returncode == Exit.BUSY


def test_the_task_opens_the_next_round_shortly_before_its_time(frozen: time_machine.Traveller) -> None:
    assert open_survey_round() == 1
    assert open_survey_round() == 0
    closes = SurveyRound.objects.get().closes_at
    frozen.move_to(closes - AHEAD - timedelta(seconds=1))
    assert open_survey_round() == 0
    frozen.move_to(closes - AHEAD)
    assert open_survey_round() == 1
    # Written down, but not yet open: the old round takes answers until the very second.
    before, at = (
        SurveyRound.objects.open_at(closes - timedelta(seconds=1)),
        SurveyRound.objects.open_at(closes),
    )
    assert before is not None
    assert at is not None
    assert (before.closes_at, at.opens_at) == (closes, closes)
    frozen.move_to(closes)
    assert open_survey_round() == 0
