"""What a change of a campaign would mean, for the page that asks before it is saved. Nothing is written here."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from requests_app.models import Campaign, RuleSettings, SosRequest
from requests_app.models.checking import facts_of_many, open_campaign
from requests_app.queries.officers import UNDER_REVIEW
from requests_app.rules import system_check
from requests_app.rules.system_check import CheckResult

MOST_JUDGED = 1_000


class Judged(NamedTuple):
    """How the requests under review would come out under other rules: how many were judged, of how many there are;
    how many would fail now, would pass now, and would only bear other remarks."""

    judged: int
    in_all: int
    failing: int
    passing: int
    remarks: int

    @property
    def differently(self) -> int:
        """How many would come out otherwise than by the rules in force."""
        return self.failing + self.passing + self.remarks


def judged_differently(campaign: Campaign, new: RuleSettings, now: datetime) -> Judged:
    """Judge the newest thousand requests under review of the campaign by the rules in force and by `new`.

    Each is seen as at its 申請日時, with the survey answer and the particulars as they stand at `now` (aware). Eleven
    queries at most, whatever their number.
    """
    standing = campaign.current_settings().as_rules()
    waiting = SosRequest.objects.filter(UNDER_REVIEW, campaign=campaign)
    newest = waiting.select_related("institution").prefetch_related("lines")
    found = list(newest.order_by("-submitted_at", "-pk")[:MOST_JUDGED])
    in_all = len(found) if len(found) < MOST_JUDGED else waiting.count()
    failing = passing = remarks = 0
    rules = new.as_rules()
    for facts in facts_of_many(found, open_campaign(now), now).values():
        before = system_check.run(replace(facts, rules=standing))
        after = system_check.run(replace(facts, rules=rules))
        failing += before.ok and not after.ok
        passing += after.ok and not before.ok
        remarks += before.ok is after.ok and _said(before) != _said(after)
    return Judged(len(found), in_all, failing, passing, remarks)


def _said(result: CheckResult) -> set[tuple[str, str, str]]:
    """The findings without their wording, which names the settings."""
    return {(finding.rule, finding.severity.value, finding.place) for finding in result.findings}
