"""Audiences and waiting times in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from institutions.models import (
    Audience,
    InstitutionKind,
)
from institutions.presenters import audience_text, waited
from tests.institutions.notice_admin.pages import (
    NOW,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("audience", "said"),
    [
        (Audience(), "すべての医療機関"),
        (Audience(kinds=(InstitutionKind.CLINIC,)), "全国の診療所"),
        (Audience(("13",)), "東京都の医療機関"),
        (Audience(("13", "27"), ("hospital",)), "東京都・大阪府の病院"),
        (
            Audience(("01", "02", "03", "04", "05", "06", "07")),
            "北海道・青森県・岩手県・宮城県・秋田県 ほか2都道府県の医療機関",
        ),
    ],
)
def test_an_audience_in_words(audience: Audience, said: str) -> None:
    assert audience_text(audience) == said


@pytest.mark.parametrize(
    ("hours", "said"), [(0, "1時間未満"), (1, "1時間"), (23.9, "23時間"), (24, "1日"), (200, "8日")]
)
def test_how_long_somebody_has_waited(hours: float, said: str) -> None:
    assert waited(NOW - timedelta(hours=hours), NOW) == said
