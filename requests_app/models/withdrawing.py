"""取下げ: the institution takes its request back before 受付完了. A fact beside the four statuses, never a fifth.

Source: domain, "The request, from draft to acceptance" and the words; decision 0012.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models

from institutions.models import User
from requests_app.exceptions import ReasonRequired
from requests_app.models.moving import Outcome, move
from requests_app.rules.transitions import Status, Verb, is_possible

if TYPE_CHECKING:
    from requests_app.models.request import SosRequest

STANDING = models.Q(withdrawn_at__isnull=True)
"""The requests that nobody withdrew."""
WITHDRAWN = models.Q(withdrawn_at__isnull=False)


class Withdrawing(models.Model):
    """When, by whom and why a request was withdrawn, all three or none; and the verb that does it."""

    withdrawn_at = models.DateTimeField("取下げ日時", null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        User,
        verbose_name="取り下げた人",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    withdrawn_reason = models.TextField("取下げの理由", blank=True, default="")

    if TYPE_CHECKING:
        state: Any

    class Meta:
        abstract = True

    @property
    def is_withdrawn(self) -> bool:
        """Whether it was withdrawn: it stays as it was, and no verb is possible any more."""
        return self.withdrawn_at is not None

    @property
    def is_under_review(self) -> bool:
        """Whether officers have it before them: 都道府県・国確認中, and not withdrawn."""
        return self.state is Status.UNDER_REVIEW and not self.is_withdrawn

    def allows(self, verb: Verb) -> bool:
        """Whether the verb makes sense for it as it stands, whoever asks."""
        return is_possible(self.state, verb, withdrawn=self.is_withdrawn)

    def withdraw(
        self, actor: User, reason: str, *, seen_version: int, now: datetime | None = None
    ) -> SosRequest:
        """取下げ, from every status but 受付完了; the status and all that was written stay as they are, for good.

        Questions that wait for an answer are closed, and nobody holds it any more. `now` is aware; left out, it is the
        server's clock once the row is locked. Locks the institution, then the request. Told by mail where officers had
        to do with it (`notifications`). Raises ReasonRequired when `reason` says nothing, NotPossible (accepted, or
        withdrawn before), NotPermitted, and StaleVersion when the institution saved in between.
        """
        if not reason.strip():
            raise ReasonRequired("取り下げる理由を入力してください。")

        def decide(request: SosRequest, moment: datetime) -> Outcome:
            request.withdrawn_at, request.withdrawn_by = moment, actor
            request.withdrawn_reason = reason
            closed = _close_questions(request, actor, reason, moment)
            concerned = {asked_by for _, asked_by in closed} | _let_go(request, moment)
            data = {"questions": [question for question, _ in closed], "concerned": sorted(concerned)}
            return Outcome(request.state, reason=reason, data=data)

        return move(self.pk, Verb.WITHDRAW, actor, ("version", seen_version), decide, now)


def _close_questions(
    request: SosRequest, actor: User, reason: str, moment: datetime
) -> list[tuple[int, int]]:
    """What waited for an answer waits no more: (question, who asked it), ids. Two queries, one where none is open."""
    from requests_app.models.question import Question

    waiting = Question.objects.open().filter(request_id=request.pk)
    found = list(waiting.order_by("id").values_list("id", "asked_by_id"))
    if found:
        waiting.update(
            withdrawn_at=moment, withdrawn_by=actor, withdrawn_reason=f"要請の取下げのため（{reason}）"
        )
    return found


def _let_go(request: SosRequest, moment: datetime) -> set[int]:
    """Nobody has it in hand any more: the id of who had, if anybody. Two queries, one where nobody had."""
    from requests_app.models.claim import Claim

    held = Claim.of(request.pk, moment)
    if held is None:
        return set()
    Claim.end(request.pk, held.user, moment)
    return {held.user_id}
