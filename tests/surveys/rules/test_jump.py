"""Box or piece: which figures are asked about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.rules.jump import FACTOR, Question, Why, jumped, key, questions, why_asked
from surveys.rules.units import Measure

FIGURE = st.integers(min_value=0, max_value=9_999_999)
POSITIVE = st.integers(min_value=1, max_value=9_999_999)
BOXES = Measure("枚", 100)
GLOVES = Measure("枚", 100, in_pairs=True)
PLACE = st.tuples(st.integers(1, 5), st.sampled_from(["stock", "weekly_consumption", "weekly_purchase"]))


@pytest.mark.parametrize(
    ("last", "typed", "asked"),
    [
        (1000, 99, True),
        (1000, 100, False),
        (1000, 10_000, False),
        (1000, 10_001, True),
        (1000, 1000, False),
        (1000, 0, False),
        (0, 1000, False),
        (0, 0, False),
        (1, 11, True),
        (1, 10, False),
    ],
)
def test_more_than_tenfold_up_or_down_and_zero_never(last: int, typed: int, asked: bool) -> None:
    assert jumped(last, typed) is asked


@given(POSITIVE, POSITIVE)
def test_up_and_down_are_alike(one: int, other: int) -> None:
    assert jumped(one, other) is jumped(other, one)
    assert jumped(one, other) is (max(one, other) / min(one, other) > FACTOR)


@given(FIGURE, FIGURE)
def test_what_ran_out_is_not_asked_about(last: int, typed: int) -> None:
    assert not (jumped(last, typed) and 0 in (last, typed))


@given(st.dictionaries(PLACE, FIGURE), st.dictionaries(PLACE, FIGURE))
def test_every_jump_is_asked_about_until_it_is_settled(
    last: dict[tuple[int, str], int], typed: dict[tuple[int, str], int]
) -> None:
    measures = dict.fromkeys(range(1, 6), BOXES)
    found = questions(last, typed, measures)
    assert {question.place for question in found} == {
        place for place in typed if place in last and why_asked(last[place], typed[place], BOXES)
    }
    settled = {question.key for question in found}
    assert questions(last, typed, measures, settled) == []
    # Another figure at the same place is a new question.
    assert all(key(question.place, question.typed + 1) not in settled for question in found[:1])


@given(PLACE, POSITIVE, POSITIVE)
def test_keys_tell_places_and_figures_apart(place: tuple[int, str], one: int, other: int) -> None:
    assert (key(place, one) == key(place, other)) is (one == other)


def test_what_it_would_be_in_packs() -> None:
    assert Question((5, "stock"), 1000, 5, BOXES).instead == 500
    assert Question((5, "stock"), 1000, 5, Measure("個")).instead is None
    assert Question((5, "stock"), 1000, 100_000, BOXES).instead is None
    assert Question((5, "stock"), 1000, 100_000, BOXES).rose
    assert Question((5, "stock"), 9_999_999, 100_000, BOXES).instead is None  # more than a figure can be


@pytest.mark.parametrize(
    ("last", "typed", "measure", "why", "word", "instead"),
    [
        (4000, 2000, GLOVES, Why.TWICE, "双", 4000),
        (4000, 2000, BOXES, Why.TWICE, "", None),
        (4000, 8000, GLOVES, Why.TWICE, "双", None),
        (6200, 62, BOXES, Why.PACKS, "箱", 6200),
        (62, 6200, BOXES, Why.PACKS, "箱", None),
        (120, 24, Measure("個", 5), Why.PACKS, "箱", 120),
        (6200, 61, BOXES, Why.TENFOLD, "箱", 6100),
    ],
)
def test_exactly_double_half_or_a_pack_is_asked_about_in_the_right_word(
    last: int, typed: int, measure: Measure, why: Why, word: str, instead: int | None
) -> None:
    (found,) = questions({(5, "stock"): last}, {(5, "stock"): typed}, {5: measure})
    assert (found.why, found.word, found.instead) == (why, word, instead)


@pytest.mark.parametrize(
    ("last", "typed"), [(4000, 7999), (4000, 8001), (4000, 1999), (0, 0), (0, 2), (5, 5)]
)
def test_nearly_double_and_zero_are_not_asked_about(last: int, typed: int) -> None:
    assert why_asked(last, typed, GLOVES) is None
