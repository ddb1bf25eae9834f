"""The verb: who may, what it takes in, what it writes, what it refuses, and what it costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from institutions.models import Institution, Role
from requests_app.exceptions import AllocationRefused, NotPermitted, ReasonRequired, StaleProposal
from requests_app.models import AllocationDecision, LineOutcome, RequestEvent, RequestLine, SosRequest, moving
from requests_app.models.allocation import Method, SeenWaiting
from requests_app.rules.allocation import ByHand, Cause, Outcome, Rule
from requests_app.rules.transitions import Status, Verb
from sosportal.lib.models import OutboxMessage
from tests import factories
from tests.requests_app.allocation import rounds
from tests.requests_app.allocation.rounds import CUTOFF, DECIDED, NOW, accepted, decide, outcome, waiting

pytestmark = pytest.mark.django_db

TOLD = "緊急配布要請への配布を決定しました"


@pytest.fixture(autouse=True)
def campaign() -> None:
    factories.campaign(now=NOW)


def line_of(request: SosRequest) -> int:
    return RequestLine.objects.get(request=request).pk


def test_a_decision_and_an_outcome_for_every_line() -> None:
    least, more, most = accepted([400, 1000, 900], stocks=[100, 300, 900])
    made = decide(1200, Rule.NEED_FIRST)
    assert [(outcome(each).outcome, outcome(each).quantity) for each in (least, more, most)] == [
        (Outcome.FULL, 400),
        (Outcome.REDUCED, 800),
        (Outcome.DECLINED, 0),
    ]
    assert (made.decided_at, made.available, made.rule, made.rule_version, made.seed) == (
        DECIDED,
        1200,
        "NEED_FIRST",
        1,
        "",
    )
    assert made.recomputed().quantities == {
        each.line_id: each.quantity for each in LineOutcome.objects.filter(decision=made)
    }


def test_an_event_for_every_request_and_no_fifth_status() -> None:
    (request,) = accepted([400])
    before = SosRequest.objects.values().get(pk=request.pk)
    made = decide(300)
    event = RequestEvent.objects.of(request.pk)[0]
    assert (event.verb, event.from_status, event.to_status) == (Verb.ALLOCATE, "ACCEPTED", "ACCEPTED")
    assert event.content["decision"] == made.pk
    assert event.content["allocated"] == {str(factories.gloves().pk): 300}
    assert event.reason == outcome(request).reason
    assert SosRequest.objects.values().get(pk=request.pk) == before


def test_institutions_are_mailed_what_was_decided_and_officers_are_not() -> None:
    (request,) = accepted([400])
    applicant = request.submitted_by
    assert applicant is not None
    factories.user(Role.PREFECTURE)
    decide(300)
    about = f"（{request.institution.name} 要請番号 {request.number}）"
    mails = OutboxMessage.objects.filter(subject=f"{TOLD}{about}")
    assert {each.to for each in mails} == {request.institution.email, applicant.email}
    body = mails[0].body
    for words in ("国の受付：400枚（4箱）", "配布の決定：減量　300枚（3箱）", outcome(request).reason):
        assert words in body
    assert "配布の決定ではありません" not in body
    assert not OutboxMessage.objects.filter(subject__contains="国が配布を決定しました").exists()
    assert mail.outbox == []


@pytest.mark.parametrize("role", [Role.INSTITUTION, Role.PREFECTURE, Role.OPERATOR])
def test_only_the_ministry_decides(role: Role) -> None:
    accepted([400])
    with pytest.raises(NotPermitted):
        decide(300, actor=factories.user(role))
    assert not AllocationDecision.objects.exists()


def test_what_is_decided_about() -> None:
    """Accepted lines of the item, of this cut-off or an earlier one, with more than nothing accepted."""
    (earlier,) = accepted([100], now=NOW - timedelta(weeks=1))
    (now,) = accepted([200])
    (later,) = accepted([300], now=NOW + timedelta(weeks=1))
    factories.request_in(Status.UNDER_REVIEW, now=NOW)
    refused = factories.confirm(factories.request_in(Status.UNDER_REVIEW, now=NOW), now=NOW)
    refused.accept(
        factories.user(Role.MINISTRY),
        seen_revision=refused.revision,
        quantities={factories.gloves().pk: 0},
        reason="対象の外",
        now=NOW,
    )
    assert {each.request_id for each in waiting().lines} == {earlier.pk, now.pk}
    decide(1000, Rule.ALL_IN_FULL)
    assert waiting().lines == ()
    assert {each.request_id for each in waiting(CUTOFF + timedelta(weeks=1)).lines} == {later.pk}


def test_nothing_is_decided_twice() -> None:
    accepted([400])
    decide(300)
    with pytest.raises(AllocationRefused, match="決めていない受付完了の要請はありません"):
        decide(300)


def test_what_changed_since_the_proposal_is_refused_and_named() -> None:
    first, second, third = accepted([400, 500, 600])
    shown = waiting()
    (fourth,) = accepted([700], now=NOW + timedelta(hours=1))
    Institution.objects.filter(pk=second.institution_id).update(has_agreement=True)
    factories.answer(factories.member(third.institution), third.institution, now=NOW + timedelta(hours=2))
    with pytest.raises(StaleProposal) as refusal:
        decide(300, shown=shown)
    assert refusal.value.came == [line_of(fourth)]
    assert refusal.value.went == []
    assert sorted(refusal.value.changed) == sorted([line_of(second), line_of(third)])
    assert not LineOutcome.objects.exists()
    decide(300)
    with pytest.raises(StaleProposal) as refusal:
        decide(300, shown=shown)
    assert set(refusal.value.went) == {line_of(first), line_of(second), line_of(third)}


def test_all_in_full_says_how_much_is_missing() -> None:
    accepted([400, 500])
    with pytest.raises(AllocationRefused, match="あと200足りません"):
        decide(799, Rule.ALL_IN_FULL)


def test_a_line_set_by_hand_is_lower_and_the_rest_goes_to_the_others() -> None:
    first, second = accepted([400, 400])
    decide(600, by_hand=(ByHand(line_of(first), 100, "電話で確かめた数です。"),))
    assert (outcome(first).quantity, outcome(first).reason) == (100, "電話で確かめた数です。")
    assert outcome(second).quantity == 400


@pytest.mark.parametrize(
    ("quantity", "said"), [(400, "より少なくしてください"), (300, "より少なく"), (150, "箱の単位")]
)
def test_by_hand_is_never_more_and_never_a_broken_pack(quantity: int, said: str) -> None:
    first, _second = accepted([400, 400])
    with pytest.raises(AllocationRefused, match=said):
        decide(600, by_hand=(ByHand(line_of(first), quantity, "理由"),))
    assert not AllocationDecision.objects.exists()


def test_every_cause_that_occurs_needs_a_reason() -> None:
    accepted([400, 50])
    gloves = factories.gloves()
    given = rounds.reasons(Rule.PRO_RATA)
    for cause in (Cause.REDUCED, Cause.TOO_SMALL):
        with pytest.raises(ReasonRequired, match=cause.label):
            AllocationDecision.decide(
                factories.user(Role.MINISTRY),
                gloves,
                CUTOFF,
                Method(Rule.PRO_RATA, 300),
                reasons=given | {cause: " "},
                seen=rounds.seen(waiting()),
                now=DECIDED,
            )
    assert not LineOutcome.objects.exists()


def test_the_digest_that_was_seen_is_all_that_counts() -> None:
    accepted([400])
    shown = rounds.seen(waiting())
    with pytest.raises(StaleProposal) as refusal:
        AllocationDecision.decide(
            factories.user(Role.MINISTRY),
            factories.gloves(),
            CUTOFF,
            Method(Rule.PRO_RATA, 300),
            reasons=rounds.reasons(Rule.PRO_RATA),
            seen=SeenWaiting("0" * 64, shown.marks),
            now=DECIDED,
        )
    assert (refusal.value.came, refusal.value.went, refusal.value.changed) == ([], [], [])


def test_a_lottery_can_not_be_drawn_again_until_it_suits() -> None:
    accepted([400] * 5)
    assert waiting().seed == waiting().seed
    seed = waiting().seed
    made = decide(400, Rule.LOTTERY)
    assert made.seed == made.inputs["seed"] == seed
    assert waiting().seed != seed
    assert replace(made.given_inputs(), seed="other") != made.given_inputs()


def test_another_moment_named_for_the_same_lines_draws_the_same_lots() -> None:
    accepted([400] * 5)
    later = CUTOFF + timedelta(seconds=1)
    assert (waiting(later).seed, waiting(later).digest) == (waiting().seed, waiting().digest)
    made = AllocationDecision.decide(
        factories.user(Role.MINISTRY),
        factories.gloves(),
        later,
        Method(Rule.LOTTERY, 400),
        reasons=rounds.reasons(Rule.LOTTERY),
        seen=rounds.seen(waiting()),
        now=DECIDED,
    )
    assert made.cutoff_at == CUTOFF


def test_another_rule_keeps_no_seed() -> None:
    accepted([400])
    assert decide(400).inputs["seed"] == ""


def queries_of_a_decision(rows: int) -> int:
    accepted([400] * rows)
    shown = waiting()
    actor = factories.user(Role.MINISTRY)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        decide(300 * rows, actor=actor, shown=shown)
    return len([each for each in asked.captured_queries if "SAVEPOINT" not in each["sql"]])


def test_the_cost_does_not_depend_on_the_rows_within_a_chunk() -> None:
    few = queries_of_a_decision(3)
    assert queries_of_a_decision(12) == few == 12


def test_every_chunk_costs_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "CHUNK", 4)
    one = queries_of_a_decision(4)
    assert queries_of_a_decision(12) == one + 2 * 4
