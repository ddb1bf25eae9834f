"""Recomputing: a decision comes out the same to the piece, a changed one is found; what the database refuses."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from institutions.models import Role
from requests_app.models import AllocationDecision, LineOutcome, RequestLine, SosRequest
from requests_app.models.allocation import differences
from requests_app.models.waiting import UndecidedLine, undecided
from requests_app.rules.allocation import ByHand, Rule
from requests_app.rules.transitions import Status
from sosportal.lib.commands import Exit
from tests import factories
from tests.requests_app.allocation.rounds import CUTOFF, NOW, accepted, decide

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def campaign() -> None:
    factories.campaign(now=NOW)


def verify(*arguments: str) -> tuple[int, Any, str]:
    """(exit code, what stdout says as JSON, what stderr says)."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command("verify_allocations", *arguments, "--format", "json", stdout=out, stderr=err)
    except CommandError as problem:
        code = problem.returncode
    return code, json.loads(out.getvalue()) if out.getvalue() else None, err.getvalue()


@pytest.mark.parametrize("rule", list(Rule))
@pytest.mark.parametrize("loose", [False, True])
def test_every_rule_comes_out_the_same(rule: Rule, loose: bool) -> None:
    requests = accepted([450, 1000, 900, 50, 333], stocks=[100, 300, 900, 0, 300])
    made = decide(5_000 if rule is Rule.ALL_IN_FULL else 1_250, rule, loose=loose)
    stored = AllocationDecision.objects.get(pk=made.pk)
    assert differences(stored) == []
    assert sum(each.quantity for each in stored.outcomes.all()) == stored.recomputed().given
    code, said, err = verify()
    assert (code, said, err) == (
        0,
        {"decisions": 1, "lines": len(requests), "differing": []},
        "",
    )


def test_lines_set_by_hand_are_part_of_it() -> None:
    first, _second = accepted([400, 400])
    line = RequestLine.objects.get(request=first)
    made = decide(600, by_hand=(ByHand(line.pk, 100, "電話で確かめました。"),))
    assert made.inputs["by_hand"] == [{"line": line.pk, "quantity": 100, "reason": "電話で確かめました。"}]
    assert verify()[0] == 0


def forged(**changes: Any) -> AllocationDecision:
    """The one decision as somebody would have it who got round the database's guards."""
    decision = AllocationDecision.objects.get()
    for name, value in changes.items():
        setattr(decision, name, value)
    return decision


def test_what_was_changed_is_found() -> None:
    accepted([400, 400])
    decide(500)
    inputs = AllocationDecision.objects.get().inputs
    other = inputs | {"claimants": [each | {"accepted": 300} for each in inputs["claimants"]]}
    assert differences(forged()) == []
    changed: list[dict[str, Any]] = [
        {"digest": "0" * 64},
        {"available": 400},
        {"rule": Rule.NEED_FIRST.value},
        {"rule": "NO_RULE"},
        {"rule_version": 9},
        {"inputs": other},
        {"inputs": {}},
        {"inputs": inputs | {"claimants": inputs["claimants"][:1]}},
        {"inputs": inputs | {"available": "500"}},
    ]
    for changes in changed:
        assert differences(forged(**changes)), changes


def test_the_command_says_what_differs_and_ends_with_a_code_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    accepted([400, 400])
    made = decide(500)
    code, said, _ = verify("--decision", str(made.pk))
    assert (code, said["decisions"]) == (0, 1)
    real = LineOutcome.__init__

    def forging(self: Any, *args: Any, **kwargs: Any) -> None:
        real(self, *args, **kwargs)
        self.quantity += 100

    monkeypatch.setattr(LineOutcome, "__init__", forging)
    code, said, err = verify()
    assert (code, Exit.DIFFERS.value) == (8, 8)
    assert [each["decision"] for each in said["differing"]] == [made.pk]
    assert len(err.strip().splitlines()) == 2
    assert f"決定 {made.pk}: 物資" in err


def test_a_decision_that_is_not_there() -> None:
    code, said, _ = verify("--decision", "999999")
    assert (code, said) == (Exit.REFUSED, None)


# --- What the database refuses ------------------------------------------------------------------------------------


