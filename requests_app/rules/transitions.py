"""Which verb may lead from which status to which, and whose verb it is.

Tables only. Whether this user may do it to this request is asked in `permissions`; the move itself is made
by the verbs of `SosRequest`, under a row lock.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType


class Status(StrEnum):
    """対応ステータス, with names and meanings of manual 4-1. There are four and never a fifth."""

    DRAFT = "DRAFT"
    ERROR = "ERROR"
    UNDER_REVIEW = "UNDER_REVIEW"
    ACCEPTED = "ACCEPTED"

    @property
    def label(self) -> str:
        """The name on screen, to the letter of the manual."""
        return _STATUS_WORDS[self][0]

    @property
    def meaning(self) -> str:
        """What the status means, in the manual's sentence."""
        return _STATUS_WORDS[self][1]


_STATUS_WORDS: Mapping[Status, tuple[str, str]] = MappingProxyType(
    {
        Status.DRAFT: ("未申請", "申請前の状態。「システムチェック&申請」ボタンをクリック前の表示。"),
        Status.ERROR: ("エラー有り", "申請の条件を満たしていない状態。"),
        Status.UNDER_REVIEW: (
            "都道府県・国確認中",
            "要請内容について都道府県または国で確認作業中の状態。",
        ),
        Status.ACCEPTED: ("受付完了", "都道府県、国による受付が完了した状態。"),
    }
)


class Verb(StrEnum):
    """What people do to a request. SAVE is the first saving, which creates it; REVISE every later one."""

    SAVE = "save"
    REVISE = "revise"
    SUBMIT = "submit"
    CONFIRM = "confirm"
    ACCEPT = "accept"
    WITHDRAW = "withdraw"
    NOTE = "note"
    TELEPHONE = "telephone"
    ASK = "ask"
    ANSWER = "answer"
    UNASK = "unask"
    MEMO = "memo"
    CLAIM = "claim"
    RELEASE = "release"
    ALLOCATE = "allocate"
    HAND_OFF = "hand_off"
    SHIP = "ship"
    RECEIVE = "receive"

    @property
    def label(self) -> str:
        """The verb's name on screen and in the diagram."""
        return _VERB_LABELS[self]


_VERB_LABELS: Mapping[Verb, str] = MappingProxyType(
    {
        Verb.SAVE: "保存",
        Verb.REVISE: "編集",
        Verb.SUBMIT: "システムチェック&申請",
        Verb.CONFIRM: "都道府県の確認",
        Verb.ACCEPT: "受付",
        Verb.WITHDRAW: "取下げ",
        Verb.NOTE: "都道府県入力欄の記入",
        Verb.TELEPHONE: "電話確認の記録",
        Verb.ASK: "照会",
        Verb.ANSWER: "照会への回答",
        Verb.UNASK: "照会の取り消し",
        Verb.MEMO: "申し送り",
        Verb.CLAIM: "担当",
        Verb.RELEASE: "担当の終了",
        Verb.ALLOCATE: "配布の決定",
        Verb.HAND_OFF: "売払先事業者への引渡し",
        Verb.SHIP: "発送の記録",
        Verb.RECEIVE: "受領の確認",
    }
)


class Role(StrEnum):
    """Who somebody is to the portal; the same values as the user's role."""

    INSTITUTION = "institution"
    PREFECTURE = "prefecture"
    MINISTRY = "ministry"
    OPERATOR = "operator"


_NOWHERE: frozenset[Status] = frozenset()


def _to(*statuses: Status) -> frozenset[Status]:
    return frozenset(statuses)


CREATES: Mapping[Verb, frozenset[Status]] = MappingProxyType({Verb.SAVE: _to(Status.DRAFT)})
"""What a verb makes of a request that does not exist yet."""

MOVES: Mapping[Status, Mapping[Verb, frozenset[Status]]] = MappingProxyType(
    {
        Status.DRAFT: MappingProxyType(
            {
                Verb.REVISE: _to(Status.DRAFT),
                Verb.SUBMIT: _to(Status.UNDER_REVIEW, Status.ERROR),
                Verb.WITHDRAW: _to(Status.DRAFT),
            }
        ),
        # A save under エラー有り is no application: only システムチェック&申請 leads out of it.
        Status.ERROR: MappingProxyType(
            {
                Verb.REVISE: _to(Status.ERROR),
                Verb.SUBMIT: _to(Status.UNDER_REVIEW, Status.ERROR),
                Verb.WITHDRAW: _to(Status.ERROR),
            }
        ),
        Status.UNDER_REVIEW: MappingProxyType(
            {
                Verb.REVISE: _to(Status.UNDER_REVIEW, Status.ERROR),
                Verb.CONFIRM: _to(Status.UNDER_REVIEW),
                Verb.NOTE: _to(Status.UNDER_REVIEW),
                Verb.TELEPHONE: _to(Status.UNDER_REVIEW),
                Verb.ACCEPT: _to(Status.ACCEPTED),
                Verb.WITHDRAW: _to(Status.UNDER_REVIEW),
            }
        ),
        Status.ACCEPTED: MappingProxyType({}),
    }
)
"""Where each verb can lead, keyed by every status. A verb that is absent is impossible there.

取下げ is a fact beside the status, which stays what it was (decision 0012): after it no verb is possible any more."""

