"""Days as people in Japan write them."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

from sosportal.lib.text import INVISIBLE

_LONGEST = 40
_ERAS = {"令和": 2018, "令": 2018, "R": 2018, "平成": 1988, "平": 1988, "H": 1988}
_SERIAL_BEGIN, _FIRST_SERIAL, _LAST_SERIAL = date(1899, 12, 30), 36_526, 73_415  # 2000-01-01 to 2100-12-31
_WEEKDAY = re.compile(r" *\([月火水木金土日](?:曜日?)?\)$")
_TIME = re.compile(r"[ T]+0?0:00(?::00)?$")
_YMD = re.compile(r"([0-9]{4}) *[/.年-] *([0-9]{1,2}) *[/.月-] *([0-9]{1,2}) *日?")
_PLAIN = re.compile("([0-9]{4})([0-9]{2})([0-9]{2})")
_MD = re.compile(r"([0-9]{1,2}) *[/月] *([0-9]{1,2}) *日?")
_ERA = re.compile(
    r"(令和|令|R|平成|平|H) *\.?([0-9]{1,2}|元) *[/.年-] *([0-9]{1,2}) *[/.月-] *([0-9]{1,2}) *日?"
)
_SERIAL = re.compile("[0-9]{5}")
EXAMPLES = "2026/11/25、11月25日、令和8年11月25日のように入力してください。"


class DayProblem(ValueError):
    """A text that is no day; `message` says in Japanese how to mend it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def parse_day(text: str, today: date) -> date:
    """The day that somebody wrote; without a year, the one that lies nearest to `today` (in Japan).

    Understood are 2026/11/25 (also with - . or 年月日), 20261125, 11/25, 11月25日, 令和8年11月25日, R8.11.25, a weekday
    in brackets behind, and the number of a day in Excel (46351), in any width. Raises DayProblem for the rest. Bounded
    time for any length.
    """
    if len(text) > _LONGEST:
        raise DayProblem(f"日付が長すぎます。{EXAMPLES}")
    plain = unicodedata.normalize("NFKC", INVISIBLE.sub("", text)).strip().upper()
    plain = _TIME.sub("", _WEEKDAY.sub("", plain))
    if not plain:
        raise DayProblem(f"日付がありません。{EXAMPLES}")
    try:
        found = _read(plain, today)
    except ValueError:
        raise DayProblem(f"この日付は暦にありません。{EXAMPLES}") from None
    if found is None:
        raise DayProblem(f"日付として読めません。{EXAMPLES}")
    return found


def _read(plain: str, today: date) -> date | None:
    """The day; None for no form that is known. Raises ValueError for one that is in no calendar."""
    if not plain.isascii() and any(letter.isdigit() and not letter.isascii() for letter in plain):
        return None
    if shape := _YMD.fullmatch(plain) or _PLAIN.fullmatch(plain):
        return date(*map(int, shape.groups()))
    if shape := _ERA.fullmatch(plain):
        era, year, month, day = shape.groups()
        return date(_ERAS[era] + (1 if year == "元" else int(year)), int(month), int(day))
    if shape := _MD.fullmatch(plain):
        return _nearest(int(shape[1]), int(shape[2]), today)
    if _SERIAL.fullmatch(plain) and _FIRST_SERIAL <= int(plain) <= _LAST_SERIAL:
        return _SERIAL_BEGIN + timedelta(days=int(plain))
    return None


def _nearest(month: int, day: int, today: date) -> date:
    found = []
    for year in (today.year - 1, today.year, today.year + 1):
        try:
            found.append(date(year, month, day))
        except ValueError:  # 2/29
            continue
    return min(found, key=lambda each: abs(each - today))
