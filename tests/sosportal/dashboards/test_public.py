"""The public page: off as if it weren't there; on the same for everybody, and of nobody in particular."""

from __future__ import annotations

import csv
import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from institutions.models import Institution, Role, User
from requests_app.exceptions import NotPermitted, ReasonRequired, StaleSwitch
from requests_app.models import PublicSwitch, PublishedTable
from requests_app.progress.refreshing import refresh_progress
from requests_app.rules.transitions import Status
from surveys.models import SurveyRound
from tests import factories
from tests.sosportal.dashboards import country
from tests.sosportal.dashboards.country import NOW, WEEK

pytestmark = pytest.mark.django_db
PAGE, FILE = "/progress/", "/progress/table.csv"
SWITCH = "/admin/progress/publication/"
CLOSED = NOW - 2 * WEEK
"""In the last round that is published."""


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def switched(*, on: bool = True, by: User | None = None) -> PublicSwitch:
    last = PublicSwitch.last()
    person = by or factories.user(Role.MINISTRY)
    return PublicSwitch.turn(person, on=on, reason="報道発表にあわせて", seen=last.pk if last else 0, now=NOW)


def logged_in(role: Role) -> Client:
    client = Client()
    client.force_login(factories.user(role))
    return client


def rows(page: str) -> dict[str, list[str]]:
    """The table: name of the prefecture to the texts of its cells. On a phone each row says the same in one cell."""
    found = {}
    for row in re.findall(r"<tr role=\"row\"(.*?)</tr>", page, re.S):
        row, _, narrow = row.partition('<td class="progress-rows__narrow"')
        cells = [
            re.sub(r"<[^>]+>", "", cell).strip()
            for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.S)
        ]
        found[cells[0]] = cells[1:]
        assert not narrow or all(f"{cell}</dd>" in narrow for cell in cells[3:])
    return found


def shown(client: Client | None = None, query: str = "") -> str:
    answer = (client or Client()).get(PAGE + query)
    assert answer.status_code == 200
    return answer.content.decode()


# --- Off ------------------------------------------------------------------------------------------------------------


def without_what_differs(content: bytes) -> bytes:
    return re.sub(rb'value="[0-9A-Za-z-]{36,64}"', b"", content)


@pytest.mark.parametrize("role", [None, *Role])
@pytest.mark.parametrize("path", [PAGE, FILE, "/progress"])
def test_off_it_is_as_absent(role: Role | None, path: str) -> None:
    country.laid()
    client = logged_in(role) if role else Client()
    for off in (False, True):
        if off:
            switched()
            switched(on=False)
        for method in (client.get, client.post, client.head):
            there, nowhere = method(path), method("/nowhere/")
            assert there.status_code == nowhere.status_code == 404
            assert without_what_differs(there.content) == without_what_differs(nowhere.content)
            assert there.headers["Cache-Control"] == nowhere.headers["Cache-Control"] == "no-store"


# --- On -------------------------------------------------------------------------------------------------------------


def test_on_it_is_the_same_for_everybody_and_may_be_cached_a_minute() -> None:
    country.laid()
    switched()
    pages = set()
    for client in (Client(), *(logged_in(role) for role in Role)):
        answer = client.get(PAGE)
        assert answer.headers["Cache-Control"] == "public, max-age=60"
        assert not answer.cookies
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert "X-May-Be-Cached" not in answer.headers
        pages.add(answer.content)
    assert len(pages) == 1
    assert b"csrf" not in pages.pop()


def test_the_file_may_be_cached_too() -> None:
    country.laid()
    switched()
    answer = Client().get(FILE)
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert not answer.cookies


def test_a_post_is_refused_and_not_cached() -> None:
    country.laid()
    switched()
    answer = Client().post(PAGE)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (405, "no-store")


