"""Box or piece: which figures are asked about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.rules.jump import FACTOR, Question, jumped, key, questions

FIGURE = st.integers(min_value=0, max_value=9_999_999)
POSITIVE = st.integers(min_value=1, max_value=9_999_999)
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
    sizes = dict.fromkeys(range(1, 6), 100)
    found = questions(last, typed, sizes)
    assert {question.place for question in found} == {
        place for place in typed if place in last and jumped(last[place], typed[place])
    }
    settled = {question.key for question in found}
    assert questions(last, typed, sizes, settled) == []
    # Another figure at the same place is a new question.
    assert all(key(question.place, question.typed + 1) not in settled for question in found[:1])


@given(PLACE, POSITIVE, POSITIVE)
def test_keys_tell_places_and_figures_apart(place: tuple[int, str], one: int, other: int) -> None:
    assert (key(place, one) == key(place, other)) is (one == other)


def test_what_it_would_be_in_packs() -> None:
    assert Question((5, "stock"), 1000, 5, 100).if_packs == 500
    assert Question((5, "stock"), 1000, 5, 1).if_packs is None
    assert Question((5, "stock"), 1000, 100_000, 100).if_packs is None
    assert Question((5, "stock"), 1000, 100_000, 100).rose
