"""What holds of the system check for every input: nothing is left out, nothing hides anything, all is kept."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from requests_app.rules.system_check import (
    CheckInput,
    CheckResult,
    Figures,
    Finding,
    InstitutionFacts,
    LineFacts,
    OtherRequest,
    Rules,
    Severity,
    input_to_json,
    run,
)
from tests.requests_app.rules.check_facts import (
    CODES,
    GLOVES,
    GOOD,
    NOW,
    not_judged,
)

counts = st.none() | st.integers(0, 9_999_999)
severities = st.sampled_from(Severity)
maxima = st.none() | st.decimals(Decimal("0.1"), Decimal(60), places=1)
words = st.text(max_size=5)
others = st.builds(OtherRequest, words, words, st.integers(1, 10**6))
lines = st.builds(
    LineFacts,
    item_id=st.integers(1, 5),
    item_label=words,
    unit=words,
    pack_unit=words,
    pack_size=st.integers(1, 500),
    quantity=counts,
    accepted_by_campaign=st.booleans(),
    figures=st.none() | st.builds(Figures, counts, counts, counts),
    others_under_review=st.lists(others, max_size=2).map(tuple),
)
rule_settings = st.builds(
    Rules,
    version=st.integers(1, 9),
    survey_valid_days=st.integers(1, 30),
    max_weeks_of_stock=maxima,
    weeks_of_stock_severity=severities,
    max_weeks_requested=maxima,
    weeks_requested_severity=severities,
    pack_severity=severities,
)
institutions = st.builds(
    InstitutionFacts, words, words, words, words, words, words, words, st.booleans(), words
)
inputs = st.builds(
    CheckInput,
    now=st.just(NOW),
    campaign_open=st.booleans(),
    campaign_name=words,
    rules=st.none() | rule_settings,
    institution=institutions,
    last_answered_at=st.none() | st.timedeltas(timedelta(0), timedelta(days=40)).map(lambda ago: NOW - ago),
    answer_id=st.none() | st.integers(1, 9),
    answer_version=st.none() | st.integers(1, 9),
    lines=st.lists(lines, max_size=3, unique_by=lambda line: line.item_id).map(tuple),
)


@given(inputs)
def test_every_rule_appears_in_exactly_one_of_the_three_in_order(facts: CheckInput) -> None:
    result = run(facts)

    found = list(dict.fromkeys(finding.rule for finding in result.findings))
    passed = [rule.rule for rule in result.passed]
    rest = not_judged(result)
    assert sorted(found + passed + rest) == CODES
    assert all(part == sorted(part) for part in (found, passed, rest))
    assert result.ok is (not any(finding.severity is Severity.ERROR for finding in result.findings))
    assert len(result.errors) + len(result.warnings) == len(result.findings)


@given(inputs)
def test_every_finding_can_be_read_and_leads_somewhere(facts: CheckInput) -> None:
    for finding in run(facts).findings:
        assert finding.message
        assert finding.advice.endswith("。")
        assert finding.looked_at
        place, _, which = finding.place.partition(":")
        assert place in {"campaign", "items", "profile", "survey", "suspension", "quantity", "request"}
        if place == "quantity":
            assert which == str(finding.item_id)


@given(inputs)
def test_the_record_survives_json(facts: CheckInput) -> None:
    result = run(facts)

    assert CheckResult.from_json(json.loads(json.dumps(result.to_json()))) == result
    record = json.loads(json.dumps(input_to_json(facts)))
    assert record["now"] == NOW.isoformat()
    assert len(record["lines"]) == len(facts.lines)
    assert (record["rules"] or {}).get("version") == (facts.rules.version if facts.rules else None)


def test_the_record_holds_inputs_and_rule_settings() -> None:
    record = input_to_json(GOOD)

    assert record["rules"]["max_weeks_of_stock"] == "2.0"
    assert record["lines"][0]["figures"] == {
        "stock": 3400,
        "weekly_consumption": 4000,
        "weekly_purchase": 500,
    }
    assert record["last_answered_at"] == "2026-11-23T10:12:00+09:00"
    assert record["answer_version"] == 2


@given(inputs)
def test_running_twice_says_the_same(facts: CheckInput) -> None:
    assert run(facts) == run(facts)


def _first_line(facts: CheckInput, **changes: object) -> CheckInput:
    if not facts.lines:
        return facts
    return replace(facts, lines=(replace(facts.lines[0], **changes), *facts.lines[1:]))  # type: ignore[arg-type]


def _another_request(facts: CheckInput) -> CheckInput:
    known = facts.lines[0].others_under_review if facts.lines else ()
    return _first_line(facts, others_under_review=(*known, OtherRequest("2611-0391", "題名", 1)))


FAILURES: dict[str, Callable[[CheckInput], CheckInput]] = {
    "no campaign": lambda facts: replace(facts, campaign_open=False),
    "no e-mail": lambda facts: replace(facts, institution=replace(facts.institution, email="")),
    "no address": lambda facts: replace(facts, institution=replace(facts.institution, address=" ")),
    "suspended": lambda facts: replace(facts, institution=replace(facts.institution, suspended=True)),
    "never answered": lambda facts: replace(facts, last_answered_at=None),
    "stale answer": lambda facts: replace(facts, last_answered_at=NOW - timedelta(days=99)),
    "no figures": lambda facts: _first_line(facts, figures=None),
    "no quantity": lambda facts: _first_line(facts, quantity=None),
    "nothing consumed": lambda facts: _first_line(facts, figures=Figures(1, 0, 1)),
    "not accepted": lambda facts: _first_line(facts, accepted_by_campaign=False),
    "another request": _another_request,
    "one more item": lambda facts: replace(
        facts, lines=(*facts.lines, replace(GLOVES, item_id=9, quantity=None))
    ),
}
# What a rule can't judge any more once another has failed: that one failure covers it.
COVERED = {
    "no campaign": {"R2"},
    "never answered": {"R4", "R5", "R7", "R8"},
    "stale answer": {"R5", "R7", "R8"},
    "no figures": {"R5", "R7", "R8"},
    "no quantity": {"R8"},
    "nothing consumed": {"R4", "R7", "R8"},
    "one more item": {"R2"},
}


@pytest.mark.parametrize("failure", FAILURES)
@given(facts=inputs)
def test_one_more_failure_hides_no_other(failure: str, facts: CheckInput) -> None:
    before, after = run(facts), run(FAILURES[failure](facts))

    covered = COVERED.get(failure, set())

    def identity(finding: Finding) -> tuple[str, str, int | None]:
        return finding.rule, finding.place, finding.item_id

    kept = {identity(finding) for finding in before.findings if finding.rule not in covered}
    assert kept <= {identity(finding) for finding in after.findings}
    assert before.ok or not after.ok


@pytest.mark.parametrize("failure", FAILURES)
def test_each_of_those_failures_is_found(failure: str) -> None:
    assert run(FAILURES[failure](GOOD)).findings != ()
