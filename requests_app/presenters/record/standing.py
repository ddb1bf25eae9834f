"""Everything together: the questions, where the request stands, what comes next, what happened so far."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import cached_property

from requests_app.models import Follow, Question
from requests_app.presenters.ahead import Standing, WayAhead, ahead, beware, over
from requests_app.presenters.asked import Asked
from requests_app.presenters.delivery import Fate
from requests_app.presenters.figures import LineView
from requests_app.presenters.naming import name_who_answered
from requests_app.presenters.record.asked_for import AskedFor
from requests_app.presenters.record.permitted import BEFORE_APPLICATION
from requests_app.presenters.stations import Station, stations
from requests_app.presenters.timeline import Entry, timeline
from requests_app.queries.intake import moved_cutoffs
from requests_app.rules.cutoff import next_cutoff
from requests_app.rules.transitions import Status, Verb
from sosportal.lib import pdf


@dataclass
class Record(AskedFor):
    """Everything the pages of one request show besides their frame."""

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
        if not self.may(Verb.ANSWER):
            return []
        return [asked for asked in reversed(self.questions) if asked.question.is_open]

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