def test_rounds_are_shown_a_week_after_their_end() -> None:
    """Two looks at an open round, minutes apart, would tell the one institution that answered in between."""
    country.laid()
    switched()
    page = shown()
    assert "11/4（水）17:00〜11/11（水）17:00の回" in page
    assert "11/24（火）10:22時点の集計" in page
    before = rows(page)
    for other in SurveyRound.objects.filter(opens_at__gt=NOW - 2 * WEEK):
        assert rows(shown(query=f"?round={other.pk}")) == before
    country.answering(factories.TOKYO, 9000)
    refresh_progress(NOW)
    assert rows(shown()) == before


@pytest.mark.parametrize(("late", "count"), [(timedelta(0), 5), (timedelta(seconds=-1), 0)])
def test_a_round_is_published_once_and_for_good(late: timedelta, count: int) -> None:
    country.answering(factories.TOKYO, 500, now=CLOSED)
    survey_round = SurveyRound.objects.get()
    refresh_progress(survey_round.closes_at + WEEK + late)
    assert PublishedTable.objects.count() == count
    refresh_progress(NOW + WEEK)
    assert PublishedTable.objects.count() == 5
    assert PublishedTable.objects.filter(as_of=survey_round.closes_at + WEEK).count() == count


def test_prefectures_are_shown_with_small_numbers_hidden() -> None:
    factories.campaign(now=CLOSED - WEEK)
    cast = [country.answering(factories.TOKYO, 1500, now=CLOSED) for _ in range(4)]
    cast += [country.answering(factories.OSAKA, 500, now=CLOSED) for _ in range(2)]
    cast += [country.answering(country.SHIZUOKA, 2500, now=CLOSED) for _ in range(5)]
    Institution.objects.update(created_at=CLOSED - WEEK)
    for person, place in cast:
        request = factories.request_in(Status.UNDER_REVIEW, person, place, now=CLOSED, quantity=1234)
        if place.prefecture_id == factories.OSAKA or place == cast[0][1]:
            factories.accept(request, now=CLOSED)
        factories.answer(person, place, country.gloves(1500), now=CLOSED)
    refresh_progress(NOW)
    switched()
    found = rows(shown())
    # Osaka is hidden; Tokyo too, or else it could be had by subtracting from the total.
    assert found["大阪府"] == ["非表示"] * 6
    assert found["東京都"] == ["非表示"] * 6
    assert found["静岡県"] == ["1.5", "100%", "5", "6,200", "0", "0"]
    assert found["全国"] == ["1.5", "100%", "11", "14,000", "3", "3,700"]
    assert found["北海道"] == ["—", "—", "0", "0", "0", "0"]


def test_no_figure_of_a_hidden_prefecture_stands_anywhere_on_the_page() -> None:
    factories.campaign(now=CLOSED - WEEK)
    for stock in (777, 778):
        country.answering(factories.OSAKA, stock, now=CLOSED)
    for _ in range(3):
        country.answering(factories.TOKYO, 3000, now=CLOSED)
    refresh_progress(NOW)
    switched()
    for query in ("", "?measure=rate", "?measure=review", "?measure=accepted"):
        page = shown(query=query)
        assert "0.7" not in page
        label = re.search(r'aria-label="(大阪府[^"]*)"', page)
        assert label
        assert label[1] == "大阪府 数が少ないため表示しません"


def test_the_file_holds_the_same_table() -> None:
    country.laid()
    switched()
    text = b"".join(Client().get(FILE)).decode("utf-8-sig")
    lines = list(csv.reader(text.splitlines()))
    table = rows(shown())
    assert len(lines) == 1 + 47 + 1
    assert {name: cells for name, *cells in lines[1:]} == {name: table[name] for name, *_ in lines[1:]}


def test_nothing_is_closed_yet() -> None:
    switched()
    assert "公開できる調査の回がまだありません" in shown()


def test_cost_is_constant() -> None:
    country.laid()
    switched()
    Client().get(PAGE)
    with CaptureQueriesContext(connection) as few:
        Client().get(PAGE)
    for _ in range(5):
        country.answering(factories.TOKYO, 100)
    refresh_progress(NOW)
    with CaptureQueriesContext(connection) as many:
        Client().get(PAGE)
    assert len(few) == len(many) <= 10
    assert not [query for query in many if "django_session" in query["sql"]]


