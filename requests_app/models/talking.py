"""The verbs between the people about a request: 照会, 申し送り, 担当. They leave the request's row as it is.

Source: manual 1-1, note 2 (officers ask the institution about its situation before they confirm).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models

from requests_app.exceptions import HeldByOther, QuestionClosed, ReasonRequired
from requests_app.models.moving import Outcome, move
from requests_app.rules.transitions import Verb

if TYPE_CHECKING:
    from institutions.models import User
    from requests_app.models.question import Question
    from requests_app.models.request import SosRequest


class Talking(models.Model):
    """Each verb takes the acting user and optionally `now` (aware); left out, it is the server's clock once the row is
    locked. None asks for a version: what is said stands beside the request, whatever stands in it.

    Each returns the request and raises NotPossible (status), NotPermitted (role or scope) and its own refusals; then
    nothing is written. Each locks the request's row until its transaction ends.
    """

    class Meta:
        abstract = True

    def ask(self, actor: User, text: str, *, now: datetime | None = None) -> SosRequest:
        """照会: ask the institution something; it is told by mail. Raises ReasonRequired when `text` says nothing."""
        _must_say(text, "照会の内容を入力してください。")

        def decide(request: SosRequest, moment: datetime) -> Outcome:
            from requests_app.models.question import Question

            made = Question.objects.create(request=request, asked_at=moment, asked_by=actor, text=text)
            return Outcome(request.state, data={"question": made.pk, "asked": text})

        return move(self.pk, Verb.ASK, actor, None, decide, now)

    def answer(self, actor: User, question_id: int, text: str, *, now: datetime | None = None) -> SosRequest:
        """回答 of the institution, once: who asked, and the office, are told by mail.

        Raises ReasonRequired when `text` says nothing, QuestionClosed when it was answered or withdrawn already, and
        Question.DoesNotExist when the request has no such question.
        """
        _must_say(text, "回答を入力してください。")

        def decide(request: SosRequest, moment: datetime) -> Outcome:
            question = _open_question(request, question_id)
            question.answered_at, question.answered_by, question.answer = moment, actor, text
            question.save(update_fields=["answered_at", "answered_by", "answer"])
            data = {"question": question.pk, "asked": question.text, "answer": text}
            data |= {"asked_by_role": question.asked_by.role}
            return Outcome(request.state, data=data)

        return move(self.pk, Verb.ANSWER, actor, None, decide, now)

    def unask(self, actor: User, question_id: int, reason: str, *, now: datetime | None = None) -> SosRequest:
        """照会の取り消し, say because the telephone was faster: the institution need not answer any more, and is told.

        Any officer in scope may: who asked may be away. Raises ReasonRequired without a reason, and as `answer`.
        """
        _must_say(reason, "取り消す理由を入力してください。")

        def decide(request: SosRequest, moment: datetime) -> Outcome:
            question = _open_question(request, question_id)
            question.withdrawn_at, question.withdrawn_by = moment, actor
            question.withdrawn_reason = reason
            question.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
            return Outcome(
                request.state, reason=reason, data={"question": question.pk, "asked": question.text}
            )

        return move(self.pk, Verb.UNASK, actor, None, decide, now)

    def memo(self, actor: User, text: str, *, now: datetime | None = None) -> SosRequest:
        """申し送り to the other officers. Institutions never see it. Raises ReasonRequired when `text` says nothing."""
        _must_say(text, "申し送りを入力してください。")

        def decide(request: SosRequest, moment: datetime) -> Outcome:
            return Outcome(request.state, data={"memo": text})

        return move(self.pk, Verb.MEMO, actor, None, decide, now)

    def claim(
        self, actor: User, *, seen_holder: int | None = None, now: datetime | None = None
    ) -> SosRequest:
        """担当: take the request in hand for half an hour; work on it makes it half an hour from then.

        `seen_holder` is the id of who held it on the officer's page: from them it is taken over, and they are told.
        Raises HeldByOther when somebody else holds it. Taking what one holds already only makes it longer.
        """

        def decide(request: SosRequest, moment: datetime) -> Outcome:
            from requests_app.models.claim import Claim

            held = Claim.of(request.pk, moment)
            if not Claim.take(request.pk, actor, seen=seen_holder, now=moment):
                standing = Claim.objects.select_related("user").get(pk=request.pk)
                raise HeldByOther(standing.user, standing.expires_at)
            if held is not None and held.user_id == actor.pk:
                return Outcome(request.state, unchanged=True)
            former = {"from_id": held.user_id, "from": held.user.name} if held else {}
            return Outcome(request.state, data=former)

        return move(self.pk, Verb.CLAIM, actor, None, decide, now)

    def release(self, actor: User, *, now: datetime | None = None) -> SosRequest:
        """担当の終了 before the half hour is over. Who holds nothing changes nothing."""

        def decide(request: SosRequest, moment: datetime) -> Outcome:
            from requests_app.models.claim import Claim

            return Outcome(request.state, unchanged=not Claim.end(request.pk, actor, moment))

        return move(self.pk, Verb.RELEASE, actor, None, decide, now)


def _must_say(text: str, message: str) -> None:
    if not text.strip():
        raise ReasonRequired(message)


def _open_question(request: SosRequest, question_id: int) -> Question:
    """Of this request, by its id. Raises QuestionClosed, and Question.DoesNotExist."""
    from requests_app.models.question import Question

    found = Question.objects.get(pk=question_id, request_id=request.pk)
    if not found.is_open:
        raise QuestionClosed(found)
    return found
