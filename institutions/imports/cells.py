"""Reading single cells of the lists: each function gives the value as it is stored, or raises Wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from institutions.rules.code import CODE, prefecture_of
from sosportal.lib.text import clean_line, hankaku_code, search_key

CODE_DIGITS = 10
POSTAL_DIGITS = 7
_POSTAL = re.compile(f"[0-9]{{{POSTAL_DIGITS}}}")
# A number in Japan begins with 0, one written for abroad with +.
_TELEPHONE = re.compile(r"\(?[0+][0-9() -]{8,18}")
_HYPHENS = re.compile("[\u2010-\u2015\u2212\u30fc\ufe58\ufe63\uff0d\uff70]")
_WIDE = str.maketrans("０１２３４５６７８９（）＋\u3000", "0123456789()+ ")
_ZERO_LOST = "先頭の0が消えていないか確かめてください（Excelでは列を「文字列」にします）。"
_email = EmailValidator()
_SHOWN = 30


class Wrong(Exception):
    """A cell that can't be taken; `message` says in Japanese what is wrong with it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def institution_code(text: str) -> str:
    """Ten half-width digits that begin with a prefecture's code. Widths, hyphens and spaces don't matter."""
    code = hankaku_code(text)
    if not code:
        raise Wrong("医療機関コードがありません。")
    if not CODE.fullmatch(code):
        lost = _ZERO_LOST if code.isdecimal() and len(code) == CODE_DIGITS - 1 else ""
        raise Wrong(f"{quoted(text)}は10桁の数字ではありません。{lost}")
    if prefecture_of(code) is None:
        raise Wrong(f"{quoted(text)}の先頭の2桁が、都道府県（01〜47）ではありません。")
    return code


def line_of_text(text: str, longest: int) -> str:
    """One cleaned line of at most `longest` characters, "" for nothing."""
    line = clean_line(text)
    if len(line) > longest:
        raise Wrong(f"{longest}文字以内にしてください（いまは{len(line)}文字です）。")
    return line


def required_line(text: str, longest: int) -> str:
    """As `line_of_text`, but something."""
    line = line_of_text(text, longest)
    if not line:
        raise Wrong("空欄です。入力してください。")
    return line


def postal_code(text: str) -> str:
    """Seven half-width digits, "" for nothing. A 〒 in front, widths and hyphens don't matter."""
    code = hankaku_code(clean_line(text).removeprefix("〒"))
    if code and not _POSTAL.fullmatch(code):
        lost = _ZERO_LOST if code.isdecimal() and len(code) == POSTAL_DIGITS - 1 else ""
        raise Wrong(f"{quoted(text)}は7桁の数字ではありません。{lost}")
    return code


def telephone(text: str) -> str:
    """A telephone number in half-width digits, hyphens and brackets, "" for nothing."""
    number = _HYPHENS.sub("-", clean_line(text)).translate(_WIDE)
    if number and not _TELEPHONE.fullmatch(number):
        lost = _ZERO_LOST if number[0] in "123456789" else ""
        raise Wrong(f"{quoted(text)}は電話番号ではありません。{lost}")
    return number


def email(text: str, longest: int) -> str:
    """A mail address, "" for nothing. Full-width letters are refused: which address was meant is a guess."""
    address = line_of_text(text, longest)
    if address:
        try:
            _email(address)
        except ValidationError as error:
            raise Wrong(f"{quoted(text)}はメールアドレスではありません。") from error
    return address


def one_of(text: str, known: Mapping[str, str], hint: str) -> str:
    """The value that `known` has for the text, whatever its width and spaces; "" for nothing.

    The keys of `known` are search keys (`sosportal.lib.text.search_key`); `hint` names what can be written.
    """
    key = search_key(text)
    if not key:
        return ""
    if key not in known:
        raise Wrong(f"{quoted(text)}は使えません。{hint}を入力してください。")
    return known[key]


def quoted(text: str) -> str:
    """A cell as a message cites it: one line, not too much of it."""
    line = clean_line(text)
    return f"「{line[:_SHOWN]}{'…' if len(line) > _SHOWN else ''}」"
