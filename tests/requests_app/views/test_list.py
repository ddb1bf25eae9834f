"""The list of requests: its columns, views, order, pages, and its cost."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from institutions.models import Role, User
from requests_app.models import Campaign, Follow, RecentView, SosRequest
from requests_app.presenters.listing import Choice, page_number, title_parts
from requests_app.queries.listing import PAGE_SIZE
from requests_app.rules.transitions import Status
from tests import factories
from tests.requests_app.views.listed import LIST, QUERIES, numbers, shown
from tests.requests_app.views.pages import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return factories.member(factories.institution(code="2210101230", name="架空中央病院"))


@pytest.fixture
def place(person: User) -> Any:
    return person.institutions.get()


def test_columns_to_the_letter(client: Client, person: User, place: Any) -> None:
    factories.campaign()
    request = factories.request_in(Status.UNDER_REVIEW, person, place, now=NOON - timedelta(days=3))
    page = shown(client)
    heads = page.split("<thead")[1].split("</thead>")[0]
    labels = re.findall(r"<a [^>]*>([^<]+)", heads)
    assert labels == ["タイトル", "申請日時", "医療機関名", "医療機関コード", "対応ステータス"]
    row = page.split("<tbody")[1].split("</tbody>")[0]
    assert (
        '<span class="title"><span>2026/11/21_</span><span>架空中央病院_</span><span>緊急配布要請</span>'
        in row
    )
    assert f'href="/requests/{request.number}/"' in row
    assert "2026/11/21 12:00" in row
    assert '<span class="num">2210101230</span>' in row
    assert "都道府県・国確認中</span>" in row


def test_what_was_applied_for_can_be_begun_again(client: Client, person: User, place: Any) -> None:
    campaign = factories.campaign()
    draft = factories.draft(person, place)
    applied = factories.request_in(Status.UNDER_REVIEW, person, place, now=NOON)
    page = shown(client)
    address = f"/requests/new/2210101230/?from={applied.number}"
    assert f'href="{address}"' in page
    assert f"?from={draft.number}" not in page
    assert client.get(address).status_code in {200, 302}
    Campaign.objects.filter(pk=campaign.pk).update(closes_at=NOON)
    assert "もとに新規" not in shown(client)


def test_a_request_not_applied_for_has_no_申請日時(client: Client, person: User, place: Any) -> None:
    factories.draft(person, place)
    assert "まだ申請していません" in shown(client)


class TestViews:
    def test_実施中_holds_the_last_30_days_to_the_second(
        self, client: Client, person: User, place: Any
    ) -> None:
        inside = factories.draft(person, place, now=NOON - timedelta(days=30))
        factories.draft(person, place, now=NOON - timedelta(days=30, seconds=1))
        page = shown(client)
        assert numbers(page) == [inside.number]
        assert "検索条件: 実施中の緊急配布要請（過去30日間） - 作成日 • 数秒前に更新されました" in page

    def test_すべて選択_holds_all(self, client: Client, person: User, place: Any) -> None:
        old = factories.draft(person, place, now=NOON - timedelta(days=400))
        page = shown(client, view="all")
        assert numbers(page) == [old.number]
        assert "1 個の項目 • 並び替え基準: タイトル • 検索条件: すべての緊急配布要請" in page

    def test_最近参照したデータ_holds_what_this_person_opened_the_last_one_first(
        self, client: Client, person: User, place: Any
    ) -> None:
        first, second, _ = (factories.draft(person, place) for _ in range(3))
        RecentView.note(person, second, NOON - timedelta(days=100))
        RecentView.note(person, first, NOON - timedelta(days=200))
        other = factories.member(place)
        RecentView.note(other, first, NOON)
        page = shown(client, view="recent")
        assert numbers(page) == [second.number, first.number]
        assert "2 個の項目 • 並び替え基準: 参照日時 • 検索条件: 最近参照したデータ" in page

    def test_フォロー中_holds_what_this_person_follows(
        self, client: Client, person: User, place: Any
    ) -> None:
        colleague = factories.member(place)
        mine, theirs = factories.draft(person, place), factories.draft(colleague, place)
        assert numbers(shown(client, view="followed")) == [mine.number]
        Follow.objects.create(user=person, request=theirs, since=NOON)
        page = shown(client, view="followed")
        assert set(numbers(page)) == {mine.number, theirs.number}
        assert "検索条件: フォロー中の緊急配布要請 • " in page
        elsewhere = factories.institution()
        foreign = factories.draft(factories.member(elsewhere), elsewhere)
        Follow.objects.create(user=person, request=foreign, since=NOON)
        assert foreign.number not in numbers(shown(client, view="followed"))

    def test_names_to_the_letter(self, client: Client) -> None:
        page = shown(client)
        for name in ("すべて選択", "最近参照したデータ", "実施中の緊急配布要請"):
            assert f">{name}</a>" in page

    @pytest.mark.parametrize("view", ["", "everything", "all\u3000", "ALL"])
    def test_an_unknown_view_is_the_usual_one(self, client: Client, view: str) -> None:
        assert "実施中の緊急配布要請（過去30日間）" in shown(client, view=view)


class TestOrder:
    @pytest.fixture
    def three(self, person: User, place: Any) -> list[SosRequest]:
        factories.campaign()
        other = factories.institution(code="2110000003", name="架空あさひ医院")
        factories.join(person, other)
        person = User.objects.get(pk=person.pk)
        return [
            factories.request_in(
                Status.ACCEPTED, person, place, now=datetime(2026, 10, 30, 1, 0, tzinfo=UTC)
            ),
            factories.request_in(
                Status.UNDER_REVIEW, person, other, now=datetime(2026, 11, 5, 1, 0, tzinfo=UTC)
            ),
            factories.request_in(Status.DRAFT, person, place, now=datetime(2026, 11, 20, 1, 0, tzinfo=UTC)),
        ]

    @pytest.mark.parametrize(
        ("sort", "order"),
        [
            ("title", [0, 1, 2]),
            ("-title", [2, 1, 0]),
            ("submitted", [0, 1, 2]),
            ("-submitted", [1, 0, 2]),  # without 申請日時 at the end, whichever way
            ("code", [1, 2, 0]),  # equal ones newest first
            ("-code", [2, 0, 1]),
            ("status", [2, 1, 0]),
            ("-status", [0, 1, 2]),
            ("viewed", [0, 1, 2]),  # only 最近参照したデータ knows it
            ("--title", [0, 1, 2]),
            ("title;DROP", [0, 1, 2]),
        ],
    )
    def test_by_each_column_both_ways(
        self, client: Client, three: list[SosRequest], sort: str, order: list[int]
    ) -> None:
        assert numbers(shown(client, sort=sort)) == [three[each].number for each in order]

    def test_by_name_both_ways(self, client: Client, three: list[SosRequest]) -> None:
        up, down = numbers(shown(client, sort="name")), numbers(shown(client, sort="-name"))
        lone = three[1].number
        assert {up.index(lone), down.index(lone)} == {0, 2}
        assert [each for each in up if each != lone] == [three[2].number, three[0].number]

    def test_titles_are_ordered_as_dates_not_as_text(self, client: Client, person: User, place: Any) -> None:
        april = factories.draft(person, place, now=datetime(2026, 4, 28, 1, 0, tzinfo=UTC))
        november = factories.draft(person, place, now=datetime(2026, 11, 2, 1, 0, tzinfo=UTC))
        assert november.title < april.title
        assert numbers(shown(client, view="all", sort="title")) == [april.number, november.number]

    def test_the_column_in_use_says_so_and_turns_round(self, client: Client, three: list[SosRequest]) -> None:
        page = shown(client, sort="-submitted", q="架空")
        head = page.split('aria-sort="descending"><a href="')[1].split('"')[0].replace("&amp;", "&")
        assert page.count("aria-sort") == 1
        assert parse_qs(urlsplit(head).query) == {"view": ["all"], "sort": ["submitted"], "q": ["架空"]}

    def test_phones_get_the_same_as_a_choice(self, client: Client, three: list[SosRequest]) -> None:
        page = shown(client, sort="-status")
        assert '<option value="-status" selected>対応ステータス（降順）</option>' in page
        orders = page.split('id="list-sort"')[1].split("</select>")[0]
        assert orders.count("<option") == 10


class TestPages:
    def test_twenty_on_a_page_and_none_lost_or_twice(self, client: Client, person: User, place: Any) -> None:
        made = {factories.draft(person, place).number for _ in range(PAGE_SIZE * 2 + 1)}
        pages = [numbers(shown(client, page=str(number))) for number in (1, 2, 3)]
        assert [len(page) for page in pages] == [20, 20, 1]
        assert {number for page in pages for number in page} == made
        assert "41 個の項目" in shown(client, page="2")

    @pytest.mark.parametrize(
        ("page", "where"), [("99", 2), ("9" * 40, 1), ("0", 1), ("-1", 1), ("２", 1), ("", 1)]
    )
    def test_a_page_that_is_not_there(
        self, client: Client, person: User, place: Any, page: str, where: int
    ) -> None:
        for _ in range(PAGE_SIZE + 1):
            factories.draft(person, place)
        found = shown(client, page=page)
        assert f'<span class="num">{where}</span> / <span class="num">2</span>ページ' in found

    def test_the_ways_on_and_back_keep_what_was_asked(self, client: Client, person: User, place: Any) -> None:
        for _ in range(PAGE_SIZE * 2 + 1):
            factories.draft(person, place)
        page = shown(client, view="all", sort="code", q="架空", page="2")
        ways = {
            rel: page.split(f'rel="{rel}" href="')[1].split('"')[0].replace("&amp;", "&")
            for rel in ("prev", "next")
        }
        expected = {"view": ["all"], "sort": ["code"], "q": ["架空"]}
        assert parse_qs(urlsplit(ways["prev"]).query) == expected | {"page": ["1"]}
        assert parse_qs(urlsplit(ways["next"]).query) == expected | {"page": ["3"]}


class TestNotice:
    def test_the_campaigns_notice_is_on_top(self, client: Client) -> None:
        factories.campaign(now=NOON)
        page = shown(client)
        assert page.index("いま要請を受け付けているのは、⑤非滅菌手袋だけです。") < page.index("<h1>")
        assert 'href="/requests/new/">新規</a>' in page

    def test_without_a_campaign_it_says_so_and_offers_nothing_new(self, client: Client) -> None:
        page = shown(client)
        assert "いまは、緊急配布要請を受け付けていません。" in page
        assert "/requests/new/" not in page


class TestWhoSeesWhat:
    def test_only_the_own_institutions(self, client: Client, person: User, place: Any) -> None:
        mine = factories.draft(person, place)
        elsewhere = factories.institution(prefecture="22")
        theirs = factories.draft(factories.member(elsewhere), elsewhere)
        assert numbers(shown(client, view="all")) == [mine.number]
        assert numbers(shown(client, q=theirs.number)) == []

    def test_nobody_is_asked_to_log_in(self) -> None:
        answer = Client().get(LIST)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/login/?next=/requests/")

    @pytest.mark.parametrize("role", [Role.PREFECTURE, Role.MINISTRY, Role.OPERATOR])
    def test_officers_work_in_the_admin(self, role: Role) -> None:
        client = Client()
        client.force_login(factories.user(role))
        for path in (LIST, "/requests/new/", "/requests/2611-0001/", "/requests/2611-0001/print/"):
            answer = client.get(path)
            assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/")

    def test_only_read(self, client: Client) -> None:
        assert client.post(LIST).status_code == 405


@pytest.mark.parametrize("rows", [0, 1, PAGE_SIZE])
def test_the_cost_does_not_grow_with_the_rows(
    client: Client, person: User, place: Any, rows: int, django_assert_num_queries: Any
) -> None:
    for _ in range(rows):
        factories.draft(person, place)
    with django_assert_num_queries(QUERIES):
        client.get(LIST, {"q": "架空"})


def test_page_number_and_title_parts() -> None:
    assert [page_number(text) for text in ("7", "0", "", "1e3", "٣", "1" * 9)] == [7, 1, 1, 1, 1, 999_999]
    assert title_parts("2026/1/2_架空_分院_緊急配布要請") == ["2026/1/2_", "架空_", "分院_", "緊急配布要請"]


def test_an_address_leaves_out_what_is_empty() -> None:
    assert Choice("all", "", "-title", 3).address(LIST) == "/requests/?view=all&sort=-title"
