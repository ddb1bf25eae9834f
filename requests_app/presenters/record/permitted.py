"""What may be done with a request, where, and by whom it was entered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.urls import reverse

from institutions.models import User
from requests_app.models import RequestEvent, SosRequest
from requests_app.permissions import can
from requests_app.rules.transitions import Status, Verb
from surveys.models import Item

BEFORE_APPLICATION = frozenset({Status.DRAFT, Status.ERROR})


@dataclass
class Permitted:
    """A request, who looks at it, and what they may do with it.

    `request` with its institution (and prefecture), campaign and lines loaded; `events` newest first, gone through more
    than once (a queryset asks when the first of it is looked at); `items` by id.
    """

    request: SosRequest
    events: Iterable[RequestEvent]
    items: Mapping[int, Item]
    user: User
    now: datetime

    @property
    def status(self) -> Status:
        """The status, with its label."""
        return self.request.state

    def may(self, verb: Verb) -> bool:
        """Whether the status and the person's permissions allow the verb."""
        return self.request.allows(verb) and can(self.user, verb, self.request)

    @cached_property
    def may_edit(self) -> bool:
        """Whether 編集 is shown."""
        return self.may(Verb.REVISE)

    @cached_property
    def may_submit(self) -> bool:
        """Whether システムチェック&申請 is shown."""
        return self.may(Verb.SUBMIT)

    @cached_property
    def may_withdraw(self) -> bool:
        """Whether 取り下げる is shown."""
        return self.may(Verb.WITHDRAW)

    @property
    def withdrawn_name(self) -> str:
        """Who withdrew it, a proxy as such; "" while it stands."""
        return next((each.actor_text for each in self.events if each.verb == Verb.WITHDRAW), "")

    @property
    def proxies(self) -> list[str]:
        """Who entered it for the institution, with the reason, each once, the latest first."""
        said = (f"{each.actor_text}（{each.proxy_reason}）" for each in self.events if each.proxy_reason)
        return list(dict.fromkeys(said))

    @property
    def address(self) -> str:
        """The request's own page."""
        return reverse("request_detail", args=[self.request.number])

    @property
    def edit_address(self) -> str:
        """Its form."""
        return reverse("request_edit", args=[self.request.number])

    @property
    def submit_address(self) -> str:
        """The question before the application."""
        return reverse("request_submit", args=[self.request.number])

    @property
    def withdraw_address(self) -> str:
        """The question before the withdrawal."""
        return reverse("request_withdraw", args=[self.request.number])
