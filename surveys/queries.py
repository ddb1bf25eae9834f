"""What the survey's pages and the admin show. Querysets come in already cut down by `visible_to`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise

from django.db.models import Max, Min, Q, QuerySet

from sosportal.lib.once import digest
from surveys.models import Figures, Item, SurveyEvent, SurveyResponse, SurveyRound
from surveys.models.response import SurveyResponseQuerySet
from surveys.required_items import required_at
from surveys.rules.corrections import Change, changes
from surveys.rules.figures import FIGURES
from surveys.rules.jump import Place


@dataclass(frozen=True)
class Sheet:
    """What a survey form is made of: one round, one institution.

    `items` in the order of the page, the `required` ones (ids) first; `standing` is the answer given in this round,
    `earlier` the latest one of a round before it.
    """

    survey_round: SurveyRound
    items: tuple[Item, ...]
    required: frozenset[int]
    standing: SurveyResponse | None
    earlier: SurveyResponse | None

    @property
    def version(self) -> int:
        """The version a person sees who is shown this sheet; 0 when nothing was answered."""
        return self.standing.version if self.standing else 0

    @cached_property
    def standing_figures(self) -> Mapping[int, Figures]:
        return self.standing.figures() if self.standing else {}

    @cached_property
    def earlier_figures(self) -> Mapping[int, Figures]:
        return self.earlier.figures() if self.earlier else {}

    @cached_property
    def repeatable(self) -> Mapping[int, Figures]:
        """What 先週と変わりなし sends: the earlier figures of every item shown that was answered whole, by item id.

        Nothing where a required item is not among them: it is not offered then.
        """
        earlier = {item.pk: self.earlier_figures.get(item.pk, Figures()) for item in self.items}
        whole = {item_id: figures for item_id, figures in earlier.items() if not figures.missing}
        return whole if self.required <= whole.keys() else {}

    @property
    def repeatable_digest(self) -> str:
        """Stands for `repeatable` as a page shows it; "" for nothing."""
        if not self.repeatable or self.earlier is None:
            return ""
        said = [[item_id, *astuple(figures)] for item_id, figures in sorted(self.repeatable.items())]
        return digest([self.survey_round.pk, self.earlier.pk, said])

    @property
    def earlier_is_last_week(self) -> bool:
        """Whether the earlier answer is of the round just before, and not of an older one."""
        return self.earlier is not None and self.earlier.round.closes_at == self.survey_round.opens_at


def sheet(
    responses: SurveyResponseQuerySet, institution_id: int, survey_round: SurveyRound, now: datetime
) -> Sheet:
    """The sheet of a round, with what must be answered at `now` (aware). Three queries, and that of `required_at`."""
    required = required_at(now)
    items = Item.objects.filter(Q(is_active=True) | Q(pk__in=required)).order_by("order")
    found = list(
        responses.filter(institution_id=institution_id, round__opens_at__lte=survey_round.opens_at)
        .select_related("round", "answered_by")
        .prefetch_related("answers")
        .order_by("-round__opens_at")[:2]
    )
    standing = found.pop(0) if found and found[0].round_id == survey_round.pk else None
    return Sheet(
        survey_round=survey_round,
        items=tuple(sorted(items, key=lambda item: (item.pk not in required, item.order))),
        required=required,
        standing=standing,
        earlier=found[0] if found else None,
    )


def sheets(
    responses: SurveyResponseQuerySet,
    institution_ids: Iterable[int],
    survey_round: SurveyRound,
    now: datetime,
) -> dict[int, Sheet]:
    """The sheets of many institutions for a round, by institution id, as `sheet`. Five queries, and `required_at`'s."""
    ids = list(institution_ids)
    required = required_at(now)
    items = Item.objects.filter(Q(is_active=True) | Q(pk__in=required)).order_by("order")
    shown = tuple(sorted(items, key=lambda item: (item.pk not in required, item.order)))
    found = responses.filter(institution_id__in=ids).select_related("round").prefetch_related("answers")
    standing = {each.institution_id: each for each in found.filter(round=survey_round).order_by()}
    before = found.filter(round__opens_at__lt=survey_round.opens_at)
    latest = before.order_by("institution_id", "-round__opens_at").distinct("institution_id")
    earlier = {each.institution_id: each for each in latest}
    return {each: Sheet(survey_round, shown, required, standing.get(each), earlier.get(each)) for each in ids}