@pytest.mark.parametrize(
    "query", ["?round=１", "?item=9999999999999999999999", "?measure=x", "?round=-1&item='"]
)
def test_whatever_stands_in_the_address(query: str) -> None:
    country.laid()
    switched()
    assert shown(query=query)


# --- The switch -----------------------------------------------------------------------------------------------------


def test_only_the_ministry_switches() -> None:
    for role in (Role.INSTITUTION, Role.PREFECTURE, Role.OPERATOR):
        with pytest.raises(NotPermitted):
            switched(by=factories.user(role))
    disabled = factories.user(Role.MINISTRY)
    disabled.is_active = False
    with pytest.raises(NotPermitted):
        switched(by=disabled)
    assert not PublicSwitch.objects.exists()


def test_a_reason_is_wanted() -> None:
    with pytest.raises(ReasonRequired):
        PublicSwitch.turn(factories.user(Role.MINISTRY), on=True, reason="  ", seen=0)


def test_who_did_not_see_the_last_switch_is_refused() -> None:
    switched()
    with pytest.raises(StaleSwitch):
        PublicSwitch.turn(factories.user(Role.MINISTRY), on=False, reason="x", seen=0)


def test_switching_to_what_stands_changes_nothing() -> None:
    first = switched()
    assert switched() == first
    assert PublicSwitch.objects.count() == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE requests_app_publicswitch SET is_on = true",
        "DELETE FROM requests_app_publicswitch",
        "UPDATE requests_app_publishedtable SET lines = '[]'",
        "DELETE FROM requests_app_publishedtable",
    ],
)
def test_what_was_switched_and_published_is_kept(statement: str) -> None:
    country.laid()
    switched()
    refused = pytest.raises(DatabaseError, match=r"permission denied|refused")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def form(**more: Any) -> dict[str, Any]:
    return {"token": str(uuid.uuid4()), "seen": 0, "on": "on", "reason": "報道発表", **more}


def test_the_ministry_looks_before_and_switches_on_and_off() -> None:
    country.laid()
    client = logged_in(Role.MINISTRY)
    preview = client.get(f"{SWITCH}preview/")
    assert "これは下見です" in preview.content.decode()
    assert "no-store" in preview.headers["Cache-Control"]
    assert Client().get(PAGE).status_code == 404
    first = form()
    assert client.post(SWITCH, first).status_code == 302
    assert client.post(SWITCH, first).status_code == 302  # a double click
    assert PublicSwitch.objects.count() == 1
    assert Client().get(PAGE).status_code == 200
    seen = PublicSwitch.objects.get().pk
    page = client.get(SWITCH).content.decode()
    assert "公開しています" in page
    assert "報道発表" in page
    assert client.post(SWITCH, form(on="off", seen=seen)).status_code == 302
    assert Client().get(PAGE).status_code == 404


def test_a_refused_form_keeps_what_was_typed() -> None:
    client = logged_in(Role.MINISTRY)
    blank = client.post(SWITCH, form(reason=" "))
    assert blank.status_code == 422
    assert "理由を入力してください" in blank.content.decode()
    switched()
    stale = client.post(SWITCH, form(reason="わたしの理由"))
    assert stale.status_code == 409
    assert "わたしの理由" in stale.content.decode()
    assert "公開しています" in stale.content.decode()
    assert PublicSwitch.objects.count() == 1


@pytest.mark.parametrize(
    "wrong", [{"token": "x"}, {"seen": "１２x"}, {"on": "maybe"}, {"seen": "9" * 40}, {"seen": "-1"}]
)
def test_a_form_that_was_tampered_with_changes_nothing(wrong: dict[str, str]) -> None:
    answer = logged_in(Role.MINISTRY).post(SWITCH, form(**wrong))
    assert answer.status_code in {409, 422}
    assert not PublicSwitch.objects.exists()
