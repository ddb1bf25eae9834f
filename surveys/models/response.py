"""Answers to the weekly survey, and every correction of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models, transaction

from institutions.models import Institution, Role, User
from sosportal.lib import clock
from sosportal.lib.audit.tracking import ITS_OWN, track
from sosportal.lib.prepared import Prepared
from surveys.exceptions import (
    FigureOutOfRange,
    FiguresMissing,
    RoundClosed,
    StaleResponse,
)
from surveys.models.item import Item
from surveys.models.round import SurveyRound
from surveys.notifications import post_proxy
from surveys.permissions import check_answer_for
from surveys.rules.figures import FIGURES, LARGEST

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

MAX_FIGURE = LARGEST


@dataclass(frozen=True)
class Figures:
    """The three figures of one item, in the item's unit; None where nothing was entered."""

    stock: int | None = None
    weekly_consumption: int | None = None
    weekly_purchase: int | None = None

    @property
    def missing(self) -> list[str]:
        """Names of the figures that are blank."""
        return [name for name in FIGURES if getattr(self, name) is None]

    @property
    def is_blank(self) -> bool:
        return len(self.missing) == len(FIGURES)

    @property
    def weeks(self) -> Fraction | None:
        """Weeks of stock = (在庫量 + 購入見込み量) / 想定消費量; None where it can't be said."""
        if self.missing or not self.weekly_consumption:
            return None
        return Fraction(int(self.stock or 0) + int(self.weekly_purchase or 0), self.weekly_consumption)


class SurveyResponseQuerySet(models.QuerySet["SurveyResponse"]):
    def visible_to(self, user: User | AnonymousUser) -> SurveyResponseQuerySet:
        """Members see their institutions' answers, officers their prefecture's, the ministry all. No query."""
        if not user.is_authenticated or not user.is_active or user.role == Role.OPERATOR:
            return self.none()
        if user.role == Role.MINISTRY:
            return self
        if user.role == Role.PREFECTURE:
            return self.filter(institution__prefecture_id=user.prefecture_id)
        return self.filter(institution_id__in=user.institution_ids)

    def locked(self) -> SurveyResponseQuerySet:
        """The rows under `FOR UPDATE`: nobody corrects them until this transaction ends."""
        return self.select_for_update(of=("self",))

    def latest_of(self, institution_id: int) -> SurveyResponseQuerySet:
        """The institution's answers, the most recently given first."""
        return self.filter(institution_id=institution_id).order_by("-answered_at", "-id")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("Survey responses are never deleted.")


