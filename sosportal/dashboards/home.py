"""ホーム: what is needed now, what is being waited for, and the ways to everything else."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from institutions import queries as notices
from institutions.models import Announcement, Institution, User
from institutions.views.access import looking
from requests_app.models import Campaign, Shipment, SosRequest
from requests_app.models.checking import OpenCampaign, open_campaign
from requests_app.presenters.places import survey_address
from requests_app.queries.delivery import waiting_receipts
from requests_app.queries.home import OpenQuestion, OpenRequest, OpenRequests, open_questions, open_requests
from requests_app.queries.intake import Intake, ItemStop, intake, stops_ahead
from requests_app.rules.system_check import NO_CAMPAIGN
from requests_app.rules.transitions import Status
from sosportal.lib import clock
from sosportal.lib.jinja import jst_date, jst_short
from surveys.forms import Answered, repeated
from surveys.models import SurveyResponse, SurveyRound
from surveys.queries import Sheet, answered_in, last_answered, sheet

NAMES_SHOWN = 3
LONGEST_LINE = 80  # characters
MENDED = "直りました。もう一度、申請してください"


@dataclass(frozen=True)
class Repeat:
    """先週と変わりなし, pressed at home: the earlier answer as it would be sent, and where to."""

    sheet: Sheet
    answers: Sequence[Answered]
    address: str

    @property
    def token(self) -> uuid.UUID:
        """For the form of the button."""
        return uuid.uuid4()


@dataclass(frozen=True)
class Matter:
    """One thing to do now. `by` is its deadline (aware), None for as soon as possible; with `for_cutoff` it is the next
    cut-off where that comes first. `can_wait`: nothing can be done until something changes. `repeat` is how the survey
    is answered with one press."""

    heading: str
    text: str
    button: str
    address: str
    by: datetime | None = None
    request: OpenRequest | None = None
    for_cutoff: bool = False
    can_wait: bool = False
    repeat: Repeat | None = None


@dataclass
class Home:
    """Everything the page shows besides its frame, for `user` at `now` (aware). Thirty queries at
    most, however much there is."""

    user: User
    now: datetime

    @cached_property
    def institutions(self) -> Sequence[tuple[int, str, str]]:
        """(id, code, name) of the person's institutions."""
        rows = Institution.objects.visible_to(self.user).order_by("code")
        return list(rows.values_list("id", "code", "name"))

    @cached_property
    def requests(self) -> OpenRequests:
        """What is not applied for, what failed its check, what is under review."""
        return open_requests(SosRequest.objects.visible_to(self.user), self.now, self._open)

    @cached_property
    def _open(self) -> OpenCampaign | None:
        return open_campaign(self.now)

    @property
    def campaign(self) -> Campaign | None:
        """The campaign that is open."""
        return self._open[0] if self._open else None

    @cached_property
    def matters(self) -> list[Matter]:
        """いま必要なこと: what officers asked and answered first, then parcels, the survey, drafts and errors."""
        waiting = self.requests.rows
        return [
            *(_question(each) for each in self.questions),
            *self._answers(),
            *(_delivery(each) for each in waiting_receipts(SosRequest.objects.visible_to(self.user))),
            *self._survey(),
            *(self._draft(each) for each in waiting if each.status is Status.DRAFT),
            *(self._error(each) for each in waiting if each.status is Status.ERROR),
        ]

    @cached_property
    def intake(self) -> Intake:
        """Whether requests are taken, until when, or from when again. One query."""
        return intake(self.now)

    @cached_property
    def stops_ahead(self) -> list[ItemStop]:
        """The items of the open campaign that are to be stopped. One query."""
        return stops_ahead(self.now)

    def _draft(self, request: OpenRequest) -> Matter:
        """Still to be applied for, until when; or that it can't be now, why, and from when it can."""
        heading, why = self._hindrance(request)
        if heading:
            text = f"{request.asked}。{why}。入力した内容は残ります"
            return Matter(heading, text, "要請を開く", _address(request), request=request, can_wait=True)
        return self._to_apply("要請がまだ申請されていません", request)

    def _error(self, request: OpenRequest) -> Matter:
        if not request.missing:
            return self._to_apply(MENDED, request)
        text = f"足りないもの {request.missing}件"
        return Matter("エラーを直してください", text, "エラーを見る", _address(request), request=request)

    def _to_apply(self, heading: str, request: OpenRequest) -> Matter:
        """It can be applied for: until the cut-off, or until it can't be any more before that."""
        stops = [stop for stop in self.stops_ahead if stop.item_id in request.items]
        ends = [(stop.at, f"{stop.label}の受付は{jst_short(stop.at)}まで") for stop in stops]
        ends += [
            (each.since, f"{jst_short(each.since)}から要請が停止されます")
            for each in self.suspended
            if each.institution_id == request.institution_id
        ]
        if self.campaign is not None and self.campaign.closes_at is not None:
            ends.append((self.campaign.closes_at, f"受付は{jst_short(self.campaign.closes_at)}まで"))
        by, words = min(ends, default=(None, ""))
        text = f"{request.asked}。{words}" if words else request.asked
        return Matter(heading, text, "要請を開く", _address(request), by=by, request=request, for_cutoff=True)

    def _hindrance(self, request: OpenRequest) -> tuple[str, str]:
        """(heading, why and until when) while the request can't be applied for; ("", "") when it can."""
        if self._open is None:
            opens_at = self.intake.opens_at
            when = f"{jst_short(opens_at)}から受付" if opens_at else "受付が始まるまで、お待ちください"
            return "受付停止中のため、いまは申請できません", when
        for each in self.suspended:
            if each.begun and each.institution_id == request.institution_id:
                until = f"停止は{jst_short(each.until)}まで" if each.until else "理由は上の通知をご覧ください"
                return "要請が停止されているため、いまは申請できません", until
        closed = [label for item_id, label in request.items.items() if item_id not in self._open[2]]
        if closed:
            more = "。要請から外すと、申請できます" if len(closed) < len(request.items) else ""
            return (
                "受付停止中の物資があるため、いまは申請できません",
                f"受付停止中：{'、'.join(closed)}{more}",
            )
        return "", ""

    @cached_property
    def suspended(self) -> list[notices.SuspensionNotice]:
        """The suspensions of the person's institutions, in force or still to begin. One query."""
        return notices.suspension_notices([each[0] for each in self.institutions], self.now)

    @cached_property
    def important(self) -> tuple[list[Announcement], bool]:
        """The important announcements not read yet, three at most, and whether there are more. One query."""
        return notices.important_unread(self.user, self.now)

    @cached_property
    def announcements(self) -> list[Announcement]:
        """The newest announcements, three at most. One query."""
        return notices.newest_announcements(self.user, self.now)

    def _answers(self) -> Iterator[Matter]:
        """Answers to inquiries that nobody has opened. One query."""
        found = notices.unread_answers(self.user)
        if not found:
            return
        if len(found) == 1:
            address = reverse("inquiry_detail", args=[found[0].pk])
            text = f"{found[0].get_subject_display()}についてのお問い合わせ（番号 {found[0].pk}）です。"
        else:
            address = reverse("inquiry_list")
            count = f"{len(found)}件" if len(found) <= NAMES_SHOWN else f"{NAMES_SHOWN}件より多く"
            text = f"まだ開いていない回答が{count}あります。"
        yield Matter("お問い合わせに回答がありました", text, "回答を読む", address)

    @cached_property
    def questions(self) -> list[OpenQuestion]:
        """照会 that wait for an answer."""
        return open_questions(SosRequest.objects.visible_to(self.user))

    @property
    def waiting(self) -> list[OpenRequest]:
        """お待ちいただいているもの: what the prefecture or the ministry has in hand, and asks nothing about."""
        rows = [each for each in self.requests.rows if each.status is Status.UNDER_REVIEW]
        return [each for each in rows if not each.is_asked]

    @cached_property
    def _round(self) -> SurveyRound | None:
        """The round of this week, if there is one. One query."""
        return SurveyRound.objects.open_at(self.now)

    @cached_property
    def _unanswered(self) -> Sequence[tuple[int, str, str]]:
        """The person's institutions whose answer of this week is missing. One query."""
        if self._round is None or not self.institutions:
            return []
        responses = SurveyResponse.objects.visible_to(self.user)
        answered = answered_in(responses, self._round, [each[0] for each in self.institutions])
        return [each for each in self.institutions if each[0] not in answered]

    @property
    def survey_standing(self) -> str:
        """How this week's survey stands, in words; "" where none is open or nobody is to answer it."""
        if self._round is None or not self.institutions:
            return ""
        total, missing = len(self.institutions), len(self._unanswered)
        if not missing:
            done = "今週は回答済みです" if total == 1 else f"今週は{total:,}件とも回答済みです"
            return f"{done}（{jst_short(self._round.closes_at)}まで直せます）"
        if total == 1:
            return "今週はまだ回答がありません"
        return f"今週は{total:,}件のうち{missing:,}件で、まだ回答がありません"

    def _survey(self) -> Iterator[Matter]:
        survey_round, missing = self._round, self._unanswered
        if survey_round is None or not missing:
            return
        repeat = None
        if len(missing) == 1:
            whose = "" if len(self.institutions) == 1 else f"{missing[0][2]}の"
            address = survey_address(missing[0][1], reverse("home"))
            repeat = self._repeat(survey_round, missing[0][0], address)
        else:
            names = "、".join(name for _, _, name in missing[:NAMES_SHOWN])
            more = f" ほか{len(missing) - NAMES_SHOWN}件" if len(missing) > NAMES_SHOWN else ""
            whose, address = f"{names}{more}の", reverse("survey")
        yield Matter(
            "週次調査に回答してください",
            f"{whose}個人防護具備蓄状況調査は、今週まだ回答がありません。{self._how_long(missing)}",
            "調査に回答する",
            address,
            by=survey_round.closes_at,
            repeat=repeat,
        )

    def _repeat(self, survey_round: SurveyRound, institution_id: int, address: str) -> Repeat | None:
        """The earlier answer, where it can be sent as it is: a proxy says first why they enter. Four queries."""
        if self.user.enters_by_proxy(institution_id):
            return None
        found = sheet(SurveyResponse.objects.visible_to(self.user), institution_id, survey_round, self.now)
        answers = repeated(found)
        return Repeat(found, answers, address) if answers else None

    def _how_long(self, missing: Sequence[tuple[int, str, str]]) -> str:
        """Until when the earlier answers of all these institutions do for an application (rule R4). One query."""
        rules = self._open[1].as_rules() if self._open else NO_CAMPAIGN
        ids = [each[0] for each in missing]
        last = last_answered(SurveyResponse.objects.visible_to(self.user), ids)
        until = min(last.values(), default=self.now) + timedelta(days=rules.survey_valid_days)
        if len(last) < len(ids) or until < self.now:
            return "緊急配布要請の申請には、新しい回答が必要です。"
        return f"前回の回答で申請できるのは{jst_short(until)}までです。"


def _question(asked: OpenQuestion) -> Matter:
    place = f"{reverse('request_detail', args=[asked.number])}#question-{asked.id}"
    text = f"{asked.title}（要請番号 {asked.number}）　{shorten(asked.text)}"
    return Matter("担当者からの照会に回答してください", text, "回答する", place)


def shorten(text: str) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…"


def _delivery(parcel: Shipment) -> Matter:
    request, item = parcel.line.request, parcel.line.item
    text = (
        f"{item.label} {item.amount(parcel.quantity)}　{jst_date(parcel.shipped_on)}に発送"
        f"（{parcel.carrier}　伝票番号 {parcel.slip_number}）"
    )
    address = reverse("request_detail", args=[request.number]) + "#delivery"
    return Matter("届いた物資の受領を確認してください", text, "受領を確認する", address)


def _address(request: OpenRequest) -> str:
    return reverse("request_detail", args=[request.number])


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first page after logging in. Officers and operators work in the admin."""
    user = cast(User, request.user)
    if user.is_staff:
        return HttpResponseRedirect(reverse("admin:index"))
    return render(request, "home/home.html", {"home": Home(looking(request), clock.now())})
