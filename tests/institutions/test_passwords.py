"""Passwords: the link that sets one, the rule they keep, and changing one, as the manual's chapter 2 has them."""

from __future__ import annotations

import re
from typing import Any

import pytest
import time_machine
from django.contrib.auth.password_validation import get_default_password_validators
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client

from institutions.accounts import PortalAccountAdapter, password_link, post_password_link
from institutions.models import User
from institutions.passwords import ManualPasswordValidator
from sosportal.lib.models import OutboxMessage
from tests import factories
from tests.institutions.logging_in import log_in, text_of

pytestmark = pytest.mark.django_db

RESET = "/accounts/password/reset/"
CHANGE = "/accounts/password/change/"
GOOD = "Another-Pass-7"


@pytest.fixture(autouse=True)
def no_attempts_counted() -> None:
    cache.clear()


@pytest.fixture
def nurse() -> User:
    return factories.member(factories.institution(), username="nurse")


# --- Reset ---------------------------------------------------------------------------------------------------------


def test_reset_answers_the_same_for_every_name(client: Client, nurse: User) -> None:
    factories.user(username="closed", is_active=False)
    factories.user(username="no-address", email="")
    answers = []
    for name in ("nurse", "nobody", "closed", "no-address"):
        response = client.post(RESET, {"username": name})
        answers.append(
            (response.status_code, response["Location"], text_of(client.get(response["Location"])))
        )
    assert len(set(answers)) == 1
    assert answers[0][:2] == (302, "/accounts/password/reset/done/")
    assert [message.to for message in OutboxMessage.objects.all()] == [nurse.email]


def test_reset_asks_for_the_name(client: Client) -> None:
    page = client.get(RESET).content.decode()
    for label in ("ユーザー名", "パスワードリセット", "キャンセル"):
        assert label in page
    response = client.post(RESET, {"username": ""})
    assert response.status_code == 422
    assert '<a href="#id_username">ユーザー名を入力してください。</a>' in response.content.decode()


def test_only_the_named_user_gets_the_link_even_when_two_share_an_address(client: Client) -> None:
    for name in ("first", "second"):
        factories.user(username=name, email="shared@example.jp")
    client.post(RESET, {"username": "second"})
    body = OutboxMessage.objects.get().body
    assert "ユーザー名：second" in body
    assert "first" not in body


def test_the_link_begins_with_the_base_url_whatever_the_host_header(
    client: Client, nurse: User, settings: Any
) -> None:
    settings.BASE_URL = "https://portal.example"
    client.post(RESET, {"username": "nurse"}, HTTP_HOST="localhost")
    message = OutboxMessage.objects.get()
    assert "https://portal.example/accounts/password/reset/key/" in message.body
    assert "localhost" not in message.body
    assert message.forget_body


def test_a_new_user_is_welcomed_with_the_same_link(nurse: User) -> None:
    post_password_link(nurse, first=True)
    message = OutboxMessage.objects.get()
    assert message.subject == "パスワードの設定のご案内"
    assert "ユーザーが登録されました。" in message.body


def open_link(client: Client, user: User) -> str:
    """Follow the link of the mail; returns the address of the form."""
    path = re.sub(r"^https?://[^/]+", "", password_link(user))
    return str(client.get(path)["Location"])


def test_a_password_is_set_by_the_link_once(client: Client, nurse: User) -> None:
    other_device = Client()
    log_in(other_device, "nurse")
    nurse.refresh_from_db()
    link = re.sub(r"^https?://[^/]+", "", password_link(nurse))
    form = client.get(link)["Location"]
    assert form.endswith("-set-password/"), "the token must not stay in the address"
    assert "新規パスワードの設定" in client.get(form).content.decode()
    done = client.post(form, {"password1": GOOD, "password2": GOOD})
    assert done["Location"] == "/accounts/password/reset/key/done/"
    assert "パスワードを設定しました" in client.get(done["Location"]).content.decode()

    assert other_device.get("/").status_code == 302, "the session of the old password must be over"
    void = Client().get(link)
    assert "このURLは使えません" in void.content.decode()
    assert log_in(client, "nurse", GOOD).status_code == 302


