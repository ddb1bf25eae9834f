"""Lists and figures of announcements, inquiries and suspensions, and of what stands on an institution's own page. What
somebody may see is `visible_to`'s."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, F, Func, Min, OuterRef, Q, QuerySet, TextField

from institutions.models import Announcement, Audience, Inquiry, Institution, Role, User
from institutions.models.announcement import UNREAD_FOR
from institutions.models.inquiry import in_state
from institutions.models.suspension import STANDING
from institutions.rules.inquiry import State
from sosportal.lib.audit.tracking import tracked
from sosportal.lib.counting import counted, told
from sosportal.lib.text import hankaku_code, search_key

PER_PAGE = 20
LONGEST_KEY = 19  # digits that a bigint surely holds, and one
IMPORTANT_SHOWN = 3
NEWEST_SHOWN = 3
CHANGES_SHOWN = 5
MOST_SEARCHED = 500  # announcements
FEW = 1_000  # institutions whose inquiries are looked up one by one
MOST_INQUIRIES = 5_000  # of the newest, for what more institutions bear; the list's own words name it
MOST_FOUND = 200
FOLDED = "regexp_replace(lower(normalize(%(expressions)s, NFKC)), '\\s+', '', 'g')"
"""A text as `search_key` folds it, its line breaks gone, too."""


class Reach(NamedTuple):
    """How far an announcement goes: institutions, their people, and how many of those can be mailed."""

    institutions: int
    people: int
    mailed: int


def reach(audience: Audience) -> Reach:
    """Whom the audience reaches now, to the last. Three counts, which read them all: for who is about to publish."""
    people = audience.people()
    return Reach(audience.institutions().count(), people.count(), people.exclude(email="").count())


def reach_told(audience: Audience) -> tuple[str, str]:
    """How many institutions and people the audience reaches now, as it is shown: up to 1,000. Two counts."""
    institutions, people = counted(audience.institutions()), counted(audience.people())
    return told(institutions, unit="施設"), told(people, unit="人")


def read_count(announcement: Announcement) -> int:
    """How many have opened it as it last stood: its withdrawal is a version, too, which nobody needs to open. One
    query."""
    last = announcement.version - bool(announcement.withdrawn_at)
    return announcement.reads.filter(version__gte=last).count()


def announcements_for(user: User, now: datetime, *, past: bool) -> QuerySet[Announcement]:
    """The member's announcements, newest first: those of now, or what has ended or was withdrawn."""
    if past:
        over = Q(ends_at__lte=now, withdrawn_at__isnull=True) | Q(withdrawn_at__gte=F("starts_at"))
        rows = Announcement.objects.published(now).filter(over).reaching(user.own_places)
    else:
        rows = Announcement.objects.visible_to(user).current(now)
    return rows.select_related("prefecture").order_by("-starts_at", "-pk")


def announcement_page(user: User, now: datetime, *, past: bool, page: str) -> Page[Announcement]:
    """A page of `announcements_for`. Two queries."""
    return Paginator(announcements_for(user, now, past=past), PER_PAGE).get_page(page)


def announcements_matching(user: User, keys: Sequence[str]) -> QuerySet[Announcement]:
    """What the member may see, current or ended, whose title or text contains each of the search keys; newest first.

    Looked through are the newest 500 of them: the cost is that of folding so many texts, however many there are.
    """
    newest = Announcement.objects.visible_to(user).order_by("-starts_at", "-pk").values("pk")[:MOST_SEARCHED]
    found = Announcement.objects.filter(pk__in=newest).alias(
        folded_title=Func(F("title"), template=FOLDED, output_field=TextField()),
        folded_body=Func(F("body"), template=FOLDED, output_field=TextField()),
    )
    for key in keys:
        found = found.filter(Q(folded_title__contains=key) | Q(folded_body__contains=key))
    return found.select_related("prefecture").order_by("-starts_at", "-pk")


def unread_among(user: User, rows: Iterable[Announcement], now: datetime) -> frozenset[int]:
    """The ids of those that the member has not opened as they stand, as the tab counts them. One query."""
    shown = Announcement.objects.filter(pk__in=[row.pk for row in rows], starts_at__gte=now - UNREAD_FOR)
    return frozenset(shown.unread_by(user.pk).values_list("pk", flat=True))


def important_unread(user: User, now: datetime) -> tuple[list[Announcement], bool]:
    """The important ones of now and of the last 90 days that the member has not opened: the newest three, and whether
    there are more. One query."""
    rows = Announcement.objects.visible_to(user).current(now).filter(starts_at__gte=now - UNREAD_FOR)
    rows = rows.filter(important=True).unread_by(user.pk)
    found = list(rows.select_related("prefecture").order_by("-starts_at", "-pk")[: IMPORTANT_SHOWN + 1])
    return found[:IMPORTANT_SHOWN], len(found) > IMPORTANT_SHOWN


def newest_announcements(user: User, now: datetime) -> list[Announcement]:
    """The newest three of now, read or not. One query."""
    return list(announcements_for(user, now, past=False)[:NEWEST_SHOWN])


