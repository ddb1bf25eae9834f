"""The lines that wait for a decision or for their hand-off, and the first of them as the rules of allocation look at
them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Func, QuerySet
from django.utils.crypto import salted_hmac

from institutions.models import Suspension
from requests_app.models.request import RequestLine
from requests_app.rules import allocation
from requests_app.rules.allocation import Claimant
from surveys.models import Figures, Item, StockAnswer, SurveyResponse

SEED_DIGITS = 32


class UndecidedLine(models.Model):
    """A line that waits for a decision: written and taken away by the database itself, when a request is accepted and
    when an outcome is written. What waits is found at once, however much was decided before.

    It bears what a round is summed up from. No foreign key: nothing is asked of this table when lines of a draft are
    removed.
    """

    line_id = models.BigIntegerField("要請の物資", primary_key=True)
    item_id = models.BigIntegerField("物資")
    cutoff_at = models.DateTimeField("締切")
    asked = models.PositiveIntegerField("要請数量")
    accepted = models.PositiveIntegerField("国の受付")

    class Meta:
        verbose_name = "決めていない物資"
        verbose_name_plural = "決めていない物資"
        indexes = [models.Index(fields=["item_id", "cutoff_at"], name="undecided_of_round")]

    def __str__(self) -> str:
        return str(self.line_id)


class UnhandedLine(models.Model):
    """A line that got something and waits for its hand-off: written and taken away by the database itself, when an
    outcome and when a line of a hand-off is written. No foreign key, as `UndecidedLine`.
    """

    line_id = models.BigIntegerField("要請の物資", primary_key=True)

    class Meta:
        verbose_name = "引き渡していない物資"
        verbose_name_plural = "引き渡していない物資"

    def __str__(self) -> str:
        return str(self.line_id)


class Among(Func):
    """`Among("pk", array)`: the key is one of an array. As a join, PostgreSQL reads every line there ever was once some
    thousands are asked for; an array it looks up one by one."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    arity = 2
    output_field = models.BooleanField()


def unhanded() -> QuerySet[RequestLine]:
    """The lines with an allocation above nothing that no hand-off contains."""
    return RequestLine.objects.filter(Among("pk", ArraySubquery(UnhandedLine.objects.values("line_id"))))


def undecided() -> QuerySet[RequestLine]:
    """The lines of accepted requests about which nothing was decided. A line accepted with 0 asks for nothing more."""
    return RequestLine.objects.filter(pk__in=UndecidedLine.objects.values("line_id"))


def undecided_of(item: Item, cutoff_at: datetime) -> QuerySet[RequestLine]:
    """Those of the item whose cut-off is at or before `cutoff_at` (aware): what one decision is about."""
    of_round = UndecidedLine.objects.filter(item_id=item.pk, cutoff_at__lte=cutoff_at)
    return RequestLine.objects.filter(pk__in=of_round.values("line_id"))


@dataclass(frozen=True)
class WaitingLine:
    """A claimant with what pages call it by."""

    claimant: Claimant
    request_id: int
    institution_id: int
    institution: str
    prefecture_id: str
    requested: int

    @property
    def line_id(self) -> int:
        return self.claimant.line_id


@dataclass(frozen=True)
class Waiting:
    """All lines that wait for one item, the last of their cut-offs, and the seed of a lottery among them."""

    item: Item
    cutoff_at: datetime
    seed: str
    lines: tuple[WaitingLine, ...]

    @property
    def claimants(self) -> tuple[Claimant, ...]:
        """As the rules take them."""
        return tuple(each.claimant for each in self.lines)

    @property
    def digest(self) -> str:
        """What an officer saw, in short: it changes when anything does that the rules look at."""
        return allocation.claims_digest(self.claimants, self.item.pack_size, self.seed)

    @property
    def marks(self) -> dict[int, str]:
        """By line: a few digits that tell whether it changed."""
        return {each.line_id: allocation.mark(each) for each in self.claimants}


