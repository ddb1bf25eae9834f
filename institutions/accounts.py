"""allauth, told how this portal works: no sign-up, mail through the outbox, links that begin with BASE_URL."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urljoin

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.tokens import default_token_generator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from institutions import known_browsers
from institutions.models import User
from sosportal.lib.outbox import post_mail
from sosportal.lib.prepared import Prepared

PASSWORD_LINK_DAYS = settings.PASSWORD_RESET_TIMEOUT // (24 * 60 * 60)
# What allauth would say after each step: the others show in the page itself.
SAID = {"account/messages/password_changed.txt": "パスワードを変更しました。"}
WRONG = {
    "username_password_mismatch": "ユーザー名またはパスワードが違います。もう一度入力してください。",
    "incorrect_password": "パスワードが違います。もう一度入力してください。",
    "too_many_login_attempts": (
        "ログインの失敗が続いたため、しばらくログインできません。5分ほど待ってから、もう一度ログインしてください。"
    ),
    "enter_current_password": "いまのパスワードが違います。もう一度入力してください。",
}
MAIL = """\
{name} 様

緊急配布要請ポータルです。{why}
次のURLを開いて、新しいパスワードを設定してください。

{link}

ユーザー名：{username}
このURLは{days}日間有効で、1回だけ使えます。
期限が切れたときは、ログイン画面の「パスワードをお忘れですか?」から、新しいURLを受け取れます。

お心当たりがないときは、このメールを削除してください。パスワードは変わりません。
お困りのとき：事務局 {telephone}（{hours}）
"""


BY_ID: Prepared[User] = Prepared(lambda id_: User.objects.filter(pk=id_))


class PortalAuthenticationBackend(AuthenticationBackend):  # type: ignore[misc]
    """allauth's, with the one query of every page prepared."""

    def get_user(self, user_id: int) -> User | None:
        """Who a session belongs to; None for nobody, and for somebody who may not log in any more. One query."""
        user = BY_ID.first(id_=user_id)
        return user if user is not None and self.user_can_authenticate(user) else None


class PortalAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """The account rules of the portal."""

    error_messages = {**DefaultAccountAdapter.error_messages, **WRONG}

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: operators and commands create users."""
        return False

    def is_ajax(self, request: HttpRequest) -> bool:
        """Never: a JSON reply would carry the page past the frame, its status and its headers."""
        return False

    def get_login_stages(self) -> list[str]:
        """Between password and session stands the second factor alone, once it is installed."""
        return [stage for stage in super().get_login_stages() if stage.startswith("allauth.mfa.")]

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Officers and operators go to the admin, everybody else to the first page."""
        user = request.user
        return reverse("admin:index") if isinstance(user, User) and user.is_staff else reverse("home")

    def set_password(self, user: User, password: str) -> None:
        """Set and save the password alone: nothing that changed meanwhile is written back."""
        user.set_password(password)
        user.save(update_fields=["password"])

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Say only what SAID holds, in our words."""
        if said := SAID.get(message_template or ""):
            messages.add_message(request, level, said, extra_tags=extra_tags)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # allauth's own key holds the Host header, which the one who guesses chooses.
        username = str(credentials.get("username", "")).casefold()
        return f"{username}:{known_browsers.browser_of(request, username)}"

    def post_login(self, request: HttpRequest, user: User, **more: Any) -> HttpResponse:
        """As allauth's; from now on the browser is known."""
        response: HttpResponse = super().post_login(request, user, **more)
        known_browsers.remember(request, response, user.username)
        return response

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """The mail with the password link. Posted, not sent: no page waits for a mail server."""
        post_password_link(user)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Any other mail of allauth, by the outbox."""
        mail = self.render_mail(template_prefix, email, context)
        key = f"account:{uuid.uuid4()}"
        post_mail(key=key, to=email, subject=mail.subject, body=str(mail.body), forget_body=True)

    def format_email_subject(self, subject: str) -> str:
        """As it is: the outbox puts the portal's prefix before it."""
        return str(subject)


def password_link(user: User) -> str:
    """The address at which `user` can set a password, once, within PASSWORD_RESET_TIMEOUT.

    Begins with settings.BASE_URL, whatever host the present request names. It is void as soon as the password or the
    mail address changes, or the user logs in.
    """
    path = reverse(
        "account_reset_password_from_key",
        kwargs={"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)},
    )
    return urljoin(settings.BASE_URL, path)


def post_password_link(user: User, *, first: bool = False) -> None:
    """Post the mail with the password link to the registered address of `user`; nothing when there is none.

    `first` words it for a new user. The body is forgotten once it is sent. Writes to the outbox.
    """
    if not user.email:
        return
    body = MAIL.format(
        name=user.name,
        why="ユーザーが登録されました。" if first else "パスワードのリセットを受け付けました。",
        link=password_link(user),
        username=user.username,
        days=PASSWORD_LINK_DAYS,
        telephone=settings.HELPDESK_TELEPHONE,
        hours=settings.HELPDESK_HOURS,
    )
    subject = "パスワードの設定のご案内" if first else "パスワードリセットのご案内"
    post_mail(
        key=f"password-link:{uuid.uuid4()}", to=user.email, subject=subject, body=body, forget_body=True
    )
