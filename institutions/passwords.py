"""The manual's password rule (manual 2-2): half-width capital and small letters and digits, all three, at least 8."""

from __future__ import annotations

import re

from django.contrib.auth.password_validation import CommonPasswordValidator, UserAttributeSimilarityValidator
from django.core.exceptions import ValidationError

MIN_LENGTH = 8
HELP = f"半角英大文字と小文字、数字を必ず含めた組み合わせで、{MIN_LENGTH}文字以上にしてください。"
_KINDS = (("[A-Z]", "半角英大文字"), ("[a-z]", "半角英小文字"), ("[0-9]", "半角数字"))


class ManualPasswordValidator:
    """The rule above, for settings.AUTH_PASSWORD_VALIDATORS. Signs may be used and count for the length."""

    def validate(self, password: str, user: object | None = None) -> None:
        """Raises ValidationError with one message that names everything the password lacks."""
        lacking = [name for pattern, name in _KINDS if not re.search(pattern, password)]
        problems = []
        if lacking:
            problems.append(f"パスワードに{'、'.join(lacking)}を入れてください。")
        if len(password) < MIN_LENGTH:
            problems.append(
                f"パスワードを{MIN_LENGTH}文字以上にしてください（いまは{len(password)}文字です）。"
            )
        if problems:
            raise ValidationError([ValidationError(problem, code="password_rule") for problem in problems])

    def get_help_text(self) -> str:
        """The rule in one sentence."""
        return HELP


class UncommonPasswordValidator(CommonPasswordValidator):
    """Django's list of 20,000 common passwords, with words that say what to do."""

    def get_error_message(self) -> str:
        """What to do instead."""
        return "よく使われているパスワードです。ほかのパスワードにしてください。"


class UnlikeUserValidator(UserAttributeSimilarityValidator):
    """Not much like the user name, the name or the mail address."""

    def __init__(self) -> None:
        super().__init__(user_attributes=("username", "name", "email"))

    def get_error_message(self) -> str:
        """What to do instead. Django fills in what the password is like."""
        return "%(verbose_name)sに似ています。ほかのパスワードにしてください。"
