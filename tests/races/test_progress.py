"""Several refreshes of the figures at once, and a refresh beside people who file and accept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from institutions.models import Role
from requests_app.models import ProgressState, SosRequest
from requests_app.progress import refreshing
from requests_app.progress.refreshing import Refreshed, refresh_progress
from requests_app.rules.transitions import Status
from sosportal.lib.commands import Exit, Refused
from tests import factories
from tests.races.crowd import at_once
from tests.requests_app.progress import by_hand, world
from tests.requests_app.progress.world import NOW

pytestmark = pytest.mark.race


def test_several_at_once_count_everything_once(committed_db: None) -> None:
    world.populate(5, places=4)
    refresh_progress(NOW)
    later = NOW + timedelta(minutes=5)
    factories.request_in(Status.UNDER_REVIEW, now=later)
    found = at_once(*[lambda: refresh_progress(later)] * 4)
    assert all(isinstance(each, Refreshed) for each in found), found
    assert any(each.done for each in found)
    assert by_hand.differences(later) == []


def test_while_one_is_at_work_the_others_do_nothing(committed_db: None) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [refreshing.LOCK])
        elsewhere: list[Any] = at_once(
            lambda: refresh_progress(NOW), lambda: call_command("refresh_progress")
        )
    assert elsewhere[0].done is False
    assert isinstance(elsewhere[1], Refused)
    assert elsewhere[1].returncode == Exit.BUSY
    assert not ProgressState.objects.exists()


def test_nobody_waits_for_a_refresh_and_it_waits_for_nobody(committed_db: None) -> None:
    """An acceptance holds its rows, a refresh its figures: both are written while the other is still open."""
    factories.campaign(now=NOW)
    request = factories.confirm(factories.request_in(Status.UNDER_REVIEW, now=NOW), now=NOW)
    officer = factories.user(Role.MINISTRY)
    with transaction.atomic():
        list(SosRequest.objects.filter(pk=request.pk).locked())
        assert at_once(lambda: refresh_progress(NOW))[0].done
    with transaction.atomic():
        assert refresh_progress(NOW).done
        [accepted] = at_once(lambda: request.accept(officer, seen_revision=request.revision, now=NOW))
        assert accepted.state is Status.ACCEPTED
