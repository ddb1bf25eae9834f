"""Write the demonstration into an empty database, in one transaction."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction

from institutions.models import Institution, NoticeChoice, Suspension, User
from institutions.rules.notices import Notice
from requests_app.demo_data import names, notices, people, stories, surveys, texts
from requests_app.demo_data.accounts import ACCOUNTS
from requests_app.demo_data.answering import prepare
from requests_app.demo_data.play import Cast, play
from requests_app.models import Campaign, Content, RecentView, Schedule, SosRequest, TypedDraft, Typing
from requests_app.presenters.typing import texts_of_content
from requests_app.progress.refreshing import refresh_progress
from requests_app.rules.system_check import Severity
from sosportal.lib import clock, outbox
from sosportal.lib.delivery import When
from surveys.models import Item, SurveyResponse, SurveyRound

REGISTERED = timedelta(weeks=surveys.WEEKS + 2)
CAMPAIGN_OPENED = timedelta(weeks=5)
TYPED_ON = "demonstration"
LOCK = 4_052_026  # advisory: two loaders at once would both find the database empty


class NotEmpty(Exception):
    """The database has institutions, campaigns or one of the accounts already: nothing was written."""


@dataclass(frozen=True)
class Loaded:
    """How much was written; `requests` by status."""

    institutions: int
    users: int
    survey_responses: int
    requests: dict[str, int]


def build(now: datetime) -> Loaded:
    """Write institutions, people, eight weeks of surveys, a campaign and its requests, as they stand at `now` (aware).

    The same moment gives the same data. Survey history is inserted as rows; requests come about by the portal's own
    verbs at moments before `now`; their mails count as sent. All in one transaction. Raises NotEmpty.
    """
    now = clock.jst(now)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        _check_empty()
        cast = _cast(now)
        _open_campaign(cast)
        play(cast, *prepare(cast))
        _look_around(cast)
        _begin_on_a_phone(cast)
        _choose_notices(cast)
        notices.announce(cast)
        notices.inquire(cast)
        outbox.write_off("request-event:")
        outbox.write_off("request-proxy:")
        outbox.write_off("inquiry-message:")
        outbox.write_off("suspension:")
        refresh_progress(now)
        return Loaded(
            institutions=Institution.objects.count(),
            users=User.objects.count(),
            survey_responses=SurveyResponse.objects.count(),
            requests=dict(sorted(Counter(SosRequest.objects.values_list("status", flat=True)).items())),
        )


def _check_empty() -> None:
    accounts = User.objects.filter(username__in=[account.username for account in ACCOUNTS])
    if Institution.objects.exists() or Campaign.objects.exists() or accounts.exists():
        raise NotEmpty


def _cast(now: datetime) -> Cast:
    begun = now - REGISTERED
    places = names.places()
    institutions = people.write_institutions(places, begun)
    accounts = people.write_accounts(institutions, begun)
    return Cast(
        now=now,
        institutions=institutions,
        staff=people.write_staff(places, institutions, accounts, begun),
        officers=people.write_officers(accounts, begun),
        ministry=accounts["ministry"],
        clerk=accounts["association"],
        item=Item.objects.get(order=surveys.GLOVES),
        rounds={
            weeks: SurveyRound.objects.open_for(now - timedelta(weeks=weeks))[0]
            for weeks in range(surveys.WEEKS + 1)
        },
    )


def _open_campaign(cast: Cast) -> None:
    opened = (cast.now - CAMPAIGN_OPENED).replace(hour=9, minute=0, second=0, microsecond=0)
    Campaign.open_intake(
        cast.ministry,
        name=texts.CAMPAIGN_NAME,
        schedule=Schedule(opened),
        texts={"notice": texts.NOTICE, "conditions": texts.CONDITIONS, "terms": texts.TERMS},
        items={cast.item.pk: None},
        rules={
            "survey_valid_days": 7,
            "max_weeks_of_stock": Decimal(2),
            "weeks_of_stock_severity": Severity.ERROR.value,
            "max_weeks_requested": Decimal(4),
            "weeks_requested_severity": Severity.WARNING.value,
            "pack_severity": Severity.WARNING.value,
        },
        now=opened,
    )
    Suspension.suspend(
        cast.ministry,
        cast.institutions[stories.SUSPENDED],
        texts.SUSPENSION_REASON,
        now=cast.now - timedelta(weeks=2),
    )


def _look_around(cast: Cast) -> None:
    """The documented hospital accounts looked at their requests lately: the view 最近参照したデータ."""
    for key in ("13-1", "27-1"):
        place = cast.institutions[key]
        latest = SosRequest.objects.filter(institution=place).order_by("-created_at")[:2]
        for minutes, request in enumerate(latest, start=1):
            RecentView.note(cast.staff[key], request, cast.now - timedelta(minutes=minutes))


def _begin_on_a_phone(cast: Cast) -> None:
    """A new request of the documented hospital in Osaka, typed on a phone and not saved: 続きから offers it."""
    content = Content(lines={cast.item.pk: 2_400}, opinion=texts.TYPED_OPINION)
    begun = Typing(uuid.uuid5(uuid.NAMESPACE_OID, TYPED_ON), texts_of_content(content), on_phone=True)
    at = cast.now - timedelta(hours=2)
    TypedDraft.keep(cast.staff["27-1"], cast.institutions["27-1"], None, begun, now=at)


def _choose_notices(cast: Cast) -> None:
    """The same person has announcements and what becomes of requests in one mail a day."""
    person = cast.staff["27-1"]
    standing = NoticeChoice.of(person)
    wanted = standing | {Notice.REQUEST: When.DIGEST, Notice.ANNOUNCEMENT: When.DIGEST}
    NoticeChoice.choose(person, wanted, seen=standing, now=cast.now - timedelta(days=3))
