"""By what a request is judged: the campaign, the texts agreed to, the checks that were and the one that would be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.urls import reverse

from institutions.queries import SuspensionNotice, suspension_notices
from requests_app.models import RequestEvent
from requests_app.models.checking import OpenCampaign, facts_for, open_campaign
from requests_app.models.intake import CampaignText, Texts
from requests_app.permissions import can_file_for
from requests_app.presenters.places import Places
from requests_app.presenters.record.permitted import BEFORE_APPLICATION, Permitted
from requests_app.presenters.typing import FROM
from requests_app.queries.intake import Intake, intake
from requests_app.rules import system_check
from requests_app.rules.system_check import CheckResult, Finding


@dataclass
class Checked(Permitted):
    """A request and what the system check says of it.

    Before the application, the check is run once more, for show: at most eight queries.
    """

    @cached_property
    def open_campaign(self) -> OpenCampaign | None:
        """The campaign that takes requests now. Three queries."""
        return open_campaign(self.now)

    @property
    def open_text_mark(self) -> str:
        """The open campaign's texts, in their version; "" while none is open."""
        return self.open_campaign[0].text_mark if self.open_campaign else ""

    @cached_property
    def agreement(self) -> RequestEvent | None:
        """The event by which the conditions and terms were agreed to: of the last application. None before it."""
        if not self.request.submitted_at:
            return None
        return next((each for each in self.events if "agreed" in each.content), None)

    @cached_property
    def agreed_texts(self) -> Texts | None:
        """The conditions and terms agreed to: as they stood at the application; before it, as they stand. One query
        where they were changed since."""
        campaign = self.request.campaign
        if self.agreement is None or campaign is None:
            return campaign
        agreed = self.agreement.content["agreed"]
        if (agreed["campaign"], agreed["text_version"]) == (campaign.pk, campaign.text_version):
            return campaign
        kept = CampaignText.objects.filter(campaign_id=agreed["campaign"], version=agreed["text_version"])
        return kept.first() or campaign

    @cached_property
    def intake(self) -> Intake:
        """What the ministry's notice says (manual 3-1). One query."""
        return intake(self.now)

    @property
    def again_address(self) -> str:
        """A new request that begins with this one's items and quantities; "" before this one was applied for or
        withdrawn, and while none can be made."""
        still_to_apply = self.status in BEFORE_APPLICATION and not self.request.is_withdrawn
        if still_to_apply or self.intake.notice is None:
            return ""
        if not can_file_for(self.user, self.request.institution):
            return ""
        new = reverse("request_create", args=[self.request.institution.code])
        return f"{new}?{FROM}={self.request.number}"

    @cached_property
    def suspended(self) -> list[SuspensionNotice]:
        """The institution's suspension, in force or still to begin. One query."""
        return suspension_notices([self.request.institution_id], self.now)

    @property
    def places(self) -> Places:
        """Where to mend what a check found."""
        return Places(self.request.institution.code, self.edit_address, self.address)

    @cached_property
    def last_check(self) -> RequestEvent | None:
        """The event of the last system check."""
        return next((event for event in self.events if event.check_record), None)

    @cached_property
    def last_result(self) -> CheckResult | None:
        """What the last system check found, as it was stored."""
        record = self.last_check.check_record if self.last_check else None
        return CheckResult.from_json(record["result"]) if record else None

    @cached_property
    def check_now(self) -> CheckResult:
        """What the check would say now."""
        return system_check.run(self._facts_now)

    @cached_property
    def _facts_now(self) -> system_check.CheckInput:
        return facts_for(
            self.request.institution,
            self.request.content().lines,
            self.open_campaign,
            self.now,
            request_id=self.request.pk,
            lock=False,
        )

    @cached_property
    def failures(self) -> list[tuple[Finding, bool]]:
        """What keeps the application back: the findings of the last check, each with whether it is mended by now, then
        what has come up since. Errors come first."""
        if self.last_result is None:
            return []
        now = {_key(finding) for finding in self.check_now.findings}
        found = [(finding, _key(finding) not in now) for finding in self.last_result.findings]
        before = {_key(finding) for finding in self.last_result.findings}
        found += [(finding, False) for finding in self.check_now.findings if _key(finding) not in before]
        return sorted(found, key=lambda each: (each[0].severity != "ERROR", each[1]))

    @property
    def still_missing(self) -> int:
        """How many errors stand now."""
        return len(self.check_now.errors)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What the last check remarked without stopping the application."""
        return self.last_result.warnings if self.last_result else ()


def _key(finding: Finding) -> tuple[str, str, str]:
    """What makes two findings the same one. Messages name rules and settings, never the figures that were looked at."""
    return finding.rule, finding.message, finding.place
