"""A cut-off moved, a day closed or opened: shown before it is saved, nonsense refused, set back like it was set."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, transaction

from institutions.models import Role, User
from requests_app.exceptions import CalendarRefused, NotPermitted, ReasonRequired
from requests_app.models import CalendarException, CutoffChange
from requests_app.rules.transitions import Status
from sosportal.lib import clock
from sosportal.lib.clock import JST
from tests import factories
from tests.requests_app.admin.officers import browser, ministry, text

pytestmark = pytest.mark.django_db

CUTOFF = "/admin/requests_app/cutoffchange/"
DAY = "/admin/requests_app/calendarexception/"
NOW = datetime(2026, 12, 24, 10, 0, tzinfo=JST)  # a Thursday
YEAR_END = date(2026, 12, 30)
EARLY = datetime(2026, 12, 28, 12, tzinfo=JST)
MOVED = {"regular_day": "2026-12-30", "cutoff_at": "2026-12-28T12:00", "note": "年末のため"}


@pytest.fixture(autouse=True)
def at_year_end() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def agreed() -> dict[str, str]:
    return {"agreed": "1", "token": str(uuid.uuid4())}


@pytest.fixture
def person() -> User:
    return ministry()


# --- The verbs ----------------------------------------------------------------------------------------------------


def test_moved_and_set_back_the_row_stays_with_its_reason(person: User) -> None:
    row = CutoffChange.move(person, YEAR_END, EARLY, "年末のため")
    assert (row.changed_by, row.changed_at) == (person, NOW)
    back = CutoffChange.move(person, YEAR_END, datetime(2026, 12, 30, 17, tzinfo=JST), "取りやめ")
    assert (back.pk, back.note) == (row.pk, "取りやめ")
    with pytest.raises(DatabaseError), transaction.atomic():
        CutoffChange.objects.all().delete()


@pytest.mark.parametrize(
    ("day", "at"),
    [
        (date(2026, 12, 23), EARLY),  # passed
        (YEAR_END, NOW - timedelta(minutes=1)),  # in the past
        (YEAR_END, datetime(2027, 1, 6, 17, tzinfo=JST)),  # the next one
        (date(2027, 1, 6), datetime(2026, 12, 30, 17, tzinfo=JST)),  # the one before
    ],
)
def test_nonsense_is_refused(person: User, day: date, at: datetime) -> None:
    with pytest.raises(CalendarRefused):
        CutoffChange.move(person, day, at, "理由")
    assert not CutoffChange.objects.exists()


def test_neighbours_that_were_moved_count(person: User) -> None:
    CutoffChange.move(person, YEAR_END, datetime(2027, 1, 4, 12, tzinfo=JST), "年末のため")
    with pytest.raises(CalendarRefused, match="前の週の締切"):
        CutoffChange.move(person, date(2027, 1, 6), datetime(2027, 1, 4, 12, tzinfo=JST), "理由")


def test_single_days(person: User) -> None:
    row = CalendarException.set_day(person, date(2026, 12, 28), False, "臨時")
    assert (row.is_business_day, row.changed_by) == (False, person)
    for day, wanted in ((date(2026, 12, 23), False), (date(2026, 12, 28), False), (date(2026, 12, 25), True)):
        with pytest.raises(CalendarRefused):
            CalendarException.set_day(person, day, wanted, "理由")
    back = CalendarException.set_day(person, date(2026, 12, 28), True, "取りやめ")
    assert (back.pk, back.is_business_day) == (row.pk, True)
    with pytest.raises(DatabaseError), transaction.atomic():
        CalendarException.objects.all().delete()


@pytest.mark.parametrize("role", [Role.INSTITUTION, Role.PREFECTURE, Role.OPERATOR])
def test_the_ministry_alone_and_with_a_reason(role: Role, person: User) -> None:
    other = factories.user(role)
    with pytest.raises(NotPermitted):
        CutoffChange.move(other, YEAR_END, EARLY, "理由")
    with pytest.raises(NotPermitted):
        CalendarException.set_day(other, date(2026, 12, 28), False, "理由")
    with pytest.raises(ReasonRequired):
        CutoffChange.move(person, YEAR_END, EARLY, " ")


# --- The page that asks -------------------------------------------------------------------------------------------


def test_a_moved_cutoff_is_shown_with_the_weeks_around_it_first(person: User) -> None:
    factories.campaign()
    request = factories.request_in(Status.UNDER_REVIEW)
    factories.request_in(Status.DRAFT)
    stored = request.cutoff_at
    client = browser(person)
    asked = client.post(f"{CUTOFF}add/", MOVED)
    said = text(asked)
    assert asked.status_code == 200
    assert not CutoffChange.objects.exists()
    assert "12/30（水）17:00 → 12/28（月）12:00" in said  # the next cut-off on screen
    assert "1件 は、変更後なら締切か対応開始日が変わります。" in said
    assert "閉庁 （元日）" in said.replace("閉庁（", "閉庁 （")
    assert "閉庁 （年末年始）" in said.replace("閉庁（", "閉庁 （")
    assert "水曜17:00から次の水曜17:00まで" in said
    assert [view.day for view in asked.context["days"]][::20] == [date(2026, 12, 21), date(2027, 1, 10)]

    sent = dict(asked.context["carried"]) | {"token": str(asked.context["token"]), "agreed": "1"}
    assert [client.post(f"{CUTOFF}add/", sent).status_code for _ in range(2)] == [302, 302]
    assert CutoffChange.objects.get().cutoff_at == EARLY
    assert type(request).objects.get(pk=request.pk).cutoff_at == stored  # what was told stays
    assert "12/28（月）12:00" in text(client.get("/admin/"))


def test_a_closed_day_moves_the_first_day_of_handling(person: User) -> None:
    client = browser(person)
    asked = client.post(f"{DAY}add/", {"day": "2026-12-28", "note": "臨時"})
    said = text(asked)
    assert "12/28（月）を、閉庁日にします。" in said
    assert "12/28（月） → 1/4（月）" in said
    changed = [view.day.day for view in asked.context["days"] if view.changed]
    assert changed == [26, 27, 28]
    client.post(f"{DAY}add/", {"day": "2026-12-28", "note": "臨時"} | agreed())
    row = CalendarException.objects.get()
    back = client.post(
        f"{DAY}{row.pk}/change/", {"back": "on", "note": "取りやめ"} | factories.seen(row) | agreed()
    )
    assert back.status_code == 302
    assert CalendarException.objects.get().is_business_day is True


def test_an_opened_day_is_shown_with_what_it_brings_forward_first(person: User) -> None:
    client = browser(person)
    opened = {"day": "2026-12-29", "is_business_day": "on", "note": "臨時"}
    asked = client.post(f"{DAY}add/", opened)
    said = text(asked)
    assert "12/29（火）を、開庁日にします。" in said
    assert "1/4（月） → 12/29（火）" in said
    assert [view.day.day for view in asked.context["days"] if view.changed] == [29]
    assert not CalendarException.objects.exists(), "shown before it is saved"
    client.post(f"{DAY}add/", opened | agreed())
    assert CalendarException.objects.get().is_business_day is True


def test_set_back_from_the_page(person: User) -> None:
    row = CutoffChange.move(person, YEAR_END, EARLY, "年末のため")
    path = f"{CUTOFF}{row.pk}/change/"
    typed = {"back": "on", "cutoff_at": "", "note": "取りやめ"}
    asked = browser(person).post(path, typed | factories.seen(row))
    assert "12/30（水）の週の締切を、12/30（水）17:00にします。" in text(asked)
    sent = dict(asked.context["carried"]) | agreed()
    assert browser(person).post(path, sent).status_code == 302
    assert CutoffChange.objects.get().cutoff_at == datetime(2026, 12, 30, 17, tzinfo=JST)


def test_a_colleague_who_moves_it_meanwhile_is_not_overwritten(person: User) -> None:
    row = CutoffChange.move(person, YEAR_END, EARLY, "年末のため")
    client = browser(person)
    path = f"{CUTOFF}{row.pk}/change/"
    seen = client.get(path).context["seen_digest"]
    sent = {"cutoff_at": "2026-12-29T12:00", "note": "わたし", "_seen": seen}
    assert client.post(path, sent).status_code == 200
    CutoffChange.move(ministry(), YEAR_END, datetime(2026, 12, 25, 12, tzinfo=JST), "ほかの人")
    refused = client.post(path, sent | agreed())
    assert refused.status_code == 409
    assert "ほかの人がこの内容を更新しました" in text(refused)
    assert [(each.typed, each.stands) for each in refused.context["differences"]] == [
        ("2026/12/29 12:00", "2026/12/25 12:00"),
        ("わたし", "ほかの人"),
    ]
    assert CutoffChange.objects.get().note == "ほかの人"


def test_added_by_a_colleague_meanwhile(person: User) -> None:
    client = browser(person)
    assert client.post(f"{CUTOFF}add/", MOVED).status_code == 200
    CutoffChange.move(ministry(), YEAR_END, EARLY, "先に")
    refused = client.post(f"{CUTOFF}add/", MOVED | agreed())
    assert refused.status_code == 422
    assert "すでに登録されています。一覧から開いて変えてください。" in text(refused)
    assert CutoffChange.objects.get().note == "先に"


def test_lists_write_days_and_times_as_people_say_them_here_with_the_year(person: User) -> None:
    CutoffChange.move(person, YEAR_END, EARLY, "年末のため")
    listed = text(browser(person).get(CUTOFF))
    assert "2026/12/30（水）" in listed
    assert "2026/12/28（月）12:00" in listed


def test_the_tick_of_a_day_says_what_it_means_to_leave_it_empty(person: User) -> None:
    page = text(browser(person).get(f"{DAY}add/"))
    assert "チェックを入れると開庁日に、入れないと閉庁日になります。" in page


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"regular_day": "2026-12-31"}, "水曜日を選んでください。"),
        ({"regular_day": "2026-12-23"}, "もう過ぎています。"),
        ({"cutoff_at": "2026-12-24T09:59"}, "よりあとの日時にしてください。"),
        ({"cutoff_at": "2027-01-06T17:00"}, "次の週の締切"),
        ({"cutoff_at": ""}, "変更後の締切を入力してください。"),
        ({"note": ""}, "変える理由を入力してください。"),
        ({"note": "\u200b"}, "変える理由を入力してください。"),
    ],
)
def test_what_is_refused_is_said_beside_the_field(person: User, changed: dict[str, str], said: str) -> None:
    refused = browser(person).post(f"{CUTOFF}add/", MOVED | changed)
    assert refused.status_code == 422
    assert said in text(refused)


def test_the_cost_of_asking_does_not_depend_on_the_requests(
    person: User, django_assert_num_queries: Any
) -> None:
    factories.campaign()
    client = browser(person)
    client.post(f"{CUTOFF}add/", MOVED)
    with django_assert_num_queries(10):
        client.post(f"{CUTOFF}add/", MOVED)
    for _ in range(3):
        factories.request_in(Status.UNDER_REVIEW)
    with django_assert_num_queries(10):
        client.post(f"{CUTOFF}add/", MOVED)


@pytest.mark.parametrize("years", [-200, -2, 6, 200])
def test_days_far_away_are_refused(years: int) -> None:
    client = browser(ministry())
    base = "/admin/requests_app"
    near = clock.today() + timedelta(days=1)
    wednesday = near + timedelta(days=(2 - near.weekday()) % 7)
    far = wednesday + timedelta(weeks=52 * years)
    moved = {
        "regular_day": wednesday.isoformat(),
        "cutoff_at": f"{wednesday}T11:00",
        "note": "年末",
    } | agreed()
    for address, sent in (
        ("cutoffchange", moved | {"regular_day": far.isoformat()}),
        ("cutoffchange", moved | {"cutoff_at": f"{far}T11:00"}),
        ("calendarexception", {"day": far.isoformat(), "note": "年末"} | agreed()),
    ):
        refused = client.post(f"{base}/{address}/add/", sent)
        assert refused.status_code == 422
        assert "今日の1年前から5年後までの日付を入力してください。" in text(refused)
    for address, sent in (
        ("cutoffchange", moved),
        ("calendarexception", {"day": near.isoformat(), "note": "年末"} | agreed()),
    ):
        assert client.post(f"{base}/{address}/add/", sent).status_code == 302
