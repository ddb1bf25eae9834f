"""How the page of one request words what happened, what will be recorded and what was typed."""

from __future__ import annotations

import pytest

from requests_app.models import SosRequest
from requests_app.rules.transitions import Status
from tests import factories
from tests.requests_app.admin.officers import browser, carried, page_of, prefecture, quantities, step, text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _campaign() -> None:
    factories.campaign(max_weeks_of_stock=2)


@pytest.fixture
def request_() -> SosRequest:
    return factories.request_in(Status.UNDER_REVIEW)


def test_the_warnings_of_a_fulfilled_check_are_counted_in_the_history(request_: SosRequest) -> None:
    client = browser(prefecture())
    assert "システムチェックは満たしています。" in text(client.get(page_of(request_)))

    uneven = factories.request_in(Status.UNDER_REVIEW, quantity=4150)
    response = client.get(page_of(uneven))
    warnings = len([rule for rule in response.context["page"].judged if rule.outcome == "caution"])
    assert warnings
    assert f"システムチェックは満たしています（注意 {warnings}件）。" in text(response)


def test_nothing_of_an_item_is_said_in_words(request_: SosRequest) -> None:
    client = browser(prefecture())
    for quantity, words in ((0, True), (100, False)):
        form = carried(request_) | quantities(request_, quantity) | {"note": "納品あり"}
        asked = text(client.post(step(request_, "confirm"), form))
        assert "都道府県の確認を記録します" in asked
        assert ("0枚（この物資は配布しない）" in asked) is words


def test_what_was_typed_is_told_without_what_nobody_sees(request_: SosRequest) -> None:
    form = carried(request_) | {"token": "", "whom": "見本\u202eさん", "what": "在庫\u200bなし"}
    said = text(browser(prefecture()).post(step(request_, "telephone"), form))
    told = said[said.index("入力していた内容") :][:200]
    assert "見本さん" in told
    assert "在庫なし" in told
