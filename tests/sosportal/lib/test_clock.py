"""The clock is Japan's, whatever the machine's."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from sosportal.lib import clock


@time_machine.travel(datetime(2026, 11, 24, 23, 30, tzinfo=UTC), tick=False)
def test_now_and_today_are_those_of_japan() -> None:
    assert clock.now() == datetime(2026, 11, 25, 8, 30, tzinfo=clock.JST)
    assert clock.now().utcoffset() == timedelta(hours=9)
    assert clock.today() == date(2026, 11, 25)


def test_jst_keeps_the_moment() -> None:
    moment = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)

    here = clock.jst(moment)

    assert here == moment
    assert (here.hour, here.tzinfo) == (17, clock.JST)


def test_jst_refuses_a_naive_moment() -> None:
    with pytest.raises(ValueError, match="time zone"):
        clock.jst(datetime(2026, 11, 25, 17, 0))  # noqa: DTZ001 (naive on purpose)
