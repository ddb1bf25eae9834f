"""Institutions by any part of their name, whatever its width, and by the beginning of their code."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from institutions.models import Institution
from sosportal.lib.text import search_key
from tests import factories

pytestmark = pytest.mark.django_db

NAMES = ("架空ゲンブ（玄武）病院", "架空中央病院", "ABC医院", "あ")


@pytest.fixture
def places() -> dict[str, Institution]:
    return {name: factories.institution(name=name) for name in NAMES}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("玄武", NAMES[:1]),
        ("ｹﾞﾝﾌﾞ", NAMES[:1]),
        ("病院", NAMES[:2]),
        ("院", NAMES[:3]),
        ("ａｂｃ", NAMES[2:3]),
        ("あ", NAMES[3:]),
        ("架空 病院", NAMES[:2]),
        ("院病", ()),
        ("%", ()),
        ("_", ()),
    ],
)
def test_by_part_of_the_name(places: dict[str, Institution], words: str, found: tuple[str, ...]) -> None:
    assert {place.name for place in Institution.objects.matching(words)} == set(found)


def test_by_the_code(places: dict[str, Institution]) -> None:
    place = places[NAMES[0]]
    assert list(Institution.objects.matching(place.code)) == [place]
    assert set(Institution.objects.matching(place.code[:3])) == set(places.values())


@pytest.mark.parametrize("few", [0, 200])
def test_figures_are_in_a_name_or_begin_a_code(
    places: dict[str, Institution], few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("institutions.models.institution.FEW", few)
    named = factories.institution("27", name="第99薬局")
    assert not any(place.code.startswith("99") for place in places.values())
    assert list(Institution.objects.matching("99")) == [named]
    assert list(Institution.objects.matching("９９")) == [named]
    assert named in Institution.objects.matching("27")
    assert not Institution.objects.matching("27").exclude(code__startswith="27")
    for nothing in ("999", "9" * 11, "0", "²²²"):
        assert not Institution.objects.matching(nothing)


@pytest.mark.parametrize("common", [1, 20])
def test_a_letter_is_found_however_many_names_have_it(
    places: dict[str, Institution], common: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("institutions.models.institution.COMMON", common)
    for letter in "院架あa%_鸞":
        expected = {name for name in NAMES if letter in search_key(name)}
        assert {place.name for place in Institution.objects.matching(letter)} == expected


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(word=st.text(st.sampled_from("架空ゲンブ（玄武）病院ABCabcあ中央%_"), min_size=1, max_size=4))
def test_the_index_finds_what_a_look_at_every_name_finds(places: dict[str, Institution], word: str) -> None:
    key = search_key(word)
    expected = {name for name in NAMES if key in search_key(name)}
    assert {place.name for place in Institution.objects.matching(word)} == expected
