"""Two officers decide about the same lines at once: one decision, one outcome a line; the other sees what happened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError

from institutions.models import Role
from requests_app.exceptions import StaleProposal
from requests_app.models import AllocationDecision, LineOutcome, RequestEvent, SosRequest
from requests_app.models import allocation as verb
from requests_app.models.request import SosRequestQuerySet
from requests_app.models.waiting import waiting_for
from requests_app.rules.allocation import Rule
from requests_app.rules.transitions import Verb
from sosportal.lib.models import OutboxMessage
from tests import factories
from tests.races.crowd import Meeting, at_once
from tests.requests_app.allocation.rounds import CUTOFF, NOW, accepted, decide, waiting

pytestmark = [pytest.mark.race, pytest.mark.usefixtures("committed_db")]

LINES = 6


@pytest.fixture
def requests(committed_db: None) -> list[SosRequest]:
    factories.campaign(now=NOW)
    return accepted([400] * LINES)


def deciding(rule: Rule) -> Callable[[], AllocationDecision]:
    """An officer who saw the lines as they stand."""
    officer, shown = factories.user(Role.MINISTRY), waiting(CUTOFF)
    return lambda: decide(1_000, rule, actor=officer, shown=shown)


def meet_after_locking(monkeypatch: pytest.MonkeyPatch, patience: float) -> Meeting:
    """Let both meet once they have read what waits, where nothing prevents it."""
    meeting = Meeting(patience=patience)
    real = waiting_for

    def reading(*args: Any) -> Any:
        found = real(*args)
        meeting.wait()
        return found

    monkeypatch.setattr(verb, "waiting_for", reading)
    return meeting


def test_one_decides_and_the_other_is_shown(
    requests: list[SosRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    acts = deciding(Rule.PRO_RATA), deciding(Rule.NEED_FIRST)
    meeting = meet_after_locking(monkeypatch, patience=0.5)
    answers = at_once(*acts)
    assert not meeting.met
    (made,) = [each for each in answers if isinstance(each, AllocationDecision)]
    (refused,) = [each for each in answers if isinstance(each, StaleProposal)]
    assert len(refused.went) == LINES
    assert LineOutcome.objects.filter(decision=made).count() == LineOutcome.objects.count() == LINES
    assert RequestEvent.objects.filter(verb=Verb.ALLOCATE.value).count() == LINES
    mails = OutboxMessage.objects.filter(subject__contains="配布を決定しました")
    assert mails.count() == 2 * LINES


def test_control_without_the_lock_both_read_the_same_and_only_the_unique_key_stops_the_second(
    requests: list[SosRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    acts = deciding(Rule.PRO_RATA), deciding(Rule.NEED_FIRST)
    monkeypatch.setattr(SosRequestQuerySet, "locked", lambda self, **kwargs: self)
    meeting = meet_after_locking(monkeypatch, patience=5)
    answers = at_once(*acts)
    assert meeting.met
    assert not any(isinstance(each, StaleProposal) for each in answers)
    assert [type(each) for each in answers].count(IntegrityError) == 1
    assert LineOutcome.objects.count() == LINES


def test_an_acceptance_in_between_makes_the_proposal_stale(requests: list[SosRequest]) -> None:
    officer, shown = factories.user(Role.MINISTRY), waiting(CUTOFF)
    accepted([700])
    with pytest.raises(StaleProposal) as refusal:
        decide(1_000, actor=officer, shown=shown)
    assert len(refusal.value.came) == 1
    assert not LineOutcome.objects.exists()
