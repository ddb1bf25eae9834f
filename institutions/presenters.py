"""How announcements and inquiries read on officers' pages."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property

from institutions import permissions
from institutions.models import Audience, Inquiry, InquiryMessage, InstitutionKind, Prefecture, User
from institutions.rules.inquiry import INTERNAL, Desk, State, Verb, target

NAMES_SHOWN = 5


@cache
def prefecture_names() -> dict[str, str]:
    """The 47 names by code: reference data, read once per process. One query the first time."""
    return dict(Prefecture.objects.order_by("code").values_list("code", "name"))


def audience_text(audience: Audience) -> str:
    """To whom, in words: すべての医療機関, 東京都の医療機関, 東京都・大阪府の病院、薬局."""
    kinds = "、".join(InstitutionKind(kind).label for kind in audience.kinds)
    if not audience.prefectures:
        return f"全国の{kinds}" if kinds else "すべての医療機関"
    known = prefecture_names()
    names = [known[code] for code in audience.prefectures]
    more = f" ほか{len(names) - NAMES_SHOWN}都道府県" if len(names) > NAMES_SHOWN else ""
    return f"{'・'.join(names[:NAMES_SHOWN])}{more}の{kinds or '医療機関'}"


def waited(since: datetime, now: datetime) -> str:
    """How long somebody has waited, in whole days or hours: 3日, 5時間, 1時間未満."""
    hours = int((now - since).total_seconds()) // 3600
    if hours >= 24:
        return f"{hours // 24}日"
    return f"{hours}時間" if hours else "1時間未満"


@dataclass(frozen=True)
class Said:
    """One entry of a thread, for officers.

    `internal`: institutions don't see it; `new`: it came after what the officer had seen; `taken_from`: whose claim it
    took over, "" for no claim or nobody's.
    """

    message: InquiryMessage
    internal: bool
    new: bool
    taken_from: str


@dataclass
class InquiryPage:
    """What an inquiry's page shows `user` at `now` (aware). `seen`: the last message that was on the page before."""

    inquiry: Inquiry
    user: User
    now: datetime
    seen: int | None = None

    @cached_property
    def thread(self) -> list[Said]:
        """Everything that was said and done, oldest first. One query."""
        found: list[Said] = []
        holder: InquiryMessage | None = None
        for each in self.inquiry.messages:
            claims = each.verb == Verb.CLAIM
            held = holder if claims and each.from_state == State.IN_HAND else None
            taken_from = held.actor_text if held and held.actor_id != each.actor_id else ""
            new = self.seen is not None and each.pk > self.seen
            found.append(Said(each, Verb(each.verb) in INTERNAL, new, taken_from))
            holder = each if claims else holder
        return found

    @property
    def last(self) -> int:
        """The id of the last message, for the next post."""
        return self.thread[-1].message.pk

    @cached_property
    def token(self) -> uuid.UUID:
        """For the forms of this page: one of them is sent."""
        return uuid.uuid4()

    @property
    def can(self) -> dict[str, bool]:
        """Which verbs are possible now and the user's, by their value."""
        state = self.state
        return {
            verb.value: target(state, verb) is not None and permissions.can(self.user, verb, self.inquiry)
            for verb in Verb
        }

    @property
    def state(self) -> State:
        """Where it stands now."""
        return self.inquiry.state_at(self.now)

    @property
    def holder(self) -> User | None:
        """Who has it in hand now."""
        return self.inquiry.holder_at(self.now)

    @property
    def minutes_left(self) -> int:
        """Until the holder's claim runs out."""
        return self.inquiry.minutes_left(self.now)

    @property
    def is_mine(self) -> bool:
        """Whether the user has it in hand."""
        return self.holder == self.user

    @property
    def waited(self) -> str:
        """How long it has waited for an answer; "" when it doesn't."""
        since = self.inquiry.waiting_since
        return waited(since, self.now) if since else ""

    @property
    def other_desk(self) -> str:
        """To whom it can be forwarded."""
        other = Desk(self.inquiry.desk).other
        return self.inquiry.institution.prefecture.name if other is Desk.PREFECTURE else other.label
