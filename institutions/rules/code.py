"""The institution code: prefecture 2, fee table 1, area 2, number 4, check 1 (domain, "The institution code").

Measured on 97,024 published codes: the check digit is Luhn over all ten digits in 42 prefectures and Luhn over the
last seven alone in 埼玉, 千葉, 東京 and 神奈川, with 24 exceptions. Hence either is taken, and neither only warned of.
"""

from __future__ import annotations

import re

CODE = re.compile("[0-9]{10}")
PREFECTURES = 47

HOSPITAL, CLINIC, DENTAL, PHARMACY, HOME_NURSING = "hospital", "clinic", "dental", "pharmacy", "home_nursing"
_MEDICAL = "1"
_KIND_BY_FEE_TABLE = {"3": DENTAL, "4": PHARMACY, "6": HOME_NURSING}
_SEVEN = 7

# Behind the word 病院 these speak of a clinic that belongs to a hospital, or of a place beside one.
_CLINIC_OF_A_HOSPITAL = re.compile(
    "診療所|クリニック|医院|[附付]属|診療センター|健康管理|健診|出張所|^前|科$"
)


def check_digit_agrees(code: str) -> bool:
    """Whether the last digit of a ten-digit code fits the others, by either of the two ways in use."""
    return _luhn(code) or _luhn(code[-_SEVEN:])


def code_warning(code: str) -> str:
    """What to say of a code whose check digit doesn't fit; "" when it does. Warns, never blocks."""
    if not CODE.fullmatch(code) or check_digit_agrees(code):
        return ""
    return "医療機関コードの検査数字（10桁目）が合いません。入力の誤りがないか確かめてください。"


def prefecture_of(code: str) -> str | None:
    """The prefecture's code, `01` to `47`, which a ten-digit code begins with; None for any other."""
    prefecture = code[:2]
    return prefecture if 1 <= int(prefecture) <= PREFECTURES else None


def kind_of(code: str, name: str) -> str | None:
    """The kind of institution that a ten-digit code and its name tell of; None when the third digit tells of none.

    Only a hospital may call itself 病院 (Medical Care Act, article 3), but clinics of a hospital bear its name in
    theirs. A hospital without the word in its name is taken for a clinic: a list can say better in 種別.
    """
    fee_table = code[2]
    if fee_table != _MEDICAL:
        return _KIND_BY_FEE_TABLE.get(fee_table)
    _, word, behind = name.rpartition("病院")
    return HOSPITAL if word and not _CLINIC_OF_A_HOSPITAL.search(behind) else CLINIC


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
