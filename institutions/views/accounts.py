"""Log-in, log-out and passwords: allauth's views, with the answers the portal gives."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from allauth.account import views as allauth_views
from django.http import HttpResponse


class Refused422:
    """A form that was refused answers 422, so that nobody takes it for done."""

    def form_invalid(self, form: Any) -> HttpResponse:
        """The page again, with what is wrong."""
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        response.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
        return response


class LoginView(Refused422, allauth_views.LoginView):  # type: ignore[misc]
    """ログイン (manual 2-1)."""


class PasswordChangeView(Refused422, allauth_views.PasswordChangeView):  # type: ignore[misc]
    """パスワードの変更. Every other session of the user ends with it."""


class PasswordResetView(Refused422, allauth_views.PasswordResetView):  # type: ignore[misc]
    """パスワード再発行申請 (manual 2-2): asks for the user name, answers the same whether or not it exists."""


class PasswordResetFromKeyView(Refused422, allauth_views.PasswordResetFromKeyView):  # type: ignore[misc]
    """新規パスワードの設定, from the link in the mail. The link works once and for three days."""


class ReauthenticateView(Refused422, allauth_views.ReauthenticateView):  # type: ignore[misc]
    """The password once more, before a sensitive step."""


login = LoginView.as_view()
logout = allauth_views.LogoutView.as_view()
inactive = allauth_views.AccountInactiveView.as_view()
reauthenticate = ReauthenticateView.as_view()
password_change = PasswordChangeView.as_view()
password_reset = PasswordResetView.as_view()
password_reset_done = allauth_views.PasswordResetDoneView.as_view()
password_reset_from_key = PasswordResetFromKeyView.as_view()
password_reset_from_key_done = allauth_views.PasswordResetFromKeyDoneView.as_view()
