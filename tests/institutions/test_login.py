"""Log-in, log-out and passwords, as the manual's chapter 2 has them."""

from __future__ import annotations

import re
from typing import Any

import pytest
import time_machine
from django.contrib.auth.password_validation import get_default_password_validators
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from institutions.accounts import PortalAccountAdapter, password_link, post_password_link
from institutions.known_browsers import cookie_of
from institutions.models import Role, User
from institutions.passwords import ManualPasswordValidator
from sosportal.lib.hashers import PortalArgon2PasswordHasher
from sosportal.lib.models import OutboxMessage
from tests import factories

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"
RESET = "/accounts/password/reset/"
CHANGE = "/accounts/password/change/"
GOOD = "Another-Pass-7"
WRONG = "ユーザー名またはパスワードが違います。"


@pytest.fixture(autouse=True)
def no_attempts_counted() -> None:
    cache.clear()


@pytest.fixture
def nurse() -> User:
    return factories.member(factories.institution(), username="nurse")


def log_in(client: Client, username: str, password: str = factories.PASSWORD, **more: Any) -> Any:
    return client.post(LOGIN, {"login": username, "password": password}, **more)


def text_of(response: Any, *typed: str) -> str:
    """The page without what differs each time: the form's token and what was typed."""
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", response.content.decode())
    for word in typed:
        page = page.replace(word, "")
    return page


# --- Log-in --------------------------------------------------------------------------------------------------------


def test_right_password_opens_the_first_page(client: Client, nurse: User) -> None:
    response = log_in(client, "nurse")
    assert (response.status_code, response["Location"]) == (302, reverse("home"))
    assert client.get("/").status_code == 200


def test_officers_go_to_the_admin(client: Client) -> None:
    factories.user(Role.MINISTRY, username="ministry")
    assert log_in(client, "ministry")["Location"] == reverse("admin:index")


def test_one_goes_back_to_where_one_was_going(client: Client, nurse: User) -> None:
    asked = client.get("/other/")
    assert asked["Location"] == f"{LOGIN}?next=/other/"
    page = client.get(asked["Location"]).content.decode()
    assert 'name="next" value="/other/"' in page
    assert "直前に押したボタンの内容は、まだ送信されていません。" in page
    assert "直前に押したボタンの内容" not in client.get(client.get("/")["Location"]).content.decode()
    response = client.post(LOGIN, {"login": "nurse", "password": factories.PASSWORD, "next": "/other/"})
    assert response["Location"] == "/other/"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_redirects_stay_on_the_site(client: Client, nurse: User, target: str) -> None:
    response = client.post(LOGIN, {"login": "nurse", "password": factories.PASSWORD, "next": target})
    assert response["Location"] == "/"


def test_full_width_letters_of_the_user_name_are_understood(client: Client, nurse: User) -> None:
    assert log_in(client, "ｎｕｒｓｅ").status_code == 302


def test_invisible_characters_pasted_with_the_user_name_are_dropped(client: Client, nurse: User) -> None:
    assert log_in(client, "\u202dnurse\u200b").status_code == 302


def test_the_session_gets_a_new_key(client: Client, nurse: User) -> None:
    client.post(LOGIN, {"login": "nurse", "password": "wrong"})
    session = client.session
    session["kept"] = "before"
    session.save()
    client.cookies["session"] = str(session.session_key)
    log_in(client, "nurse")
    assert client.cookies["session"].value != session.session_key
    assert not Session.objects.filter(session_key=session.session_key).exists()


def test_unknown_name_wrong_password_and_closed_account_look_the_same(client: Client, nurse: User) -> None:
    factories.user(username="gone-", is_active=False)
    known = log_in(client, "nurse", "wrong")
    unknown = log_in(client, "nobody", "wrong")
    closed = log_in(client, "gone-", "wrong")
    assert {known.status_code, unknown.status_code, closed.status_code} == {422}
    pages = {text_of(known, "nurse"), text_of(unknown, "nobody"), text_of(closed, "gone-")}
    assert len(pages) == 1
    assert WRONG in pages.pop()


def test_a_closed_account_is_told_so_only_with_its_password(client: Client) -> None:
    factories.user(username="gone", is_active=False)
    response = log_in(client, "gone")
    assert response["Location"] == reverse("account_inactive")
    assert "このユーザー名は、いま使えません" in client.get(response["Location"]).content.decode()
    assert client.get("/").status_code == 302


def test_empty_fields_are_named_and_linked_and_the_name_stays(client: Client) -> None:
    response = log_in(client, "", "")
    page = response.content.decode()
    assert response.status_code == 422
    assert "<title>エラー：ログイン｜" in page
    assert 'role="alert" tabindex="-1"' in page
    assert "autofocus" in page
    assert '<a href="#id_login">ユーザー名を入力してください。</a>' in page
    assert '<a href="#id_password">パスワードを入力してください。</a>' in page
    assert 'aria-invalid="true"' in page
    assert 'aria-describedby="id_login_helptext id_login_error"' in page
    assert 'value="nurse"' in log_in(client, "nurse", "wrong").content.decode()


