"""お問い合わせ: which verb leads where, and whose verb it is. Tables only; the verbs of `Inquiry` make the moves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

CLAIM_LASTS = timedelta(minutes=30)


class State(StrEnum):
    """Where an inquiry stands, for the officers: 対応中 is what somebody has in hand."""

    NEW = "new"
    IN_HAND = "in_hand"
    ANSWERED = "answered"

    @property
    def label(self) -> str:
        """The name on screen."""
        return {State.NEW: "未対応", State.IN_HAND: "対応中", State.ANSWERED: "回答済み"}[self]


class Subject(StrEnum):
    """What an inquiry is about."""

    SURVEY = "survey"
    REQUEST = "request"
    SHIPPING = "shipping"
    LOGIN = "login"
    REGISTER = "register"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The name on screen."""
        return _SUBJECTS[self]


_SUBJECTS = {
    Subject.SURVEY: "調査",
    Subject.REQUEST: "要請",
    Subject.SHIPPING: "配布・発送",
    Subject.LOGIN: "ログイン・利用者",
    Subject.REGISTER: "登録情報の変更",
    Subject.OTHER: "その他",
}


class Desk(StrEnum):
    """With whom an inquiry lies."""

    PREFECTURE = "prefecture"
    MINISTRY = "ministry"

    @property
    def label(self) -> str:
        """The name on screen."""
        return {Desk.PREFECTURE: "都道府県", Desk.MINISTRY: "国（事務局）"}[self]

    @property
    def other(self) -> Desk:
        """The desk it can be forwarded to."""
        return Desk.MINISTRY if self is Desk.PREFECTURE else Desk.PREFECTURE


class Verb(StrEnum):
    """What people do: ASK begins a thread, ADD is every later message of the institution."""

    ASK = "ask"
    ADD = "add"
    ANSWER = "answer"
    FORWARD = "forward"
    MEMO = "memo"
    CLAIM = "claim"
    RELEASE = "release"

    @property
    def label(self) -> str:
        """The verb's name on screen."""
        return _VERBS[self]


_VERBS = {
    Verb.ASK: "お問い合わせ",
    Verb.ADD: "追加の連絡",
    Verb.ANSWER: "回答",
    Verb.FORWARD: "引き継ぎ",
    Verb.MEMO: "内部メモ",
    Verb.CLAIM: "担当",
    Verb.RELEASE: "担当の終了",
}

MOVES: Mapping[State, Mapping[Verb, State]] = MappingProxyType(
    {
        State.NEW: MappingProxyType(
            {
                Verb.ADD: State.NEW,
                Verb.ANSWER: State.ANSWERED,
                Verb.FORWARD: State.NEW,
                Verb.MEMO: State.NEW,
                Verb.CLAIM: State.IN_HAND,
            }
        ),
        State.IN_HAND: MappingProxyType(
            {
                Verb.ADD: State.IN_HAND,
                Verb.ANSWER: State.ANSWERED,
                Verb.FORWARD: State.NEW,
                Verb.MEMO: State.IN_HAND,
                Verb.CLAIM: State.IN_HAND,
                Verb.RELEASE: State.NEW,
            }
        ),
        # A further message opens it again; a further answer (a correction, a second thought) leaves it answered.
        State.ANSWERED: MappingProxyType(
            {
                Verb.ADD: State.NEW,
                Verb.ANSWER: State.ANSWERED,
                Verb.MEMO: State.ANSWERED,
            }
        ),
    }
)
"""Where each verb leads, keyed by every state. A verb that is absent is impossible there."""

INTERNAL = frozenset({Verb.FORWARD, Verb.MEMO, Verb.CLAIM, Verb.RELEASE})
"""What passes between officers alone: institutions never see it."""

INSTITUTION_VERBS = frozenset({Verb.ASK, Verb.ADD})
"""The institution's verbs; all others are those of the desk that has the inquiry."""

SPOKEN = frozenset({Verb.ASK, Verb.ADD, Verb.ANSWER, Verb.MEMO})
"""The verbs that need a text."""


def holds(claimed_at: datetime | None, now: datetime) -> bool:
    """Whether a claim of `claimed_at` still holds at `now` (both aware): it runs out by itself."""
    return claimed_at is not None and now < claimed_at + CLAIM_LASTS


def target(state: State, verb: Verb) -> State | None:
    """Where `verb` leads from `state`; None if it is impossible there."""
    return MOVES[state].get(verb)


def desk_for(subject: Subject, wanted: Desk) -> Desk:
    """With whom an inquiry begins: who can't log in is helped where accounts are kept, whatever was wanted."""
    return Desk.MINISTRY if subject is Subject.LOGIN else wanted
