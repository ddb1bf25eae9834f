"""The ministry's officer at their desk, on the day of shipping."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.test import Client

if TYPE_CHECKING:
    from institutions.models import User

# Models are imported inside: this file is read before Django is set up.


@pytest.fixture
def officer() -> User:
    from institutions.models import Role
    from tests import factories

    return factories.user(Role.MINISTRY, name="架空 国子")


@pytest.fixture
def client(officer: User) -> Iterator[Client]:
    from tests.requests_app.deliveries.vendor import SHIPPED

    with time_machine.travel(SHIPPED, tick=False):
        browser = Client()
        browser.force_login(officer)
        yield browser
