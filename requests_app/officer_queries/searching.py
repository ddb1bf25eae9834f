"""Search for requests by the institution's name and code and the request's number, with bounded work.

Few words are rare and some are in every second name, so there are two ways. What few institutions bear is found from
them; what many bear is found by walking the newest requests. Each reads no more rows than its bound, and `search` says
when that was not enough to have found all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from institutions.models import Institution
from institutions.models.institution import named
from requests_app.models.request import NEWEST_FIRST
from requests_app.officer_queries.bounds import MOST
from sosportal.lib.text import hankaku_code, search_key

if TYPE_CHECKING:
    from institutions.models import User
    from requests_app.models.request import SosRequestQuerySet

MOST_WORDS = 8
FEW = 1_000  # institutions whose requests are looked up one by one
WALKED = 20_000  # of the newest requests, for what more institutions bear
MONTH_DIGITS = 4  # of a request's number, before its hyphen


@dataclass(frozen=True)
class Found:
    """The keys of the requests found, the newest first, `MOST` + 1 at most; `walked`: only among the newest."""

    keys: Sequence[int]
    walked: bool = False


@dataclass(frozen=True)
class Word:
    """One word of a search: its key, and its digits where it is a number."""

    key: str
    digits: str

    @classmethod
    def of(cls, text: str) -> Word:
        digits = hankaku_code(text)
        return cls(search_key(text), digits if digits.isascii() and digits.isdigit() else "")

    def place(self, prefix: str = "") -> Q:
        """The institutions meant: the name contains it, or the code begins with it. By the indexes of both."""
        found = named(self.key, prefix)
        return found | Q((f"{prefix}code__startswith", self.digits)) if self.digits else found

    def number(self) -> Q:
        """The requests whose number begins with it, with or without its hyphen."""
        head, tail = self.digits[:MONTH_DIGITS], self.digits[MONTH_DIGITS:]
        return Q(number__startswith=f"{head}-{tail}" if tail else head)

    def request(self) -> Q:
        """The requests meant, by name, code or number; told row by row."""
        found = Q(institution__search_key__contains=self.key)
        if self.digits:
            found |= Q(institution__code__startswith=self.digits) | self.number()
        return found


def search(requests: SosRequestQuerySet, user: User, text: str) -> Found | None:
    """The requests of which each word of `text` is in the institution's name, or begins its code or the number.

    Whatever the width of the letters. None where `text` holds no word. `user` is who searches: institutions out of
    their sight are not looked at. Three queries at most.
    """
    words = [word for word in map(Word.of, text.split()[:MOST_WORDS]) if word.key]
    if not words:
        return None
    places = Institution.objects.visible_to(user).filter(*(word.place() for word in words)).order_by()
    few = list(places.values_list("pk", flat=True)[: FEW + 1])
    numbered: list[int] = []
    for word in words:
        if word.digits:
            numbered += requests.filter(word.number()).order_by().values_list("pk", flat=True)[: FEW + 1]
    every = requests.order_by(*NEWEST_FIRST)
    if len(few) <= FEW and len(numbered) <= FEW:
        meant = Q(institution_id__in=few) | Q(pk__in=numbered) if numbered else Q(institution_id__in=few)
        found = every.filter(meant, *(word.request() for word in words))
        return Found(list(found.values_list("pk", flat=True)[: MOST + 1]))
    newest = every.values("pk")[:WALKED]
    found = every.filter(*(word.request() for word in words), pk__in=newest)
    return Found(list(found.values_list("pk", flat=True)[: MOST + 1]), walked=True)
