"""The choice of an institution: it narrows lists and overviews, and no form, no verb and no address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import pytest
import time_machine
from django.test import Client

from institutions.models import Institution, Membership, User
from institutions.views.access import CHOSEN
from requests_app.models import SosRequest
from requests_app.rules.transitions import Status
from sosportal.lib.clock import JST
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=JST)


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def places() -> tuple[Institution, Institution]:
    here, there = (factories.institution(name=name) for name in ("こちら病院", "あちら医院"))
    factories.campaign(now=NOW)
    return here, there


@pytest.fixture
def clerk(client: Client, places: tuple[Institution, Institution]) -> User:
    person = factories.member(*places)
    client.force_login(person)
    for place in places:
        factories.request_in(Status.UNDER_REVIEW, person, place, now=NOW)
    return person


def choose(client: Client, place: Institution | None, **more: str) -> Any:
    return client.post("/institution/switch/", {"institution": str(place.pk) if place else "", **more})


def main(answer: Any) -> str:
    page = str(answer.content.decode()).partition('<main class="wrap page"')[2]
    return re.sub(r"<[^>]+>|\s+", "", page)


def looked_at(answer: Any) -> str:
    found = re.search(r"表示している医療機関：<b>(.*?)</b>", answer.content.decode())
    return found[1] if found else ""


LISTS = ("/", "/requests/", "/requests/?view=all&q=緊急", "/requests/new/", "/survey/", "/institution/")


@pytest.mark.parametrize("path", LISTS)
def test_all_of_them_until_one_is_chosen(
    client: Client, clerk: User, places: tuple[Institution, Institution], path: str
) -> None:
    page = client.get(path)
    assert looked_at(page) == "すべて（2件）"
    assert "こちら病院" in main(page)
    assert "あちら医院" in main(page)


@pytest.mark.parametrize("path", LISTS[:3])
def test_one_alone_once_it_is_chosen_and_all_again(
    client: Client, clerk: User, places: tuple[Institution, Institution], path: str
) -> None:
    answer = choose(client, places[0], next=path)
    assert (answer.status_code, unquote(answer.headers["Location"])) == (302, path)
    page = client.get(path)
    assert looked_at(page) == "こちら病院"
    assert "こちら病院" in main(page)
    assert "あちら医院" not in main(page)
    choose(client, None)
    assert "あちら医院" in main(client.get(path))


def test_survey_request_and_particulars_lead_straight_to_the_chosen_one_by_its_address(
    client: Client, clerk: User, places: tuple[Institution, Institution]
) -> None:
    choose(client, places[1])
    code = places[1].code
    assert client.get("/survey/").headers["Location"] == f"/survey/{code}/"
    assert client.get("/requests/new/").headers["Location"].startswith(f"/requests/new/{code}/?form=")
    assert client.get("/institution/").headers["Location"] == f"/institution/{code}/"


def test_a_page_of_another_one_still_opens_and_writes_for_its_own(
    client: Client, clerk: User, places: tuple[Institution, Institution]
) -> None:
    choose(client, places[0])
    other = SosRequest.objects.get(institution=places[1])
    assert client.get(f"/requests/{other.number}/").status_code == 200
    page = client.get(f"/institution/{places[1].code}/")
    assert "あちら医院" in main(page)
    hidden = dict(re.findall(r'name="(token|seen)" value="([^"]+)">', page.content.decode()))
    sent = hidden | {"telephone": "06-1111-2222", "contact_person": "新 担当", "email": "a@example.jp"}
    assert client.post(f"/institution/{places[1].code}/", sent).status_code == 302
    assert Institution.objects.get(pk=places[1].pk).telephone == "06-1111-2222"
    assert Institution.objects.get(pk=places[0].pk).telephone == "03-0000-0000"


def test_only_one_s_own_can_be_chosen(
    client: Client, clerk: User, places: tuple[Institution, Institution]
) -> None:
    foreign = factories.institution()
    for value in (str(foreign.pk), "999999999", "x", "-1", "１", "9" * 5000, "0x1"):
        assert client.post("/institution/switch/", {"institution": value}).status_code == 404
        assert CHOSEN not in client.session
    assert choose(client, places[0], next="https://evil.example/").headers["Location"] == "/"


def test_a_choice_ends_with_the_membership(
    client: Client, clerk: User, places: tuple[Institution, Institution]
) -> None:
    third = factories.institution(name="やめた医院")
    joined = factories.join(clerk, third)
    choose(client, third)
    assert looked_at(client.get("/")) == "やめた医院"
    Membership.objects.filter(pk=joined.pk).delete()
    page = client.get("/")
    assert looked_at(page) == "すべて（2件）"
    assert "やめた医院" not in page.content.decode()


def test_who_serves_one_meets_no_choice(client: Client) -> None:
    client.force_login(factories.member(factories.institution()))
    page = client.get("/")
    assert looked_at(page) == ""
    assert "/institution/switch/" not in page.content.decode()


def test_the_menu_for_few_the_page_with_a_search_for_many(
    client: Client, clerk: User, places: tuple[Institution, Institution]
) -> None:
    page = client.get("/requests/").content.decode()
    assert f'name="institution" value="{places[0].pk}"' in page
    for _ in range(19):
        factories.join(clerk, factories.institution())
    page = client.get("/requests/").content.decode()
    assert 'name="institution"' not in page
    assert "表示する医療機関を選ぶ" in page
    found = client.get("/institution/switch/?q=あちら")
    assert f'value="{places[1].pk}"' in found.content.decode()
    assert f'value="{places[0].pk}"' not in found.content.decode()


@pytest.mark.parametrize("many", [2, 40])
def test_the_cost_of_choosing_does_not_grow(
    client: Client, many: int, django_assert_num_queries: Any
) -> None:
    client.force_login(factories.member(*(factories.institution() for _ in range(many))))
    with django_assert_num_queries(7):
        client.get("/institution/switch/")