def test_the_link_is_void_after_three_days(client: Client, nurse: User) -> None:
    with time_machine.travel("2026-11-20T09:00:00+09:00"):
        link = re.sub(r"^https?://[^/]+", "", password_link(nurse))
    with time_machine.travel("2026-11-23T08:59:00+09:00"):
        assert client.get(link).status_code == 302
    with time_machine.travel("2026-11-23T09:01:00+09:00"):
        assert "このURLは使えません" in client.get(link).content.decode()


@pytest.mark.parametrize("key", ["1-x", "zzzzzzzzzzzzz-x", "1y2p0ij32e8e8-set-password", "a-" + "9" * 500])
def test_invented_links_are_void(client: Client, key: str) -> None:
    response = client.get(f"/accounts/password/reset/key/{key}/")
    assert response.status_code == 200
    assert "このURLは使えません" in response.content.decode()


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("lower-case-1", "半角英大文字を入れてください。"),
        ("UPPER-CASE-1", "半角英小文字を入れてください。"),
        ("No-Digits-Here", "半角数字を入れてください。"),
        ("Ａｌｌ１２３Wide", "半角数字を入れてください。"),
        ("Ab1", "8文字以上にしてください（いまは3文字です）。"),
        ("Passw0rd", "よく使われているパスワードです。"),
        ("Nurse-nurse-1", "似ています。"),
    ],
)
def test_the_rule_says_what_is_lacking(client: Client, nurse: User, password: str, said: str) -> None:
    nurse.name = "Nurse-nurse"
    nurse.save()
    response = client.post(open_link(client, nurse), {"password1": password, "password2": password})
    assert response.status_code == 422
    assert said in response.content.decode()
    nurse.refresh_from_db()
    assert nurse.check_password(factories.PASSWORD)


def test_two_different_passwords_are_refused(client: Client, nurse: User) -> None:
    response = client.post(open_link(client, nurse), {"password1": GOOD, "password2": GOOD + "x"})
    assert response.status_code == 422
    assert '<a href="#id_password2">パスワードが一致しません。' in response.content.decode()


@pytest.mark.parametrize("password", ["Abcdefg1", "aB3!!!!!", "日本語Ab1ですよ"])
def test_the_manuals_rule_takes_what_keeps_it(password: str) -> None:
    ManualPasswordValidator().validate(password)


def test_the_rule_holds_wherever_passwords_are_set() -> None:
    names = [type(validator).__name__ for validator in get_default_password_validators()]
    assert names == ["ManualPasswordValidator", "UnlikeUserValidator", "UncommonPasswordValidator"]
    with pytest.raises(ValidationError):
        ManualPasswordValidator().validate("short")


# --- Change --------------------------------------------------------------------------------------------------------


def test_changing_the_password_ends_every_other_session(client: Client, nurse: User) -> None:
    other_device = Client()
    log_in(other_device, "nurse")
    log_in(client, "nurse")
    wrong = client.post(CHANGE, {"oldpassword": "wrong", "password1": GOOD, "password2": GOOD})
    assert wrong.status_code == 422
    assert '<a href="#id_oldpassword">いまのパスワードが違います。' in wrong.content.decode()

    done = client.post(
        CHANGE, {"oldpassword": factories.PASSWORD, "password1": GOOD, "password2": GOOD}, follow=True
    )
    assert "パスワードを変更しました。" in done.content.decode()
    assert client.get("/").status_code == 200
    assert other_device.get("/").status_code == 302


def test_setting_a_password_writes_nothing_else_back(nurse: User) -> None:
    User.objects.filter(pk=nurse.pk).update(name="改めた名前")
    PortalAccountAdapter().set_password(nurse, GOOD)
    nurse.refresh_from_db()
    assert nurse.name == "改めた名前"
    assert nurse.check_password(GOOD)
