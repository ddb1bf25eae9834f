"""Cut-offs and business days that the ministry changes (domain, "The cut-off"): a page says first what that changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from institutions.permissions import THE_MINISTRY
from requests_app.exceptions import Refusal
from requests_app.forms.calendar import CutoffForm, DayForm
from requests_app.models import CalendarException, CutoffChange
from requests_app.queries.calendar import Calendar, calendar_around, three_weeks, told_otherwise
from requests_app.queries.intake import moved_cutoffs
from requests_app.rules.cutoff import next_cutoff
from sosportal.lib import clock
from sosportal.lib.admin import ScopedModelAdmin
from sosportal.lib.asking import AskFirst
from sosportal.lib.jinja import jst_date, jst_short


class CalendarAdmin(AskFirst, ScopedModelAdmin):
    """What both pages share."""

    viewers = adders = changers = THE_MINISTRY
    all_rows = True
    shared_relations = ("changed_by",)
    ask_template = "admin/requests_app/calendar/ask.html"
    refusals = (Refusal,)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """To set it back is offered where something stands."""
        own: Any = self.fields
        return [*own, "back"] if obj is not None else [*own]

    @admin.display(description="変更した人")
    def changer(self, obj: Any) -> str:
        """Who changed it last."""
        return obj.changed_by.described() if obj.changed_by else "—"

    def changed(self, before: Calendar, said: dict[str, Any]) -> tuple[date, Calendar, str]:
        """The day it is about, the calendar after the change, and the change in words."""
        raise NotImplementedError

    def consequences(
        self, request: HttpRequest, form: Any, formsets: Sequence[Any], obj: Any
    ) -> dict[str, Any]:
        """The three weeks around the day, before and after; how many were told otherwise; the next cut-off shown."""
        now, said = clock.now(), form.cleaned_data
        day: date = said.get("regular_day") or said["day"]
        before = calendar_around(day)
        day, after, words = self.changed(before, said)
        around_now = moved_cutoffs(now)
        moved = dict(around_now) | {
            each: at for each, at in after.moved.items() if before.moved.get(each) != at
        }
        return {
            "title": f"{self.opts.verbose_name}を確かめる",
            "words": words,
            "note": said["note"],
            "days": three_weeks(day, before, after),
            "told": told_otherwise(day, before, after, now),
            "next": (next_cutoff(now, around_now), next_cutoff(now, moved)),
        }


@admin.register(CutoffChange)
class CutoffChangeAdmin(CalendarAdmin):
    """締切の変更."""

    form = CutoffForm
    list_display = ("regular_day", "cutoff_at", "note", "changer")
    list_select_related = ("changed_by__prefecture",)
    fields = ("regular_day", "cutoff_at", "note")

    def changed(self, before: Calendar, said: dict[str, Any]) -> tuple[date, Calendar, str]:
        day, at = said["regular_day"], said["cutoff_at"]
        after = Calendar({**before.moved, day: clock.jst(at)}, before.exceptions)
        return day, after, f"{jst_date(day)}の週の締切を、{jst_short(at)}にします。"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        user: Any = request.user
        said = form.cleaned_data
        row = CutoffChange.move(user, said["regular_day"], said["cutoff_at"], said["note"])
        obj.__dict__.update(row.__dict__)


@admin.register(CalendarException)
class CalendarExceptionAdmin(CalendarAdmin):
    """開庁日の例外."""

    form = DayForm
    list_display = ("day", "is_business_day", "note", "changer")
    list_select_related = ("changed_by__prefecture",)
    fields = ("day", "is_business_day", "note")

    def changed(self, before: Calendar, said: dict[str, Any]) -> tuple[date, Calendar, str]:
        day, wanted = said["day"], said["is_business_day"]
        after = Calendar(before.moved, {**before.exceptions, day: wanted})
        return day, after, f"{jst_date(day)}を、{'開庁日' if wanted else '閉庁日'}にします。"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        user: Any = request.user
        said = form.cleaned_data
        row = CalendarException.set_day(user, said["day"], said["is_business_day"], said["note"])
        obj.__dict__.update(row.__dict__)
