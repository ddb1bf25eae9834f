"""Whole numbers as people in Japan type and read them."""

import re
from collections.abc import Collection

from sosportal.lib.text import INVISIBLE, search_key

MAXIMUM = 9_999_999
LARGEST_KEY = 2**63 - 1
"""Of a row: a larger number names none, and PostgreSQL refuses to look for it."""
CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"

# Longer than any number anybody means; keeps the time bounded whatever is pasted.
_LONGEST = 64
_LONGEST_SHOWN = 12
_HALF_WIDTH = str.maketrans("０１２３４５６７８９，\u3000\u00a0\u2009\u202f\t", "0123456789,     ")
_SHAPE = re.compile(
    r"(?P<number>[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?: [0-9]{3})+) *(?P<unit>[^0-9,. ]*)"
)
_NUMBER_AND_WORD = re.compile(r"[0-9][0-9, ]*(?P<word>[^\W\d_]+)")
_SIGNED = re.compile(r"[-\u2010-\u2015\u2212\uff0d\ufe63\u30fc] *[0-9]")
_FRACTION = re.compile("[0-9]+[.．][0-9]+")


class NumberProblem(ValueError):
    """A text that is no whole number within the limits; `message` says in Japanese how to mend it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def parse_count(text: str, *, maximum: int = MAXIMUM, units: Collection[str] = ()) -> int:
    """The whole number from 0 to `maximum` that somebody typed.

    Understood are full-width digits, thousands in commas or spaces, spaces around, and one of `units` (the
    item's own unit, 枚) behind; nothing else, as a guess would ship the wrong number of boxes. Raises
    NumberProblem for the rest: 41箱, signs, fractions, 1_000, digits of other scripts, commas out of place.
    Bounded time for any length.
    """
    ask = _ask(units)
    if len(text) > _LONGEST:
        raise NumberProblem(f"数が長すぎます。{ask}")
    plain = INVISIBLE.sub("", text).translate(_HALF_WIDTH).strip(" \r\n")
    if not plain:
        raise NumberProblem(f"数がありません。{ask}")
    shape = _SHAPE.fullmatch(plain)
    if shape is None or not _is_own_unit(shape["unit"], units):
        raise NumberProblem(_explain(plain, ask))
    number = int(shape["number"].replace(",", "").replace(" ", ""))
    if number > maximum:
        raise NumberProblem(f"数が大きすぎます。{format_count(maximum)}までで入力してください。")
    return number


def count_of(text: str, word: str) -> int | None:
    """How many of another unit somebody typed: 33 of `33箱` for 箱; None for everything else, 0 too. Bounded time."""
    if len(text) > _LONGEST or not word or search_key(word) not in search_key(text):
        return None
    try:
        return parse_count(text, units=(word,)) or None
    except NumberProblem:
        return None


def format_count(number: int) -> str:
    """4100 as `4,100`."""
    return f"{number:,}"


def circled(number: int) -> str:
    """1 to 20 as ① to ⑳, any other as (21)."""
    return CIRCLED[number - 1] if 1 <= number <= len(CIRCLED) else f"({number})"


def with_packs(number: int, unit: str, pack_size: int, pack_unit: str) -> str:
    """4100 as `4,100枚（41箱）`, 4150 as `4,150枚（41箱と50枚）`; no packs where there are none to count."""
    text = f"{format_count(number)}{unit}"
    if pack_size <= 1 or number < pack_size:
        return text
    whole, rest = divmod(number, pack_size)
    loose = f"と{format_count(rest)}{unit}" if rest else ""
    return f"{text}（{format_count(whole)}{pack_unit}{loose}）"


def _ask(units: Collection[str]) -> str:
    unit = next(iter(units), "")
    return f"{unit}数を数字だけで入力してください（例：4100）。"


def _is_own_unit(unit: str, units: Collection[str]) -> bool:
    return not unit or search_key(unit) in {search_key(own) for own in units}


def _explain(plain: str, ask: str) -> str:
    if _SIGNED.match(plain):
        return f"0より小さい数は入力できません。{ask}"
    if _FRACTION.fullmatch(plain):
        return f"小数は入力できません。{ask}"
    if _NUMBER_AND_WORD.fullmatch(plain) and len(plain) <= _LONGEST_SHOWN:
        return f"「{plain}」は数として読めません。{ask}"
    return f"数として読めません。{ask}"
