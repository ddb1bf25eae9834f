"""The people around an inquiry, and the time.

pytest reads this file before Django is set up: what knows the models is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import time_machine

if TYPE_CHECKING:
    from institutions.models import Institution, User


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    from tests.institutions.inquiries.threads import NOW

    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def place() -> Institution:
    from tests import factories

    return factories.institution(name="架空中央病院", email="hospital@example.jp")


@pytest.fixture
def people(place: Institution) -> dict[str, User]:
    from institutions.models import Role
    from tests import factories

    return {
        "member": factories.member(place, email="nurse@example.jp"),
        "colleague": factories.member(place),
        "stranger": factories.member(factories.institution()),
        "tokyo": factories.user(Role.PREFECTURE, email="tokyo@example.jp"),
        "osaka": factories.user(Role.PREFECTURE, prefecture_id=factories.OSAKA),
        "ministry": factories.user(Role.MINISTRY, email="ministry@example.jp"),
        "operator": factories.user(Role.OPERATOR, email="operator@example.jp"),
    }
