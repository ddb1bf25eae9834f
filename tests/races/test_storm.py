"""A storm by several people at once: whatever order the locks make of it, all that is kept equals its recount."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from functools import partial

import pytest

from requests_app.progress.refreshing import refresh_progress
from tests.races.crowd import at_once
from tests.requests_app.progress import by_hand
from tests.requests_app.storm.cast import Cast, gather
from tests.requests_app.storm.deeds import DEEDS, REFUSALS, Nothing, join_or_leave
from tests.requests_app.storm.recount import faults

PEOPLE, EACH, GUSTS = 4, 8, 5


def act_on(cast: Cast, seed: int) -> int:
    """What one person does; how much of it was done. Raises what no verb may answer."""
    own = dataclasses.replace(cast, chance=random.Random(seed))
    # Nothing of ours makes or ends a membership by itself: the admin's forms do, and have a race of their own.
    acts, weights = zip(*(each for each in DEEDS if each[0] is not join_or_leave), strict=True)
    done = 0
    for act in own.chance.choices(acts, weights, k=EACH):
        try:
            act(own)
            done += 1
        except (*REFUSALS, Nothing):
            continue
    return done


@pytest.mark.usefixtures("committed_db")
def test_a_storm_by_several_at_once_leaves_nothing_to_recount() -> None:
    cast = gather(7)
    done = 0
    for gust in range(GUSTS):
        cast.go_on()
        acts: list[Callable[[], int]] = [partial(act_on, cast, gust * PEOPLE + n) for n in range(PEOPLE)]
        for came in at_once(*acts):
            assert isinstance(came, int), repr(came)
            done += came
    assert done > PEOPLE * EACH
    assert faults() == []
    refresh_progress(cast.now)
    assert by_hand.differences(cast.now) == []
