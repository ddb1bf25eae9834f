"""A row of a list of people, read and judged by itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError

from institutions.imports import cells
from institutions.imports.cells import Wrong
from institutions.models import Prefecture, Role, User
from sosportal.lib.tabular import Row, TableProblem
from sosportal.lib.text import search_key

USERNAME, NAME, EMAIL, ROLE = "ユーザー名", "氏名", "メールアドレス", "役割"
PREFECTURE, CODES, AS_PROXY = "都道府県", "医療機関コード", "代理として入力する"
REQUIRED = (USERNAME, NAME, EMAIL, ROLE)
OPTIONAL = (PREFECTURE, CODES, AS_PROXY)

OnProblem = Callable[[TableProblem], None]

_BETWEEN_CODES = re.compile(r"[\s、，,;；/／・]+")
_username_rule = UnicodeUsernameValidator()


def _roles() -> dict[str, str]:
    words = {role.value: role.value for role in Role} | {role.label: role.value for role in Role}
    short = {role.label.removesuffix("担当者"): role.value for role in Role}
    return {search_key(word): value for word, value in (words | short).items()}


ROLES = _roles()
_ROLE_HINT = f"{'、'.join(role.label for role in Role)}のどれか"


YES, NO = "はい", "いいえ"


def _longest(field: str) -> int:
    longest: int = User._meta.get_field(field).max_length  # type: ignore[union-attr, assignment]
    return longest


@dataclass(frozen=True, slots=True)
class UserRow:
    """What a row says of a person. `codes` are ten-digit institution codes, each once; `as_proxy`: whether the person
    enters for them as a proxy, None where the row doesn't say."""

    line: int
    username: str
    name: str
    email: str
    role: str
    prefecture_id: str | None
    codes: tuple[str, ...]
    as_proxy: bool | None = None

    @property
    def key(self) -> str:
        """User names that differ in nothing else but case are one."""
        return self.username.lower()

    @property
    def says(self) -> tuple[object, ...]:
        """All but the line."""
        return (
            self.username,
            self.name,
            self.email,
            self.role,
            self.prefecture_id,
            frozenset(self.codes),
            self.as_proxy,
        )


def prefectures() -> dict[str, str]:
    """Codes by what a list may call a prefecture: 13, 東京都. One query."""
    known: dict[str, str] = {}
    for prefecture in Prefecture.objects.all():
        # A spreadsheet drops the zero of 01.
        words = (prefecture.code, str(int(prefecture.code)), prefecture.name)
        known |= dict.fromkeys(map(search_key, words), prefecture.code)
    return known


def read_row(row: Row, prefecture_codes: Mapping[str, str], on_problem: OnProblem) -> UserRow | None:
    """The row as it is to be stored; None after every problem of it went to `on_problem`."""
    values: dict[str, str] = {}
    good = True
    for column, reader in _readers(prefecture_codes).items():
        try:
            values[column] = reader(row.cells.get(column, ""))
        except Wrong as wrong:
            on_problem(TableProblem(row.line, column, wrong.message))
            good = False
    if not good:
        return None
    read = UserRow(
        line=row.line,
        username=values[USERNAME],
        name=values[NAME],
        email=values[EMAIL],
        role=values[ROLE],
        prefecture_id=values[PREFECTURE] or None,
        codes=tuple(dict.fromkeys(values[CODES].split())),
        as_proxy=values[AS_PROXY] == YES if values[AS_PROXY] else None,
    )
    for column, reason in _contradictions(read):
        on_problem(TableProblem(row.line, column, reason))
        good = False
    return read if good else None


def _readers(prefecture_codes: Mapping[str, str]) -> dict[str, Callable[[str], str]]:
    return {
        USERNAME: username,
        NAME: partial(cells.required_line, longest=_longest("name")),
        EMAIL: _required_email,
        ROLE: _role,
        PREFECTURE: partial(cells.one_of, known=prefecture_codes, hint="「東京都」や「13」"),
        CODES: _codes,
        AS_PROXY: partial(
            cells.one_of, known={search_key(word): word for word in (YES, NO)}, hint=f"「{YES}」か「{NO}」"
        ),
    }


def username(text: str) -> str:
    """A user name as it is stored (NFKC, as Django and the log-in form take it). Raises Wrong."""
    name = unicodedata.normalize("NFKC", cells.required_line(text, _longest("username")))
    try:
        _username_rule(name)
    except ValidationError as error:
        raise Wrong(
            f"{cells.quoted(text)}に使えない文字があります。文字、数字と@.+-_だけが使えます。"
        ) from error
    return name


def _required_email(text: str) -> str:
    address = cells.email(text, _longest("email"))
    if not address:
        raise Wrong("空欄です。パスワードを設定するメールの宛先を入力してください。")
    return address


def _role(text: str) -> str:
    role = cells.one_of(text, ROLES, _ROLE_HINT)
    if not role:
        raise Wrong(f"空欄です。{_ROLE_HINT}を入力してください。")
    return role


def _codes(text: str) -> str:
    """The codes with one space between them."""
    return " ".join(cells.institution_code(part) for part in _BETWEEN_CODES.split(text) if part)


def _contradictions(row: UserRow) -> list[tuple[str, str]]:
    """(column, reason) of what doesn't go with the role."""
    found = []
    if row.role == Role.PREFECTURE and row.prefecture_id is None:
        found.append((PREFECTURE, f"{Role.PREFECTURE.label}には都道府県を入力してください。"))
    if row.role != Role.PREFECTURE and row.prefecture_id is not None:
        found.append((PREFECTURE, f"{Role.PREFECTURE.label}のほかは空欄にしてください。"))
    if row.role != Role.INSTITUTION and row.codes:
        found.append((CODES, f"{Role.INSTITUTION.label}のほかは空欄にしてください。"))
    if row.role != Role.INSTITUTION and row.as_proxy is not None:
        found.append((AS_PROXY, f"{Role.INSTITUTION.label}のほかは空欄にしてください。"))
    elif row.as_proxy is not None and not row.codes:
        found.append((AS_PROXY, f"どの医療機関についてか、{CODES}を入力してください。"))
    return found
