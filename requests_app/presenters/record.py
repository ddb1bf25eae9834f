"""One request as its pages show it: where it stands, what to do next, what was found, asked, confirmed and accepted."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.urls import reverse

from institutions.models import User
from institutions.queries import SuspensionNotice, suspension_notices
from requests_app.forms.receipt import ReceiptForm
from requests_app.models import Follow, LineOutcome, Question, RequestEvent, SosRequest
from requests_app.models.checking import OpenCampaign, facts_for, open_campaign
from requests_app.models.intake import CampaignText, Texts
from requests_app.permissions import can, can_file_for
from requests_app.presenters.ahead import Standing, WayAhead, ahead, beware, over
from requests_app.presenters.asked import Asked
from requests_app.presenters.chain import APPLIED, Facts, Link, chain
from requests_app.presenters.delivery import Fate, Parcel
from requests_app.presenters.figures import LineView, SurveyFigures
from requests_app.presenters.naming import name_receivers, name_who_answered, name_who_received
from requests_app.presenters.places import Places
from requests_app.presenters.stations import Station, stations
from requests_app.presenters.timeline import Entry, timeline
from requests_app.presenters.typing import FROM
from requests_app.queries.delivery import parcels_of
from requests_app.queries.desk import Delivery, deliveries
from requests_app.queries.intake import Intake, intake, moved_cutoffs
from requests_app.rules import system_check
from requests_app.rules.cutoff import next_cutoff
from requests_app.rules.system_check import CheckResult, Finding
from requests_app.rules.transitions import Status, Verb
from sosportal.lib import pdf
from surveys.models import Item

BEFORE_APPLICATION = frozenset({Status.DRAFT, Status.ERROR})


@dataclass
class Record:
    """Everything the pages of one request show besides their frame.

    `request` with its institution (and prefecture), campaign and lines loaded; `events` newest first, gone through more
    than once (a queryset asks when the first of it is looked at); `items` by id.
    Before the application, the check is run once more, for show: at most eight queries.
    """

    request: SosRequest
    events: Iterable[RequestEvent]
    items: Mapping[int, Item]
    user: User
    now: datetime

    @property
    def status(self) -> Status:
        """The status, with its label."""
        return self.request.state

    # --- What may be done ---

    def _may(self, verb: Verb) -> bool:
        return self.request.allows(verb) and can(self.user, verb, self.request)

    @cached_property
    def may_edit(self) -> bool:
        """Whether 編集 is shown."""
        return self._may(Verb.REVISE)

    @cached_property
    def may_submit(self) -> bool:
        """Whether システムチェック&申請 is shown."""
        return self._may(Verb.SUBMIT)

    @cached_property
    def may_withdraw(self) -> bool:
        """Whether 取り下げる is shown."""
        return self._may(Verb.WITHDRAW)

    @property
    def withdrawn_name(self) -> str:
        """Who withdrew it, a proxy as such; "" while it stands."""
        return next((each.actor_text for each in self.events if each.verb == Verb.WITHDRAW), "")

    @property
    def proxies(self) -> list[str]:
        """Who entered it for the institution, with the reason, each once, the latest first."""
        said = (f"{each.actor_text}（{each.proxy_reason}）" for each in self.events if each.proxy_reason)
        return list(dict.fromkeys(said))

    @property
    def address(self) -> str:
        """The request's own page."""
        return reverse("request_detail", args=[self.request.number])

    @property
    def edit_address(self) -> str:
        """Its form."""
        return reverse("request_edit", args=[self.request.number])

    @property
    def submit_address(self) -> str:
        """The question before the application."""
        return reverse("request_submit", args=[self.request.number])

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

    @property
    def withdraw_address(self) -> str:
        """The question before the withdrawal."""
        return reverse("request_withdraw", args=[self.request.number])

    @cached_property
    def open_campaign(self) -> OpenCampaign | None:
        """The campaign that takes requests now. Three queries."""
        return open_campaign(self.now)

    @property
    def open_text_mark(self) -> str:
        """The open campaign's texts, in their version; "" while none is open."""
        return self.open_campaign[0].text_mark if self.open_campaign else ""

    @cached_property
    def agreed_texts(self) -> Texts | None:
        """The conditions and terms agreed to: as they stood at the application; before it, as they stand. One query
        where they were changed since."""
        campaign = self.request.campaign
        agreed = next((each.content["agreed"] for each in self.events if "agreed" in each.content), None)
        if agreed is None or not self.request.submitted_at or campaign is None:
            return campaign
        if (agreed["campaign"], agreed["text_version"]) == (campaign.pk, campaign.text_version):
            return campaign
        kept = CampaignText.objects.filter(campaign_id=agreed["campaign"], version=agreed["text_version"])
        return kept.first() or campaign

    @cached_property
    def intake(self) -> Intake:
        """What the ministry's notice says (manual 3-1). One query."""
        return intake(self.now)

    @cached_property
    def suspended(self) -> list[SuspensionNotice]:
        """The institution's suspension, in force or still to begin. One query."""
        return suspension_notices([self.request.institution_id], self.now)

    @property
    def places(self) -> Places:
        """Where to mend what a check found."""
        return Places(self.request.institution.code, self.edit_address, self.address)

    # --- The checks ---

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

    # --- 照会 ---

    @cached_property
    def questions(self) -> list[Asked]:
        """What officers asked about it, newest first. One query, none before the first application."""
        if self.status is Status.DRAFT:
            return []
        found = self.request.questions.select_related("asked_by").order_by("-id")
        name_who_answered(found, self.events)
        return [self._asked(question) for question in found]

    def _asked(self, question: Question) -> Asked:
        return Asked(question, self.request.number, self.request.institution.prefecture.name)

    @property
    def open_questions(self) -> list[Asked]:
        """Those to be answered, oldest first; none for who may not."""
        if not self._may(Verb.ANSWER):
            return []
        return [asked for asked in reversed(self.questions) if asked.question.is_open]

    # --- 配布の決定 ---

    @cached_property
    def outcomes(self) -> Mapping[int, LineOutcome]:
        """What was decided of its lines, by item id. One query, none before the acceptance."""
        return LineOutcome.objects.of(self.request.pk) if self.status is Status.ACCEPTED else {}

    # --- What was asked for ---

    @cached_property
    def lines(self) -> list[LineView]:
        """The ticked items in their order."""
        figures = self._figures
        return [
            LineView(
                self.items[line.item_id],
                line.quantity,
                line.confirmed_quantity,
                line.accepted_quantity,
                figures.get(line.item_id),
            )
            for line in sorted(self.request.lines.all(), key=lambda line: self.items[line.item_id].order)
        ]

    def chain_of(self, line: LineView) -> list[Link]:
        """What became of a line so far, with when and by which office; empty before the application. Three queries
        once the request is accepted."""
        if self.status not in APPLIED:
            return []
        return chain(
            Facts(
                self.request,
                line.item,
                line.quantity,
                line.confirmed,
                line.accepted,
                self.outcomes.get(line.item.pk),
                suggested=line.suggested,
                suggested_at=self.answered_at,
                delivery=self._deliveries[line.item.pk],
            )
        )

    @cached_property
    def _deliveries(self) -> dict[int, Delivery]:
        found = deliveries(self.request)
        name_receivers(found.values(), self.events)
        return found

    @property
    def _figures(self) -> dict[int, SurveyFigures]:
        """By item id: the figures as they stand before the application, as they were judged after it."""
        if self.status in BEFORE_APPLICATION:
            return {
                line.item_id: SurveyFigures(
                    line.figures.stock, line.figures.weekly_consumption, line.figures.weekly_purchase
                )
                for line in self._facts_now.lines
                if line.figures is not None
            }
        record = self.last_check.check_record if self.last_check else None
        return {
            line["item_id"]: SurveyFigures(
                line["figures"]["stock"],
                line["figures"]["weekly_consumption"],
                line["figures"]["weekly_purchase"],
            )
            for line in (record["input"]["lines"] if record else [])
            if line["figures"] is not None
        }

    @property
    def answered_at(self) -> datetime | None:
        """When the survey was answered that these figures come from (aware)."""
        if self.status in BEFORE_APPLICATION:
            return self._facts_now.last_answered_at
        record = self.last_check.check_record if self.last_check else None
        text = record["input"]["last_answered_at"] if record else None
        return datetime.fromisoformat(text) if text else None

    # --- What was sent and what arrived ---

    @cached_property
    def parcels(self) -> list[Parcel]:
        """What the vendor sent, the latest first. One query, none where nothing was sent."""
        if not any(delivery.parcels for delivery in self._deliveries.values()):
            return []
        found = parcels_of([self.request.pk]).get(self.request.pk, [])
        name_who_received(found, self.events)
        may = self._may(Verb.RECEIVE)
        return [
            Parcel(state, self.request.number, may, ReceiptForm(state.current, state.item)) for state in found
        ]

    @property
    def open_parcels(self) -> list[Parcel]:
        """Those whose receipt the person should confirm."""
        return [parcel for parcel in self.parcels if parcel.is_open]

    # --- Where it stands ---

    @property
    def says(self) -> str:
        """The status in a sentence, at the head of the record (manual 3-1 ⑤ and ⑦)."""
        if self.request.is_withdrawn:
            return "医療機関が取り下げました。確認も受付も行われません。"
        if self.status is Status.ERROR:
            if self.still_missing:
                return f"申請の条件を満たしていません。{self.still_missing}件を直すと申請できます。"
            return "申請の条件を満たしていませんでした。もう一度「システムチェック&申請」を押してください。"
        return _SAYS[self.status]

    @property
    def steps(self) -> list[Station]:
        """The way of the request, with where it stands."""
        return stations(self.request, self.last_check.at if self.last_check else None)

    @property
    def is_in_time(self) -> bool:
        """Whether the cut-off that the request made is still to come."""
        return self.request.cutoff_at is not None and self.now < self.request.cutoff_at

    @cached_property
    def way_ahead(self) -> WayAhead:
        """これからの流れ. One query, before the application, besides those that the page asks anyway."""
        standing = self._standing
        return WayAhead(ahead(standing, self.now.date()), over(standing), beware(standing))

    @property
    def _standing(self) -> Standing:
        request, before = self.request, self.status in BEFORE_APPLICATION
        fates = [self.fate_of(line) for line in self.lines] if self.status is Status.ACCEPTED else []
        return Standing(
            self.status,
            cutoff=next_cutoff(self.now, moved_cutoffs(self.now)) if before else request.cutoff_at,
            handled_from=request.handled_from,
            withdrawn=request.is_withdrawn,
            asked=any(asked.question.is_open for asked in self.questions),
            confirmed=request.confirmed_at is not None,
            confirmed_before=request.confirmed_before,
            intake_open=self.intake.notice is not None,
            suspended=any(notice.begun for notice in self.suspended),
            undecided=sum(1 for fate in fates if fate.undecided),
            unsent=sum(1 for fate in fates if (fate.granted or 0) > (fate.sent or 0)),
            unreceived=sum(fate.unreceived for fate in fates),
            granted=any(fate.granted for fate in fates),
        )

    def fate_of(self, line: LineView) -> Fate:
        """What became of a line after the acceptance. No query besides those of `chain_of`."""
        outcome = self.outcomes.get(line.item.pk)
        return Fate.of(line.accepted, outcome.quantity if outcome else None, self._deliveries[line.item.pk])

    @cached_property
    def is_followed(self) -> bool:
        """Whether the person is told of what happens to it. One query."""
        return Follow.is_on(self.user, self.request)

    @property
    def follow_token(self) -> uuid.UUID:
        """For the form of the button フォローする."""
        return uuid.uuid4()

    @property
    def offers_pdf(self) -> bool:
        """Whether this machine makes PDFs."""
        return not pdf.lacking()

    @cached_property
    def timeline(self) -> list[Entry]:
        """これまでの動き, newest first."""
        return timeline(self.events, self.items, self.request.institution.prefecture.name)


_SAYS = {
    Status.DRAFT: "申請前の状態です。「システムチェック&申請」ボタンを押してください。",
    Status.UNDER_REVIEW: "要請内容を確認しています。",
    Status.ACCEPTED: "都道府県、国による受付が完了しました。",
}


def _key(finding: Finding) -> tuple[str, str, str]:
    """What makes two findings the same one. Messages name rules and settings, never the figures that were looked at."""
    return finding.rule, finding.message, finding.place
