"""`load_demo_data`: at any moment, the same for the same moment, kept out of production and of databases in use."""

import json
from collections import Counter
from datetime import datetime
from io import StringIO
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import transaction

from institutions.models import AnnouncementVersion, InquiryMessage, Institution, Role, User
from requests_app.demo_data import names
from requests_app.demo_data.accounts import ACCOUNTS, PASSWORD
from requests_app.demo_data.build import build
from requests_app.models import Campaign, RequestEvent, RequestLine, SosRequest
from requests_app.rules.transitions import Status
from sosportal.lib.clock import JST
from surveys.models import SurveyEvent, SurveyResponse, SurveyRound
from tests import factories

MOMENTS = (
    datetime(2026, 11, 24, 10, 20, tzinfo=JST),
    datetime(2026, 11, 25, 17, 0, 0, tzinfo=JST),  # a round has opened this second
    datetime(2026, 11, 25, 16, 59, 59, tzinfo=JST),
    datetime(2027, 1, 1, 0, 0, 30, tzinfo=JST),  # the offices have been closed for days
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_every_status_stands_at_any_moment(now: datetime) -> None:
    loaded = build(now)
    assert set(loaded.requests) == set(Status)
    assert not RequestEvent.objects.filter(at__gt=now).exists()
    assert not InquiryMessage.objects.filter(at__gt=now).exists()
    assert not AnnouncementVersion.objects.filter(at__gt=now).exists()
    tokyo = User.objects.get(username="hospital-tokyo")
    standing = SosRequest.objects.visible_to(tokyo).filter(withdrawn_at=None)
    own = Counter(standing.values_list("status", flat=True))
    assert own == {status.value: 1 for status in Status}
    this_week = SurveyRound.objects.open_at(now)
    assert not SurveyResponse.objects.visible_to(tokyo).filter(round=this_week).exists()


# --- The command --------------------------------------------------------------------------------------------------


def _run(*arguments: str) -> str:
    out = StringIO()
    call_command("load_demo_data", *arguments, stdout=out)
    return out.getvalue()


def _everything() -> list[Any]:
    return [
        list(Institution.objects.order_by("code").values("code", "name", "email", "telephone")),
        list(User.objects.order_by("username").values("username", "name", "role")),
        list(SurveyEvent.objects.order_by("at", "actor_text").values_list("at", "actor_text", "version")),
        list(SosRequest.objects.order_by("number").values("number", "title", "status", "submitted_at")),
        list(RequestEvent.objects.order_by("number", "id").values_list("number", "verb", "at", "actor_text")),
        sorted(RequestLine.objects.values_list("request__number", "quantity", "accepted_quantity")),
    ]


def test_the_same_moment_gives_the_same_data() -> None:
    with transaction.atomic():
        _run("--now", "2026-11-24T10:20")
        first = _everything()
        transaction.set_rollback(True)
    assert not Institution.objects.exists()
    _run("--now", "2026-11-24T01:20+00:00")
    assert _everything() == first


def test_a_dry_run_keeps_nothing() -> None:
    told = json.loads(_run("--dry-run", "--format", "json"))
    assert told["institutions"] == len(names.places())
    assert not Institution.objects.exists()
    assert not User.objects.exists()
    assert not SosRequest.objects.exists()


def test_the_text_names_the_accounts() -> None:
    told = _run()
    assert PASSWORD in told
    assert all(account.username in told for account in ACCOUNTS)
    assert all(status.label in told for status in Status)


def test_production_refuses(settings: LazySettings) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError) as refused:
        _run()
    assert refused.value.returncode == 1
    assert not Institution.objects.exists()


@pytest.mark.parametrize("what", ["institution", "campaign", "account"])
def test_a_database_in_use_is_left_alone(what: str) -> None:
    if what == "institution":
        factories.institution()
    elif what == "campaign":
        factories.campaign()
    else:
        factories.user(Role.MINISTRY, username="ministry")
    before = (Institution.objects.count(), User.objects.count(), Campaign.objects.count())
    with pytest.raises(CommandError) as refused:
        _run()
    assert refused.value.returncode == 7
    assert (Institution.objects.count(), User.objects.count(), Campaign.objects.count()) == before


def test_twice_is_refused_and_changes_nothing() -> None:
    _run()
    before = _everything()
    with pytest.raises(CommandError):
        _run()
    assert _everything() == before


def test_a_moment_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match="is no moment"):
        _run("--now", "yesterday")
