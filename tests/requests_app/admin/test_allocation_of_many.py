"""The pages of a decision about more lines than a page shows at once, and what they cost."""

from __future__ import annotations

import re
from typing import Any

import pytest
import time_machine
from django.test import Client

from tests import factories
from tests.requests_app.admin.deciding import DECIDE, LIST, PROPOSE, asked, form
from tests.requests_app.admin.officers import browser, ministry, text
from tests.requests_app.allocation.rounds import DECIDED, NOW, accepted, decide

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def frozen() -> Any:
    factories.campaign(now=NOW)
    with time_machine.travel(DECIDED, tick=False):
        yield


@pytest.fixture
def desk() -> Client:
    return browser(ministry())


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two lines are all that a page shows at once."""
    monkeypatch.setattr("requests_app.presenters.allocation.WHOLE", 2)
    monkeypatch.setattr("requests_app.presenters.allocation_report.WHOLE", 2)
    monkeypatch.setattr("requests_app.queries.allocation.PER_PAGE", 2)


def in_two_prefectures() -> list[Any]:
    """Three lines in Tokyo and one in Osaka."""
    places = [factories.institution() for _ in range(3)] + [factories.institution(factories.OSAKA)]
    return accepted([400, 500, 600, 700], places=places)


@pytest.mark.usefixtures("few")
def test_of_many_proposals_those_of_one_prefecture_are_shown(desk: Client) -> None:
    *tokyo, osaka = in_two_prefectures()
    sent = asked(available="1000", rule_a="PRO_RATA", rule_b="NEED_FIRST")
    answer = desk.get(PROPOSE, sent)
    shown = text(answer)
    assert "東京都 3件 受付 1,500 案A" in shown
    assert "大阪府 1件 受付 700 案A" in shown
    assert not any(each.number in shown for each in (*tokyo, osaka))
    (there,) = re.findall(r'href="([^"]+prefecture=27)#p27"', answer.content.decode())
    shown = text(desk.get(there.replace("&amp;", "&")))
    assert osaka.number in shown
    assert not any(each.number in shown for each in tokyo)
    begun = desk.post(DECIDE, form(available=1000) | {"start": "1"})
    assert "東京都 3件 受付 1,500 配布" in text(begun)
    assert osaka.number not in text(begun)
    (there,) = re.findall(r'href="([^"]+prefecture=27)#p27"', begun.content.decode())
    assert osaka.number in text(desk.get(there.replace("&amp;", "&")))


@pytest.mark.usefixtures("few")
def test_of_many_decided_lines_a_prefecture_is_paged_through(desk: Client) -> None:
    *tokyo, osaka = in_two_prefectures()
    page = f"{LIST}{decide(1_000).pk}/change/"

    def listed(**asked: str) -> list[str]:
        shown = text(desk.get(page, asked))
        assert "東京都" in shown
        return [each.number for each in (*tokyo, osaka) if each.number in shown]

    numbers = [each.number for each in tokyo]
    assert listed() == []
    assert listed(prefecture="27") == [osaka.number]
    assert listed(prefecture="13") == numbers[:2]
    assert listed(prefecture="13", p="2") == numbers[2:]
    assert "東京都 3件" in text(desk.get(page, {"prefecture": "13"}))
    for bad in ("", "99", "x", "１３"):
        assert listed(prefecture=bad) == []
    for bad in ("0", "x", "9" * 30, "-1"):
        assert set(listed(prefecture="13", p=bad)) <= set(numbers)


@pytest.mark.usefixtures("few")
def test_many_lines_are_recomputed_when_somebody_asks(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    in_two_prefectures()
    page = f"{LIST}{decide(1_000).pk}/change/"
    assert "まだ計算し直していません。 計算し直して確かめ" in text(desk.get(page))
    shown = text(desk.get(page, {"check": "yes"}))
    assert "1枚まで一致しています。" in shown
    assert "東京都 3件 受付 1,500 配布" in shown
    assert "大阪府 1件 受付 700 配布" in shown
    monkeypatch.setattr("requests_app.presenters.allocation_report.differences", lambda decision: ["x"])
    assert "計算し直すと、記録と一致しません。" not in text(desk.get(page))
    assert "計算し直すと、記録と一致しません。" in text(desk.get(page, {"check": "yes"}))


@pytest.mark.parametrize("rows", [3, 12])
def test_the_cost_of_a_decision_does_not_depend_on_the_rows(
    rows: int, desk: Client, django_assert_num_queries: Any
) -> None:
    accepted([400] * rows)
    page = f"{LIST}{decide(400 * rows).pk}/change/"
    desk.get(page)
    with django_assert_num_queries(12):
        assert desk.get(page).status_code == 200


def test_the_page_before_the_quantity_reads_no_lines(desk: Client, django_assert_num_queries: Any) -> None:
    accepted([400, 1000])
    desk.get(PROPOSE, asked())
    with django_assert_num_queries(8):
        shown = text(desk.get(PROPOSE, asked()))
    assert "2件" in shown
    assert "国の受付の計 1,400枚" in shown
    assert "停止中" not in shown
