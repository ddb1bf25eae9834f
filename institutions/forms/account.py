"""The account forms: allauth's rules in the portal's rendering and words."""

from __future__ import annotations

import unicodedata
from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from institutions.accounts import post_password_link
from institutions.forms.fields import EmailField
from institutions.models import User
from institutions.passwords import HELP
from sosportal.lib.forms import CleanedField, LineField, PortalForm

LONGEST_PASSWORD = 256
NOT_THE_SAME = "パスワードが一致しません。同じパスワードを2回入力してください。"


class UserNameField(LineField):
    """A user name as it is stored: full-width letters typed by habit are taken for the half-width ones."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        kwargs = {"label": "ユーザー名", "max_length": 150, "widget": forms.TextInput(attrs=attrs)} | kwargs
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        """The cleaned name, NFKC as Django normalises user names."""
        return unicodedata.normalize("NFKC", super().to_python(value))


def password_field(label: str, autocomplete: str, help_text: str = "") -> forms.CharField:
    """A field for a password, taken exactly as typed and never shown again."""
    return CleanedField(
        label=label,
        help_text=help_text,
        strip=False,
        max_length=LONGEST_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
    )


class LoginForm(PortalForm, allauth_forms.LoginForm):  # type: ignore[misc]
    """ログイン (manual 2-1)."""

    whole_form_place = "id_login"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = UserNameField(help_text="G-MISでお使いのユーザー名（ID）です。")
        self.fields["password"] = password_field("パスワード", "current-password")
        self.name_what_is_missing("login")
        self.name_what_is_missing("password")


class ResetPasswordForm(PortalForm):
    """パスワードリセット by user name (manual 2-2). Valid for every name, known or not."""

    username = UserNameField()

    def clean(self) -> dict[str, Any]:
        """allauth's view counts attempts by cleaned_data["email"]; here that is the name that was typed."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        cleaned["email"] = cleaned.get("username", "").casefold()
        return cleaned

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Post the link to this one user, when there is one, active, with an address. Others who share the address get
        nothing."""
        found = User.objects.filter(username__iexact=self.cleaned_data["username"], is_active=True)[:2]
        if len(found) == 1:
            post_password_link(found[0])
        return str(self.cleaned_data["email"])


class NewPasswordForm(PortalForm):
    """Two equal new passwords that keep the rule of manual 2-2; which user they are for, allauth's forms know."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reword("password1", "新しいパスワード", HELP)
        self.reword("password2", "新しいパスワード（確認用）")

    def add_error(self, field: str | None, error: Any) -> None:
        """As Django's; allauth's bare sentence about unequal passwords becomes ours."""
        unequal = field == "password2" and not isinstance(error, ValidationError)
        super().add_error(field, NOT_THE_SAME if unequal else error)


class ResetPasswordKeyForm(NewPasswordForm, allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]
    """新規パスワードの設定, from the link in the mail."""


class ChangePasswordForm(NewPasswordForm, allauth_forms.ChangePasswordForm):  # type: ignore[misc]
    """パスワードの変更."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reword("oldpassword", "いまのパスワード")


class ReauthenticateForm(PortalForm, allauth_forms.ReauthenticateForm):  # type: ignore[misc]
    """The password once more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reword("password", "パスワード")


class EmailChangeForm(ReauthenticateForm):
    """メールアドレスの変更: the new address, and the password of who asks."""

    email = EmailField(
        label="新しいメールアドレス",
        help_text="半角で入力してください。このアドレスに、確認のメールをお送りします。",
    )
    field_order = ("email", "password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reword("password", "いまのパスワード")

    def clean_email(self) -> str:
        """Another one than the registered."""
        address = str(self.cleaned_data["email"])
        if address == self.user.email:
            raise ValidationError(
                "いま登録されているメールアドレスと同じです。新しいものを入力してください。"
            )
        return address
