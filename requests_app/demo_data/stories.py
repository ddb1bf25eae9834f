"""What happened to each request of the demonstration, as tables: who asked when, and what followed.

Moments are told from the survey rounds, so that every story lies in the past whenever the data are loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import ClassVar

from requests_app.demo_data.texts import OPINIONS

WEDNESDAY, THURSDAY, FRIDAY, MONDAY, TUESDAY, LAST_WEDNESDAY = 0, 1, 2, 5, 6, 7


@dataclass(frozen=True)
class Past:
    """A moment in the round that was open `weeks` rounds ago; `day` counts from the Wednesday of its opening."""

    weeks: int
    day: int
    at: str

    def moment(self, opens_at: datetime, now: datetime) -> datetime:
        """The moment itself; `opens_at` is when the present round opened."""
        day = (opens_at - timedelta(weeks=self.weeks) + timedelta(days=self.day)).date()
        return datetime.combine(day, time.fromisoformat(self.at), tzinfo=opens_at.tzinfo)


@dataclass(frozen=True)
class ThisWeek:
    """A moment in the present round: `part` of the way from its opening to now.

    What officers do about it happens if a business day came since; else it is still to come.
    """

    part: float

    def moment(self, opens_at: datetime, now: datetime) -> datetime:
        """The moment itself, by day where the round is old enough for that."""
        at = (opens_at + (now - opens_at) * self.part).replace(microsecond=0)
        by_day = at.replace(hour=9 + at.minute % 8)
        return at if 8 <= at.hour < 19 or not opens_at < by_day < now else by_day


@dataclass(frozen=True)
class Act:
    """Something that follows: `days` after what went before, at about `at` o'clock."""

    by_officers: ClassVar[bool] = True
    days: int = 0
    at: str = "10:40"


@dataclass(frozen=True)
class Submit(Act):
    """システムチェック&申請, ten minutes after what went before."""

    by_officers = False


@dataclass(frozen=True)
class Revise(Act):
    """An edit: the quantity by this factor, or all ticks taken away."""

    by_officers = False
    factor: float = 1.0
    nothing_ticked: bool = False


@dataclass(frozen=True)
class Confirm(Act):
    """都道府県の確認, of this share of the quantity."""

    share: float = 1.0
    note: str = ""


@dataclass(frozen=True)
class Note(Act):
    """都道府県入力欄."""

    text: str = ""


@dataclass(frozen=True)
class Telephone(Act):
    """電話確認."""

    what: str = ""


@dataclass(frozen=True)
class Ask(Act):
    """照会."""

    text: str = ""


@dataclass(frozen=True)
class Answer(Act):
    """The institution's answer to the last question."""

    by_officers = False
    text: str = ""


@dataclass(frozen=True)
class Memo(Act):
    """申し送り, seen by officers alone."""

    text: str = ""


@dataclass(frozen=True)
class Accept(Act):
    """受付 by the ministry."""

    reason: str = ""


@dataclass(frozen=True)
class Withdraw(Act):
    """取下げ by the institution."""

    by_officers = False
    reason: str = ""


@dataclass(frozen=True)
class Story:
    """A request: by which institution (its key), when it was saved, what followed.

    `answers_first`: the institution answers the survey an hour and a half before. `quantity`: left out, what the form
    suggests. `by_proxy`: the association's clerk enters it, for this reason.
    """

    place: str
    saved: Past | ThisWeek
    then: tuple[Act, ...] = ()
    quantity: int | None = None
    opinion: str = ""
    answers_first: bool = True
    by_proxy: str = ""


ACCEPTED = (Submit(), Confirm(1, "11:05"), Accept(1, "14:20"))

