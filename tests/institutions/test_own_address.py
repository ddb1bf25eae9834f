"""One's own mail address: asked for, confirmed by the mailed link, told to the old one; nothing for anybody else."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from institutions.exceptions import AddressLinkVoid
from institutions.models import Role, User
from sosportal.lib.audit.tracking import tracked
from sosportal.lib.clock import JST
from sosportal.lib.models import OutboxMessage
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=JST)
NEW = "new@example.jp"
PAGE = "/me/email/"


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def nurse(client: Client) -> User:
    places = factories.institution(), factories.institution()
    person = factories.member(*places, username="nurse", email="old@example.jp")
    client.force_login(person)
    return person


def ask(client: Client, address: str = NEW, password: str = factories.PASSWORD, **more: str) -> Any:
    data = {"email": address, "password": password, "token": str(uuid.uuid4())} | more
    return client.post(PAGE, data)


def mailed() -> str:
    """The address in the one mail to the new address."""
    mail = OutboxMessage.objects.get(to=NEW)
    assert "メールアドレスの確認" in mail.subject
    found = re.search(r"/me/email/[A-Za-z0-9_.-]+/", mail.body)
    assert found
    return found[0]


def address_of(person: User) -> str:
    return str(User.objects.get(pk=person.pk).email)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_the_new_address_counts_once_its_link_was_opened_and_pressed(client: Client, nurse: User) -> None:
    answer = ask(client)
    assert (answer.status_code, answer["Location"]) == (302, "/me/")
    assert f"{NEW} に確認のメールをお送りしました。" in text(client.get("/me/"))
    assert address_of(nurse) == "old@example.jp"
    link = mailed()
    page = text(client.get(link))
    assert "old@example.jp" in page
    assert NEW in page
    assert address_of(nurse) == "old@example.jp", "programs open links too: looking changes nothing"

    assert client.post(link)["Location"] == "/me/"
    assert address_of(nurse) == NEW
    told = OutboxMessage.objects.filter(subject__contains="メールアドレスが変更されました")
    assert {each.to for each in told} == {"old@example.jp", NEW}
    assert "変更前：old@example.jp" in told[0].body

    # Pressed twice: the same answer, and nothing more is done.
    assert client.post(link)["Location"] == "/me/"
    assert client.get(link)["Location"] == "/me/"
    assert told.count() == 2


def test_the_link_leads_through_the_log_in_and_back(client: Client, nurse: User) -> None:
    ask(client)
    link = mailed()
    client.logout()
    asked = client.get(link)
    assert asked["Location"].startswith("/accounts/login/?next=/me/email/")
    back = client.post(asked["Location"], {"login": "nurse", "password": factories.PASSWORD})
    assert back["Location"] == link
    assert client.get(link).status_code == 200


def test_the_body_with_the_link_is_forgotten_once_sent(client: Client, nurse: User) -> None:
    ask(client)
    assert OutboxMessage.objects.get(to=NEW).forget_body


@pytest.mark.parametrize(
    ("address", "password", "said"),
    [
        ("", factories.PASSWORD, "新しいメールアドレス"),
        ("new@", factories.PASSWORD, "メールアドレスではありません"),
        ("ｎｅｗ＠example.jp", factories.PASSWORD, "メールアドレスではありません"),
        ("a" * 300 + "@example.jp", factories.PASSWORD, ""),
        ("old@example.jp", factories.PASSWORD, "いま登録されているメールアドレスと同じです"),
        (NEW, "wrong", "パスワードが違います"),
        (NEW, "", "いまのパスワード"),
    ],
)
def test_what_is_refused_is_said_and_what_was_typed_stays(
    client: Client, nurse: User, address: str, password: str, said: str
) -> None:
    answer = ask(client, address, password)
    assert answer.status_code == 422
    page = text(answer)
    assert said in page
    assert "まだお送りしていません" in page
    assert address.strip()[:100] in page
    assert not OutboxMessage.objects.exists()


def test_pressed_twice_one_mail(client: Client, nurse: User) -> None:
    token = str(uuid.uuid4())
    assert [ask(client, token=token).status_code for _ in range(2)] == [302, 302]
    assert OutboxMessage.objects.filter(to=NEW).count() == 1
    assert ask(client, "other@example.jp", token=token).status_code == 409
    assert ask(client, token="x").status_code == 422
    assert OutboxMessage.objects.count() == 1


def test_guesses_at_the_password_are_limited(client: Client, nurse: User) -> None:
    codes = [ask(client, password=f"wrong-{n}").status_code for n in range(11)]
    assert codes[0] == 422
    assert codes[-1] == 429
    assert address_of(nurse) == "old@example.jp"


def test_a_link_is_void_for_others_when_old_and_after_a_change(client: Client, nurse: User) -> None:
    ask(client)
    link = mailed()
    stranger = Client()
    stranger.force_login(factories.user(Role.MINISTRY))
    assert stranger.get(link).status_code == 404
    assert stranger.post(link).status_code == 404
    assert client.get(f"{link[:-2]}/").status_code == 404
    assert client.post("/me/email/x/").status_code == 404

    with time_machine.travel(NOW + timedelta(hours=24, seconds=1), tick=False):
        client.force_login(nurse)
        page = client.post(link)
        assert page.status_code == 404
        assert "もう一度はじめから" in text(page)

    held = User.objects.get(pk=nurse.pk)
    held.set_password("Another-Pass-7")
    held.save(update_fields=["password"])
    client.force_login(held)
    assert client.post(link).status_code == 404
    assert address_of(nurse) == "old@example.jp"


def test_of_two_links_the_first_one_followed_counts(nurse: User) -> None:
    until = NOW + timedelta(hours=1)
    first, second = nurse.address_link(NEW, until), nurse.address_link("later@example.jp", until)
    assert nurse.take_address(first, now=NOW) == NEW
    with pytest.raises(AddressLinkVoid):
        nurse.take_address(second, now=NOW)
    assert address_of(nurse) == NEW


def test_a_link_stays_void_though_the_address_comes_back(nurse: User) -> None:
    until = NOW + timedelta(hours=1)
    first = nurse.address_link(NEW, until)
    assert nurse.take_address(first, now=NOW) == NEW
    new = User.objects.get(pk=nurse.pk)
    assert new.take_address(new.address_link("old@example.jp", until), now=NOW) == "old@example.jp"
    back = User.objects.get(pk=nurse.pk)
    assert back.email == nurse.email
    with pytest.raises(AddressLinkVoid):
        back.take_address(first, now=NOW)
    assert address_of(nurse) == "old@example.jp"
    assert back.take_address(back.address_link(NEW, until), now=NOW) == NEW, "a new link is another"


def test_who_has_no_address_registers_one_and_officers_change_theirs(client: Client) -> None:
    for person in (factories.user(email=""), factories.user(Role.PREFECTURE), factories.user(Role.OPERATOR)):
        OutboxMessage.objects.all().delete()
        client.force_login(person)
        before = person.email
        assert ask(client).status_code == 302
        client.post(mailed())
        assert address_of(person) == NEW
        told = set(
            OutboxMessage.objects.filter(subject__contains="変更されました").values_list("to", flat=True)
        )
        assert told == {NEW, before} - {""}


def test_the_change_stands_in_the_history(client: Client, nurse: User) -> None:
    ask(client)
    client.post(mailed())
    rows: Any = tracked[User]._default_manager
    last = rows.filter(pgh_obj_id=nurse.pk).latest("pgh_id")
    assert last.pgh_before == {"email": "old@example.jp"}
    assert last.email == NEW


def test_what_no_field_can_hold_is_a_bad_request(client: Client, nurse: User) -> None:
    for odd in ("new@example.jp\x00", "\ud800@example.jp"):
        data = {"email": odd.encode("utf-8", "surrogatepass"), "password": "x"}
        assert client.post(PAGE, data).status_code in {400, 422}
    assert not OutboxMessage.objects.exists()
