"""Fixtures of the survey's tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import time_machine

if TYPE_CHECKING:
    from tests.surveys.ward import Ward

# Models are imported inside: this file is read before Django is set up.


@pytest.fixture
def frozen() -> Iterator[time_machine.Traveller]:
    """The clock stands at ward.NOW; `move_to` moves it."""
    from tests.surveys.ward import NOW

    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def ward(frozen: time_machine.Traveller, db: None) -> Ward:
    """A hospital that answered for gloves last week, in a round that is open now."""
    from tests.surveys.ward import ready

    return ready()
