"""変更履歴 in the admin: who sees which changes, what they say, how they are found and taken along."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import openpyxl
import pytest
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext

from institutions.models import Institution, Membership, Role, Suspension, User
from requests_app.models import CalendarException, ExportLog, RequestLine, SosRequest
from requests_app.rules.transitions import Status
from sosportal.changes import reading, words
from sosportal.changes.reading import SEEN_BY, Key, Wanted
from sosportal.lib import clock
from sosportal.lib.audit import who
from sosportal.lib.audit.tracking import fields_of, tracked
from sosportal.lib.clock import JST
from surveys.models import Item, StockAnswer, SurveyResponse
from tests import factories

NOW = datetime(2026, 11, 24, 10, 22, tzinfo=JST)
CHANGES = "/admin/changes/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_of_tokyo() -> SosRequest:
    factories.campaign(now=NOW)
    place = factories.institution(name="東京の架空病院", code="1310000017")
    return factories.request_in(Status.UNDER_REVIEW, factories.member(place, name="担当 一"), place, now=NOW)


def officer(prefecture: str = factories.TOKYO, **fields: Any) -> User:
    return factories.user(Role.PREFECTURE, prefecture_id=prefecture, **fields)


def seen(user: User, wanted: Wanted | None = None) -> set[type[models.Model]]:
    return {each.model for each in reading.page(user, wanted or Wanted(), None, 500).changes}


def client(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def text(user: User, query: str = "", status: int = 200) -> str:
    answer = client(user).get(CHANGES + query)
    assert answer.status_code == status
    return answer.content.decode()


# --- Scope ----------------------------------------------------------------------------------------------------------


def test_every_tracked_table_says_who_sees_its_changes() -> None:
    assert set(SEEN_BY) == set(tracked)


def test_who_sees_changes_of_what(request_of_tokyo: SosRequest) -> None:
    CalendarException.objects.create(day="2026-12-28")
    Item.objects.filter(order=1).update(pack_size=77)
    Suspension.objects.create(institution=request_of_tokyo.institution, reason="転売", suspended_from=NOW)
    for role in (Role.MINISTRY, Role.OPERATOR):
        assert seen(factories.user(role)) == {
            model for model, roles in SEEN_BY.items() if role in roles and model.__name__ != "CutoffChange"
        }
    of_tokyo = seen(officer())
    assert {SosRequest, RequestLine, StockAnswer, Institution, Suspension, Item} <= of_tokyo
    assert of_tokyo.isdisjoint({User, Membership, CalendarException})
    assert seen(officer(factories.OSAKA)) == {Item}
    assert seen(factories.member(request_of_tokyo.institution)) == set()


def test_a_moved_institution_takes_its_changes_along(request_of_tokyo: SosRequest) -> None:
    """As its requests and answers are seen by who sees the institution now, so are all their changes."""
    place = request_of_tokyo.institution
    before = {
        each.key for each in reading.page(officer(), Wanted(), None, 500).changes if each.institution_id
    }
    Suspension.objects.create(institution=place, reason="転売", suspended_from=NOW)
    Institution.objects.filter(pk=place.pk).update(prefecture_id=factories.OSAKA)
    assert seen(officer()) == set(), "what is foreign now is as if it weren't there"
    of_osaka = officer(factories.OSAKA)
    found = reading.page(of_osaka, Wanted(), None, 500).changes
    keys = [each.key for each in found]
    assert before <= set(keys), "what was changed while it was in Tokyo"
    assert keys == sorted(set(keys), reverse=True)
    assert {SosRequest, RequestLine, StockAnswer, Institution, Suspension} <= {each.model for each in found}
    moved = next(each for each in found if each.before == {"prefecture_id": "13"})
    assert moved.model is Institution


@pytest.mark.parametrize("way", [(factories.OSAKA,), (factories.OSAKA, factories.TOKYO), ("22", "27")])
def test_the_list_and_the_page_of_an_object_show_the_same(
    request_of_tokyo: SosRequest, way: tuple[str, ...]
) -> None:
    place = request_of_tokyo.institution
    answer = SurveyResponse.objects.get(institution=place)
    factories.institution(way[-1], name="ずっとここ")
    for prefecture in way:
        Institution.objects.filter(pk=place.pk).update(prefecture_id=prefecture)
        factories.confirm(SosRequest.objects.get(pk=request_of_tokyo.pk), now=NOW)
    for user in (officer(way[-1]), factories.user(Role.MINISTRY)):
        listed = {each.key for each in reading.page(user, Wanted(), None, 500).changes}
        assert len(listed) > 5
        for row in (place, request_of_tokyo, answer):
            own = {each.key for each in reading.page_of(user, row, None, 500).changes}
            assert own
            assert own <= listed, row


def test_the_list_names_nothing_foreign(request_of_tokyo: SosRequest) -> None:
    for query in (
        "",
        f"?q={request_of_tokyo.number}",
        "?q=1310000017",
        "?q=架空病院",
        "?model=sosrequest",
    ):
        page = text(officer(factories.OSAKA), query)
        assert "東京の架空病院" not in page
        assert "担当 一" not in page


def test_the_history_of_a_foreign_object_is_absent(request_of_tokyo: SosRequest) -> None:
    page = f"/admin/requests_app/sosrequest/{request_of_tokyo.pk}/history/"
    assert client(officer(factories.OSAKA)).get(page).status_code == 404
    assert client(factories.user(Role.OPERATOR)).get(page).status_code == 404
    answer = client(officer()).get(page)
    assert answer.status_code == 200
    assert "要請数量：" in answer.content.decode()


# --- What a change says ---------------------------------------------------------------------------------------------


def test_a_change_says_who_when_what_before_and_after(request_of_tokyo: SosRequest) -> None:
    operator = factories.user(Role.OPERATOR, name="運用 花子", username="unyo")
    place = request_of_tokyo.institution
    page = f"/admin/institutions/institution/{place.pk}/change/"
    form = {
        "code": place.code,
        "name": "新しい病院",
        "kind": "clinic",
        "telephone": "",
        "postal_code": place.postal_code,
        "address": place.address,
        "email": place.email,
        "contact_person": place.contact_person,
        "memberships-TOTAL_FORMS": 0,
        "memberships-INITIAL_FORMS": 0,
        **factories.seen(place),
    }
    assert client(operator).post(page, form).status_code == 302
    shown = client(operator).get(f"/admin/institutions/institution/{place.pk}/history/").content.decode()
    for words_ in (
        *("運用 花子（unyo）", "運用担当者", "医療機関の変更"),
        *("医療機関名：<del>東京の架空病院</del>", "<ins>新しい病院</ins>"),
        *(
            "種別：<del>病院</del>",
            "<ins>診療所</ins>",
            "電話番号：<del>03-0000-0000</del>",
            "<ins>（空欄）</ins>",
        ),
    ):
        assert words_ in shown
    of_officer = (
        client(officer()).get(f"/admin/institutions/institution/{place.pk}/history/").content.decode()
    )
    assert "運用 花子" in of_officer
    assert "unyo" not in of_officer, "user names of others are for who administers people"


def test_references_are_told_by_name(request_of_tokyo: SosRequest) -> None:
    factories.confirm(request_of_tokyo, now=NOW)
    page = text(officer(), f"?q={request_of_tokyo.number}")
    assert "都道府県の確認：<del>（空欄）</del>" in page
    assert "2026/11/24 10:22" in page
    assert "4,100" in page
    assert request_of_tokyo.number in page


def test_every_tracked_field_has_a_japanese_name() -> None:
    for event_model in tracked.values():
        for field in fields_of(event_model):
            assert any(ord(letter) > 0x3000 for letter in str(field.verbose_name)), (event_model, field.name)


def test_every_way_to_work_is_told() -> None:
    told = [
        {"way": "web", "name": "甲", "username": "ko", "role": "ministry"},
        {"way": "web"},
        {"way": "command", "command": "import_users", "operator": "haruka"},
        {"way": "task", "task": "a.b.open_round"},
        {"way": "database", "database_role": "owner"},
    ]
    assert [(words.actor_of(each, with_username=True), words.way_of(each)) for each in told] == [
        ("甲（ko）", "国担当者"),
        ("ログインしていない人", "画面"),
        ("運用担当者（haruka）", "コマンド import_users"),
        ("システム（自動処理）", "自動処理 open_round"),
        ("データベースの直接操作", "接続 owner"),
    ]
    assert words.actor_of(told[2], with_username=False) == "運用担当者"


def test_text_that_people_typed_never_runs() -> None:
    place = factories.institution()
    Institution.objects.filter(pk=place.pk).update(contact_person="<script>alert(1)</script>")
    page = text(officer())
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page


# --- Looking for changes --------------------------------------------------------------------------------------------


def test_filters(request_of_tokyo: SosRequest) -> None:
    ministry = factories.user(Role.MINISTRY)
    other = factories.institution(name="別の病院")
    doer = factories.user(Role.OPERATOR, name="運用 花子", username="unyo")
    with who.working(way="web", actor=doer.pk, name=doer.name, username="unyo", role="operator"):
        Institution.objects.filter(pk=other.pk).update(address="新住所")
    assert seen(ministry, Wanted(model=SosRequest)) == {SosRequest, RequestLine}
    by = reading.page(ministry, Wanted(actors=frozenset({doer.pk})), None, 10).changes
    assert [each.obj_id for each in by] == [other.pk]
    for query in ("?who=花子", "?who=UNYO", f"?q={other.code}&who=unyo"):
        assert "新住所" in text(ministry, query), query
    assert "新住所" not in text(ministry, "?who=だれか")
    assert "新住所" not in text(ministry, f"?q={request_of_tokyo.number}")
    assert "新住所" not in text(officer(), "?who=unyo"), "officers look for names alone"
    today = clock.today()
    assert "新住所" in text(ministry, f"?first={today}&last={today}")
    assert "新住所" not in text(ministry, f"?last={today - timedelta(days=2)}")
    assert "新住所" not in text(ministry, f"?first={today + timedelta(days=2)}")


def test_words_that_fit_too_many_are_said_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """The changes of some of them would pass for those of all."""
    monkeypatch.setattr(reading, "MOST_FOUND", 2)
    ministry = factories.user(Role.MINISTRY, name="見本 三郎")
    for number in range(1, 4):
        factories.institution(name=f"架空病院{number}")
        assert (
            "当てはまる医療機関が多すぎます" in text(ministry, "?q=架空病院", 422 if number == 3 else 200)
        ) is (number == 3)
        account = {"username": f"operator-{number}", "email": f"operator{number}@example.jp"}
        factories.user(Role.OPERATOR, name=f"運用 {number}", **account)
    assert "当てはまる人が多すぎます" in text(ministry, "?who=運用", 422)
    assert "多すぎます" not in text(ministry, "?q=架空病院3&who=運用 3")


@pytest.mark.parametrize(
    "query",
    [
        *("?model=user", "?first=昨日", "?last=0001-01-01", "?last=9999-12-31", "?model=x"),
    ],
)
def test_what_can_not_be_read_is_refused(query: str) -> None:
    """`model=user` is no choice for an officer of a prefecture."""
    assert client(officer()).get(CHANGES + query).status_code == 422


@pytest.mark.parametrize(
    "key", ["x", "1-1", "99999999999999999-1", "1764000000000000-999999999999999999", "１-２"]
)
def test_a_key_that_leads_nowhere_is_no_fault(key: str) -> None:
    assert client(officer()).get(CHANGES, {"after": key}).status_code == 200


def test_pages_follow_each_other_without_gap_or_repetition() -> None:
    places = [factories.institution() for _ in range(5)]
    for n in range(4):
        for place in places:
            Institution.objects.filter(pk=place.pk).update(address=f"{n}番地")
    ministry = factories.user(Role.MINISTRY)
    whole = [each.key for each in reading.page(ministry, Wanted(), None, 500).changes]
    assert whole == sorted(whole, reverse=True)
    found: list[Key] = []
    key: Key | None = None
    while True:
        page = reading.page(ministry, Wanted(), key, 4)
        found += [each.key for each in page.changes]
        if not page.next:
            break
        key = Key.read(page.next)
        assert key == page.changes[-1].key
    assert found == whole
    assert [each.key for portion in reading.every(ministry, Wanted(), 7) for each in portion] == whole


def test_the_number_of_queries_does_not_grow(
    django_assert_num_queries: Any, request_of_tokyo: SosRequest
) -> None:
    user = officer()
    browser = client(user)
    browser.get(CHANGES)
    counts = []
    for _ in range(2):
        with django_assert_num_queries(2):
            page = reading.page(user, Wanted(), None, 50)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            words.tell(page.changes, user)
        counts.append(len(captured))
        for n in range(20):
            place = factories.institution()
            Institution.objects.filter(pk=place.pk).update(address=f"{n}番地")
    assert counts[1] <= counts[0] <= 9


# --- Files ----------------------------------------------------------------------------------------------------------


def file(user: User, kind: str, query: str = "") -> bytes:
    answer: Any = client(user).post(CHANGES + query, {"kind": kind})
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def test_the_list_as_csv(request_of_tokyo: SosRequest) -> None:
    Institution.objects.filter(pk=request_of_tokyo.institution_id).update(contact_person="=1+1")
    content = file(officer(), "utf8", "?q=1310000017").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))
    changed = next(row for row in rows if row["操作"] == "変更" and row["項目"] == "担当者氏名")
    assert changed["変更前"] == "見本 花子"
    assert not changed["変更後"].startswith("=")
    assert changed["医療機関コード"] == "1310000017"
    assert {row["種類"] for row in rows} >= {"医療機関", "緊急配布要請", "要請の物資"}
    assert len(file(officer(factories.OSAKA), "utf8", "?q=1310000017").decode().splitlines()) == 1


def test_a_file_is_logged_and_its_log_seen_in_scope(request_of_tokyo: SosRequest) -> None:
    who_took, ministry = officer(name="東京 職員"), factories.user(Role.MINISTRY)
    content = file(who_took, "utf8", "?q=1310000017&model=institution")
    log = ExportLog.objects.get()
    assert (log.by, log.what, log.kind) == (who_took, ExportLog.What.CHANGES, "utf8")
    assert log.filters == "種類：医療機関、医療機関・要請：1310000017"
    assert log.row_count == len(content.decode().splitlines()) - 1
    assert log.sha256 == sha256(content).hexdigest()
    shown = {
        user: client(user).get("/admin/requests_app/exportlog/").content.decode()
        for user in (who_took, ministry, officer(), officer(factories.OSAKA))
    }
    saying = {user for user, page in shown.items() if log.sha256 in page}
    assert saying == {who_took, ministry}
    assert "変更履歴" in shown[ministry]


def test_looking_takes_no_file(request_of_tokyo: SosRequest) -> None:
    text(officer(), "?q=1310000017&file=utf8&kind=utf8")
    assert not ExportLog.objects.exists()


def test_the_list_as_xlsx(request_of_tokyo: SosRequest) -> None:
    book = openpyxl.load_workbook(io.BytesIO(file(officer(), "xlsx")))
    heading, *rows = book.worksheets[0].iter_rows(values_only=True)
    assert heading[0] == "日時"
    assert rows


# --- What one press changed ---------------------------------------------------------------------------------------


def change(at: datetime, actor: str = "甲", kind: str = "医療機関", place: str = "架空病院") -> words.Change:
    return words.Change(at, actor, "国担当者", kind, "対象", "変更", place, "", [])


def test_what_one_press_changed_stands_together_and_nothing_else_does() -> None:
    now = clock.now()
    earlier = now - timedelta(microseconds=1)
    found = [
        change(now, kind="物資ごとの回答"),
        change(now, kind="物資ごとの回答"),
        change(now, kind="調査の回答"),
        change(now, "乙"),
        change(earlier, "乙"),
        change(earlier, "乙", place="別の病院"),
    ]
    told = words.deeds(found)
    assert [len(deed.changes) for deed in told] == [3, 1, 2]
    assert [each for deed in told for each in deed.changes] == found
    assert told[0].kinds == [("調査の回答の変更", 1), ("物資ごとの回答の変更", 2)]
    assert [deed.single for deed in told] == [None, found[3], None]
    assert [deed.institution for deed in told] == ["架空病院", "架空病院", ""]
