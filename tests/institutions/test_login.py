"""Log-in and log-out, as the manual's chapter 2 has them."""

from __future__ import annotations

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from institutions.known_browsers import cookie_of
from institutions.models import Role, User
from sosportal.lib.hashers import PortalArgon2PasswordHasher
from tests import factories
from tests.institutions.logging_in import LOGIN, log_in, text_of

pytestmark = pytest.mark.django_db

GOOD = "Another-Pass-7"
WRONG = "ユーザー名またはパスワードが違います。"


@pytest.fixture(autouse=True)
def no_attempts_counted() -> None:
    cache.clear()


@pytest.fixture
def nurse() -> User:
    return factories.member(factories.institution(), username="nurse")


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
