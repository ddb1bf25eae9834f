"""What the ministry changes of the calendar: single cut-offs and single days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import connection, models, transaction

from institutions.models import User
from requests_app import permissions
from requests_app.exceptions import CalendarRefused, ReasonRequired
from requests_app.rules.cutoff import move_problem
from sosportal.lib import clock
from sosportal.lib.audit.tracking import track
from sosportal.lib.business_calendar import is_business_day
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
    changed_at = models.DateTimeField("変更した日時", null=True, blank=True)
    changed_by = models.ForeignKey(
        User, verbose_name="変更した人", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = "締切の変更"
        verbose_name_plural = "締切の変更"
        ordering = ["-regular_day"]

    def __str__(self) -> str:
        return f"{self.regular_day:%Y/%m/%d}"

    @classmethod
    def move(
        cls, actor: User, regular_day: date, cutoff_at: datetime, note: str, *, now: datetime | None = None
    ) -> CutoffChange:
        """Put the cut-off of the week of this Wednesday at `cutoff_at` (aware). To set it back is a move like another,
        to the regular 17:00: the row stays, with its reason.

        What requests were told at their application stays. One change of the calendar at a time. Raises NotPermitted
        unless the actor is the ministry's, ReasonRequired without a note, CalendarRefused as `move_problem` says.
        """
        with transaction.atomic():
            _check(actor, note)
            _one_at_a_time()
            moment = now or clock.now()
            if problem := move_problem(regular_day, cutoff_at, cutoffs_around(regular_day), moment):
                raise CalendarRefused(problem)
            row = cls.objects.filter(regular_day=regular_day).first() or cls(regular_day=regular_day)
            row.cutoff_at, row.note, row.changed_at, row.changed_by = cutoff_at, note, moment, actor
            row.save()
        return row

    def clean(self) -> None:
        """Raises ValidationError: no Wednesday, or a day that is surely a slip of the keys."""
        day: date | None = self.regular_day  # a form that could not read the day leaves it out
        moment: datetime | None = self.cutoff_at
        problems = {}
        if is_far_away(day):
            problems["regular_day"] = FAR_AWAY
        elif day is not None and day.weekday() != WEDNESDAY:
            problems["regular_day"] = "水曜日を選んでください。"
        if moment is not None and is_far_away(clock.jst(moment).date()):
            problems["cutoff_at"] = FAR_AWAY
        if problems:
            raise ValidationError(problems)


@track()
class CalendarException(models.Model):
    """A single day that is, or is not, a business day against the rule."""

    day = models.DateField("日付", unique=True)
    is_business_day = models.BooleanField("開庁日とする", default=False)
    note = models.CharField("理由", max_length=200, blank=True)
    changed_at = models.DateTimeField("変更した日時", null=True, blank=True)
    changed_by = models.ForeignKey(
        User, verbose_name="変更した人", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = "開庁日の例外"
        verbose_name_plural = "開庁日の例外"
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day:%Y/%m/%d} {'開庁' if self.is_business_day else '閉庁'}"

    @classmethod
    def set_day(
        cls, actor: User, day: date, is_business_day: bool, note: str, *, now: datetime | None = None
    ) -> CalendarException:
        """Make a single day a business day, or none. To set it back is a change like another, to what the rule says.

        What requests were told at their application stays. One change of the calendar at a time. Raises NotPermitted
        unless the actor is the ministry's, ReasonRequired without a note, CalendarRefused as `day_problem` says.
        """
        with transaction.atomic():
            _check(actor, note)
            _one_at_a_time()
            moment = now or clock.now()
            held = CalendarException.objects.filter(day=day).first()
            standing = {day: held.is_business_day} if held else {}
            if problem := day_problem(day, is_business_day, standing, moment):
                raise CalendarRefused(problem)
            row = held or CalendarException(day=day)
            row.is_business_day, row.note = is_business_day, note
            row.changed_at, row.changed_by = moment, actor
            row.save()
        return row

    def clean(self) -> None:
        """Raises ValidationError: a day that is surely a slip of the keys."""
        if is_far_away(self.day):
            raise ValidationError({"day": FAR_AWAY})


LOCK = 11_251_700  # advisory: the neighbours of a cut-off must hold still while it is judged


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _check(actor: User, note: str) -> None:
    """Holds the actor's row until the transaction ends."""
    permissions.check_run_campaigns(actor.held())
    if not note.strip():
        raise ReasonRequired


def cutoffs_around(day: date) -> Mapping[date, datetime]:
    """The moved cut-offs of the weeks around a day. One query."""
    return dict(MOVED.rows(first=day - timedelta(weeks=3), last=day + timedelta(weeks=3)))


def day_problem(day: date, wanted: bool, exceptions: Mapping[date, bool], now: datetime) -> str:
    """Why a day can't be made a business day, or none, at `now` (aware), in Japanese; "" when it can."""
    if day < clock.jst(now).date():
        return "過ぎた日は変えられません。"
    if is_business_day(day, exceptions) == wanted:
        return f"この日は、いまも{'開庁日' if wanted else '閉庁日'}です。"
    return ""


def is_far_away(day: date | None) -> bool:
    """Surely a slip of the keys. No day is the field's own affair."""
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
