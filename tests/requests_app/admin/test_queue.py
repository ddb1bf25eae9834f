"""The queue: what waits, beside what, in which order, at which cost."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from institutions.models import Role, User
from requests_app.models import Campaign, Content, SosRequest
from requests_app.rules.transitions import Status
from sosportal.lib.clock import JST
from surveys.models import Figures, Item
from tests import factories
from tests.requests_app.admin.officers import QUEUE, browser, ministry, prefecture, text

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 13, 40, tzinfo=JST)  # a Tuesday after a holiday
FRIDAY = NOW - timedelta(days=4)


@pytest.fixture(autouse=True)
def campaign() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield factories.campaign()


def waiting(name: str = "架空中央病院", prefecture: str = factories.TOKYO, **more: Any) -> SosRequest:
    return factories.request_in(
        Status.UNDER_REVIEW, place=factories.institution(prefecture, name=name), **more
    )


def look(client: Client, **asked: Any) -> Any:
    """The queue with these parameters."""
    return client.get(QUEUE, asked)


def numbers(response: Any) -> list[str]:
    """The request numbers of the rows, in order."""
    return [row.number for row in response.context["cl"].result_list]


def choices(response: Any, title: str) -> dict[str, int]:
    """The choices of a filter with their counts."""
    spec = next(spec for spec in response.context["cl"].filter_specs if spec.title == title)
    return {each["display"]: each["count"] for each in spec.choices(response.context["cl"])}


@pytest.mark.parametrize("person", [prefecture, ministry])
def test_the_figures_say_of_which_moment_they_are(person: Callable[[], User]) -> None:
    waiting()
    said = text(look(browser(person())))
    assert "11/24（火）13:40 現在" in said
    assert said.index("現在") < said.index("未確認 1件")


def test_what_waits_is_shown_with_the_figures_of_the_survey() -> None:
    place = factories.institution(name="架空中央病院")
    person = factories.member(place)
    draft = factories.draft(person, place, quantity=4100)
    factories.answer(person, place, {factories.gloves().pk: Figures(3400, 4000, 500)})
    request = draft.submit(person, seen_version=1)

    said = text(browser(prefecture()).get(QUEUE))

    row = said[said.index("架空中央病院") :]
    for words in (
        *(request.number, place.code, "11/24 13:40", "11/24", "4,100枚", "4,100枚", "0.9週", "なし"),
        "未確認",
    ):
        assert words in row, words
        row = row[row.index(words) + len(words) :]


def test_what_was_judged_stays_and_a_later_answer_is_told() -> None:
    request = waiting()
    person = request.created_by
    later = NOW + timedelta(hours=1)
    client = browser(prefecture())
    assert "調査の回答が変わった" not in text(client.get(QUEUE))
    factories.answer(person, request.institution, {factories.gloves().pk: Figures(0, 4000, 0)}, now=later)

    said = text(client.get(QUEUE))

    assert "0.9週" in said
    assert "調査の回答が変わった" in said
    assert "備蓄0.5週分未満" not in said
    # What is not applied for stands beside the answer of now.
    draft = factories.draft(person, request.institution)
    row = look(client, status=Status.DRAFT.value).context["cl"].result_list[0]
    assert (row.number, row.row.lines[0].weeks_text) == (draft.number, "0.0")


def test_officers_see_their_prefecture_and_the_ministry_sees_all() -> None:
    tokyo, osaka = waiting("架空東京病院"), waiting("架空大阪病院", factories.OSAKA)

    assert numbers(browser(prefecture()).get(QUEUE)) == [tokyo.number]
    assert numbers(browser(prefecture(factories.OSAKA)).get(QUEUE)) == [osaka.number]
    assert numbers(browser(ministry()).get(QUEUE)) == [osaka.number, tokyo.number]


def test_columns_and_filters_by_role() -> None:
    waiting()
    for officer, has_prefecture in ((prefecture(), False), (ministry(), True)):
        response = browser(officer).get(QUEUE)
        titles = [spec.title for spec in response.context["cl"].filter_specs]
        assert ("prefecture_cell" in response.context["cl"].list_display) is has_prefecture
        assert ("都道府県" in titles) is has_prefecture


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({}, False),
        ({"status": Status.ACCEPTED.value}, False),
        ({"status": "all"}, True),
        ({"q": "架空"}, True),
        ({"q": "架空", "status": Status.ACCEPTED.value}, False),
    ],
)
def test_the_status_is_a_column_where_it_can_differ(asked: dict[str, str], shown: bool) -> None:
    factories.request_in(Status.ACCEPTED)
    waiting()
    columns = look(browser(ministry()), **asked).context["cl"].list_display
    assert ("status_cell" in columns) is shown


def test_left_alone_it_shows_what_is_under_review_and_every_status_on_demand() -> None:
    by_status = {status: factories.request_in(status).number for status in Status}
    client = browser(ministry())

    assert numbers(client.get(QUEUE)) == [by_status[Status.UNDER_REVIEW]]
    for status, number in by_status.items():
        assert numbers(look(client, status=status.value)) == [number]
    assert sorted(numbers(look(client, status="all"))) == sorted(by_status.values())
    assert choices(client.get(QUEUE), "対応ステータス") == {"全て": 4} | {
        status.label: 1 for status in Status
    } | {"取下げ": 0}


def test_stages_of_the_confirmation() -> None:
    fresh, confirmed, edited = waiting(), factories.confirm(waiting()), factories.confirm(waiting())
    edited.revise(edited.created_by, factories.content(1500), seen_version=1)
    client = browser(prefecture())

    for stage, request in (("unconfirmed", fresh), ("confirmed", confirmed), ("again", edited)):
        assert numbers(look(client, stage=stage)) == [request.number]
    response = client.get(QUEUE)
    assert choices(response, "都道府県の確認") == {
        "全て": 3,
        "未確認": 1,
        "やり直し（確認後に編集あり）": 1,
        "確認済み": 1,
    }
    said = text(response)
    assert "確認済み 4,100枚" in said
    assert "確認後に編集あり" in said
    assert "未確認 1件 やり直し 1件 確認済み 1件 要請数量の計 ⑤非滅菌手袋 9,700枚" in said


def test_what_is_late() -> None:
    late = waiting(now=FRIDAY)
    factories.confirm(waiting(now=FRIDAY))
    waiting()
    client = browser(prefecture())

    assert numbers(look(client, late="yes")) == [late.number]
    assert "対応開始日を過ぎ、確認がまだのもの 1件" in text(client.get("/admin/"))
    assert "対応の遅れ：なし" in text(browser(prefecture(factories.OSAKA)).get("/admin/"))


def test_the_way_to_the_queue_names_it_once() -> None:
    client = browser(ministry())
    for address in (QUEUE, "/admin/requests_app/campaign/"):
        crumbs = re.search(
            r'<div class="breadcrumbs">(.*?)</div>', client.get(address).content.decode(), re.S
        )
        assert crumbs is not None
        words = re.sub(r"<[^>]+>|\s", "", crumbs[1]).split("&rsaquo;")
        assert len(words) == len(set(words)), words
        assert words[0] == "ホーム"
        assert "緊急配布要請" in words


def test_by_item() -> None:
    masks = Item.objects.get(order=1)
    Campaign.objects.get().campaign_items.create(item=masks)
    gloves = waiting()
    both = factories.request_in(Status.DRAFT)
    both.revise(
        both.created_by,
        Content(confirmed_terms=True, lines={masks.pk: 500, factories.gloves().pk: 700}),
        seen_version=1,
    )
    client = browser(ministry())

    assert numbers(look(client, item=masks.pk, status="all")) == [both.number]
    assert set(numbers(look(client, item=factories.gloves().pk, status="all"))) == {
        both.number,
        gloves.number,
    }
    # Two items in one row: each figure says which.
    assert "①500枚 ⑤700枚" in text(look(client, status="all"))


def test_a_second_request_for_the_same_item_is_marked() -> None:
    first = waiting()
    again = factories.request_in(Status.UNDER_REVIEW, first.created_by, first.institution)
    other = waiting("架空岬病院")

    rows = {row.number: row.row.flags for row in browser(prefecture()).get(QUEUE).context["cl"].result_list}

    assert "同じ物資が確認中" in rows[first.number]
    assert "同じ物資が確認中" in rows[again.number]
    assert "同じ物資が確認中" not in rows[other.number]


def test_a_request_whose_question_waits_for_an_answer_is_marked_until_it_comes() -> None:
    officer = prefecture()
    asked, quiet = waiting(), waiting("架空岬病院")
    asked.ask(officer, "何箱が、いつ届きますか。")

    def flags(request: SosRequest) -> list[str]:
        rows = {row.number: row.row.flags for row in browser(officer).get(QUEUE).context["cl"].result_list}
        return list(rows[request.number])

    assert "照会の回答待ち" in flags(asked)
    assert "照会の回答待ち" not in flags(quiet)
    asked.answer(asked.created_by, asked.questions.get().pk, "来週、2箱です。")
    assert "照会の回答待ち" not in flags(asked)


@pytest.mark.parametrize(
    "words",
    [
        "ｹﾞﾝﾌﾞ",
        "ゲンブ",
        "ゲンブ　病院",
        "玄武",
        "1399999990",
        "１３９９９９９９９０",
        "{number}",
        "{plain}",
        "{wide}",
    ],
)
def test_search_by_name_code_and_number_whatever_the_width(words: str) -> None:
    waiting("架空白虎病院")
    place = factories.institution(name="架空ゲンブ（玄武）病院", code="1399999990")
    request = factories.request_in(Status.ACCEPTED, place=place)
    wide = request.number.translate(str.maketrans("0123456789-", "０１２３４５６７８９－"))
    asked = words.format(number=request.number, plain=request.number.replace("-", ""), wide=wide)

    assert numbers(look(browser(prefecture()), q=asked)) == [request.number]


@pytest.mark.parametrize("words", ["%", "_", "' OR 1=1 --", "\\", "あ" * 5000, "-", "ー", "\u200b"])
def test_search_for_anything_is_harmless(words: str) -> None:
    waiting()
    response = look(browser(prefecture()), q=words)
    assert response.status_code == 200
    assert len(numbers(response)) <= 1


def test_the_order_is_stable_and_newest_first() -> None:
    requests = [waiting() for _ in range(3)]
    client = browser(ministry())
    newest_first = [request.number for request in reversed(requests)]

    assert numbers(client.get(QUEUE)) == newest_first  # all three at the same moment
    for order in ("1", "-1", "2", "-3", "8", "99", "x", "-", "1.2.3"):
        assert sorted(numbers(look(client, o=order))) == sorted(newest_first)


def test_fifty_to_a_page() -> None:
    person = factories.member(place := factories.institution())
    for _ in range(51):
        factories.draft(person, place)
    client = browser(ministry())

    assert len(numbers(look(client, status="all"))) == 50
    assert len(numbers(look(client, status="all", p=2))) == 1
    assert look(client, status="all", p=9).status_code == 302
    assert look(client, status="all", p="9", e="1").status_code == 400


@pytest.mark.parametrize("role", [Role.PREFECTURE, Role.MINISTRY])
def test_the_cost_does_not_depend_on_the_rows(role: Role, django_assert_num_queries: Any) -> None:
    client = browser(factories.user(role))
    cost = 22
    waiting()
    with django_assert_num_queries(cost):
        assert len(numbers(client.get(QUEUE))) == 1
    for _ in range(7):
        waiting()
    factories.confirm(waiting())
    with django_assert_num_queries(cost):
        assert len(numbers(client.get(QUEUE))) == 9
