"""One browser for all journeys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import PATIENCE, chromium


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium, closed after the last journey: in the thread of a running Playwright no other can be started."""
    expect.set_options(timeout=PATIENCE)
    with chromium() as running:
        yield running
