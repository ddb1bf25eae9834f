"""Cut-offs and business days that the ministry changes (domain, "The cut-off")."""

from __future__ import annotations

from django.contrib import admin

from institutions.models import Role
from requests_app.models import CalendarException, CutoffChange
from sosportal.lib.admin import ScopedModelAdmin

MINISTRY = frozenset({Role.MINISTRY.value})


@admin.register(CutoffChange)
class CutoffChangeAdmin(ScopedModelAdmin):
    """締切の変更."""

    viewers = adders = changers = MINISTRY
    all_rows = True
    list_display = ("regular_day", "cutoff_at", "note")
    fields = ("regular_day", "cutoff_at", "note")


@admin.register(CalendarException)
class CalendarExceptionAdmin(ScopedModelAdmin):
    """開庁日の例外."""

    viewers = adders = changers = MINISTRY
    all_rows = True
    list_display = ("day", "is_business_day", "note")
    fields = ("day", "is_business_day", "note")
