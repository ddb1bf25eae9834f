"""Rounds of the weekly survey: from one Wednesday 17:00 to the next, Asia/Tokyo."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func

from sosportal.lib import clock

WEDNESDAY = 2
CHANGE_OVER = time(17, 0)


class TsTzRange(Func):
    function = "TSTZRANGE"


def window(now: datetime) -> tuple[datetime, datetime]:
    """The round that `now` (aware) falls into: [Wednesday 17:00, next Wednesday 17:00), both in JST."""
    here = clock.jst(now)
    day = here.date() - timedelta(days=(here.weekday() - WEDNESDAY) % 7)
    opens_at = datetime.combine(day, CHANGE_OVER, tzinfo=clock.JST)
    if opens_at > here:
        opens_at -= timedelta(days=7)
    return opens_at, opens_at + timedelta(days=7)


class SurveyRoundQuerySet(models.QuerySet["SurveyRound"]):
    def open_at(self, now: datetime) -> SurveyRound | None:
        """The round that takes answers at `now` (aware). One query."""
        return self.filter(opens_at__lte=now, closes_at__gt=now).first()

    def open_for(self, now: datetime) -> tuple[SurveyRound, bool]:
        """The round of `now`, opened if it isn't: (round, whether it is new). Safe to run twice and at once.

        Raises IntegrityError when that week overlaps a round of another length.
        """
        standing = self.open_at(now)
        if standing is not None:
            return standing, False
        opens_at, closes_at = window(now)
        return self.get_or_create(opens_at=opens_at, defaults={"closes_at": closes_at})


class SurveyRound(models.Model):
    """One week's survey. Rounds don't overlap and are never deleted."""

    opens_at = models.DateTimeField("開始", unique=True)
    closes_at = models.DateTimeField("締切")

    objects: ClassVar[SurveyRoundQuerySet] = SurveyRoundQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "調査の回"
        verbose_name_plural = "調査の回"
        ordering = ["-opens_at"]
        constraints = [
            models.CheckConstraint(
                name="round_closes_after_opening", condition=models.Q(closes_at__gt=F("opens_at"))
            ),
            ExclusionConstraint(
                name="round_no_overlap",
                expressions=[
                    (TsTzRange("opens_at", "closes_at", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """`11/25の回`, after the day on which it closes."""
        day = clock.jst(self.closes_at)
        return f"{day.month}/{day.day}の回"

    def takes_answers_at(self, now: datetime) -> bool:
        """Opened and not yet closed at `now` (aware); 17:00:00 itself belongs to the next round."""
        return self.opens_at <= now < self.closes_at
