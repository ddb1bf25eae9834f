"""People are found by any part of name, user name or address, from indexes; officers by their prefecture's name."""

from __future__ import annotations

import pytest
from django.db import connection

from institutions.models import Role, User
from tests import factories
from tests.requests_app.admin.officers import browser

pytestmark = pytest.mark.django_db

PEOPLE = "/admin/institutions/user/"


def found(words: str, *, by_account: bool = True) -> set[str]:
    return set(User.objects.matching(words, by_account=by_account).values_list("username", flat=True))


def test_parts_of_names_and_accounts_whatever_their_width_and_case() -> None:
    for username, name, email in (
        ("Hanako-1", "見本 花子", "hana@example.jp"),
        ("taro-1", "架空　太郎", "taro@example.jp"),
        ("sato_x", "見本 ｻﾄｳ", ""),
    ):
        factories.user(Role.OPERATOR, username=username, name=name, email=email)
    assert (
        found("花子")
        == found("花")
        == found("本花")
        == found("ＨＡＮＡＫＯ")
        == found("hana@")
        == {"Hanako-1"}
    )
    assert found("サトウ") == {"sato_x"}
    assert found("見本 hana") == {"Hanako-1"}
    assert found("hanako", by_account=False) == set()
    assert found("鸞") == set()
    assert {"Hanako-1", "taro-1", "sato_x"} <= found("")


@pytest.mark.parametrize("words", ["花", "花子"])
def test_people_are_found_from_indexes(words: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = User.objects.matching(words).order_by().explain()
    assert all(f"user_{column}_grams" in plan for column in ("name", "username", "email")), plan


def test_a_prefecture_leads_to_its_officers() -> None:
    operator = factories.user(Role.OPERATOR)
    here = factories.user(Role.PREFECTURE, prefecture_id=factories.TOKYO)
    factories.user(Role.PREFECTURE, prefecture_id=factories.OSAKA)
    listed = browser(operator).get(PEOPLE, {"q": "東京都"}).context["cl"].result_list
    assert [person.pk for person in listed] == [here.pk]
