"""Where the links of mails lead: to the log-in, and from there back to the page; to nothing for who may not see it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.conf import settings
from django.test import Client

from institutions.models import (
    Announcement,
    AnnouncementContent,
    Inquiry,
    Institution,
    Membership,
    Role,
    User,
)
from institutions.rules.inquiry import Desk, Subject
from institutions.tasks import post_announcement_mails
from requests_app.rules.transitions import Status
from requests_app.tasks import remind_of_survey
from sosportal.lib.clock import JST
from sosportal.lib.models import OutboxMessage
from surveys.models import SurveyRound
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 10, 22, tzinfo=JST)
LINK = re.compile(re.escape(settings.BASE_URL) + r"(/\S*)")


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        SurveyRound.objects.open_for(NOW)
        yield


@pytest.fixture
def place() -> Institution:
    factories.campaign(now=NOW)
    return factories.institution(name="架空中央病院")


@pytest.fixture
def nurse(place: Institution) -> User:
    return factories.member(place, username="nurse", email="nurse@example.jp")


def applied(nurse: User, place: Institution) -> None:
    factories.request_in(Status.UNDER_REVIEW, nurse, place)


def accepted(nurse: User, place: Institution) -> None:
    factories.request_in(Status.ACCEPTED, nurse, place)


def asked(nurse: User, place: Institution) -> None:
    request = factories.request_in(Status.UNDER_REVIEW, nurse, place)
    OutboxMessage.objects.all().delete()
    request.ask(factories.user(Role.PREFECTURE), "在庫は箱数ですか", now=NOW)


def announced(nurse: User, place: Institution) -> None:
    content = AnnouncementContent("年末の締切", "年内最後の締切です。")
    Announcement.publish(factories.user(Role.PREFECTURE), content, by_mail=True)
    post_announcement_mails()


def answered(nurse: User, place: Institution) -> None:
    inquiry = Inquiry.ask(
        nurse, place, subject=Subject.REQUEST, desk=Desk.PREFECTURE, text="いつ届きますか。", now=NOW
    )
    inquiry.answer(factories.user(Role.PREFECTURE), "来週です。", seen_revision=inquiry.revision)


def reminded(nurse: User, place: Institution) -> None:
    remind_of_survey()


CAUSES = [applied, accepted, asked, announced, answered, reminded]


def link_of_the_mail() -> str:
    """The page the latest mail to the nurse leads to: the first address in its text."""
    body = OutboxMessage.objects.filter(to="nurse@example.jp").latest("created_at", "key").body
    found = LINK.search(body)
    assert found, body
    return found.group(1)


def log_in_from(client: Client, path: str, username: str) -> Any:
    """Follow a link with nobody logged in, log in on the page that it leads to, and follow where that leads."""
    first = client.get(path)
    assert first.status_code == 302
    where = urlsplit(first["Location"])
    assert where.path == "/accounts/login/"
    assert parse_qs(where.query)["next"] == [path]
    page = client.get(first["Location"])
    hidden = re.search(r'name="next" value="([^"]*)"', page.content.decode())
    assert hidden
    assert hidden.group(1) == path
    form = {"login": username, "password": factories.PASSWORD, "next": hidden.group(1)}
    answer = client.post(where.path, form)
    assert answer.status_code == 302
    assert answer["Location"] == path
    return client.get(path)


@pytest.mark.parametrize("cause", CAUSES)
def test_a_link_comes_back_to_its_page_after_the_login(
    client: Client, nurse: User, place: Institution, cause: Callable[[User, Institution], None]
) -> None:
    cause(nurse, place)
    assert log_in_from(client, link_of_the_mail(), "nurse").status_code == 200


@pytest.mark.parametrize("cause", [applied, asked, answered, reminded])
def test_it_is_absent_for_who_may_not_see_it(
    client: Client, nurse: User, place: Institution, cause: Callable[[User, Institution], None]
) -> None:
    cause(nurse, place)
    factories.member(factories.institution(), username="stranger")
    assert log_in_from(client, link_of_the_mail(), "stranger").status_code == 404


def test_the_link_of_a_proxy_leads_where_the_entry_begins(client: Client, place: Institution) -> None:
    clerk = factories.member(place, username="clerk", email="nurse@example.jp")
    Membership.objects.filter(user=clerk).update(as_proxy=True)
    remind_of_survey()
    answer = log_in_from(client, link_of_the_mail(), "clerk")
    while answer.status_code == 302:
        answer = client.get(answer["Location"])
    assert answer.status_code == 200


def test_an_officers_link_leads_to_the_admin(client: Client, nurse: User, place: Institution) -> None:
    factories.user(Role.PREFECTURE, username="officer", email="officer@example.jp")
    applied(nurse, place)
    found = LINK.search(OutboxMessage.objects.filter(to="officer@example.jp").latest("created_at").body)
    assert found
    path = found.group(1)
    first = client.get(path)
    assert first.status_code == 302
    where = urlsplit(first["Location"])
    page = client.get(first["Location"], follow=True)
    assert page.status_code == 200
    form = {"login": "officer", "password": factories.PASSWORD, "next": parse_qs(where.query)["next"][0]}
    assert client.post("/accounts/login/", form)["Location"] == path
    assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:x"]
)
def test_a_link_never_leads_away(client: Client, nurse: User, elsewhere: str) -> None:
    form = {"login": "nurse", "password": factories.PASSWORD, "next": elsewhere}
    assert client.post("/accounts/login/", form)["Location"] == "/"


def test_the_choices_are_reached_from_a_mail(client: Client, nurse: User) -> None:
    assert log_in_from(client, settings.NOTICES_PATH, "nurse").status_code == 200
