"""The scene and the rounds through it. Models are imported late: pytest may read this file before Django is set up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser

from tests.support.portal import Portal

if TYPE_CHECKING:
    from tests.journeys.accessibility.walking import Begin
    from tests.journeys.scene import Scene


@pytest.fixture
def scene(live_portal: Portal) -> Scene:
    from tests.journeys.scene import ready

    return ready()


@pytest.fixture
def begin(live_portal: Portal, scene: Scene, browser: Browser) -> Iterator[Begin]:
    """Begin a round; in the end nothing may be wrong anywhere."""
    from tests.journeys.accessibility.walking import beginning

    with beginning(live_portal, scene, browser) as start:
        yield start