def inquiry_page(user: User, page: str) -> Page[Inquiry]:
    """The inquiries the member may see, an unread answer first, then what moved last. Two queries."""
    rows = Inquiry.objects.visible_to(user).select_related("institution__prefecture")
    return Paginator(rows.order_by("-answer_unread", "-updated_at", "-pk"), PER_PAGE).get_page(page)


def unread_answers(user: User) -> list[Inquiry]:
    """The inquiries of the member's institutions whose answer nobody has opened, oldest first; at most three and one
    more. One query."""
    return list(Inquiry.objects.visible_to(user).filter(answer_unread=True).order_by("updated_at", "pk")[:4])


class InquiryFigures(NamedTuple):
    """How many inquiries wait, how many of those nobody has in hand, and since when the oldest waits."""

    waiting: int
    untouched: int
    oldest: datetime | None


def inquiry_figures(rows: QuerySet[Inquiry], now: datetime) -> InquiryFigures:
    """The figures of the rows at `now` (aware). One query."""
    found = rows.filter(waiting_since__isnull=False).aggregate(
        waiting=Count("pk"),
        untouched=Count("pk", filter=in_state(State.NEW, now)),
        oldest=Min("waiting_since"),
    )
    return InquiryFigures(**found)


class Matching(NamedTuple):
    """What a search came to: a condition on inquiries, and how many of the newest it gives of more; 0 where it gives
    all it found."""

    condition: Q
    newest: int = 0


def inquiries_matching(user: User, words: str) -> Matching:
    """Of the inquiries `user` may see: each of the words is in the institution's name, begins its code, or is the
    inquiry's number or the 要請番号.

    Where more than `FEW` institutions bear a word, it is looked for among the newest 5,000 of those inquiries, and the
    newest 200 of them are given at most (decision 0007). Two queries for each word at most, and one more then.
    """
    seen = Inquiry.objects.visible_to(user).order_by()
    meant, common = Q(), Q()
    for word in words.split():
        found = _numbered(word)
        few = list(Institution.objects.matching(word).order_by().values_list("pk", flat=True)[: FEW + 1])
        if len(few) <= FEW:
            meant &= found | Q(institution_id__in=few)
        else:
            its_own = Institution.objects.filter(pk=OuterRef("institution_id"))
            key = search_key(word)
            its_own = its_own.filter(Q(search_key__contains=key) | Q(code__startswith=key)).order_by()
            common &= found | Q(Exists(its_own))
    if not common:
        return Matching(meant)
    newest = seen.filter(meant).order_by("-pk").values("pk")[:MOST_INQUIRIES]
    rows = Inquiry.objects.filter(common, pk__in=newest).order_by("-pk").values_list("pk", flat=True)
    keys = list(rows[: MOST_FOUND + 1])
    return Matching(Q(pk__in=keys[:MOST_FOUND]), MOST_FOUND if len(keys) > MOST_FOUND else 0)


def _numbered(word: str) -> Q:
    """The inquiries whose number or 要請番号 it is; none for what can be neither."""
    number, found = hankaku_code(word), Q(pk__in=())
    if number.isascii() and number.isdigit() and len(number) < LONGEST_KEY:
        found |= Q(pk=int(number))
    if number[:1].isdigit():
        found |= Q(request_number=unicodedata.normalize("NFKC", word))
    return found


# --- Suspensions --------------------------------------------------------------------------------------------------


class SuspensionNotice(NamedTuple):
    """What people of an institution are told of its suspension: whose, why, from when, until when (None: not known).
    `begun`: it is in force."""

    institution_id: int
    institution_name: str
    reason: str
    since: datetime
    until: datetime | None
    begun: bool


def suspension_notices(institution_ids: Iterable[int], now: datetime) -> list[SuspensionNotice]:
    """The suspensions in force at `now` (aware) or still to begin, of these institutions. One query."""
    rows = STANDING.rows(institution_ids=sorted(institution_ids), now=now)
    return [
        SuspensionNotice(place, name, reason, since, until, since <= now)
        for place, name, reason, since, until in rows
    ]


# --- An institution's own page ------------------------------------------------------------------------------------


class Person(NamedTuple):
    """Somebody who enters for an institution; `last_login` is aware, None for never."""

    name: str
    username: str
    last_login: datetime | None
    as_proxy: bool


def people_of(institution: Institution) -> list[Person]:
    """The active people of the institution, its own before those who enter for it as proxies. One query."""
    rows = institution.memberships.filter(user__is_active=True, user__role=Role.INSTITUTION)
    names = ("user__name", "user__username", "user__last_login", "as_proxy")
    return [Person(*row) for row in rows.order_by("as_proxy", "user__username").values_list(*names)]


def last_changes(institution: Institution) -> list[Any]:
    """The last changes of the institution's own row, newest first; five at most. One query."""
    events: Any = tracked[Institution]._default_manager
    rows = events.filter(pgh_institution_id=institution.pk, pgh_obj_id=institution.pk)
    return list(rows.order_by("-pgh_created_at", "-pgh_id")[:CHANGES_SHOWN])