def test_the_password_is_never_sent_back(client: Client, nurse: User) -> None:
    assert "Secret-Word-1" not in log_in(client, "nurse", "Secret-Word-1").content.decode()


def test_many_wrong_passwords_have_to_wait(client: Client, nurse: User) -> None:
    for _ in range(5):
        assert WRONG in log_in(client, "nurse", "wrong").content.decode()
    assert "しばらくログインできません" in log_in(client, "nurse").content.decode()


def test_attempts_are_counted_whatever_host_is_named(client: Client, nurse: User) -> None:
    for number in range(5):
        log_in(client, "nurse", "wrong", HTTP_HOST=["localhost", "127.0.0.1"][number % 2])
    assert log_in(client, "nurse", HTTP_HOST="localhost").status_code == 422


def test_a_stranger_locks_nobody_out_of_the_browser_they_use(client: Client, nurse: User) -> None:
    log_in(client, "nurse")
    client.post("/accounts/logout/")
    for number in range(6):
        log_in(Client(), "NURSE", "wrong", REMOTE_ADDR=f"192.0.2.{number}")
    assert log_in(Client(), "nurse").status_code == 422
    assert log_in(client, "nurse").status_code == 302


def test_a_known_browser_has_no_more_guesses_than_others(client: Client, nurse: User) -> None:
    log_in(client, "nurse")
    client.post("/accounts/logout/")
    for number in range(5):
        log_in(client, "nurse", "wrong", REMOTE_ADDR=f"192.0.2.{number}")
    assert log_in(client, "nurse").status_code == 422


def test_only_its_own_name_makes_a_browser_known(client: Client, nurse: User) -> None:
    """Neither a cookie that somebody made up, nor the one they got for another name, has guesses of its own."""
    factories.member(factories.institution(), username="other")
    log_in(client, "other")
    client.post("/accounts/logout/")
    (of_other,) = (each for name, each in client.cookies.items() if name.startswith("known-"))
    assert (of_other["httponly"], of_other["samesite"]) == (True, "Lax")
    assert "other" not in of_other.key + of_other.value
    guesser = Client()
    for number, value in enumerate([of_other.value, "x", "", "x:y:z", "known"]):
        guesser.cookies[cookie_of("nurse")] = value
        log_in(guesser, "nurse", "wrong", REMOTE_ADDR=f"192.0.2.{number}")
    assert log_in(Client(), "nurse").status_code == 422


def test_too_many_tries_from_one_address_get_a_page_that_says_so(client: Client) -> None:
    statuses = [client.get(LOGIN).status_code for _ in range(3)]
    posts = [log_in(client, f"user{number}", "") for number in range(31)]
    assert statuses == [200, 200, 200]
    assert posts[-1].status_code == 429
    assert "少し待ってから、もう一度お試しください" in posts[-1].content.decode()


@pytest.mark.parametrize(
    "headers",
    [{"X-Requested-With": "XMLHttpRequest"}, {"Accept": "application/json"}],
)
def test_nobody_is_answered_in_json(client: Client, headers: dict[str, str]) -> None:
    response = client.post(LOGIN, {"login": "a", "password": "b"}, headers=headers)
    assert response.status_code == 422
    assert response["Content-Type"].startswith("text/html")


def test_passwords_are_kept_as_argon2id_with_19_mib_two_passes() -> None:
    kept = PortalArgon2PasswordHasher().encode(GOOD, "a-salt-of-16-chr")
    assert kept.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert PortalArgon2PasswordHasher().verify(GOOD, kept)


# --- Log-out -------------------------------------------------------------------------------------------------------


def test_logging_out_takes_a_button(client: Client, nurse: User) -> None:
    log_in(client, "nurse")
    assert "ログアウトしますか?" in client.get("/accounts/logout/").content.decode()
    assert client.get("/").status_code == 200
    response = client.post("/accounts/logout/")
    assert response["Location"] == LOGIN
    assert client.get("/").status_code == 302


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


# --- What the portal does not have ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "account_signup",
        "account_email",
        "account_email_verification_sent",
        "account_set_password",
        "account_request_login_code",
        "account_confirm_login_code",
    ],
)
def test_pages_of_allauth_that_are_not_ours_answer_404(client: Client, nurse: User, name: str) -> None:
    assert client.get(reverse(name)).status_code == 404
    client.force_login(nurse)
    assert client.post(reverse(name), {"username": "x", "password1": GOOD}).status_code == 404
    assert User.objects.count() == 1


def test_the_folder_of_the_account_pages_is_no_page(client: Client, nurse: User) -> None:
    assert client.get("/accounts/").status_code == 404
    client.force_login(nurse)
    assert client.get("/accounts/").status_code == 404