def waiting_for(item: Item, cutoff_at: datetime) -> Waiting:
    """Who waits for the item at the cut-off (aware), by number of the request. Three queries.

    The cut-off is then that of the last among them: whichever moment after it was named, the same lines have one seed.
    Weeks of stock and consumption come from the institution's latest survey answer, as officers see them.
    """
    lines = undecided_of(item, cutoff_at)
    figures = _figures(item, lines)
    rows: Iterable[tuple[Any, ...]] = lines.order_by("request__number").values_list(
        "pk",
        "request_id",
        "request__number",
        "quantity",
        "accepted_quantity",
        "request__submitted_at",
        "request__institution_id",
        "request__institution__name",
        "request__institution__prefecture_id",
        "request__institution__has_agreement",
        "request__cutoff_at",
    )
    found = []
    cutoffs = set()
    for (
        pk,
        request_id,
        number,
        asked,
        accepted,
        submitted_at,
        place,
        name,
        prefecture,
        agreement,
        own,
    ) in rows:
        cutoffs.add(own)
        known = figures.get(place, Figures())
        claimant = Claimant(
            pk, number, accepted or 0, known.weeks, known.weekly_consumption, agreement, submitted_at
        )
        found.append(WaitingLine(claimant, request_id, place, name, prefecture, asked or 0))
    last = max(cutoffs, default=cutoff_at)
    return Waiting(item, last, _seed(item, last), tuple(found))


def suspended_among(waiting: Waiting, now: datetime) -> list[tuple[WaitingLine, Suspension]]:
    """The lines of institutions that are suspended at `now` (aware), each with the suspension. One query. They keep
    their share: whether they go out is asked once more at the hand-off."""
    places = {each.institution_id for each in waiting.lines}
    found = {
        each.institution_id: each
        for each in Suspension.objects.in_force(now).filter(institution_id__in=places)
    }
    return [(each, found[each.institution_id]) for each in waiting.lines if each.institution_id in found]


def difference(seen: Mapping[int, str], now: Mapping[int, str]) -> tuple[list[int], list[int], list[int]]:
    """Lines that came, went and changed between two sets of marks."""
    came = sorted(now.keys() - seen.keys())
    went = sorted(seen.keys() - now.keys())
    changed = sorted(line for line in now.keys() & seen.keys() if now[line] != seen[line])
    return came, went, changed


def named(line_ids: Iterable[int]) -> QuerySet[RequestLine]:
    """Lines with what a page names them by. One query when looked at."""
    return (
        RequestLine.objects.filter(pk__in=list(line_ids))
        .select_related("request__institution", "item", "outcome__decision__decided_by")
        .order_by("request__number")
    )


def _figures(item: Item, lines: QuerySet[RequestLine]) -> dict[int, Figures]:
    """By institution: its latest answer for the item, where it gave one. One query, each part of it made once: as
    joins, a planner that knows nothing of the tables yet makes the inner ones anew for every row."""
    places = lines.order_by().values("request__institution_id")
    latest = (
        SurveyResponse.objects.filter(Among("institution_id", ArraySubquery(places)))
        .order_by("institution_id", "-answered_at", "-id")
        .distinct("institution_id")
        .values("pk")
    )
    rows = StockAnswer.objects.filter(Among("response_id", ArraySubquery(latest)), item=item).values_list(
        "response__institution_id", "stock", "weekly_consumption", "weekly_purchase"
    )
    return {place: Figures(*figures) for place, *figures in rows}


def _seed(item: Item, cutoff_at: datetime) -> str:
    """The seed of the next lottery: nobody outside can know it, and no officer can draw again until the lot suits.

    It hangs on the item, the cut-off and how many decisions were made about them; the decision keeps it. One query.
    """
    from requests_app.models.allocation import AllocationDecision

    earlier = AllocationDecision.objects.filter(item=item, cutoff_at=cutoff_at).count()
    drawn = salted_hmac(
        "requests_app.allocation.lottery",
        f"{item.pk}:{int(cutoff_at.timestamp())}:{earlier}",
        algorithm="sha256",
    )
    return drawn.hexdigest()[:SEED_DIGITS]
