"""The system check (システムチェック): rules R1 to R9 of the domain over plain data.

Every rule runs whatever the others find, so that people can mend everything at once. What the check looked
at, and by which settings, goes into the event beside its outcome (`input_to_json`, `CheckResult.to_json`).
"""

from requests_app.rules.system_check.facts import (
    NO_CAMPAIGN,
    CheckInput,
    Figures,
    InstitutionFacts,
    LineFacts,
    OtherRequest,
    Rules,
    Severity,
)
from requests_app.rules.system_check.figures import least_weeks
from requests_app.rules.system_check.judging import PARTICULARS, RULES
from requests_app.rules.system_check.outcome import CheckResult, Finding, NotJudged, Passed, input_to_json

__all__ = [
    "NO_CAMPAIGN",
    "PARTICULARS",
    "RULES",
    "CheckInput",
    "CheckResult",
    "Figures",
    "Finding",
    "InstitutionFacts",
    "LineFacts",
    "NotJudged",
    "OtherRequest",
    "Passed",
    "Rules",
    "Severity",
    "input_to_json",
    "least_weeks",
    "run",
]


def run(facts: CheckInput) -> CheckResult:
    """Judge every rule and list every failure. Pure: `facts.now` is the only clock."""
    settings = facts.rules or NO_CAMPAIGN
    findings: list[Finding] = []
    passed: list[Passed] = []
    not_judged: list[NotJudged] = []
    for rule in RULES:
        verdict = rule.judge(facts, settings)
        if verdict.findings:
            findings += verdict.findings
        elif verdict.not_judged:
            not_judged.append(NotJudged(rule.code, rule.name, "、".join(verdict.not_judged)))
        else:
            passed.append(Passed(rule.code, rule.name, "、".join(verdict.looked_at)))
    return CheckResult(tuple(findings), tuple(passed), tuple(not_judged))
