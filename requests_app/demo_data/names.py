"""Who there is: made-up institutions in eighteen prefectures, with codes that check and can belong to nobody.

The codes use area 01 and numbers from 9001 up, which no institution in Japan has been given; telephone exchanges
0000 and 000 are not assigned; the mail domain example.jp is reserved. Every name begins with 架空.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from institutions.models import InstitutionKind as Kind


class Region(NamedTuple):
    """A prefecture of the demonstration; `officer` is the user name of the one who works there."""

    code: str
    name: str
    officer: str
    institutions: int
    postal: str
    exchange: str


REGIONS = (
    Region("01", "北海道", "pref-hokkaido", 9, "060", "011-000"),
    Region("04", "宮城県", "pref-miyagi", 6, "980", "022-000"),
    Region("11", "埼玉県", "pref-saitama", 9, "330", "048-000"),
    Region("12", "千葉県", "pref-chiba", 9, "260", "043-000"),
    Region("13", "東京都", "pref-tokyo", 22, "100", "03-0000"),
    Region("14", "神奈川県", "pref-kanagawa", 12, "220", "045-000"),
    Region("15", "新潟県", "pref-niigata", 4, "950", "025-000"),
    Region("17", "石川県", "pref-ishikawa", 4, "920", "076-000"),
    Region("22", "静岡県", "pref-shizuoka", 8, "420", "054-000"),
    Region("23", "愛知県", "pref-aichi", 12, "450", "052-000"),
    Region("26", "京都府", "pref-kyoto", 6, "600", "075-000"),
    Region("27", "大阪府", "pref-osaka", 18, "530", "06-0000"),
    Region("28", "兵庫県", "pref-hyogo", 8, "650", "078-000"),
    Region("34", "広島県", "pref-hiroshima", 6, "730", "082-000"),
    Region("37", "香川県", "pref-kagawa", 3, "760", "087-000"),
    Region("40", "福岡県", "pref-fukuoka", 9, "810", "092-000"),
    Region("46", "鹿児島県", "pref-kagoshima", 3, "890", "099-000"),
    Region("47", "沖縄県", "pref-okinawa", 2, "900", "098-000"),
)

# Where the check digit is Luhn over the last seven digits alone; elsewhere it is Luhn over all ten.
SHORT_CHECK = frozenset({"11", "12", "13", "14"})

TABLES = {Kind.HOSPITAL: "1", Kind.CLINIC: "1", Kind.DENTAL: "3", Kind.PHARMACY: "4", Kind.HOME_NURSING: "6"}

WORDS = (
    *(
        "あおば",
        "わかば",
        "さくら",
        "ひばり",
        "つばさ",
        "みなと",
        "やまびこ",
        "ひなた",
        "こもれび",
        "せせらぎ",
    ),
    *("そよかぜ", "あさひ", "みどり", "しらかば", "けやき", "くすのき", "すみれ", "つばき", "たんぽぽ"),
    *("ひまわり", "あじさい", "もみじ", "いちょう", "かえで", "すずらん", "なでしこ", "あやめ", "ききょう"),
    *(
        "ほたる",
        "つばめ",
        "かもめ",
        "うぐいす",
        "めじろ",
        "かわせみ",
        "しおさい",
        "いずみ",
        "さざなみ",
        "かすみ",
    ),
    *("あけぼの", "のぞみ", "かがやき", "ほほえみ", "やすらぎ", "なごみ", "まどか", "ひびき", "おおぞら"),
)

ENDINGS = {
    Kind.HOSPITAL: ("病院", "総合病院", "記念病院", "医療センター", "リハビリテーション病院"),
    Kind.CLINIC: ("診療所", "クリニック", "内科医院", "小児科医院", "整形外科医院", "耳鼻咽喉科医院"),
    Kind.DENTAL: ("歯科医院", "歯科クリニック"),
    Kind.PHARMACY: ("薬局", "調剤薬局"),
    Kind.HOME_NURSING: ("訪問看護ステーション",),
}

# The mix of kinds, met in this order within each prefecture.
MIX = (
    *(Kind.HOSPITAL, Kind.CLINIC, Kind.HOSPITAL, Kind.DENTAL, Kind.CLINIC, Kind.PHARMACY, Kind.HOSPITAL),
    *(Kind.CLINIC, Kind.HOME_NURSING, Kind.HOSPITAL, Kind.CLINIC, Kind.DENTAL, Kind.HOSPITAL, Kind.CLINIC),
    *(Kind.PHARMACY, Kind.HOSPITAL, Kind.DENTAL, Kind.CLINIC, Kind.HOSPITAL, Kind.HOME_NURSING),
)

SURNAMES = ("見本", "架山", "仮野", "例川", "試田", "模原", "作田", "仮名")
GIVEN_NAMES = ("花子", "太郎", "さくら", "健", "美咲", "大輔", "陽子", "翔", "恵", "誠", "明子", "学", "由美")


@dataclass(frozen=True)
class Place:
    """An institution to be; `key` is prefecture and place in it (`13-1`), which the stories name."""

    key: str
    code: str
    name: str
    kind: Kind
    prefecture: str
    postal_code: str
    address: str
    telephone: str
    contact_person: str
    email: str


# Names that other parts of the demonstration speak of, and names that test a page: long, and with rare characters.
NAMED: dict[str, tuple[str, Kind]] = {
    "13-1": ("架空中央病院", Kind.HOSPITAL),
    "13-2": ("架空中央病院 歯科", Kind.DENTAL),  # one building, two codes
    "13-4": ("医療法人社団架空会 架空みらいの丘リハビリテーション総合医療センター附属病院", Kind.HOSPITAL),
    "13-5": ("架空髙台診療所", Kind.CLINIC),
    "27-1": ("架空なにわ病院", Kind.HOSPITAL),
    "27-2": ("架空なにわ診療所", Kind.CLINIC),
    "27-5": ("架空𠮷祥診療所", Kind.CLINIC),
}

# Particulars that nobody has registered yet: the system check says so (domain rule R3).
MISSING: dict[str, tuple[str, ...]] = {
    "13-8": ("telephone",),
    "27-6": ("contact_person", "email"),
    "11-4": ("email",),
    "23-7": ("address", "postal_code"),
    "01-5": ("contact_person",),
    "40-3": ("telephone", "email"),
}


def places() -> list[Place]:
    """All institutions of the demonstration, the same ones in the same order every time."""
    people = _people()
    taken = {name for name, _kind in NAMED.values()}
    words = itertools.cycle(WORDS)
    return [
        _place(region, n, taken, words, next(people))
        for region in REGIONS
        for n in range(region.institutions)
    ]


def _place(region: Region, n: int, taken: set[str], words: Iterator[str], person: str) -> Place:
    key = f"{region.code}-{n + 1}"
    name, kind = NAMED.get(key) or _new_name(MIX[n % len(MIX)], taken, words)
    code = institution_code(region.code, kind, 9001 + n)
    city = "架空区" if region.code == "13" else "架空市"
    at = 1 if key == "13-2" else n + 1  # beside 13-1, in the same building
    place = Place(
        key=key,
        code=code,
        name=name,
        kind=kind,
        prefecture=region.code,
        postal_code=f"{region.postal}99{at:02d}",
        address=f"{city}見本町{1 + at % 5}-{1 + at % 9}-{at}",
        telephone=f"{region.exchange}-{100 + n:04d}",
        contact_person=person,
        email=f"contact-{code}@example.jp",
    )
    return replace(place, **dict.fromkeys(MISSING.get(key, ()), ""))  # type: ignore[arg-type]


def _new_name(kind: Kind, taken: set[str], words: Iterator[str]) -> tuple[str, Kind]:
    for word in words:
        for ending in ENDINGS[kind]:
            name = f"架空{word}{ending}"
            if name not in taken:
                taken.add(name)
                return name, kind
    raise AssertionError("unreachable: the words go round")


def _people() -> Iterator[str]:
    """Names of people, each combination once before any comes again."""
    for n in itertools.count():
        yield f"{SURNAMES[n % len(SURNAMES)]} {GIVEN_NAMES[n % len(GIVEN_NAMES)]}"


def institution_code(prefecture: str, kind: Kind, number: int) -> str:
    """The ten-digit code of the `number`-th institution in area 01, with its check digit."""
    body = f"{prefecture}{TABLES[kind]}01{number:04d}"
    return body + _luhn_digit(body[3:] if prefecture in SHORT_CHECK else body)


def _luhn_digit(body: str) -> str:
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body))]
    return str(-sum(number // 10 + number % 10 for number in doubled) % 10)
