"""How announcements, inquiries and an institution's own page read."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from institutions import permissions, queries
from institutions.forms.particulars import Difference, ParticularsForm
from institutions.models import (
    Audience,
    Inquiry,
    InquiryMessage,
    Institution,
    InstitutionKind,
    Prefecture,
    Role,
    User,
)
from institutions.rules.inquiry import INTERNAL, Desk, State, Subject, Verb, target
from sosportal.lib.audit.tracking import fields_of, tracked

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


# --- ユーザー基礎情報登録 -------------------------------------------------------------------------------------------

BLANK = "（空欄）"


@dataclass(frozen=True)
class Owned:
    """One of the particulars that the register keeps: its name, what it says, and where its change is asked for ("" for
    who can't ask)."""

    label: str
    value: str
    address: str


@dataclass(frozen=True)
class PastChange:
    """A change of an institution's row: when (aware), who did it, and what: (name, before, after)."""

    at: datetime
    who: str
    fields: Sequence[tuple[str, str, str]]


@dataclass
class ProfilePage:
    """The page of ユーザー基礎情報登録 besides its frame, for `user`. `seen` marks the particulars that the form shows,
    `next` is where the person came from, "" for nowhere. Two queries besides those of who asks."""

    institution: Institution
    user: User
    form: ParticularsForm
    seen: str
    next: str = ""
    differences: Sequence[Difference] = ()

    @cached_property
    def token(self) -> uuid.UUID:
        """For the form of this page."""
        return uuid.uuid4()

    @cached_property
    def is_own(self) -> bool:
        """Whether the user is a member: who asks for it, and sees its people and its history."""
        return permissions.can_ask_for(self.user, self.institution)

    @property
    def missing(self) -> list[str]:
        """The names of those that staff keep and that stand blank."""
        place = self.institution
        return [str(bound.label) for bound in self.form if not str(getattr(place, bound.name)).strip()]

    @property
    def owned(self) -> list[Owned]:
        """What the register keeps."""
        place = self.institution
        rows = [
            ("name", "医療機関名", place.name),
            ("code", "医療機関コード", place.code),
            ("prefecture", "都道府県", place.prefecture.name),
            ("kind", "種別", place.get_kind_display()),
            ("postal_code", "郵便番号", place.postal_code_written),
            ("address", "住所", place.address),
            ("has_agreement", "医療措置協定", "締結している" if place.has_agreement else "締結していない"),
        ]
        return [Owned(label, value, self.ask(Subject.REGISTER, about)) for about, label, value in rows]

    def ask(self, subject: Subject, about: str) -> str:
        """The address of an inquiry that begins with the subject and says what it is about; "" for who can't ask."""
        if not self.is_own:
            return ""
        asked = {"subject": subject.value, "about": about, "institution": self.institution.code}
        return f"{reverse('inquiry_new')}?{urlencode(asked)}"

    @property
    def ask_for_people(self) -> str:
        """Where somebody is asked to be added or taken away."""
        return self.ask(Subject.LOGIN, "people")

    @cached_property
    def people(self) -> list[queries.Person]:
        """The people of the institution. One query."""
        return queries.people_of(self.institution) if self.is_own else []

    @cached_property
    def changes(self) -> list[PastChange]:
        """The last changes, newest first. One query."""
        rows = queries.last_changes(self.institution) if self.is_own else []
        return [_past(row) for row in rows]


def _past(event: Any) -> PastChange:
    held: dict[str, Any] = event.pgh_before or {}
    fields = [
        (str(field.verbose_name), _told(field, held[column]), _told(field, getattr(event, column)))
        for field in fields_of(tracked[Institution])
        if (column := str(field.column)) in held
    ]
    return PastChange(event.pgh_created_at, _who(event.pgh_context), fields)


def _told(field: Any, value: Any) -> str:
    """A value as people read it."""
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    if field.column == "prefecture_id":
        return prefecture_names().get(str(value), BLANK)
    return str(dict(field.flatchoices).get(value, value)) or BLANK


def _who(context: dict[str, Any]) -> str:
    """Who did it, for the institution's people: their own by name, officers by their role."""
    proxy = "（代理入力）" if context.get("proxy") else ""
    if context.get("way") != "web":
        return "国（名簿の取込み）" if context.get("command") == "import_institutions" else "システム"
    role = str(context.get("role", ""))
    name = str(context.get("name", "")) if role == Role.INSTITUTION else dict(Role.choices).get(role, "")
    return f"{name or 'システム'}{proxy}"