def refused(sql: str, *values: int | str) -> bool:
    """Whether the database refuses the statement; undone either way."""
    with transaction.atomic():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql, values)
                assert cursor.rowcount != 0, "the statement touched no row: it proves nothing"
        except DatabaseError:
            return True
        transaction.set_rollback(True)
        return False


@pytest.mark.parametrize("model", [AllocationDecision, LineOutcome])
@pytest.mark.parametrize("sql", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_decisions_and_outcomes_are_append_only(model: Any, sql: str) -> None:
    accepted([400])
    decide(400)
    assert refused(sql.format(model._meta.db_table))


INSERT = (
    "INSERT INTO requests_app_lineoutcome (decision_id, line_id, accepted, quantity, outcome, reason)"
    " VALUES (%s, %s, %s, %s, %s, %s)"
)


def test_an_outcome_fits_its_quantity_and_its_line() -> None:
    accepted([300])
    made = decide(300)
    (other,) = accepted([400])
    line = RequestLine.objects.get(request=other).pk
    assert not refused(INSERT, made.pk, line, 400, 400, "FULL", "理由"), "the good row must be taken"
    for quantity, outcome, reason, whole in (
        (300, "FULL", "理由", 400),
        (0, "FULL", "理由", 400),
        (400, "REDUCED", "理由", 400),
        (0, "REDUCED", "理由", 400),
        (500, "REDUCED", "理由", 400),
        (100, "DECLINED", "理由", 400),
        (0, "LATER", "理由", 400),
        (400, "FULL", "", 400),
        (500, "FULL", "理由", 500),
        (0, "DECLINED", "理由", 300),
    ):
        assert refused(INSERT, made.pk, line, whole, quantity, outcome, reason)


def test_an_outcome_is_about_an_accepted_line_of_the_item_and_the_round_and_once() -> None:
    (decided,) = accepted([300])
    made = decide(300)
    under_review = factories.request_in(Status.UNDER_REVIEW, now=NOW)
    late = accepted([400], now=CUTOFF)[0]

    def line(request: SosRequest) -> int:
        return RequestLine.objects.get(request=request).pk

    assert refused(INSERT, made.pk, line(under_review), 4100, 4100, "FULL", "理由")
    assert refused(INSERT, made.pk, line(late), 400, 400, "FULL", "理由")
    assert refused(INSERT, made.pk, line(decided), 300, 300, "FULL", "理由")


def test_a_seed_belongs_to_a_lottery() -> None:
    accepted([300])
    decide(300)
    columns = ", ".join(
        str(field.column)
        for field in AllocationDecision._meta.concrete_fields
        if field.column not in {"id", "seed"}
    )
    copy = f"INSERT INTO requests_app_allocationdecision ({columns}, seed) SELECT {columns}, %s"
    assert refused(f"{copy} FROM requests_app_allocationdecision", "abc")
    assert not refused(f"{copy} FROM requests_app_allocationdecision", "")


def test_what_waits_is_always_what_was_accepted_and_not_decided() -> None:
    """The database's own list against the definition, through every way a line can come and go."""

    def holds() -> int:
        accepted_ones = RequestLine.objects.filter(
            request__status=Status.ACCEPTED.value, accepted_quantity__gt=0, outcome__isnull=True
        )
        expected = set(accepted_ones.values_list("pk", flat=True))
        assert set(undecided().values_list("pk", flat=True)) == expected
        assert set(UndecidedLine.objects.values_list("pk", flat=True)) == expected
        return len(expected)

    assert holds() == 0
    under_review = factories.request_in(Status.UNDER_REVIEW, now=NOW)
    assert holds() == 0
    nothing = factories.confirm(factories.request_in(Status.UNDER_REVIEW, now=NOW), now=NOW)
    nothing.accept(
        factories.user(Role.MINISTRY),
        seen_revision=nothing.revision,
        quantities={factories.gloves().pk: 0},
        reason="対象の外",
        now=NOW,
    )
    assert holds() == 0
    accepted([400, 500])
    assert holds() == 2
    decide(300)
    assert holds() == 0
    factories.accept(under_review, now=NOW)
    assert holds() == 1
    with transaction.atomic():
        decide(300)
        assert holds() == 0
        transaction.set_rollback(True)
    assert holds() == 1
