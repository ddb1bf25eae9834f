"""Reminders of the weekly survey on their way, to those whose institutions have not answered: posted piece by piece.

As announcements are mailed: each piece is a transaction of its own that also writes down how far it got, so that a run
killed anywhere is gone on with, and the outbox's keys keep anybody from being reminded twice in a slot.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

from django.db import models, transaction
from django.db.models import Exists, OuterRef

from institutions.models import Membership, NoticeChoice, Role, User
from institutions.models.user import UserQuerySet
from institutions.rules.notices import Notice
from requests_app.models.calendar import calendar_changes
from requests_app.rules.reminding import slot_at
from sosportal.lib import clock, outbox
from sosportal.lib.delivery import When
from surveys.models import SurveyResponse, SurveyRound
from surveys.notifications import Unanswered, reminder
from surveys.required_items import required_at

CAUSE = "survey-reminder"
CHUNK = 100
"""People to a piece: one wake-up of the outbox sends so many mails before its time is up."""
MOST_WAITING = 1_000
"""No further piece while so many of its mails wait to be sent: a mail about a request stands behind few of them."""
MOST_NAMED = 30
"""Institutions named in a mail; how many more there are is said."""


class SurveyReminding(models.Model):
    """The reminders of one round in one slot, and how far they got: `after` is the last person's id."""

    round = models.ForeignKey(
        SurveyRound, verbose_name="調査の回", on_delete=models.PROTECT, related_name="remindings"
    )
    begins_at = models.DateTimeField("開始")
    ends_at = models.DateTimeField("終了")
    cutoff_at = models.DateTimeField("締切")
    after = models.BigIntegerField("どこまで", default=0)
    posted = models.PositiveIntegerField("登録した数", default=0)
    finished_at = models.DateTimeField("登録の終了", null=True, blank=True)

    class Meta:
        verbose_name = "調査のリマインド"
        verbose_name_plural = "調査のリマインド"
        constraints = [
            models.UniqueConstraint(fields=["round", "begins_at"], name="survey_reminding_once"),
        ]

    def __str__(self) -> str:
        return f"{self.round} {self.begins_at:%Y-%m-%d %H:%M}"

    @property
    def cause(self) -> str:
        """What its mails are about, for the outbox's keys."""
        return f"{CAUSE}:{self.pk}"

    @classmethod
    def due(cls, now: datetime) -> SurveyReminding | None:
        """What is to be reminded of at `now` (aware), not saved unless it stands already; None outside of the slots,
        without a round that takes answers, and while no campaign asks for anything. Five queries at most.
        """
        slot = slot_at(now, calendar_changes(now)[0])
        survey_round = SurveyRound.objects.open_at(now) if slot else None
        if slot is None or survey_round is None or not required_at(now):
            return None
        standing = cls.objects.select_related("round").filter(round=survey_round, begins_at=slot.begins_at)
        return standing.first() or cls(
            round=survey_round, begins_at=slot.begins_at, ends_at=slot.ends_at, cutoff_at=slot.cutoff
        )

    @classmethod
    def begin(cls, now: datetime) -> SurveyReminding | None:
        """As `due`, and written down. Safe to run twice and at once."""
        due = cls.due(now)
        if due is None or due.pk is not None:
            return due
        defaults = {"ends_at": due.ends_at, "cutoff_at": due.cutoff_at}
        return cls.objects.get_or_create(round=due.round, begins_at=due.begins_at, defaults=defaults)[0]

    def people(self) -> UserQuerySet:
        """The active people who can be written to, want to be reminded, and enter for an institution that has not
        answered, by id; from where the reminders got to. No query."""
        never = NoticeChoice.objects.filter(
            user=OuterRef("pk"), notice=Notice.REMINDER.value, chosen=When.NEVER.value
        )
        # From there on, said of the memberships too: else each piece walks through all of those before it again.
        missing = unanswered(self.round_id).filter(user=OuterRef("pk"), user__gt=self.after)
        people: UserQuerySet = User.objects.filter(role=Role.INSTITUTION, is_active=True, pk__gt=self.after)
        wanted: UserQuerySet = people.exclude(email="").filter(Exists(missing), ~Exists(never))
        return wanted.order_by("pk")

    @classmethod
    def work_off(cls, seconds: float) -> int:
        """Post what is due now, a piece at a time, for at most so many seconds; how many mails were posted.

        Safe to run twice and at once: a piece is taken with SKIP LOCKED.
        """
        begun, posted = time.monotonic(), 0
        reminding = cls.begin(clock.now())
        while reminding is not None and time.monotonic() - begun < seconds:
            piece = cls.post_piece(reminding.pk)
            if piece is None:
                break
            posted += piece
        return posted

    @classmethod
    @transaction.atomic
    def post_piece(cls, key: int) -> int | None:
        """Post the next piece, and write down how far it got; how many people it went to.

        None: finished, over, nothing asked for any more, taken by another run, or enough of its mails are waiting to
        be sent. One transaction.
        """
        now = clock.now()
        rows = cls.objects.select_for_update(skip_locked=True, of=("self",)).select_related("round")
        row = rows.filter(pk=key, finished_at__isnull=True, ends_at__gt=now).first()
        if row is None or not row.round.takes_answers_at(now) or not required_at(now):
            return None
        if outbox.waiting(row.cause, MOST_WAITING) >= MOST_WAITING:
            return None
        found = list(row.people().values_list("pk", "email")[:CHUNK])
        if not found:
            row.finished_at = now
            row.save(update_fields=["finished_at"])
            return None
        places = unanswered_of(row.round_id, [person for person, _ in found])
        mails = [
            reminder(f"{row.cause}:{person}", address, places[person], row.round, row.cutoff_at)
            for person, address in found
            if person in places
        ]
        outbox.post(mails, now)
        row.after, row.posted = found[-1][0], row.posted + len(mails)
        row.save(update_fields=["after", "posted"])
        return len(mails)


def unanswered(round_id: int) -> models.QuerySet[Membership]:
    """Who enters for which institution that has not answered in the round. No query."""
    answers = SurveyResponse.objects.filter(round_id=round_id, institution=OuterRef("institution"))
    return Membership.objects.filter(~Exists(answers))


def unanswered_of(round_id: int, people: Sequence[int]) -> dict[int, Unanswered]:
    """By person: their institutions that have not answered in the round, by code. One query, read in pieces."""
    rows = (
        unanswered(round_id)
        .filter(user__in=people)
        .order_by("user_id", "institution__code")
        .values_list("user_id", "institution__code", "institution__name")
    )
    found: dict[int, Unanswered] = {}
    for person, code, name in rows.iterator(chunk_size=1_000):
        theirs = found.setdefault(person, Unanswered([]))
        if len(theirs.named) < MOST_NAMED:
            theirs.named.append((code, name))
        else:
            theirs.more += 1
    return found


def still_missing(key: str) -> bool:
    """Whether the reminder with this key of the outbox still holds now: before its cut-off, in a round that takes
    answers, while something is asked for, to somebody one of whose institutions has not answered. Three queries."""
    _, reminding, person, _ = key.split(":")
    now = clock.now()
    row = SurveyReminding.objects.select_related("round").filter(pk=reminding, cutoff_at__gt=now).first()
    if row is None or not row.round.takes_answers_at(now) or not required_at(now):
        return False
    return unanswered(row.round_id).filter(user=int(person), user__is_active=True).exists()
