"""What the system check says: findings, what passed, what was not judged; and how it is stored with the event."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from requests_app.rules.system_check.facts import CheckInput, Severity


@dataclass(frozen=True)
class Finding:
    """One failure: what is wrong, how to mend it, the figures it looked at, and where to go.

    `place` is "campaign", "items", "profile", "survey", "suspension", "quantity:<item id>" or
    "request:<number>".
    """

    rule: str
    severity: Severity
    message: str
    advice: str
    looked_at: str
    place: str
    item_id: int | None = None


@dataclass(frozen=True)
class Passed:
    """A rule that was judged and found in order."""

    rule: str
    name: str
    looked_at: str


@dataclass(frozen=True)
class NotJudged:
    """A rule that found nothing wrong but could not be, or was not to be, judged in full; `reason` in Japanese."""

    rule: str
    name: str
    reason: str


@dataclass(frozen=True)
class CheckResult:
    """The outcome. Each of R1 to R9 stands in exactly one of the three, in their order."""

    findings: tuple[Finding, ...]
    passed: tuple[Passed, ...]
    not_judged: tuple[NotJudged, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the request may be applied for: nothing found but warnings."""
        return not self.errors

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop the application."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that only tell."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.WARNING)

    def to_json(self) -> dict[str, Any]:
        """The outcome as JSON-able data, to be stored with the event."""
        return {"ok": self.ok, **_plain(asdict(self))}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "CheckResult":
        """The outcome as it was stored. Raises KeyError, TypeError or ValueError for anything else."""
        return cls(
            findings=tuple(
                Finding(**{**finding, "severity": Severity(finding["severity"])})
                for finding in data["findings"]
            ),
            passed=tuple(Passed(**passed) for passed in data["passed"]),
            not_judged=tuple(NotJudged(**rest) for rest in data["not_judged"]),
        )


def input_to_json(facts: CheckInput) -> dict[str, Any]:
    """What the check looked at, with the rule settings, as JSON-able data: moments in ISO 8601, decimals as text."""
    plain: dict[str, Any] = _plain(asdict(facts))
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    return str(value) if isinstance(value, Decimal) else value
