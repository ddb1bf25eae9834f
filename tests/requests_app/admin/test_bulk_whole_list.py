"""One verb on the whole list, as it is filtered, and how many rows that may be."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from requests_app.admin import bulk, bulk_work
from requests_app.forms.officer import SeenRows
from requests_app.models import SosRequest
from requests_app.rules.transitions import Status
from tests import factories
from tests.requests_app.admin.many import agree, confirmed, results, waiting
from tests.requests_app.admin.officers import QUEUE, action, again, browser, ministry, prefecture, text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _campaign() -> None:
    factories.campaign()


def whole(name: str, shown: list[SosRequest] | None = None) -> dict[str, Any]:
    """The post of the queue's form for the whole list, with these rows on the page and none ticked."""
    return action(shown or [], name) | {"_selected_action": [], "select_across": "1"}


def test_the_whole_list_as_it_is_filtered() -> None:
    requests = waiting(3)
    factories.confirm(requests[0])
    client = browser(prefecture())
    asked = client.post(f"{QUEUE}?stage=unconfirmed", whole("confirm_many"))
    assert set(results(asked)) == {each.number for each in requests[1:]}
    assert f'href="{QUEUE}?stage=unconfirmed"' in asked.content.decode()
    done = agree(client, asked, "confirm")
    assert "2件に、都道府県の確認を記録しました" in text(done)


@pytest.mark.parametrize("box", ["0", "", "false", "１"])
def test_only_a_ticked_box_means_the_whole_list(box: str) -> None:
    first, _ = waiting(2)
    client = browser(prefecture())
    ticked = action([first], "confirm_many") | {"select_across": box}
    assert set(results(client.post(QUEUE, ticked))) == {first.number}
    none = client.post(QUEUE, ticked | {"_selected_action": []}, follow=True)
    assert "rows" not in none.context


def test_of_the_whole_list_what_the_page_showed_is_compared() -> None:
    request, other = waiting(2)
    chosen = whole("confirm_many", [request])
    for each in (request, other):
        each.revise(each.created_by, factories.content(1500), seen_version=1)
    asked = browser(prefecture()).post(QUEUE, chosen)
    assert results(asked) == {request.number: "いま第2版です", other.number: ""}


def test_no_more_than_can_be_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MOST_ROWS", 2)
    waiting(3)
    asked = browser(prefecture()).post(QUEUE, whole("confirm_many"))
    assert len(results(asked)) == 2
    assert "2件までを表示しています。" in text(asked)


def test_hundreds_of_rows_go_through_one_field() -> None:
    rows = [f"{n}:1:1" for n in range(1, 1002)]
    posted = QueryDict(mutable=True)
    posted["row"] = " ".join(rows)
    assert list(SeenRows.read(posted, "row").rows) == list(range(1, 1001))


@pytest.mark.parametrize("name", ["confirm_many", "accept_many"])
def test_the_cost_of_asking_does_not_grow_with_the_rows(name: str) -> None:
    client = browser(prefecture() if name == "confirm_many" else ministry())
    costs = []
    for count in (3, 6):
        requests = [*waiting(count), *confirmed(count)]
        chosen = action(requests, name)
        for each in requests[::3]:
            again(each).revise(each.created_by, factories.content(1500), seen_version=1)
        with CaptureQueriesContext(connection) as queries:
            assert client.post(QUEUE, chosen).status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_what_is_not_reached_in_time_is_left_for_another_press(monkeypatch: pytest.MonkeyPatch) -> None:
    requests = confirmed(3)
    client = browser(ministry())
    asked = client.post(QUEUE, action(requests, "accept_many"))
    monkeypatch.setattr(bulk_work, "BUDGET", -1.0)
    left = agree(client, asked, "accept")
    assert set(results(left).values()) == {"まだ処理していません。"}
    monkeypatch.undo()
    done = agree(client, left, "accept")
    assert "3件を、受付完了にしました" in text(done)
    assert {again(each).state for each in requests} == {Status.ACCEPTED}
