"""メールの受け取り方: the page on which it is chosen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from institutions.models import NoticeChoice, User
from institutions.rules.notices import Notice
from sosportal.lib.clock import JST
from sosportal.lib.delivery import When
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 10, 22, tzinfo=JST)
ALL_AT_ONCE = dict.fromkeys(Notice, When.NOW)


@pytest.fixture(autouse=True)
def frozen() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def nurse() -> User:
    return factories.member(factories.institution(), email="Nurse@example.jp")


def sent_form(page: Any, **chosen: str) -> dict[str, str]:
    text = page.content.decode()
    hidden = dict(re.findall(r'name="(token|seen)" value="([^"]*)"', text))
    return hidden | dict.fromkeys((each.value for each in Notice), "now") | chosen


@pytest.fixture
def at_page(client: Client, nurse: User) -> Client:
    client.force_login(nurse)
    return client


def test_the_page_saves_what_is_chosen(at_page: Client, nurse: User) -> None:
    page = at_page.get("/account/notices/")
    text = page.content.decode()
    assert "Nurse@example.jp" in text
    assert "照会に回答がないと要請の確認が止まるため、「受け取らない」は選べません。" in text
    assert not re.search(r'name="question" value="never"', text)
    form = sent_form(page, request="digest", announcement="never")
    first, again = at_page.post("/account/notices/", form), at_page.post("/account/notices/", form)
    assert (first.status_code, again.status_code) == (302, 302)
    wanted = ALL_AT_ONCE | {Notice.REQUEST: When.DIGEST, Notice.ANNOUNCEMENT: When.NEVER}
    assert NoticeChoice.of(nurse) == wanted
    shown = at_page.get("/account/notices/").content.decode()
    assert "メールの受け取り方を保存しました。" in shown
    assert re.search(r'value="digest"[^>]*checked', shown)


@pytest.mark.parametrize(
    "wrong", [{"question": "never"}, {"reminder": "digest"}, {"request": "x" * 5000}, {"request": ""}]
)
def test_what_is_not_offered_is_refused(at_page: Client, nurse: User, wrong: dict[str, str]) -> None:
    answer = at_page.post("/account/notices/", sent_form(at_page.get("/account/notices/"), **wrong))
    assert answer.status_code == 422
    assert "まだ保存していません" in answer.content.decode()
    assert NoticeChoice.of(nurse) == ALL_AT_ONCE


@pytest.mark.parametrize("lost", [{"token": ""}, {"token": "x"}])
def test_a_form_without_its_token_is_asked_again(at_page: Client, nurse: User, lost: dict[str, str]) -> None:
    form = sent_form(at_page.get("/account/notices/"), request="digest") | lost
    assert at_page.post("/account/notices/", form).status_code == 422
    assert NoticeChoice.of(nurse) == ALL_AT_ONCE


def test_two_tabs_the_second_is_shown_what_stands_and_keeps_its_own(at_page: Client, nurse: User) -> None:
    first, second = at_page.get("/account/notices/"), at_page.get("/account/notices/")
    at_page.post("/account/notices/", sent_form(first, request="never"))
    answer = at_page.post("/account/notices/", sent_form(second, delivery="digest"))
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "要請の動き：いまの設定は「受け取らない」、ここで選んだのは「すぐに」" in text
    assert NoticeChoice.of(nurse)[Notice.DELIVERY] == When.NOW
    at_page.post("/account/notices/", sent_form(answer, delivery="digest"))
    assert NoticeChoice.of(nurse) == ALL_AT_ONCE | {Notice.DELIVERY: When.DIGEST}


@pytest.mark.parametrize(
    "seen", ["", "x", "now.now", "now.now.now.now.x", "digest.digest.digest.digest.never"]
)
def test_what_was_not_seen_is_a_conflict(at_page: Client, nurse: User, seen: str) -> None:
    form = sent_form(at_page.get("/account/notices/"), request="digest") | {"seen": seen}
    assert at_page.post("/account/notices/", form).status_code == 409


def test_further_keys_change_nothing_and_nobody_else(at_page: Client, nurse: User) -> None:
    other = factories.member(factories.institution())
    form = sent_form(at_page.get("/account/notices/"), request="digest")
    at_page.post(
        "/account/notices/", form | {"user": str(other.pk), "user_id": str(other.pk), "role": "ministry"}
    )
    assert NoticeChoice.of(other) == ALL_AT_ONCE
    assert not NoticeChoice.objects.exclude(user=nurse).exists()


def test_what_the_page_asks_of_the_database(at_page: Client, django_assert_num_queries: Any) -> None:
    at_page.get("/account/notices/")
    with django_assert_num_queries(6):
        at_page.get("/account/notices/")
