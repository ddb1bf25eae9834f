"""When the queue is started anew: the decisions alone."""

from __future__ import annotations

import pytest

from sosportal.lib.watchdog import (
    CALM,
    FIRST_DELAY,
    LONGEST_DELAY,
    PATIENCE,
    Observation,
    Restart,
    Watch,
    decide,
    remember,
    restarted,
)


def seen(
    at: float = 1000.0,
    *,
    exit_code: int | None = None,
    lost: frozenset[int] = frozenset(),
    overdue: float | None = None,
) -> Observation:
    return Observation(at, exit_code, lost, overdue)


def test_nothing_happens_while_all_is_well() -> None:
    assert decide(Watch(started_at=0), seen()) is None


@pytest.mark.parametrize("code", [0, 1, -9])
def test_a_queue_that_ended_is_started_again_however_it_ended(code: int) -> None:
    assert decide(Watch(started_at=0), seen(exit_code=code)) == Restart(
        f"the queue ended with code {code}", FIRST_DELAY
    )


def test_a_lost_process_is_reason_enough_even_at_once() -> None:
    restart = decide(Watch(started_at=0), seen(0.5, lost=frozenset({77})))
    assert restart == Restart("1 of the queue's processes ended", FIRST_DELAY)


def test_overdue_mail_is_reason_enough_once_the_group_had_its_time() -> None:
    watch = Watch(started_at=0)
    assert decide(watch, seen(PATIENCE - 0.1, overdue=500)) is None
    assert decide(watch, seen(PATIENCE, overdue=500)) == Restart("mail is overdue by 500 s", FIRST_DELAY)


def test_delay_doubles_up_to_its_bound() -> None:
    delays = []
    watch = Watch(started_at=0)
    for _ in range(40):
        restart = decide(watch, seen(watch.started_at + 1, exit_code=1))
        assert restart is not None
        delays.append(restart.delay)
        watch = restarted(watch, watch.started_at + 1 + restart.delay)
    assert delays[:4] == [1, 2, 4, 8]
    assert delays == sorted(delays)
    assert delays[-1] == LONGEST_DELAY


def test_patience_with_overdue_mail_grows_when_starting_anew_did_not_help() -> None:
    watch = restarted(Watch(started_at=0), 100)
    assert decide(watch, seen(100 + 2 * PATIENCE - 0.1, overdue=500)) is None
    assert decide(watch, seen(100 + 2 * PATIENCE, overdue=500)) is not None


def test_trouble_is_forgotten_after_a_calm_time_only() -> None:
    watch = Watch(started_at=0, troubles=5)
    assert remember(watch, seen(CALM - 0.1)) == watch
    assert remember(watch, seen(CALM, overdue=90)) == watch
    assert remember(watch, seen(CALM)) == Watch(started_at=0, troubles=0)