_REVIEWED = _to(Status.UNDER_REVIEW, Status.ACCEPTED)
# A question is often met by an edit, and an edit may fail its check: what was asked can be answered all the same.
_ASKED = _to(Status.ERROR, Status.UNDER_REVIEW, Status.ACCEPTED)

BESIDE: Mapping[Verb, frozenset[Status]] = MappingProxyType(
    {
        Verb.ASK: _REVIEWED,
        Verb.ANSWER: _ASKED,
        Verb.UNASK: _ASKED,
        Verb.MEMO: _REVIEWED,
        Verb.CLAIM: _REVIEWED,
        Verb.RELEASE: _REVIEWED,
        Verb.ALLOCATE: _to(Status.ACCEPTED),
        Verb.HAND_OFF: _to(Status.ACCEPTED),
        Verb.SHIP: _to(Status.ACCEPTED),
        Verb.RECEIVE: _to(Status.ACCEPTED),
    }
)
"""In which statuses the verbs are possible that leave the request's row as it is: what they say stands in rows of its
own beside it, and in the event (domain: facts beside the four statuses, never a fifth)."""

INTERNAL = frozenset({Verb.MEMO, Verb.CLAIM, Verb.RELEASE})
"""What passes between officers alone: institutions never see these events."""

CLAIMING = frozenset({Verb.CLAIM, Verb.RELEASE})
"""What says who has a request in hand."""

VERB_ROLES: Mapping[Verb, frozenset[Role]] = MappingProxyType(
    {
        Verb.SAVE: frozenset({Role.INSTITUTION}),
        Verb.REVISE: frozenset({Role.INSTITUTION}),
        Verb.SUBMIT: frozenset({Role.INSTITUTION}),
        Verb.CONFIRM: frozenset({Role.PREFECTURE}),
        Verb.NOTE: frozenset({Role.PREFECTURE}),
        Verb.TELEPHONE: frozenset({Role.PREFECTURE, Role.MINISTRY}),
        Verb.ACCEPT: frozenset({Role.MINISTRY}),
        Verb.WITHDRAW: frozenset({Role.INSTITUTION}),
        Verb.ASK: frozenset({Role.PREFECTURE, Role.MINISTRY}),
        Verb.ANSWER: frozenset({Role.INSTITUTION}),
        Verb.UNASK: frozenset({Role.PREFECTURE, Role.MINISTRY}),
        Verb.MEMO: frozenset({Role.PREFECTURE, Role.MINISTRY}),
        Verb.CLAIM: frozenset({Role.PREFECTURE, Role.MINISTRY}),
        Verb.RELEASE: frozenset({Role.PREFECTURE, Role.MINISTRY}),
        Verb.ALLOCATE: frozenset({Role.MINISTRY}),
        Verb.HAND_OFF: frozenset({Role.MINISTRY}),
        Verb.SHIP: frozenset({Role.MINISTRY}),
        Verb.RECEIVE: frozenset({Role.INSTITUTION}),
    }
)
"""Whose verb it is, keyed by every verb."""


BY_PROXY = frozenset({Verb.SAVE, Verb.REVISE, Verb.SUBMIT, Verb.WITHDRAW})
"""What an officer may do for an institution of their scope, too, in an entry by proxy."""

FOUR_EYES = frozenset({Verb.CONFIRM, Verb.ACCEPT})
"""What nobody does to a request that they entered by proxy themselves."""


def targets(status: Status | None, verb: Verb) -> frozenset[Status]:
    """The statuses `verb` can lead to from `status` (None: the request does not exist yet); empty if impossible."""
    if status is None:
        return CREATES.get(verb, _NOWHERE)
    if verb in BESIDE:
        return _to(status) & BESIDE[verb]
    return MOVES[status].get(verb, _NOWHERE)


def is_possible(status: Status | None, verb: Verb, *, withdrawn: bool = False) -> bool:
    """Whether `verb` makes sense for a request in `status`, whoever asks. Of one that was withdrawn, none does."""
    return not withdrawn and bool(targets(status, verb))


def diagram() -> str:
    """The moves as a Mermaid state diagram with Japanese labels; the same text on every call, ending in a newline."""
    lines = ["stateDiagram-v2", "    direction LR"]
    lines += [f'    state "{status.label}" as {status.name}' for status in Status]
    lines += _arrows("[*]", CREATES)
    for status in Status:
        lines += _arrows(status.name, MOVES[status])
    lines += [f"    {status.name} --> [*]" for status in Status if not MOVES[status]]
    return "\n".join(lines) + "\n"


def _arrows(source: str, moves: Mapping[Verb, frozenset[Status]]) -> Iterable[str]:
    for target in Status:
        labels = [
            _arrow_label(verb, target, moves[verb]) for verb in Verb if target in moves.get(verb, _NOWHERE)
        ]
        if labels:
            yield f"    {source} --> {target.name} : {'、'.join(labels)}"


def _arrow_label(verb: Verb, target: Status, possible: frozenset[Status]) -> str:
    if len(possible) == 1:
        return verb.label
    return f"{verb.label}（{'条件を満たさない' if target is Status.ERROR else '条件を満たす'}）"
