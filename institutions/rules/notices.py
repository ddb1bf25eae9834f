"""What people are told of by mail, and how soon they may choose to be told. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from sosportal.lib.delivery import When


class Notice(StrEnum):
    """A kind of mail that people choose about. What isn't one of them always comes at once."""

    REQUEST = "request"
    QUESTION = "question"
    DELIVERY = "delivery"
    ANNOUNCEMENT = "announcement"
    REMINDER = "reminder"

    @property
    def label(self) -> str:
        """Its name on the page."""
        return _WORDS[self][0]

    @property
    def about(self) -> str:
        """Which mails these are, and why a choice is missing if one is."""
        return _WORDS[self][1]

    @property
    def choices(self) -> tuple[When, ...]:
        """How soon one may want it."""
        return _CHOICES.get(self, tuple(When))


_WORDS: Mapping[Notice, tuple[str, str]] = {
    Notice.REQUEST: ("要請の動き", "受付、エラー有り、都道府県の確認、受付完了のとき。"),
    Notice.QUESTION: (
        "照会",
        (
            "担当者からの照会と、お問い合わせへの回答。"
            "照会に回答がないと要請の確認が止まるため、「受け取らない」は選べません。"
        ),
    ),
    Notice.DELIVERY: ("配布・発送", "配布が決まったときと、物資を発送したとき。"),
    Notice.ANNOUNCEMENT: ("お知らせ", "国と都道府県からのお知らせ。画面ではいつでも読めます。"),
    Notice.REMINDER: (
        "リマインド",
        (
            "週次調査に回答していないとき、締切の前日の10時と、当日の9時。"
            "締切に間に合うように送るため、まとめることはできません。"
        ),
    ),
}
_CHOICES: Mapping[Notice, tuple[When, ...]] = {
    Notice.QUESTION: (When.NOW, When.DIGEST),
    Notice.REMINDER: (When.NOW, When.NEVER),
}
DEFAULT = When.NOW


def soonest(chosen: Iterable[When | None]) -> When:
    """What counts where several people share an address: the most eager of them; at once for nobody.

    None stands for a person who chose nothing.
    """
    order = list(When)
    return min((each or DEFAULT for each in chosen), key=order.index, default=DEFAULT)