TOLD = (
    # hospital-tokyo: something in every status, and this week's survey still to be answered.
    Story("13-1", Past(3, THURSDAY, "15:13"), ACCEPTED, opinion=OPINIONS[1]),
    Story("13-1", Past(2, TUESDAY, "10:31"), (Submit(),), quantity=4150, answers_first=False),
    Story(
        "13-1",
        Past(1, TUESDAY, "15:13"),
        (
            Submit(),
            Note(1, "11:30", "次の納品予定を確認しています。"),
            Ask(
                0,
                "11:40",
                "次の納品は、いつ、何箱の予定ですか。決まっていないときは、その旨をお答えください。",
            ),
            Memo(0, "11:45", "納品予定の回答を待って確認する。先週も納品が遅れていた。"),
        ),
    ),
    Story("13-1", ThisWeek(0.9), opinion=OPINIONS[3], answers_first=False),
    Story(
        "13-1",
        Past(1, FRIDAY, "16:20"),
        (Submit(), Withdraw(3, "09:40", "業者から納品があり、今週の分は足りるようになったため。")),
        quantity=2000,
    ),
    # hospital-osaka: two institutions.
    Story("27-1", Past(3, MONDAY, "09:48"), ACCEPTED),
    Story("27-1", ThisWeek(0.35), (Submit(),), opinion=OPINIONS[4]),
    Story("27-2", Past(1, TUESDAY, "14:10"), (Submit(), Confirm(1, "10:20"))),
    Story("27-2", ThisWeek(0.8), answers_first=False),
    # Two on one day (the manual's own list shows it): a warning, and two numbers for one title.
    Story("13-3", Past(1, FRIDAY, "10:02"), (Submit(),)),
    Story(
        "13-3", Past(1, FRIDAY, "18:05"), (Submit(),), opinion="午前の要請は外来の分、これは病棟の分です。"
    ),
    # Edited under review, after the prefecture had confirmed: the confirmation is withdrawn.
    Story("13-7", Past(1, MONDAY, "11:12"), (Submit(), Confirm(0, "15:00"), Revise(1, "09:20", factor=0.8))),
    # Edited under review into something the check refuses.
    Story("27-3", Past(1, MONDAY, "13:40"), (Submit(), Revise(1, "10:15", nothing_ticked=True))),
    # The prefecture reduces after a telephone call, the ministry accepts.
    Story(
        "13-10",
        Past(2, THURSDAY, "09:30"),
        (
            Submit(),
            Telephone(1, "10:10", "来週月曜に600枚が届くとのこと。数量を減らすことで了解を得た。"),
            Confirm(0, "10:40", share=0.7, note="納品予定の分を減らしました（電話で確認済み）。"),
            Accept(3, "09:50"),
        ),
        opinion=OPINIONS[9],
    ),
    # A telephone check, still under review.
    Story(
        "27-7",
        Past(1, FRIDAY, "11:26"),
        (
            Submit(),
            Ask(1, "10:05", "在庫量は、箱数ではなく枚数で間違いありませんか。"),
            Answer(0, "13:20", text="枚数で間違いありません。病棟の棚卸しで確かめました。"),
            Telephone(3, "14:00", "在庫は正しいとのこと。納品の日が決まったら連絡をもらう。"),
            Memo(0, "14:05", "納品の日が決まったら、担当の方から電話が来る。"),
        ),
    ),
    # Late: after Wednesday 17:00, so handled from the next business day. Entered by the association's clerk.
    Story(
        "13-13",
        Past(1, WEDNESDAY, "17:25"),
        (Submit(),),
        opinion="締切に間に合いませんでした。",
        by_proxy="電話で依頼（受付 見本さん）",
    ),
    Story("23-1", Past(1, WEDNESDAY, "18:02"), (Submit(), Confirm(2, "09:40"))),
    # Accepted without the prefecture's confirmation.
    Story(
        "47-1", Past(2, MONDAY, "16:20"), (Submit(), Accept(2, "17:10", "停電で県庁に連絡がつかないため。"))
    ),
    # The check finds particulars missing, a stock that is long enough, and a suspension.
    Story("13-8", Past(1, THURSDAY, "09:15"), (Submit(),)),
    Story("27-9", ThisWeek(0.6), (Submit(),), quantity=500),
    Story("40-2", Past(1, TUESDAY, "09:05"), (Submit(),)),
    # Confirmed by the prefecture, and withdrawn while it asked something more; a draft that was withdrawn.
    Story(
        "13-4",
        Past(1, THURSDAY, "14:05"),
        (
            Submit(),
            Confirm(1, "10:30"),
            Ask(0, "11:15", "納品の日は決まりましたか。"),
            Withdraw(3, "13:50", "近くの病院から借りられることになったため。"),
        ),
    ),
    Story("27-2", Past(1, FRIDAY, "11:50"), (Withdraw(0, "13:00", "同じ要請を2件作ってしまったため。"),)),
    # More than four weeks' need, not in whole boxes: two warnings, no error.
    Story("14-1", ThisWeek(0.2), (Submit(),), quantity=29950),
)

SILENT: dict[str, frozenset[int]] = {
    "13-1": frozenset({0, 2}),
    "13-8": frozenset({3, 5}),
    "23-4": frozenset({0, 1, 2}),
}
"""Rounds, counted back from the present one, that an institution left unanswered."""

# Rounds in which somebody wrote boxes for pieces and mended it later (domain, "The weekly survey").
MISTAKEN = {("13-9", 1): 45, ("28-3", 2): 95, ("22-2", 1): 20}
"""(place, round counted back) → minutes until the correction."""

SUSPENDED = "40-2"
NEVER_SHORT = frozenset({"27-9"})

# What becomes of the other requests, met in this order.
OUTCOMES: tuple[tuple[Act, ...], ...] = (
    ACCEPTED,
    (Submit(),),
    (Submit(), Confirm(1, "13:15"), Accept(2, "10:30")),
    (Submit(), Confirm(1, "16:40")),
    (),
    (
        Submit(),
        Confirm(2, "09:25", share=0.9, note="ほかの医療機関の分もあるため、少し減らしました。"),
        Accept(1, "11:00"),
    ),
    (Submit(),),
    (Submit(), Note(1, "15:30", "数量について、担当者に問い合わせています。")),
)
OTHERS = (
    *(
        "01-1",
        "01-3",
        "04-1",
        "11-1",
        "11-2",
        "11-7",
        "12-1",
        "12-4",
        "13-12",
        "13-16",
        "14-3",
        "14-6",
        "15-1",
    ),
    *(
        "17-2",
        "22-1",
        "22-3",
        "22-5",
        "23-3",
        "23-8",
        "26-1",
        "26-2",
        "27-4",
        "27-10",
        "27-13",
        "28-1",
        "28-7",
    ),
    *("34-1", "34-2", "37-1", "40-1", "40-4", "46-1"),
)
DAYS = (THURSDAY, FRIDAY, MONDAY, TUESDAY, LAST_WEDNESDAY)


def all_stories() -> Iterator[Story]:
    """Every request of the demonstration."""
    yield from TOLD
    for n, place in enumerate(OTHERS):
        then = OUTCOMES[n % len(OUTCOMES)]
        yield Story(place, _saved(n, then), then, opinion=OPINIONS[n % len(OPINIONS)])


def _saved(n: int, then: tuple[Act, ...]) -> Past | ThisWeek:
    """When the `n`-th of the others was saved: what has been accepted lies further back."""
    at = f"{9 + n % 7:02d}:{n * 17 % 60:02d}"
    if any(isinstance(act, Accept) for act in then):
        return Past(2 + n % 2, DAYS[n % len(DAYS)], at)
    return Past(1, DAYS[n % len(DAYS)], at) if n % 3 == 0 else ThisWeek(0.05 + 0.9 * n / len(OTHERS))
