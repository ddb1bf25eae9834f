"""When people are reminded: the day before a cut-off and its morning, wherever the cut-off was moved."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from requests_app.rules.reminding import slot_at
from sosportal.lib.business_calendar import JST


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=JST)


REGULAR = [
    ("2026-11-23 10:00", None),
    ("2026-11-24 09:59:59", None),
    ("2026-11-24 10:00", "2026-11-24 10:00"),
    ("2026-11-24 19:59:59", "2026-11-24 10:00"),
    ("2026-11-24 20:00", None),
    ("2026-11-25 08:59:59", None),
    ("2026-11-25 09:00", "2026-11-25 09:00"),
    ("2026-11-25 16:59:59", "2026-11-25 09:00"),
    ("2026-11-25 17:00", None),
    ("2026-11-26 10:00", None),
    # holidays: 3 November is 文化の日, 23 September 秋分の日, 30 December the closure
    ("2026-11-03 10:00", "2026-11-03 10:00"),
    ("2026-09-23 09:00", "2026-09-23 09:00"),
    ("2026-12-30 09:00", "2026-12-30 09:00"),
]


@pytest.mark.parametrize(("now", "begins"), REGULAR)
def test_the_slots_of_a_week(now: str, begins: str | None) -> None:
    slot = slot_at(at(now))
    assert (slot and slot.begins_at) == (begins and at(begins))


MOVED = [
    # brought forward to Tuesday 15:00
    ("2026-11-24 15:00", "2026-11-23 10:00", "2026-11-23 10:00"),
    ("2026-11-24 15:00", "2026-11-24 09:00", "2026-11-24 09:00"),
    ("2026-11-24 15:00", "2026-11-24 15:00", None),
    ("2026-11-24 15:00", "2026-11-25 09:00", None),
    # put off to Friday 12:00
    ("2026-11-27 12:00", "2026-11-24 10:00", None),
    ("2026-11-27 12:00", "2026-11-25 09:00", None),
    ("2026-11-27 12:00", "2026-11-26 10:00", "2026-11-26 10:00"),
    ("2026-11-27 12:00", "2026-11-27 09:00", "2026-11-27 09:00"),
    ("2026-11-27 12:00", "2026-11-27 12:00", None),
    # so early in the day that there is no morning before it
    ("2026-11-25 08:00", "2026-11-24 10:00", "2026-11-24 10:00"),
    ("2026-11-25 08:00", "2026-11-25 09:00", None),
]


@pytest.mark.parametrize(("cutoff", "now", "begins"), MOVED)
def test_a_moved_cutoff_takes_its_reminders_along(cutoff: str, now: str, begins: str | None) -> None:
    slot = slot_at(at(now), {date(2026, 11, 25): at(cutoff)})
    assert (slot and slot.begins_at) == (begins and at(begins))