def by_place(figures: Mapping[int, Figures]) -> dict[Place, int]:
    """The figures that are there, by item id and name."""
    return {
        (item_id, name): value
        for item_id, given in figures.items()
        for name in FIGURES
        if (value := getattr(given, name)) is not None
    }


def answered_in(
    responses: SurveyResponseQuerySet, survey_round: SurveyRound, institution_ids: Iterable[int]
) -> dict[int, SurveyResponse]:
    """The answers of these institutions in a round, by institution id. One query."""
    found = responses.filter(round=survey_round, institution_id__in=list(institution_ids))
    return {response.institution_id: response for response in found}


def last_answered(responses: SurveyResponseQuerySet, institution_ids: Iterable[int]) -> dict[int, datetime]:
    """When these institutions last answered (aware), in whatever round, by id; those that never did are left out.

    One query.
    """
    found = responses.filter(institution_id__in=list(institution_ids)).order_by()
    return dict(found.values_list("institution_id").annotate(Max("answered_at")))


# --- Earlier rounds ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Correction:
    """One correction: the event that keeps it, and what it changed against the one before."""

    event: SurveyEvent
    changes: list[Change]


@dataclass(frozen=True)
class PastRound:
    """One round in an institution's history; `response` is None where nothing was answered."""

    survey_round: SurveyRound
    response: SurveyResponse | None
    first: SurveyEvent | None
    corrections: list[Correction]

    @property
    def latest(self) -> SurveyEvent | None:
        """What stands: the last correction, or else the first answer."""
        return self.corrections[0].event if self.corrections else self.first


def rounds_since_first_answer(
    responses: SurveyResponseQuerySet, institution_id: int, now: datetime
) -> QuerySet[SurveyRound]:
    """The rounds opened by `now` (aware) from the first one the institution answered, newest first. One query."""
    first = responses.filter(institution_id=institution_id).aggregate(at=Min("round__opens_at"))["at"]
    if first is None:
        return SurveyRound.objects.none()
    return SurveyRound.objects.filter(opens_at__gte=first, opens_at__lte=now).order_by("-opens_at")


def past_rounds(
    responses: SurveyResponseQuerySet, institution_id: int, rounds: Iterable[SurveyRound]
) -> list[PastRound]:
    """What the institution answered in these rounds, with every correction (newest first). Three queries."""
    rounds = list(rounds)
    answers = {
        response.round_id: response
        for response in responses.filter(institution_id=institution_id, round__in=rounds).prefetch_related(
            "answers"
        )
    }
    events: dict[int, list[SurveyEvent]] = {}
    for event in events_of(answers.values()):
        events.setdefault(event.response_id, []).append(event)
    return [_past(each, answers.get(each.pk), events) for each in rounds]


def events_of(responses: Iterable[SurveyResponse]) -> QuerySet[SurveyEvent]:
    """What was answered each time, the first first. One query when read."""
    ids = [response.pk for response in responses]
    return SurveyEvent.objects.filter(response_id__in=ids).order_by("response_id", "version")


def corrections(events: list[SurveyEvent]) -> list[Correction]:
    """From the events of one response in order: what each but the first changed, the newest first."""
    pairs = pairwise(events)
    return [Correction(after, changes(before.figures, after.figures)) for before, after in pairs][::-1]


def _past(
    survey_round: SurveyRound, response: SurveyResponse | None, events: dict[int, list[SurveyEvent]]
) -> PastRound:
    own = events.get(response.pk, []) if response else []
    return PastRound(survey_round, response, own[0] if own else None, corrections(own))
