"""これからの流れ: what comes next with a request, who does it and by when, in words for the institution.

Pure: everything it looks at is in `Standing`. A step that can come is a member of `Step`, a row in `COMING` and one in
`WORDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from requests_app.rules.transitions import Status
from sosportal.lib.jinja import jst_date, jst_short


class Step(Enum):
    """What can still come, in its order: the name on screen, and who does it."""

    ANSWER = ("照会に回答する", "医療機関")
    APPLY = ("システムチェック&申請", "医療機関")
    CONFIRM = ("都道府県の確認", "都道府県")
    ACCEPT = ("国の受付", "国")
    ALLOCATE = ("配布の決定", "国")
    SHIP = ("発送", "売払先事業者")
    RECEIVE = ("受領の確認", "医療機関")

    @property
    def label(self) -> str:
        """Its name on screen."""
        return self.value[0]

    @property
    def who(self) -> str:
        """Who does it."""
        return self.value[1]


@dataclass(frozen=True)
class Standing:
    """Where a request stands, with every fact beside its status that says what comes next.

    `cutoff` (aware) is the next one for what is not applied for yet. `undecided`: lines the ministry accepted and has
    not decided on; `unsent`: lines of which less was sent than was granted; `unreceived`: parcels nobody has received;
    `granted`: whether anything was granted at all.
    """

    status: Status
    cutoff: datetime | None = None
    handled_from: date | None = None
    withdrawn: bool = False
    asked: bool = False
    confirmed: bool = False
    confirmed_before: bool = False
    intake_open: bool = True
    suspended: bool = False
    undecided: int = 0
    unsent: int = 0
    unreceived: int = 0
    granted: bool = False


@dataclass(frozen=True)
class Coming:
    """One step ahead: what, who, by when or after what; `is_now` where it waits for nobody else."""

    what: str
    who: str
    when: str
    is_now: bool


@dataclass(frozen=True)
class WayAhead:
    """What is still to come; why nothing is; what else is to be known."""

    steps: Sequence[Coming]
    over: str
    beware: str


def ahead(standing: Standing, today: date) -> list[Coming]:
    """What is still to come, in its order; empty when it is over. `today` is the date in Japan."""
    now, later = coming(standing)
    steps = [step for step in Step if step in now or step in later]
    return [
        Coming(step.label, step.who, WORDS[step][step not in now](standing, today), step in now)
        for step in steps
    ]


def coming(standing: Standing) -> tuple[Sequence[Step], Sequence[Step]]:
    """The steps that wait for nobody else, and those after them."""
    if standing.withdrawn:
        return (), ()
    now, later = COMING[standing.status](standing)
    asked = standing.asked and standing.status is not Status.DRAFT
    return ((Step.ANSWER, *now) if asked else now), later


def over(standing: Standing) -> str:
    """Why nothing comes any more, and what to do then; "" while something does."""
    if any(coming(standing)):
        return ""
    if standing.withdrawn:
        return "取り下げたので、このあとの手続きはありません。必要になったときは、新しく要請してください。"
    if not standing.granted:
        return "配布はありません。まだ必要なときは、新しく要請してください。"
    return "受領の確認まで終わりました。このあとの手続きはありません。"


def beware(standing: Standing) -> str:
    """What else stands in the way, or does not; "" for nothing."""
    if standing.withdrawn or standing.status is Status.ACCEPTED:
        return (
            "緊急配布要請が停止されています。発送を見合わせることがあります。" if _held_up(standing) else ""
        )
    applied = standing.status is Status.UNDER_REVIEW
    if standing.suspended:
        return (
            "緊急配布要請が停止されています。いま編集して保存すると、エラー有りになります。"
            if applied
            else ""
        )
    if applied and not standing.intake_open:
        return (
            "受付は停止していますが、この要請の確認は続きます。いま編集して保存すると、エラー有りになります。"
        )
    return ""


def _held_up(standing: Standing) -> bool:
    return standing.suspended and not standing.withdrawn and bool(standing.undecided or standing.unsent)


# --- Which steps come ---------------------------------------------------------------------------------------------

Steps = tuple[Sequence[Step], Sequence[Step]]
AFTER_ACCEPTANCE = (Step.ALLOCATE, Step.SHIP, Step.RECEIVE)


def _before(standing: Standing) -> Steps:
    return (Step.APPLY,), (Step.CONFIRM, Step.ACCEPT, *AFTER_ACCEPTANCE)


def _under_review(standing: Standing) -> Steps:
    if standing.confirmed:
        return (Step.ACCEPT,), AFTER_ACCEPTANCE
    return (Step.CONFIRM,), (Step.ACCEPT, *AFTER_ACCEPTANCE)


def _accepted(standing: Standing) -> Steps:
    counts = {
        Step.ALLOCATE: standing.undecided,
        Step.SHIP: standing.unsent,
        Step.RECEIVE: standing.unreceived,
    }
    now = [step for step, count in counts.items() if count]
    first = AFTER_ACCEPTANCE.index(now[0]) if now else len(AFTER_ACCEPTANCE)
    return now, [step for step in AFTER_ACCEPTANCE[first:] if step not in now]


COMING: Mapping[Status, Callable[[Standing], Steps]] = {
    Status.DRAFT: _before,
    Status.ERROR: _before,
    Status.UNDER_REVIEW: _under_review,
    Status.ACCEPTED: _accepted,
}
"""What comes, keyed by every status."""


# --- By when, in words --------------------------------------------------------------------------------------------

Words = Callable[[Standing, date], str]
TOLD = "期日は決まっていません。{}、メールでお知らせします。"


def _says(words: str) -> Words:
    return lambda standing, today: words


def _apply(standing: Standing, today: date) -> str:
    if standing.suspended:
        return "いまは停止されているため、申請できません。"
    if not standing.intake_open:
        return "いまは受付を停止しています。受付が始まったら申請できます。"
    mend = "足りないものを直して、もう一度押します。" if standing.status is Status.ERROR else ""
    until = (
        f"{jst_short(standing.cutoff)}までに申請すると、次の締切に間に合います。" if standing.cutoff else ""
    )
    return mend + until


def _confirm(standing: Standing, today: date) -> str:
    again = "編集されたので、もう一度確認します。" if standing.confirmed_before else ""
    if standing.handled_from is None:
        return f"{again}順に対応します。"
    if standing.handled_from > today:
        return f"{again}{jst_date(standing.handled_from)}から対応します。"
    return f"{again}{jst_date(standing.handled_from)}から対応しています。電話で状況をうかがうことがあります。"


WORDS: Mapping[Step, tuple[Words, Words]] = {
    Step.ANSWER: (_says("担当者が回答を待っています。"), _says("")),
    Step.APPLY: (_apply, _says("")),
    Step.CONFIRM: (_confirm, _says("申請すると、対応開始日をお知らせします。")),
    Step.ACCEPT: (_says(TOLD.format("受付が完了したら")), _says("都道府県の確認のあと")),
    Step.ALLOCATE: (
        _says(TOLD.format("決まったら")),
        _says("受付のあと。要請は、配布の決定ではありません。"),
    ),
    Step.SHIP: (
        _says(TOLD.format("発送されたら、運送会社と伝票番号を")),
        _says("配布が決まったあと"),
    ),
    Step.RECEIVE: (_says("届いたら、数量を確かめて、この画面で受領を確認します。"), _says("届いたあと")),
}
"""By when each step comes: where it waits for nobody else, and where others come first."""
