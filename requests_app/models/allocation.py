"""配布の決定: one decision about an item at a cut-off, its outcome for every line, and the verb that makes both.

Neither is ever changed or deleted. The decision keeps every input as it was seen; `recomputed` makes the same outcomes
of them, to the piece.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models, transaction

from institutions.models import User
from requests_app import permissions
from requests_app.exceptions import AllocationRefused, ReasonRequired, StaleProposal
from requests_app.models.moving import Outcome as Recorded
from requests_app.models.moving import record_many
from requests_app.models.request import RequestLine, SosRequest
from requests_app.models.waiting import Waiting, difference, undecided_of, waiting_for
from requests_app.rules import allocation
from requests_app.rules.allocation import AllocationInput, ByHand, Cause, Outcome, Plan, Rule
from requests_app.rules.transitions import Status, Verb
from sosportal.lib import clock
from surveys.models import Item

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

MAX_AVAILABLE = 999_999_999
RULE_CHOICES = [(rule.value, rule.label) for rule in Rule]
OUTCOME_CHOICES = [(outcome.value, outcome.label) for outcome in Outcome]
ROWS = 1_000  # inserted at once


@dataclass(frozen=True)
class Method:
    """What an officer chose: how much can be given (in the item's unit), by which rule, and what is set by hand."""

    rule: Rule
    available: int
    loose: bool = False
    by_hand: tuple[ByHand, ...] = ()

    def inputs(self, waiting: Waiting) -> AllocationInput:
        """With the lines as they stand; the seed only where it is used."""
        return AllocationInput(
            available=self.available,
            pack_size=waiting.item.pack_size,
            claimants=waiting.claimants,
            loose=self.loose,
            seed=waiting.seed if self.rule is Rule.LOTTERY else "",
            by_hand=self.by_hand,
        )


@dataclass(frozen=True)
class SeenWaiting:
    """The waiting lines as a page showed them: their digest, and a mark for each line to tell what changed."""

    digest: str
    marks: Mapping[int, str] = field(default_factory=dict)


class AllocationDecisionQuerySet(models.QuerySet["AllocationDecision"]):
    def visible_to(self, user: User | AnonymousUser) -> AllocationDecisionQuerySet:
        """The ministry's own. What others may know of it stands in the outcomes of their lines."""
        return self if permissions.can_allocate(user) else self.none()


class AllocationDecision(models.Model):
    """What was decided about an item at a cut-off, by which rule, from which inputs. Append-only."""

    item = models.ForeignKey(Item, verbose_name="物資", on_delete=models.PROTECT, related_name="decisions")
    cutoff_at = models.DateTimeField("締切")
    available = models.PositiveIntegerField("配布できる数量")
    rule = models.CharField("決め方", max_length=20, choices=RULE_CHOICES)
    rule_version = models.PositiveSmallIntegerField("決め方の版")
    seed = models.CharField("抽選の種", max_length=64, blank=True)
    inputs = models.JSONField("決定に使った値")
    digest = models.CharField("照合値", max_length=64)
    decided_at = models.DateTimeField("決定日時")
    decided_by = models.ForeignKey(User, verbose_name="決定者", on_delete=models.PROTECT, related_name="+")
    note = models.TextField("備考", blank=True)

    objects: ClassVar[AllocationDecisionQuerySet] = AllocationDecisionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "配布の決定"
        verbose_name_plural = "配布の決定"
        indexes = [models.Index(fields=["item", "cutoff_at"], name="decision_of_round")]
        constraints = [
            models.CheckConstraint(
                name="decision_seed_for_the_lottery",
                condition=models.Q(rule=Rule.LOTTERY.value) & ~models.Q(seed="")
                | ~models.Q(rule=Rule.LOTTERY.value) & models.Q(seed=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item}　{clock.jst(self.cutoff_at):%Y/%m/%d}締切　{Rule(self.rule).label}"

    @classmethod
    def decide(
        cls,
        actor: User,
        item: Item,
        cutoff_at: datetime,
        method: Method,
        *,
        reasons: Mapping[Cause, str],
        seen: SeenWaiting,
        note: str = "",
        now: datetime | None = None,
    ) -> AllocationDecision:
        """Decide about every accepted line of the item whose cut-off is at or before `cutoff_at` (aware) and which has
        no outcome yet.

        `reasons`: what institutions read, per cause; a line set by hand has a reason of its own. `seen`: the lines as
        the officer saw them. `now` is aware; left out, the server's clock once the rows are locked. Writes the
        decision, an outcome per line, an event per request and the mails to the institutions: one transaction.

        Raises NotPermitted; StaleProposal when the lines are no longer those seen; AllocationRefused when there is
        nothing to decide or the rule can't divide; ReasonRequired when a cause that occurs has no reason. Then nothing
        is written. Locks the actor's row, then the requests concerned in the order of their ids. Queries: twelve
        for up to 500 lines, four for every 500 requests and one for every 1,000 lines beyond.
        """
        with transaction.atomic():
            actor = actor.held()
            permissions.check_allocate(actor)
            requests = _locked_requests(item, cutoff_at)
            moment = clock.jst(now or clock.now())
            waiting = waiting_for(item, cutoff_at)
            if waiting.digest != seen.digest:
                raise StaleProposal(*difference(seen.marks, waiting.marks))
            inputs = method.inputs(waiting)
            plan = divided(method.rule, inputs)
            told = _told(inputs, plan, reasons)
            decision = cls.objects.create(
                item=item,
                cutoff_at=waiting.cutoff_at,
                available=method.available,
                rule=plan.rule.value,
                rule_version=plan.version,
                seed=inputs.seed,
                inputs=inputs.to_json(),
                digest=inputs.digest(plan.rule.value, plan.version),
                decided_at=moment,
                decided_by=actor,
                note=note,
            )
            outcomes = LineOutcome.objects.bulk_create(
                [_outcome(decision, claimant, plan, told) for claimant in inputs.claimants], batch_size=ROWS
            )
            by_line = {each.line_id: each for each in outcomes}
            moves = [
                (requests[line.request_id], _recorded(decision, by_line[line.line_id]))
                for line in sorted(waiting.lines, key=lambda each: each.request_id)
            ]
            record_many(moves, Verb.ALLOCATE, actor, moment)
        return decision

    def given_inputs(self) -> AllocationInput:
        """What it was made from. Raises KeyError, TypeError or ValueError if the stored inputs can't be read."""
        return AllocationInput.from_json(self.inputs)

    def recomputed(self) -> Plan:
        """The same division once more, from the stored inputs alone, by the rule's version of that day. No query.

        Raises as `rules.allocation.plan` and `given_inputs`.
        """
        return allocation.plan(Rule(self.rule), self.given_inputs(), self.rule_version)


class LineOutcomeQuerySet(models.QuerySet["LineOutcome"]):
    def visible_to(self, user: User | AnonymousUser) -> LineOutcomeQuerySet:
        """Follows the request."""
        return self.filter(line__request__in=SosRequest.objects.visible_to(user))

    def of(self, request_id: int) -> dict[int, LineOutcome]:
        """The outcomes of a request's lines, by item id, with their decisions and who made them. One query."""
        rows = self.filter(line__request_id=request_id).select_related("decision__decided_by", "line")
        return {each.line.item_id: each for each in rows}


class LineOutcome(models.Model):
    """What was decided of one line: 配布, 減量 or 見送り, how much, and why. Append-only."""

    decision = models.ForeignKey(
        AllocationDecision, verbose_name="配布の決定", on_delete=models.PROTECT, related_name="outcomes"
    )
    line = models.OneToOneField(
        RequestLine, verbose_name="要請の物資", on_delete=models.PROTECT, related_name="outcome"
    )
    accepted = models.PositiveIntegerField("国の受付")
    quantity = models.PositiveIntegerField("配布の数量")
    outcome = models.CharField("結果", max_length=10, choices=OUTCOME_CHOICES)
    reason = models.TextField("理由")

    objects: ClassVar[LineOutcomeQuerySet] = LineOutcomeQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "物資ごとの配布の決定"
        verbose_name_plural = "物資ごとの配布の決定"
        constraints = [
            models.CheckConstraint(
                name="outcome_and_its_quantity",
                condition=(
                    models.Q(outcome=Outcome.FULL.value, accepted__gt=0, quantity=models.F("accepted"))
                    | models.Q(
                        outcome=Outcome.REDUCED.value, quantity__gt=0, quantity__lt=models.F("accepted")
                    )
                    | models.Q(outcome=Outcome.DECLINED.value, accepted__gt=0, quantity=0)
                ),
            ),
            models.CheckConstraint(name="outcome_has_a_reason", condition=~models.Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} {self.outcome} {self.quantity}"

    @property
    def result(self) -> Outcome:
        """The outcome as the rules know it, with its word on screen."""
        return Outcome(self.outcome)


class DecisionSums(models.Model):
    """What a decision gave, and how many lines it gave all, less or nothing of what was accepted. Summed up by the
    database itself as the outcomes are written: a list of decisions reads none of them."""

    decision = models.OneToOneField(
        AllocationDecision,
        verbose_name="配布の決定",
        on_delete=models.DO_NOTHING,
        primary_key=True,
        related_name="sums",
    )
    given = models.PositiveBigIntegerField("配布する数量")
    full = models.PositiveIntegerField("配布")
    reduced = models.PositiveIntegerField("減量")
    declined = models.PositiveIntegerField("見送り")

    class Meta:
        verbose_name = "配布の決定の集計"
        verbose_name_plural = "配布の決定の集計"

    def __str__(self) -> str:
        return str(self.decision_id)


def differences(decision: AllocationDecision) -> list[str]:
    """Where the stored outcomes are not what the stored inputs come to, in words for people; empty where all agree.

    Compares the digest, the columns with the inputs, and each line's quantities. One query.
    """
    kept = {each.line_id: each for each in decision.outcomes.all()}
    try:
        inputs = decision.given_inputs()
        plan = decision.recomputed()
    except (allocation.CannotPlan, KeyError, TypeError, ValueError) as problem:
        return [f"計算し直せません（{type(problem).__name__}）。"]
    found = []
    if decision.digest != inputs.digest(decision.rule, decision.rule_version):
        found.append("照合値が、保存した値と一致しません。")
    if (decision.available, decision.seed) != (inputs.available, inputs.seed):
        found.append("配布できる数量か抽選の種が、保存した値と一致しません。")
    accepted = {each.line_id: each.accepted for each in inputs.claimants}
    for line_id in sorted(accepted.keys() | kept.keys()):
        outcome = kept.get(line_id)
        if outcome is None or line_id not in accepted:
            found.append(f"物資 {line_id}：決定と、保存した値のどちらかにしかありません。")
            continue
        made = plan.quantities[line_id]
        if (outcome.quantity, outcome.accepted) != (made, accepted[line_id]):
            found.append(f"物資 {line_id}：記録 {outcome.quantity:,}、計算し直すと {made:,}")
    return found


def divided(rule: Rule, inputs: AllocationInput) -> Plan:
    """The plan, or AllocationRefused with a sentence for people. Nothing is read or written."""
    if not inputs.claimants:
        raise AllocationRefused("決めていない受付完了の要請はありません。")
    numbers = {each.line_id: each.number for each in inputs.claimants}
    try:
        return allocation.plan(rule, inputs)
    except allocation.NotEnough as problem:
        raise AllocationRefused(
            f"全量配布には、あと{problem.missing:,}足りません。配布できる数量か、決め方を変えてください。"
        ) from problem
    except allocation.NotLower as problem:
        number = numbers.get(problem.line_id, "")
        raise AllocationRefused(
            f"要請番号 {number}：手入力の数量は、決め方による数量（{problem.proposed:,}）より少なくしてください。"
        ) from problem
    except allocation.NotInPacks as problem:
        raise AllocationRefused(
            f"要請番号 {numbers[problem.line_id]}：手入力の数量は、箱の単位（1箱 {inputs.pack_size:,}）にしてください。"
        ) from problem


def _locked_requests(item: Item, cutoff_at: datetime) -> dict[int, SosRequest]:
    """The requests concerned, by id, under their locks in the order of ids, with their institutions. One query."""
    waiting = undecided_of(item, cutoff_at).order_by().values("request_id")
    rows = SosRequest.objects.locked().filter(pk__in=waiting).select_related("institution").order_by("pk")
    return {request.pk: request for request in rows}


def _told(inputs: AllocationInput, plan: Plan, reasons: Mapping[Cause, str]) -> dict[int, str]:
    """By line: the reason its institution reads. Raises ReasonRequired."""
    by_hand = {each.line_id: each.reason for each in inputs.by_hand}
    told = {}
    for each in inputs.claimants:
        cause = cause_in(inputs, plan, each.line_id, each.accepted)
        reason = by_hand[each.line_id] if cause is Cause.BY_HAND else reasons.get(cause, "")
        if not reason.strip():
            raise ReasonRequired(f"「{cause.label}」の理由を入力してください。")
        told[each.line_id] = reason
    return told


def cause_in(inputs: AllocationInput, plan: Plan, line_id: int, accepted: int) -> Cause:
    """Why the plan gives the line what it gives."""
    by_hand = any(each.line_id == line_id for each in inputs.by_hand)
    return allocation.cause_of(accepted, plan.quantities[line_id], inputs.portion, by_hand=by_hand)


def _outcome(
    decision: AllocationDecision, claimant: allocation.Claimant, plan: Plan, told: Mapping[int, str]
) -> LineOutcome:
    quantity = plan.quantities[claimant.line_id]
    return LineOutcome(
        decision=decision,
        line_id=claimant.line_id,
        accepted=claimant.accepted,
        quantity=quantity,
        outcome=allocation.outcome_of(claimant.accepted, quantity).value,
        reason=told[claimant.line_id],
    )


def _recorded(decision: AllocationDecision, outcome: LineOutcome) -> Recorded:
    """What the event of a request keeps: figures by item id as other events, and the words of its mail."""
    item = decision.item
    data: dict[str, Any] = {
        "decision": decision.pk,
        "allocated": {str(item.pk): outcome.quantity},
        "outcome": outcome.outcome,
        "item": item.label,
        "accepted_words": item.amount(outcome.accepted),
        "outcome_words": outcome.result.label,
        "quantity_words": item.amount(outcome.quantity),
    }
    return Recorded(Status.ACCEPTED, reason=outcome.reason, data=data)
