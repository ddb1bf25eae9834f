"""What the ministry changes of the calendar: single cut-offs and single days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import models

from sosportal.lib import clock
from sosportal.lib.audit.tracking import track
from sosportal.lib.prepared import Prepared
from surveys.models.round import WEDNESDAY

YEAR = timedelta(days=366)
YEARS_BACK, YEARS_AHEAD = 1, 5
FAR_AWAY = "今日の1年前から5年後までの日付を入力してください。"


@track()
class CutoffChange(models.Model):
    """The cut-off of one week, moved (domain, "The cut-off")."""

    regular_day = models.DateField("通常の締切日（水曜）", unique=True)
    cutoff_at = models.DateTimeField("変更後の締切")
    note = models.CharField("理由", max_length=200, blank=True)

    class Meta:
        verbose_name = "締切の変更"
        verbose_name_plural = "締切の変更"
        ordering = ["-regular_day"]

    def __str__(self) -> str:
        return f"{self.regular_day:%Y/%m/%d}"

    def clean(self) -> None:
        """Raises ValidationError: no Wednesday, or a day that is surely a slip of the keys."""
        day: date | None = self.regular_day  # a form that could not read the day leaves it out
        moment: datetime | None = self.cutoff_at
        problems = {}
        if _is_far_away(day):
            problems["regular_day"] = FAR_AWAY
        elif day is not None and day.weekday() != WEDNESDAY:
            problems["regular_day"] = "水曜日を選んでください。"
        if moment is not None and _is_far_away(clock.jst(moment).date()):
            problems["cutoff_at"] = FAR_AWAY
        if problems:
            raise ValidationError(problems)


@track()
class CalendarException(models.Model):
    """A single day that is, or is not, a business day against the rule."""

    day = models.DateField("日付", unique=True)
    is_business_day = models.BooleanField("開庁日とする", default=False)
    note = models.CharField("理由", max_length=200, blank=True)

    class Meta:
        verbose_name = "開庁日の例外"
        verbose_name_plural = "開庁日の例外"
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day:%Y/%m/%d} {'開庁' if self.is_business_day else '閉庁'}"

    def clean(self) -> None:
        """Raises ValidationError: a day that is surely a slip of the keys."""
        if _is_far_away(self.day):
            raise ValidationError({"day": FAR_AWAY})


def _is_far_away(day: date | None) -> bool:
    # No day is the field's own affair.
    today = clock.today()
    return day is not None and not today - YEARS_BACK * YEAR <= day <= today + YEARS_AHEAD * YEAR


def calendar_changes(now: datetime) -> tuple[Mapping[date, datetime], Mapping[date, bool]]:
    """(moved cut-offs, single days) that can matter to a submission at `now` (aware): three weeks back to ten ahead.

    Two queries.
    """
    first, last = now.date() - timedelta(weeks=3), now.date() + timedelta(weeks=10)
    return dict(MOVED.rows(first=first, last=last)), dict(DAYS.rows(first=first, last=last))


MOVED: Prepared[CutoffChange] = Prepared(
    lambda first, last: CutoffChange.objects.filter(regular_day__range=(first, last)).values_list(
        "regular_day", "cutoff_at"
    )
)
DAYS: Prepared[CalendarException] = Prepared(
    lambda first, last: CalendarException.objects.filter(day__range=(first, last)).values_list(
        "day", "is_business_day"
    )
)
