"""After a storm of deeds every figure that is kept equals its recount, and what was refused left nothing behind."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from requests_app import notifications
from requests_app.models import verbs
from requests_app.progress.refreshing import refresh_progress
from tests.requests_app.progress import by_hand
from tests.requests_app.storm.cast import Cast, gather
from tests.requests_app.storm.deeds import DEEDS, REFUSALS, Nothing
from tests.requests_app.storm.recount import faults, fingerprint

pytestmark = pytest.mark.django_db

MANY = 140
KINDS = 13  # of deeds that a storm brings about at least once
LOOKED_AT = 0.4  # of the deeds: all that there is, before and after


def blow(cast: Cast, many: int) -> Counter[str]:
    """So many deeds, one after the other; how many were done and how many refused, by name."""
    done: Counter[str] = Counter()
    acts, weights = zip(*DEEDS, strict=True)
    for act in cast.chance.choices(acts, weights, k=many):
        cast.go_on()
        before = fingerprint() if cast.chance.random() < LOOKED_AT else ""
        try:
            act(cast)
        except Nothing:
            continue
        except REFUSALS as refusal:
            done[f"{act.__name__}: {type(refusal).__name__}"] += 1
            assert not before or fingerprint() == before, f"{act.__name__} was refused and has written"
        else:
            done[act.__name__] += 1
    return done


@pytest.mark.parametrize("seed", range(3))
def test_all_that_is_kept_is_what_a_recount_finds(seed: int) -> None:
    cast = gather(seed)
    done = blow(cast, MANY)
    assert faults() == []
    refresh_progress(cast.now)
    assert by_hand.differences(cast.now) == []
    assert sum(":" not in name for name in done) >= KINDS, done


def test_control_a_mail_that_is_lost_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = gather(1)
    assert faults() == []
    monkeypatch.setattr(notifications, "post", lambda *_: None)
    blow(cast, MANY // 2)
    assert [each for each in faults() if "told of" in each]


def test_control_an_event_that_says_something_else_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = gather(1)
    said: Any = verbs._by_item
    monkeypatch.setattr(
        verbs, "_by_item", lambda given: {key: value + 1 for key, value in said(given).items()}
    )
    blow(cast, MANY // 2)
    assert [each for each in faults() if "its events say" in each]
