"""A member at the hospital's pages, and officers, on a Wednesday morning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import time_machine

if TYPE_CHECKING:
    from django.test import Client

    from institutions.models import Institution, User

# Models are imported inside: this file is read before Django is set up.


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    from tests.institutions.notice_admin.pages import NOW

    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def place() -> Institution:
    from tests import factories

    return factories.institution(name="架空中央病院")


@pytest.fixture
def nurse(place: Institution, client: Client) -> User:
    from tests import factories

    person = factories.member(place, name="見本 花子")
    client.force_login(person)
    return person


@pytest.fixture
def officer() -> User:
    from institutions.models import Role
    from tests import factories

    return factories.user(Role.PREFECTURE, name="見本 一郎")


@pytest.fixture
def ministry() -> User:
    from institutions.models import Role
    from tests import factories

    return factories.user(Role.MINISTRY)
