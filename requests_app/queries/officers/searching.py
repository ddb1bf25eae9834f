"""Search for requests by the institution's name and code and the request's number, with bounded work.

Few words are rare and some are in every second name, so there are two ways. What few institutions bear is found from
them; what many bear is found by walking the newest requests. Each reads no more rows than its bound, and `search` says
when that was not enough to have found all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import BooleanField, ExpressionWrapper, F, OuterRef, Q, Subquery, Value
from django.db.models.lookups import Exact, IsNull

from institutions.models import Institution
from institutions.models.institution import named
from requests_app.models.request import NEWEST_FIRST
from requests_app.queries.officers.bounds import among
from sosportal.lib.text import hankaku_code, search_key

if TYPE_CHECKING:
    from institutions.models import User
    from requests_app.models.request import SosRequestQuerySet

MOST_WORDS = 8
MOST_FOUND = 200  # requests; who gets more adds a word
FEW = 1_000  # institutions whose requests are looked up one by one
WALKED = 10_000  # of the newest requests, for what more institutions bear
MONTH_DIGITS = (
    4  # of a request's number, before its hyphen; with fewer digits a word is no number and no code
)
# The newest first, in words that no index has: to walk the newest until there are enough of a few institutions' would
# be to read far back. Their own index has all that is asked.
SORTED = (IsNull(F("submitted_at"), True).asc(), F("submitted_at").desc(), F("id").desc())


@dataclass(frozen=True)
class Found:
    """The keys of the requests found, `MOST_FOUND` at most and the newest then; `more`: there are others.

    `walked`: only the newest requests were looked at, as many institutions are meant.
    """

    keys: Sequence[int]
    more: bool = False
    walked: bool = False

    def requests(self, field: str = "pk") -> Q:
        """The condition on rows whose `field` is the key of a request found."""
        return among(field, self.keys)


@dataclass(frozen=True)
class Word:
    """One word of a search: part of a name, or from four digits on the beginning of a code or a number."""

    key: str
    digits: str

    @classmethod
    def of(cls, text: str) -> Word:
        digits = hankaku_code(text)
        is_number = digits.isascii() and digits.isdigit() and len(digits) >= MONTH_DIGITS
        return cls(search_key(text), digits if is_number else "")

    def place(self) -> Q:
        """The institutions meant, from an index."""
        return Q(code__startswith=self.digits) if self.digits else named(self.key)

    def number(self) -> Q:
        """The requests whose number begins with it, with or without its hyphen."""
        head, tail = self.digits[:MONTH_DIGITS], self.digits[MONTH_DIGITS:]
        return Q(number__startswith=f"{head}-{tail}" if tail else head)

    def request(self) -> Q:
        """The requests meant, told row by row."""
        meant = Q(code__startswith=self.digits) if self.digits else Q(search_key__contains=self.key)
        # A value of the row, not a join: so the rows are walked in their order, and no further than needed.
        place = Institution.objects.filter(pk=OuterRef("institution_id")).order_by()
        its_own = Subquery(place.values_list(ExpressionWrapper(meant, BooleanField())))
        found = Q(Exact(its_own, Value(True)))
        return found | self.number() if self.digits else found


def search(requests: SosRequestQuerySet, user: User, text: str) -> Found | None:
    """The requests of which each word of `text` is in the institution's name, or begins its code or the number.

    Whatever the width of the letters. None where `text` holds no word. `user` is who searches: institutions out of
    their sight are not looked at. Four queries, and one for every number.
    """
    words = [word for word in map(Word.of, text.split()[:MOST_WORDS]) if word.key]
    if not words:
        return None
    every = requests.order_by(*NEWEST_FIRST)
    places = Institution.objects.visible_to(user).filter(*(word.place() for word in words)).order_by()
    few = list(places.values_list("pk", flat=True)[: FEW + 1])
    numbered = [
        list(requests.filter(word.number()).order_by().values_list("pk", flat=True)[: FEW + 1])
        for word in words
        if word.digits
    ]
    if len(few) > FEW or any(len(each) > FEW for each in numbered):
        return _walk(every, words)
    keys = _first(every.filter(among("institution_id", few)).order_by(*SORTED))
    for each in numbered:
        keys += _first(every.filter(among("pk", each)).filter(*(word.request() for word in words)))
    return _found(keys)


def _walk(every: SosRequestQuerySet, words: Iterable[Word]) -> Found:
    ends = list(every.values_list("submitted_at", "pk")[WALKED - 1 : WALKED])
    near = every
    for submitted_at, key in ends:
        applied = Q(submitted_at__isnull=False) | Q(pk__gte=key)
        near = every.filter(applied if submitted_at is None else Q(submitted_at__gte=submitted_at))
    keys = _first(near.filter(*(word.request() for word in words)))
    return _found(keys, walked=bool(ends))


def _first(rows: SosRequestQuerySet) -> list[int]:
    return list(rows.values_list("pk", flat=True)[: MOST_FOUND + 1])


def _found(keys: Iterable[int], *, walked: bool = False) -> Found:
    found = list(dict.fromkeys(keys))
    more = len(found) > MOST_FOUND
    # Whoever found enough on the way has not missed anything newer.
    return Found(found[:MOST_FOUND], more, walked and not more)
