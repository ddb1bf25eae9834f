"""A hospital, somebody who enters for it, logged in on a Tuesday at noon.

pytest reads this file before Django is set up: what knows the models is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import time_machine

if TYPE_CHECKING:
    from django.test import Client

    from institutions.models import Institution, User
    from requests_app.models import Campaign
    from surveys.models import Item


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    from tests.requests_app.views.pages import NOON

    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def place() -> Institution:
    from tests import factories
    from tests.requests_app.views.pages import CODE

    return factories.institution(code=CODE, name="架空中央病院")


@pytest.fixture
def person(place: Institution) -> User:
    from tests import factories

    return factories.member(place, name="見本 花子")


@pytest.fixture
def client(person: User, client: Client) -> Client:
    client.force_login(person)
    return client


@pytest.fixture
def gloves() -> Item:
    from tests import factories

    return factories.gloves()


@pytest.fixture
def campaign() -> Campaign:
    from tests import factories
    from tests.requests_app.views.pages import NOON

    return factories.campaign(now=NOON)
