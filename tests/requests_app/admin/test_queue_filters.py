"""The filters of the queue, what is stored for them, and the views that a link keeps."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from requests_app.admin import filters
from requests_app.models import Campaign, Content, SosRequest
from requests_app.queries.officers import standing
from requests_app.rules.transitions import Status
from sosportal.lib import counting
from sosportal.lib.clock import JST
from sosportal.lib.counting import BoundedPaginator
from surveys.models import Figures, Item
from tests import factories
from tests.requests_app.admin.officers import QUEUE, again, browser, ministry, prefecture, text

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 13, 40, tzinfo=JST)  # a Tuesday after a holiday


@pytest.fixture(autouse=True)
def campaign() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield factories.campaign()


def waiting(days_ago: int = 0, figures: Figures | None = None, **more: Any) -> SosRequest:
    moment = NOW - timedelta(days=days_ago)
    place = factories.institution(**more)
    person = factories.member(place)
    draft = factories.draft(person, place, now=moment)
    factories.answer(person, place, {factories.gloves().pk: figures or Figures(3400, 4000, 500)}, now=moment)
    return draft.submit(person, seen_version=draft.version, now=moment)


def numbers(client: Client, **asked: Any) -> list[str]:
    return [row.number for row in client.get(QUEUE, asked).context["cl"].result_list]


def test_the_round_and_what_is_left_of_those_before() -> None:
    this, last = waiting(), waiting(days_ago=7)
    client = browser(prefecture())
    assert numbers(client, round="this") == [this.number]
    assert numbers(client, round="earlier") == [last.number]


def test_since_when_it_waits() -> None:
    new, three, week = waiting(), waiting(days_ago=3), waiting(days_ago=8)
    client = browser(prefecture())
    assert numbers(client) == [new.number, three.number, week.number]
    assert numbers(client, waited=3) == [three.number, week.number]
    assert numbers(client, waited=7) == [week.number]
    assert numbers(client, waited=14) == []


def test_weeks_of_stock_as_they_were_judged() -> None:
    little = waiting(figures=Figures(399, 400, 0))
    more = waiting(figures=Figures(400, 400, 0))
    client = browser(prefecture())
    assert again(little).least_weeks == Decimal("0.99")  # cut off: 0.9975 is below one week
    assert again(more).least_weeks == Decimal("1.00")
    assert numbers(client, weeks=1) == [little.number]
    assert set(numbers(client, weeks=2)) == {little.number, more.number}
    # An answer given afterwards changes nothing of what was judged.
    factories.answer(more.created_by, more.institution, {factories.gloves().pk: Figures(0, 400, 0)})
    assert numbers(client, weeks=1) == [little.number]
    # An edit is judged anew.
    more = again(more)
    more.revise(more.created_by, factories.content(1500), seen_version=1)
    assert set(numbers(client, weeks=1)) == {little.number, more.number}


def test_the_item_that_has_least_counts() -> None:
    masks = Item.objects.get(order=1)
    Campaign.objects.get().campaign_items.create(item=masks)
    place = factories.institution()
    person = factories.member(place)
    lines = {masks.pk: 50, factories.gloves().pk: 100}
    draft = SosRequest.create_draft(person, place, Content(confirmed_terms=True, lines=lines))
    assert draft.item_ids == sorted(lines)
    figures = {masks.pk: Figures(10, 40, 0), factories.gloves().pk: Figures(100, 40, 0)}
    factories.answer(person, place, figures)
    assert draft.submit(person, seen_version=1).least_weeks == Decimal("0.25")


def test_telephone_checks() -> None:
    called, silent = waiting(), waiting()
    called.log_telephone(prefecture(), whom="物品管理", what="在庫を確かめた。")
    client = browser(prefecture())
    assert again(called).telephoned_at == NOW
    assert numbers(client, telephone="no") == [silent.number]
    assert numbers(client, telephone="yes") == [called.number]


def test_the_day_of_the_application_in_japan() -> None:
    late_evening = waiting()
    with time_machine.travel(datetime(2026, 12, 1, 0, 30, tzinfo=JST), tick=False):  # still November in UTC
        after_midnight = factories.request_in(Status.UNDER_REVIEW)
        client = browser(ministry())
        assert set(numbers(client, day="2026")) == {late_evening.number, after_midnight.number}
        assert numbers(client, day="2026-12") == [after_midnight.number]
        assert numbers(client, day="2026-12-01") == [after_midnight.number]
        assert numbers(client, day="2026-11-24") == [late_evening.number]
        page = text(client.get(QUEUE, {"day": "2026-12-01"}))
        for words in ("2026年", "2026年12月", "12月1日", "12月31日"):
            assert words in page


@pytest.mark.parametrize(
    "asked",
    [
        {"round": "x"},
        {"weeks": "4"},
        {"waited": "-1"},
        {"telephone": "maybe"},
        {"day": "2026-13"},
        {"day": "2026-02-30"},
        {"day": "0000"},
        {"day": "9999"},
        {"day": "9999-12-31"},
        {"day": "9999-99-99"},
        {"day": "٢٠٢٦"},
        {"status": "x"},
        {"item": "999999"},
        {"prefecture": "48"},
    ],
)
def test_an_unknown_value_leads_to_the_plain_list(asked: dict[str, str]) -> None:
    waiting()
    client = browser(ministry())
    response = client.get(QUEUE, asked)
    assert response.status_code == 302
    assert client.get(response["Location"]).status_code == 200


@pytest.mark.parametrize("older", ["0", "x", "-1", "９", str(10**30), "1.5"])
def test_what_follows_an_unknown_request_is_the_plain_list(older: str) -> None:
    request = waiting()
    assert numbers(browser(ministry()), older=older) == [request.number]


def test_what_follows_a_request_out_of_sight_is_the_plain_list() -> None:
    foreign, own = waiting(prefecture=factories.OSAKA), waiting(days_ago=1)
    other = waiting()
    client = browser(prefecture())
    assert numbers(client, older=foreign.pk) == [other.number, own.number]
    assert numbers(client, older=other.pk) == [own.number]


def test_orders_are_whole_and_can_be_reversed() -> None:
    requests = [waiting(figures=Figures(weeks * 100, 100, 0)) for weeks in (3, 1, 2)]
    drafts = [factories.draft(each.created_by, each.institution) for each in requests[:2]]
    client = browser(ministry())
    columns = client.get(QUEUE).context["cl"].list_display
    stock, submitted = columns.index("stock_cell"), columns.index("submitted_cell")
    by_stock = [requests[n].number for n in (1, 2, 0)]
    assert numbers(client, o=stock) == by_stock
    assert numbers(client, o=-stock) == by_stock[::-1]
    newest = [each.number for each in reversed(requests)]
    assert numbers(client, o=-submitted) == newest
    assert numbers(client, o=submitted) == newest[::-1]
    everything = numbers(client, status="all")
    assert everything == [*newest, *(each.number for each in reversed(drafts))]
    assert numbers(client, status="all", o=submitted) == everything[::-1]


def test_the_link_of_a_view_keeps_all_of_it() -> None:
    request = waiting(figures=Figures(10, 100, 0))
    waiting(figures=Figures(500, 100, 0))
    client = browser(ministry())
    response = client.get(QUEUE, {"weeks": "1", "telephone": "no", "o": "3"})
    saved = response.context["cl"].saved
    assert f'href="{saved.replace("&", "&amp;")}"' in response.content.decode()
    assert "status=UNDER_REVIEW" in saved
    again_ = client.get(QUEUE + saved)
    assert [row.number for row in again_.context["cl"].result_list] == [request.number]
    assert again_.context["cl"].saved == saved


def test_counts_end_where_reading_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (counting, standing, filters):
        monkeypatch.setattr(module, "MOST", 2)
    monkeypatch.setattr("requests_app.admin.queue.MOST", 2)
    monkeypatch.setattr("requests_app.admin.request.SosRequestAdmin.list_per_page", 1)
    requests = [waiting() for _ in range(3)]
    client = browser(prefecture())

    response = client.get(QUEUE)

    said = text(response)
    assert "2件以上 の緊急配布要請" in said
    assert "未確認 2件以上" in said
    assert "集計のページで見られます" in said
    assert response.context["cl"].further == ""
    assert numbers(client) == [requests[2].number]
    assert client.get(QUEUE, {"p": "3"}).status_code == 302
    response = client.get(QUEUE, {"p": "2"})
    assert [row.number for row in response.context["cl"].result_list] == [requests[1].number]
    further = response.context["cl"].further
    assert f'href="{further}"' in response.content.decode()
    rest = client.get(QUEUE + further)
    assert [row.number for row in rest.context["cl"].result_list] == [requests[0].number]
    assert rest.context["cl"].further == ""


def test_a_paginator_counts_once(django_assert_num_queries: Any) -> None:
    waiting()
    paginator = BoundedPaginator(SosRequest.objects.order_by("pk"), 50)
    with django_assert_num_queries(1):
        assert (paginator.count, paginator.counted, paginator.num_pages) == (1, 1, 1)


def test_an_institution_takes_its_requests_along_when_it_moves() -> None:
    request = factories.request_in(Status.ACCEPTED)
    draft = factories.draft(request.created_by, request.institution)
    place = request.institution
    place.prefecture_id = factories.OSAKA
    place.save()
    assert {again(each).prefecture_id for each in (request, draft)} == {factories.OSAKA}
    assert numbers(browser(prefecture()), status="all") == []
    assert set(numbers(browser(prefecture(factories.OSAKA)), status="all")) == {request.number, draft.number}


def test_what_the_list_is_narrowed_by_stands_above_it_and_leads_out_again() -> None:
    waiting(days_ago=3)
    page = browser(ministry()).get(QUEUE, {"waited": "3", "telephone": "no"}).content.decode()
    above = page[page.index('class="in-use"') : page.index('id="changelist-filter"')]
    assert page.index('id="changelist-filter"') < page.index('id="result_list"')
    words = re.sub(r"<[^>]+>", " ", above).split()
    assert words[1] == "1件"
    in_use = re.findall(r'href="([^"]+)">([^<]+)<', above)
    assert in_use == [
        ("?status=all&amp;telephone=no&amp;waited=3", "対応ステータス：都道府県・国確認中"),
        ("?telephone=no", "申請からの日数：3日以上"),
        ("?waited=3", "電話確認：電話確認なし"),
        ("?", "全てのフィルターを外す"),
    ]


def test_nothing_in_use_nothing_to_take_off() -> None:
    page = browser(ministry()).get(QUEUE, {"status": "all"}).content.decode()
    above = page[page.index('class="in-use"') : page.index('id="changelist-filter"')]
    assert re.findall(r">([^<]*：[^<]*)<", above) == []


def test_every_count_is_that_of_the_list_it_leads_to() -> None:
    waiting(days_ago=3).log_telephone(prefecture(), whom="見本さん", what="在庫なし")
    factories.confirm(waiting(days_ago=8))
    edited = factories.confirm(waiting(figures=Figures(400, 4000, 0)))
    edited.revise(edited.created_by, factories.content(1500), seen_version=1)
    waiting(prefecture=factories.OSAKA)
    factories.request_in(Status.ACCEPTED)
    client = browser(ministry())
    for asked in ({}, {"telephone": "no"}):
        page = client.get(QUEUE, asked).context["cl"]
        led_to = {
            spec.title: [
                (each["count"], len(client.get(QUEUE + each["query_string"]).context["cl"].result_list))
                for each in spec.choices(page)
                if each["count"] is not None
            ]
            for spec in page.filter_specs
        }
        assert all(told == found for pairs in led_to.values() for told, found in pairs), led_to
        counted = {title for title, pairs in led_to.items() if len(pairs) > 1}
        assert counted >= {
            *("締切の回", "対応の遅れ", "申請からの日数", "都道府県の確認", "備蓄", "物資", "都道府県"),
            *(("対応ステータス", "電話確認", "照会") if not asked else ()),
        }
