"""Small numbers stay hidden, whatever the country looks like."""

from hypothesis import given
from hypothesis import strategies as st

from requests_app.progress.hiding import LEAST, TOTAL, hidden, rounded

COUNTS = st.dictionaries(st.text(min_size=1, max_size=2), st.integers(0, 12), max_size=47)
PAIRS = st.dictionaries(
    st.text(min_size=1, max_size=2),
    st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda pair: (max(pair), min(pair))),
    max_size=12,
)
"""Of each prefecture, how many asked and how many of them were accepted."""


@given(COUNTS)
def test_what_fewer_than_three_stand_behind_is_hidden(behind: dict[str, int]) -> None:
    found = hidden(behind)
    assert {key for key, count in behind.items() if 0 < count < LEAST} <= found
    assert not {key for key, count in behind.items() if count == 0} & found


@given(COUNTS)
def test_nothing_hidden_can_be_had_from_the_total(behind: dict[str, int]) -> None:
    """One unknown is what the total leaves; two aren't, where three institutions stand behind them."""
    found = hidden(behind)
    if found and TOTAL not in found:
        assert len(found) > 1
        assert sum(behind[key] for key in found) >= LEAST


def test_two_of_one_institution_each_are_not_alone() -> None:
    assert hidden({"a": 1, "b": 1, "c": 3, "d": 9}) == {"a", "b", "c"}


def test_with_nobody_to_hide_behind_the_total_is_hidden() -> None:
    assert hidden({"a": 2, "b": 0}) == {"a", TOTAL}


@given(COUNTS)
def test_no_more_is_hidden_than_that(behind: dict[str, int]) -> None:
    small = [key for key, count in behind.items() if 0 < count < LEAST]
    found = hidden(behind) - {TOTAL}
    alone = small and (len(small) == 1 or sum(behind[key] for key in small) < LEAST)
    assert len(found) <= len(small) + (1 if alone else 0)


@given(PAIRS)
def test_two_columns_subtracted_tell_of_nobody(pairs: dict[str, tuple[int, int]]) -> None:
    """Asked less accepted: who was left out. Neither a prefecture nor the rest of the total is one or two of them."""
    asked = {key: each[0] for key, each in pairs.items()}
    accepted = {key: each[1] for key, each in pairs.items()}
    left = {key: asked[key] - accepted[key] for key in pairs}
    of_asked = hidden(asked)
    of_accepted = hidden(accepted, left, also=of_asked)
    assert of_asked <= of_accepted
    assert not [key for key in pairs if key not in of_accepted and 0 < left[key] < LEAST]
    if of_accepted and TOTAL not in of_accepted:
        assert len(of_accepted) > 1
        for counts in (accepted, left):
            assert not 0 < sum(counts[key] for key in of_accepted) < LEAST


def test_the_one_that_was_not_accepted_is_no_difference() -> None:
    accepted, left = {"a": 4, "b": 5, "c": 6}, {"a": 1, "b": 0, "c": 3}
    assert hidden(accepted, left) == {"a", "b", "c"}
    assert hidden(accepted, {**left, "c": 0}) == {"a", TOTAL}


@given(st.integers(0, 10**12))
def test_two_digits_are_left_and_tens_at_least(number: int) -> None:
    found = rounded(number)
    assert abs(found - number) <= max(5, number * 0.05)
    assert found % 10 == 0
    assert len(str(found).rstrip("0")) <= 2


def test_quantities_below_a_hundred_are_rounded_too() -> None:
    assert [rounded(each) for each in (0, 4, 5, 87, 94, 104, 123_456)] == [0, 0, 10, 90, 90, 100, 120_000]
