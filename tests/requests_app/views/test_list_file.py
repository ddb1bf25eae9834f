"""The list of requests as a file: what is shown, all pages of it, nothing foreign, no formula, logged."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.test import Client

from institutions.models import Institution, Role, User
from requests_app.models import ExportLog, ListChoice, SosRequest
from requests_app.queries.listing import PAGE_SIZE
from requests_app.rules.transitions import Status
from tests import factories
from tests.requests_app.views.pages import NOON

pytestmark = pytest.mark.django_db
FILE = "/requests/file/"
HEADING = ["要請番号", "タイトル", "申請日時", "医療機関名", "医療機関コード", "対応ステータス", "取下げ"]
# session, user, memberships, how many there are, the log before and after, the rows; the log's savepoints none
QUERIES = 7


def body(answer: Any) -> bytes:
    assert "attachment" in answer["Content-Disposition"], answer.status_code
    return b"".join(answer.streaming_content)


def table(data: bytes) -> list[list[str]]:
    if data.startswith(b"PK"):
        sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
        return [[str(cell) if cell is not None else "" for cell in row] for row in sheet.values]
    encoding = "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "cp932"
    return list(csv.reader(io.StringIO(data.decode(encoding))))


@pytest.fixture
def requests(person: User, place: Institution) -> list[SosRequest]:
    factories.campaign()
    return [
        factories.request_in(Status.UNDER_REVIEW, person, place, now=NOON - timedelta(days=1)),
        factories.draft(person, place),
        factories.draft(person, place, now=NOON - timedelta(days=100)),
    ]


@pytest.mark.parametrize("kind", ["utf8", "cp932", "xlsx"])
def test_what_the_page_shows_in_its_order(client: Client, requests: list[SosRequest], kind: str) -> None:
    rows = table(body(client.post(f"{FILE}?view=current&sort=submitted", {"kind": kind})))
    assert rows[0] == HEADING
    assert [row[0] for row in rows[1:]] == [requests[0].number, requests[1].number]
    assert rows[1][1] == "2026/11/23_架空中央病院_緊急配布要請"
    assert rows[1][2].replace("-", "/").startswith("2026/11/23 12:00")
    assert rows[1][5] == "都道府県・国確認中"
    assert rows[2][2:] == ["", "架空中央病院", requests[1].institution.code, "未申請", ""]


def test_what_was_withdrawn_says_when(client: Client, requests: list[SosRequest]) -> None:
    factories.withdraw(requests[0], now=NOON)
    (row,) = table(body(client.post(f"{FILE}?q={requests[0].number}", {"kind": "utf8"})))[1:]
    assert row[5:] == ["都道府県・国確認中", "2026/11/24 12:00"]


def test_all_pages_and_what_narrows_the_list(client: Client, person: User, place: Institution) -> None:
    made = {factories.draft(person, place).number for _ in range(PAGE_SIZE + 1)}
    rows = table(body(client.post(f"{FILE}?view=all&page=2", {"kind": "utf8"})))
    assert {row[0] for row in rows[1:]} == made
    one = sorted(made)[3]
    for asked in (f"q={one}", f"q={one}&status=DRAFT&place={place.code}"):
        assert [row[0] for row in table(body(client.post(f"{FILE}?{asked}", {"kind": "utf8"})))[1:]] == [one]
    assert table(body(client.post(f"{FILE}?status=ACCEPTED", {"kind": "utf8"}))) == [HEADING]


def test_nothing_of_others(client: Client, requests: list[SosRequest]) -> None:
    elsewhere = factories.institution(name="架空よその病院")
    theirs = factories.draft(factories.member(elsewhere), elsewhere)
    for asked in ("view=all", f"q={theirs.number}", f"place={elsewhere.code}", "view=all&institution=1"):
        data = body(client.post(f"{FILE}?{asked}", {"kind": "utf8"})).decode()
        assert theirs.number not in data
        assert "よその" not in data


def test_it_is_logged_with_its_filter_and_its_bytes(
    client: Client, person: User, requests: list[SosRequest]
) -> None:
    data = body(client.post(f"{FILE}?view=all&q=中央", {"kind": "utf8"}))
    log = ExportLog.objects.get()
    assert (log.what, log.by, log.kind, log.row_count) == ("own_list", person, "utf8", 3)
    assert log.filters == "?view=all&sort=title&q=中央"
    assert log.sha256 == hashlib.sha256(data).hexdigest()


def test_only_a_post_sends_a_file_and_the_choice_is_not_touched(
    client: Client, requests: list[SosRequest]
) -> None:
    for answer in (
        client.get(f"{FILE}?view=all&q=x"),
        client.post(f"{FILE}?view=all&q=x", {"kind": "pdf"}),
        client.post(f"{FILE}?view=all&q=x"),
    ):
        assert (answer.status_code, answer["Location"]) == (302, "/requests/?view=all&sort=title&q=x")
    assert not ExportLog.objects.exists()
    assert not ListChoice.objects.exists()


def test_no_cell_begins_a_formula(client: Client, person: User) -> None:
    evil = factories.institution(name="=1+1病院")
    factories.join(person, evil)
    factories.draft(User.objects.get(pk=person.pk), evil)
    for kind in ("utf8", "xlsx"):
        rows = table(body(client.post(f"{FILE}?view=all", {"kind": kind})))
        assert not [cell for row in rows for cell in row if cell[:1] in set("=+-@＝＋－＠")]


class TestShiftJis:
    @pytest.fixture(autouse=True)
    def rare(self, person: User) -> None:
        place = factories.institution(name="架空𠮷田病院")
        factories.join(person, place)
        factories.draft(User.objects.get(pk=person.pk), place)

    def test_what_it_cant_hold_is_shown_first(self, client: Client) -> None:
        answer = client.post(f"{FILE}?view=all", {"kind": "cp932"})
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "Shift_JISで書けない文字が2か所あります" in page
        assert "1行目「医療機関名」の「𠮷」（U+20BB7）" in page
        assert 'action="/requests/file/?view=all&amp;sort=title"' in page
        assert not ExportLog.objects.exists()

    def test_replaced_only_when_that_was_said_and_logged(self, client: Client) -> None:
        data = body(client.post(f"{FILE}?view=all", {"kind": "cp932", "geta": "1"}))
        assert table(data)[1][3] == "架空〓田病院"
        assert len(ExportLog.objects.get().replaced) == 2
        assert "𠮷" in body(client.post(f"{FILE}?view=all", {"kind": "utf8"})).decode()


def test_too_many_are_refused_and_it_says_so(
    client: Client, requests: list[SosRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("requests_app.views.listing.MOST_WRITTEN", 2)
    answer = client.post(f"{FILE}?view=all", {"kind": "utf8"}, follow=True)
    assert "ファイルにできるのは、50,000件までです。" in answer.content.decode()
    assert not ExportLog.objects.exists()
    assert len(table(body(client.post(f"{FILE}?view=current", {"kind": "utf8"})))) == 3


@pytest.mark.parametrize("role", [Role.PREFECTURE, Role.MINISTRY, Role.OPERATOR])
def test_officers_have_theirs_in_the_admin(role: Role) -> None:
    client = Client()
    client.force_login(factories.user(role))
    answer = client.post(FILE, {"kind": "utf8"})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")


@pytest.mark.parametrize("rows", [1, 40])
def test_the_cost_does_not_grow_with_the_rows(
    client: Client, person: User, place: Institution, rows: int, django_assert_num_queries: Any
) -> None:
    for _ in range(rows):
        factories.draft(person, place)
    with django_assert_num_queries(QUERIES):
        body(client.post(f"{FILE}?view=all", {"kind": "utf8"}))


def test_the_page_offers_it_with_what_narrows_it(client: Client, requests: list[SosRequest]) -> None:
    page = client.get("/requests/", {"status": "DRAFT"}).content.decode()
    assert 'action="/requests/file/?view=all&amp;sort=title&amp;status=DRAFT"' in page
    assert "ほかのページも含めて、2件を出力します。" in page
    assert "/requests/file/" not in client.get("/requests/", {"status": "ERROR"}).content.decode()
