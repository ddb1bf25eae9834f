"""照会 as the institution sees it: officers appear as their office, never by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from django.urls import reverse

from institutions.models import Role
from requests_app.forms.request import AnswerForm, Carried
from requests_app.models import Question


@dataclass
class Asked:
    """A question (with who asked loaded) about the request `number`, and the form to answer it."""

    question: Question
    number: str
    prefecture: str
    sent: AnswerForm | None = None
    carried: Carried = field(default_factory=Carried.fresh)

    @property
    def office(self) -> str:
        """Who asks: `東京都` or `国`."""
        return "国" if self.question.asked_by.role == Role.MINISTRY else self.prefecture

    @cached_property
    def form(self) -> AnswerForm:
        """As it was sent, or fresh."""
        return self.sent or AnswerForm(self.question.pk)

    @property
    def place(self) -> str:
        """Its place on the request's page."""
        return f"question-{self.question.pk}"

    @property
    def address(self) -> str:
        """Where the answer is sent to."""
        return reverse("request_answer", args=[self.number, self.question.pk])
