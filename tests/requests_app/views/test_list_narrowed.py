"""The list of requests: searched, filtered, and the choice that is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from institutions.models import User
from requests_app.models import ListChoice, SosRequest
from requests_app.models.list_choice import Kept
from requests_app.rules.transitions import Status
from requests_app.views.listing import MOST_PLACES
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


class TestSearch:
    @pytest.fixture
    def other(self, person: User) -> Any:
        other = factories.institution(code="2210204562", name="架空みなとＡ診療所")
        factories.join(person, other)
        return other

    @pytest.fixture
    def two(self, person: User, place: Any, other: Any) -> tuple[SosRequest, SosRequest]:
        return factories.draft(person, place), factories.draft(person, other)

    @pytest.mark.parametrize(
        "words",
        [
            "みなと",
            "みなとa",
            "みなとＡ",
            "架空 みなと",
            "架空　診療所",
            "2210204562",
            "２２１０２０４",
            "0204562",
            "2026/11/24 みなと",
            "{number}",
            "{plain}",
            "{wide}",
            "み\u200bなと",
        ],
    )
    def test_finds_by_number_title_name_and_code(
        self, client: Client, two: tuple[SosRequest, SosRequest], words: str
    ) -> None:
        number = two[1].number
        words = words.format(
            number=number,
            plain=number.replace("-", ""),
            wide=number.translate(str.maketrans("0123456789-", "０１２３４５６７８９－")),
        )
        assert numbers(shown(client, q=words)) == [number]

    @pytest.mark.parametrize("words", ["%", "_", "100%", "架空%病院", "\\", "'", "a" * 5000, "みなと 中央"])
    def test_signs_of_the_database_are_only_signs(
        self, client: Client, two: tuple[SosRequest, SosRequest], words: str
    ) -> None:
        # Every title holds an underscore, and no more than that is meant by one.
        assert len(numbers(shown(client, q=words))) == (2 if words == "_" else 0)

    def test_without_a_view_it_looks_through_all(self, client: Client, person: User, place: Any) -> None:
        old = factories.draft(person, place, now=NOON - timedelta(days=400))
        page = shown(client, q=old.number)
        assert numbers(page) == [old.number]
        assert "検索条件: すべての緊急配布要請、「" in page
        assert numbers(shown(client, q=old.number, view="current")) == []

    def test_what_was_typed_stays_and_never_runs(self, client: Client) -> None:
        page = shown(client, q='"><script>alert(1)</script>')
        assert "<script>" not in page
        assert 'value="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"' in page
        assert "に当てはまる要請はありません" in page

    @pytest.mark.parametrize("name", ["q", "view", "sort", "page"])
    def test_what_nobody_can_have_typed_is_refused(self, client: Client, name: str) -> None:
        assert client.get(f"{LIST}?{name}=%00").status_code == 400


class TestKept:
    """The view and the order that somebody chose last are theirs, on every device."""

    def test_the_last_choice_opens_next_time_on_another_device(
        self, client: Client, person: User, place: Any
    ) -> None:
        old = factories.draft(person, place, now=NOON - timedelta(days=400))
        assert numbers(shown(client)) == []
        shown(client, view="all", sort="-code")
        phone = Client()
        phone.force_login(person)
        page = shown(phone)
        assert numbers(page) == [old.number]
        assert "並び替え基準: 医療機関コード • 検索条件: すべての緊急配布要請" in page
        assert 'aria-sort="descending"' in page
        shown(phone, view="current")
        assert numbers(shown(client)) == []

    def test_each_person_has_their_own(self, client: Client, person: User, place: Any) -> None:
        shown(client, view="all")
        other = Client()
        other.force_login(factories.member(place))
        assert "検索条件: 実施中" in shown(other)

    @pytest.mark.parametrize(
        "narrowed", [{"q": "架空"}, {"status": "ERROR"}, {"place": "架空"}, {"q": "架空", "view": "recent"}]
    )
    def test_what_was_searched_for_is_not_kept(self, client: Client, narrowed: dict[str, str]) -> None:
        shown(client, view="all")
        shown(client, **narrowed)
        page = shown(client)
        assert "検索条件: すべての緊急配布要請 • 数秒前" in page
        assert ListChoice.objects.get().view == "all"

    def test_a_head_request_keeps_nothing(self, client: Client) -> None:
        client.head(LIST, {"view": "all"})
        assert not ListChoice.objects.exists()

    def test_what_is_kept_already_is_not_written_again(
        self, client: Client, django_assert_num_queries: Any
    ) -> None:
        shown(client, view="all")
        with django_assert_num_queries(QUERIES):
            shown(client, view="all")

    @pytest.mark.parametrize("kept", [("gone", "title"), ("all", "viewed"), ("recent", "--x")])
    def test_a_choice_that_is_no_more_opens_the_usual_list(
        self, client: Client, person: User, kept: tuple[str, str]
    ) -> None:
        ListChoice.keep(person, Kept(*kept), NOON)
        assert "並び替え基準" in shown(client)


class TestFilters:
    @pytest.fixture
    def two(self, person: User, place: Any) -> list[SosRequest]:
        factories.campaign()
        other = factories.institution(code="2110000003", name="架空あさひ医院")
        factories.join(person, other)
        person = User.objects.get(pk=person.pk)
        return [factories.request_in(Status.UNDER_REVIEW, person, place), factories.draft(person, other)]

    @pytest.mark.parametrize(
        ("narrowed", "left"),
        [
            ({"status": "DRAFT"}, [1]),
            ({"status": "UNDER_REVIEW"}, [0]),
            ({"status": "ACCEPTED"}, []),
            ({"place": "2110000003"}, [1]),
            ({"place": "21100"}, [1]),
            ({"place": "ｱｻﾋ"}, []),
            ({"place": "あさひ"}, [1]),
            ({"place": "架空", "status": "UNDER_REVIEW"}, [0]),
            ({"place": "みつからない"}, []),
        ],
    )
    def test_by_status_and_institution(
        self, client: Client, two: list[SosRequest], narrowed: dict[str, str], left: list[int]
    ) -> None:
        assert numbers(shown(client, **narrowed)) == [two[each].number for each in left]

    def test_the_line_above_the_table_says_so(self, client: Client, two: list[SosRequest]) -> None:
        page = shown(client, status="DRAFT", place="2110000003")
        assert "、対応ステータスは未申請、医療機関は架空あさひ医院 • " in page
        assert '<option value="2110000003" selected>架空あさひ医院</option>' in page

    @pytest.mark.parametrize("status", ["draft", "X", "%"])
    def test_an_unknown_status_is_none(self, client: Client, two: list[SosRequest], status: str) -> None:
        assert len(numbers(shown(client, status=status))) == 2

    def test_another_institution_is_as_one_that_is_not_there(
        self, client: Client, two: list[SosRequest]
    ) -> None:
        elsewhere = factories.institution(name="架空よその病院")
        factories.draft(factories.member(elsewhere), elsewhere)
        foreign, absent = (
            shown(client, place=code).partition("<main")[2].replace(code, "")
            for code in (elsewhere.code, "9999999999")
        )
        assert foreign == absent

    def test_nothing_left_says_how_to_see_more(self, client: Client, two: list[SosRequest]) -> None:
        page = shown(client, status="ACCEPTED")
        assert "この絞り込みに当てはまる要請はありません。" in page
        assert 'href="/requests/?view=all&amp;sort=title">絞り込みをやめる</a>' in page

    def test_one_institution_is_not_asked_for(self, client: Client) -> None:
        assert 'name="place"' not in shown(client)

    def test_many_are_asked_for_by_their_names(self, client: Client, two: list[SosRequest]) -> None:
        person = two[1].created_by
        for _ in range(MOST_PLACES):
            factories.join(person, factories.institution())
        page = shown(client, place="あさひ")
        assert '<input class="input" id="list-place" name="place" value="あさひ">' in page
        assert numbers(page) == [two[1].number]
