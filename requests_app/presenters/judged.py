"""What a system check judged, rule by rule, in words for officers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from requests_app.rules.system_check import RULES, CheckResult, Severity

RULE_NAMES = {rule.code: rule.name for rule in RULES}


@dataclass(frozen=True)
class Judged:
    """One rule of the check: its name, the figures it saw, and how it came out (ok, caution, error, open)."""

    name: str
    seen: Sequence[str]
    outcome: str
    words: str


def judged(result: CheckResult) -> list[Judged]:
    """Every rule of a check in its order: those that found something, passed, or could not be judged."""
    found: dict[str, Judged] = {}
    for finding in result.findings:
        stops = finding.severity is Severity.ERROR
        before = found.get(finding.rule)
        seen = [*(before.seen if before else ()), f"{finding.message}：{finding.looked_at}"]
        worst = stops or (before is not None and before.outcome == "error")
        found[finding.rule] = Judged(
            RULE_NAMES[finding.rule],
            seen,
            "error" if worst else "caution",
            "満たさない" if worst else "注意のみ",
        )
    for passed in result.passed:
        found[passed.rule] = Judged(passed.name, [passed.looked_at], "ok", "満たす")
    for rest in result.not_judged:
        found[rest.rule] = Judged(rest.name, [rest.reason], "open", "確かめていない")
    return [found[rule] for rule in sorted(found)]
