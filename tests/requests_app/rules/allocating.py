"""Rounds of claimants as hypothesis makes them up, for the rules of allocation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from random import Random

from hypothesis import strategies as st

from requests_app.rules.allocation import AllocationInput, Claimant, Rule
from sosportal.lib.clock import JST

START = datetime(2026, 11, 18, 17, tzinfo=JST)


def claimant(
    line: int,
    accepted: int,
    *,
    weeks: Fraction | None = Fraction(1),
    agreement: bool = False,
    minute: int = 0,
    number: str = "",
) -> Claimant:
    """One line; its number follows from the line unless one is given."""
    return Claimant(
        line_id=line,
        number=number or f"2611-{line:04d}",
        accepted=accepted,
        weeks_of_stock=weeks,
        consumption=1000,
        agreement=agreement,
        submitted_at=START + timedelta(minutes=minute),
    )


weeks = st.none() | st.fractions(min_value=0, max_value=6, max_denominator=40)


@st.composite
def claimants(draw: st.DrawFn) -> tuple[Claimant, ...]:
    """Up to twelve lines; equal weeks, moments and quantities are likely, so that ties occur."""
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(0, 12) | st.integers(0, 20_000),
                weeks,
                st.booleans(),
                st.integers(0, 5),
            ),
            max_size=12,
        )
    )
    lines = draw(st.permutations(range(1, len(rows) + 1)))
    return tuple(
        claimant(line, accepted, weeks=stock, agreement=agreement, minute=minute)
        for line, (accepted, stock, agreement, minute) in zip(lines, rows, strict=True)
    )


@st.composite
def inputs(draw: st.DrawFn) -> AllocationInput:
    """A round: claimants, packs or pieces, and anything from nothing to more than enough to give."""
    who = draw(claimants())
    wanted = sum(each.accepted for each in who)
    return AllocationInput(
        available=draw(st.integers(0, wanted + 500)),
        pack_size=draw(st.sampled_from([1, 1, 2, 10, 50, 100, 250])),
        claimants=who,
        loose=draw(st.booleans()),
        seed=draw(st.text("0123456789abcdef", max_size=8)),
    )


def made_up(chance: Random) -> AllocationInput:
    """A round of up to forty lines as `chance` has it."""
    who = tuple(
        claimant(
            line,
            chance.choice((chance.randrange(13), chance.randrange(20_000), 400)),
            weeks=chance.choice((None, Fraction(chance.randrange(200), 40), Fraction(1))),
            agreement=chance.random() < 0.3,
            minute=chance.randrange(6),
        )
        for line in chance.sample(range(1, 1_000), chance.randrange(41))
    )
    return AllocationInput(
        available=chance.randrange(sum(each.accepted for each in who) + 500),
        pack_size=chance.choice((1, 2, 10, 50, 100, 250)),
        claimants=who,
        loose=chance.random() < 0.2,
        seed=f"{chance.getrandbits(32):08x}",
    )


def caps(given: AllocationInput) -> Mapping[int, int]:
    """The most each line may get, in the item's unit."""
    return {each.line_id: each.accepted // given.portion * given.portion for each in given.claimants}


def most(given: AllocationInput) -> int:
    """The most that any division may give: whole portions of what there is, and no line above its cap."""
    return min(given.available // given.portion * given.portion, sum(caps(given).values()))


SHARING = [rule for rule in Rule if rule is not Rule.ALL_IN_FULL]