@track(institution=ITS_OWN)
class SurveyResponse(models.Model):
    """What one institution answered in one round. `version` counts its corrections."""

    round = models.ForeignKey(
        SurveyRound, verbose_name="調査の回", on_delete=models.PROTECT, related_name="responses"
    )
    institution = models.ForeignKey(
        Institution, verbose_name="医療機関", on_delete=models.PROTECT, related_name="survey_responses"
    )
    version = models.PositiveIntegerField("版", default=1)
    answered_at = models.DateTimeField("回答日時")
    answered_by = models.ForeignKey(
        User, verbose_name="回答者", on_delete=models.PROTECT, related_name="survey_responses"
    )

    answered_as = models.CharField("代理の回答者", max_length=200, blank=True, default="")

    objects: ClassVar[SurveyResponseQuerySet] = SurveyResponseQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "調査の回答"
        verbose_name_plural = "調査の回答"
        constraints = [
            models.UniqueConstraint(fields=["round", "institution"], name="response_once_per_round")
        ]
        indexes = [
            models.Index(fields=["institution", "-answered_at"], name="response_latest"),
            models.Index(fields=["-answered_at", "-id"], name="response_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.institution} {self.round}"

    @property
    def answered_name(self) -> str:
        """Who answered, by name; `代理：静岡県 見本 一郎` where it was for others."""
        return self.answered_as or self.answered_by.name

    def figures(self) -> dict[int, Figures]:
        """The figures by item id. One query unless `answers` is prefetched."""
        if "answers" in getattr(self, "_prefetched_objects_cache", {}):
            rows = [(each.item_id, *(getattr(each, name) for name in FIGURES)) for each in self.answers.all()]
        else:
            rows = FIGURES_OF.rows(response_id=self.pk)
        return {item_id: Figures(*figures) for item_id, *figures in rows}

    @classmethod
    def answer(
        cls,
        actor: User,
        survey_round: SurveyRound,
        institution: Institution,
        figures: Mapping[int, Figures],
        *,
        required: frozenset[int],
        seen_version: int,
        now: datetime | None = None,
    ) -> SurveyResponse:
        """Answer the survey, or correct the answer given; every version is kept as a SurveyEvent.

        `figures` by item id, in the item's unit; items left out stay as they are. `required` are the item ids that
        must be complete; any other item must be complete or blank. `seen_version` is the version the person saw, 0
        for none. `now` is aware; left out, the server's clock once the row is locked.

        Raises NotYourInstitution, RoundClosed, FiguresMissing, FigureOutOfRange, StaleResponse. Holds the person's row
        and membership, and locks the response's (or waits on the unique key while another first answer is being
        inserted). Manual 1-2, 3-1.
        """
        with transaction.atomic():
            actor = actor.held_for(institution.pk)
            check_answer_for(actor, institution)
            _check_figures(figures, required)
            current = cls._locked_or_new(actor, survey_round, institution, now)
            moment = now or clock.now()
            if not survey_round.takes_answers_at(moment):
                raise RoundClosed
            if current.version != seen_version:
                raise StaleResponse(current)
            current.version += 1
            current.answered_at = moment
            current.answered_by = actor
            by_proxy = actor.enters_by_proxy(institution.pk)
            current.answered_as = actor.described_for(institution.pk) if by_proxy else ""
            models.Model.save(current, update_fields=["version", "answered_at", "answered_by", "answered_as"])
            current._write_answers(figures)
            event = SurveyEvent.record(current, actor, moment)
            if event.proxy_reason:
                labels = {str(item.pk): item.label for item in Item.in_order()}
                post_proxy(current, event, labels, moment)
        return current

    @classmethod
    def _locked_or_new(
        cls, actor: User, survey_round: SurveyRound, institution: Institution, now: datetime | None
    ) -> SurveyResponse:
        key = {"round": survey_round, "institution": institution}
        found = cls.objects.locked().filter(**key).first()
        if found is None:
            blank = cls(**key, version=0, answered_at=now or clock.now(), answered_by=actor)
            cls.objects.bulk_create([blank], ignore_conflicts=True)
            found = cls.objects.locked().get(**key)
        return found

    def _write_answers(self, figures: Mapping[int, Figures]) -> None:
        standing = set(self.answers.values_list("item_id", flat=True))
        rows = [
            StockAnswer(
                response=self,
                item_id=item_id,
                stock=given.stock,
                weekly_consumption=given.weekly_consumption,
                weekly_purchase=given.weekly_purchase,
            )
            for item_id, given in figures.items()
            if not given.is_blank or item_id in standing
        ]
        StockAnswer.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["response", "item"], update_fields=list(FIGURES)
        )

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("Survey responses are never deleted.")


def _check_figures(figures: Mapping[int, Figures], required: frozenset[int]) -> None:
    missing = [
        (item_id, name)
        for item_id, given in sorted((dict.fromkeys(required, Figures()) | dict(figures)).items())
        for name in given.missing
        if item_id in required or not given.is_blank
    ]
    if missing:
        raise FiguresMissing(missing)
    for given in figures.values():
        for name in FIGURES:
            value = getattr(given, name)
            if value is not None and not 0 <= value <= MAX_FIGURE:
                raise FigureOutOfRange


@track(
    institution="(SELECT r.institution_id FROM public.surveys_surveyresponse r WHERE r.id = {row}.response_id)"
)
class StockAnswer(models.Model):
    """The three figures for one item, whole numbers ≥ 0 in the item's unit."""

    response = models.ForeignKey(
        SurveyResponse, verbose_name="回答", on_delete=models.PROTECT, related_name="answers"
    )
    item = models.ForeignKey(Item, verbose_name="物資", on_delete=models.PROTECT, related_name="answers")
    stock = models.PositiveIntegerField("在庫量", null=True, blank=True)
    weekly_consumption = models.PositiveIntegerField("1週間の想定消費量", null=True, blank=True)
    weekly_purchase = models.PositiveIntegerField("1週間の購入見込み量", null=True, blank=True)

    class Meta:
        verbose_name = "物資ごとの回答"
        verbose_name_plural = "物資ごとの回答"
        constraints = [models.UniqueConstraint(fields=["response", "item"], name="answer_once_per_item")]

    def __str__(self) -> str:
        return f"{self.response_id} {self.item_id}"


FIGURES_OF: Prepared[StockAnswer] = Prepared(
    lambda response_id: StockAnswer.objects.filter(response_id=response_id).values_list("item_id", *FIGURES)
)


class SurveyEvent(models.Model):
    """What was answered, each time: can't be changed or deleted. No foreign key, so that nothing can block it."""

    response_id = models.BigIntegerField("回答")
    version = models.PositiveIntegerField("版")
    at = models.DateTimeField("日時")
    actor_id = models.BigIntegerField("回答者")
    actor_text = models.CharField("回答者", max_length=200)
    figures = models.JSONField("数")
    proxy_reason = models.CharField("代理で入力した理由", max_length=100, blank=True, default="")

    class Meta:
        verbose_name = "回答の履歴"
        verbose_name_plural = "回答の履歴"
        constraints = [models.UniqueConstraint(fields=["response_id", "version"], name="survey_event_once")]

    def __str__(self) -> str:
        return f"{self.response_id} v{self.version}"

    @classmethod
    def record(cls, response: SurveyResponse, actor: User, now: datetime) -> SurveyEvent:
        """Keep the response as it now stands. Two queries."""
        return cls.objects.create(
            response_id=response.pk,
            version=response.version,
            at=now,
            actor_id=actor.pk,
            actor_text=actor.described_for(response.institution_id),
            proxy_reason=actor.proxy_reason(response.institution_id),
            figures={
                str(item_id): [given.stock, given.weekly_consumption, given.weekly_purchase]
                for item_id, given in sorted(response.figures().items())
            },
        )
