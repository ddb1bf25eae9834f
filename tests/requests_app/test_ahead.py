"""これからの流れ: what comes next, over every status and every fact beside it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from requests_app.presenters.ahead import COMING, WORDS, Standing, Step, ahead, beware, coming, over
from requests_app.rules.transitions import Status
from sosportal.lib.clock import JST

TODAY = date(2026, 11, 24)
CUTOFF = datetime(2026, 11, 25, 17, 0, tzinfo=JST)
LATER = (Step.ALLOCATE, Step.SHIP, Step.RECEIVE)
DRAFT, ERROR, UNDER_REVIEW, ACCEPTED = Status
YES_OR_NO = (False, True)


def everything() -> Iterator[Standing]:
    """Every status with every fact, also those that can't be together."""
    names = ("withdrawn", "asked", "confirmed", "confirmed_before", "intake_open", "suspended")
    for status, day in itertools.product(Status, (None, date(2026, 11, 24), date(2026, 11, 25))):
        for facts in itertools.product(YES_OR_NO, repeat=len(names)):
            given: dict[str, Any] = dict(zip(names, facts, strict=True))
            for undecided, unsent, unreceived in itertools.product((0, 2), repeat=3):
                yield replace(
                    Standing(status, CUTOFF, day, granted=True),
                    **given,
                    undecided=undecided,
                    unsent=unsent,
                    unreceived=unreceived,
                )


def test_the_tables_are_whole() -> None:
    assert set(COMING) == set(Status)
    assert set(WORDS) == set(Step)


def test_every_standing_says_what_comes_or_why_nothing_does() -> None:
    for standing in everything():
        steps = ahead(standing, TODAY)
        assert bool(steps) != bool(over(standing)), standing
        # Somebody's turn it is, always, and those to come are never named twice.
        assert not steps or any(step.is_now for step in steps), standing
        assert len({step.what for step in steps}) == len(steps)
        assert all(step.when for step in steps if step.is_now or step.what != Step.ANSWER.label), standing
        assert not standing.withdrawn or not steps
        assert not standing.withdrawn or not beware(standing)


@pytest.mark.parametrize(
    ("standing", "now", "later"),
    [
        (Standing(DRAFT), (Step.APPLY,), (Step.CONFIRM, Step.ACCEPT, *LATER)),
        (Standing(ERROR), (Step.APPLY,), (Step.CONFIRM, Step.ACCEPT, *LATER)),
        (Standing(ERROR, asked=True), (Step.ANSWER, Step.APPLY), (Step.CONFIRM, Step.ACCEPT, *LATER)),
        (Standing(UNDER_REVIEW), (Step.CONFIRM,), (Step.ACCEPT, *LATER)),
        (Standing(UNDER_REVIEW, asked=True), (Step.ANSWER, Step.CONFIRM), (Step.ACCEPT, *LATER)),
        (Standing(UNDER_REVIEW, confirmed=True), (Step.ACCEPT,), LATER),
        (Standing(ACCEPTED, undecided=1), (Step.ALLOCATE,), (Step.SHIP, Step.RECEIVE)),
        (Standing(ACCEPTED, unsent=1, granted=True), (Step.SHIP,), (Step.RECEIVE,)),
        (Standing(ACCEPTED, unsent=1, unreceived=1, granted=True), (Step.SHIP, Step.RECEIVE), ()),
        (Standing(ACCEPTED, undecided=1, unreceived=1, granted=True), (Step.ALLOCATE, Step.RECEIVE), (Step.SHIP,)),
        (Standing(ACCEPTED, unreceived=1, granted=True), (Step.RECEIVE,), ()),
        (Standing(ACCEPTED, granted=True), (), ()),
        (Standing(ACCEPTED, asked=True, granted=True), (Step.ANSWER,), ()),
        (Standing(ACCEPTED), (), ()),
        (Standing(UNDER_REVIEW, withdrawn=True, asked=True), (), ()),
    ],
)  # fmt: skip
def test_which_steps(standing: Standing, now: tuple[Step, ...], later: tuple[Step, ...]) -> None:
    assert tuple(map(tuple, coming(standing))) == (now, later)


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (Standing(DRAFT, CUTOFF), "11/25（水）17:00までに申請すると、次の締切に間に合います。"),
        (Standing(ERROR, CUTOFF), "足りないものを直して、もう一度押します。11/25（水）17:00までに"),
        (Standing(DRAFT, CUTOFF, intake_open=False), "受付が始まったら申請できます。"),
        (Standing(DRAFT, CUTOFF, suspended=True, intake_open=False), "いまは停止されているため"),
        (Standing(UNDER_REVIEW, handled_from=date(2026, 11, 25)), "11/25（水）から対応します。"),
        (Standing(UNDER_REVIEW, handled_from=TODAY), "11/24（火）から対応しています。"),
        (Standing(UNDER_REVIEW, handled_from=TODAY, confirmed_before=True), "編集されたので、もう一度"),
        (Standing(UNDER_REVIEW, confirmed=True), "期日は決まっていません。受付が完了したら"),
        (Standing(ACCEPTED, undecided=1), "決まったら、メールで"),
        (Standing(ACCEPTED, unsent=1, granted=True), "運送会社と伝票番号を"),
        (Standing(ACCEPTED, unreceived=1, granted=True), "届いたら、数量を確かめて"),
    ],
)
def test_by_when_in_words(standing: Standing, words: str) -> None:
    first = ahead(standing, TODAY)[0]
    assert first.is_now
    assert words in first.when


def test_a_date_is_told_only_where_a_rule_gives_one() -> None:
    """Nobody is promised a day for the acceptance, the decision or the parcel."""
    for standing in everything():
        for step in ahead(standing, TODAY):
            if step.what not in {Step.APPLY.label, Step.CONFIRM.label}:
                assert "11/" not in step.when


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (Standing(UNDER_REVIEW, intake_open=False), "受付は停止していますが、この要請の確認は続きます。"),
        (Standing(UNDER_REVIEW, suspended=True), "緊急配布要請が停止されています。いま編集して"),
        (Standing(ACCEPTED, unsent=1, suspended=True, granted=True), "発送を見合わせることがあります。"),
        (Standing(ACCEPTED, unreceived=1, suspended=True, granted=True), ""),
        (Standing(DRAFT, intake_open=False), ""),
        (Standing(UNDER_REVIEW), ""),
    ],
)
def test_what_else_is_to_be_known(standing: Standing, words: str) -> None:
    assert (
        beware(standing).startswith(words)
        if words.startswith(("受付", "緊急"))
        else words in beware(standing)
    )
    assert bool(beware(standing)) == bool(words)


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (Standing(ERROR, withdrawn=True), "取り下げたので"),
        (Standing(ACCEPTED), "配布はありません。"),
        (Standing(ACCEPTED, granted=True), "受領の確認まで終わりました。"),
    ],
)
def test_why_nothing_comes(standing: Standing, words: str) -> None:
    assert over(standing).startswith(words)
