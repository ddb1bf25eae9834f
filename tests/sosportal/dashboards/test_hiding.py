"""Small numbers stay hidden, whatever the country looks like."""

from hypothesis import given
from hypothesis import strategies as st

from sosportal.dashboards.hiding import LEAST, hidden, rounded

COUNTS = st.dictionaries(st.text(min_size=1, max_size=2), st.integers(0, 12), max_size=47)


@given(COUNTS)
def test_what_fewer_than_three_stand_behind_is_hidden(behind: dict[str, int]) -> None:
    found = hidden(behind)
    assert {key for key, count in behind.items() if 0 < count < LEAST} <= found
    assert not {key for key, count in behind.items() if count == 0} & found


@given(COUNTS)
def test_nothing_hidden_can_be_had_from_the_total(behind: dict[str, int]) -> None:
    """One unknown is what the total leaves; two aren't. Alone in the country, it is hidden together with the total."""
    found = hidden(behind)
    others = [key for key, count in behind.items() if count and key not in found]
    assert len(found) != 1 or not others


@given(COUNTS)
def test_what_is_hidden_together_has_three_behind_it(behind: dict[str, int]) -> None:
    """The total less what is shown is the sum of what is hidden."""
    found = hidden(behind)
    others = [key for key, count in behind.items() if count and key not in found]
    assert not found or not others or sum(behind[key] for key in found) >= LEAST


def test_two_of_one_institution_each_are_not_alone() -> None:
    assert hidden({"a": 1, "b": 1, "c": 3, "d": 9}) == {"a", "b", "c"}


@given(COUNTS)
def test_no_more_is_hidden_than_that(behind: dict[str, int]) -> None:
    small = [key for key, count in behind.items() if 0 < count < LEAST]
    found = hidden(behind)
    alone = small and (len(small) == 1 or sum(behind[key] for key in small) < LEAST)
    assert len(found) <= len(small) + (1 if alone else 0)


@given(st.integers(0, 10**12))
def test_two_digits_are_left(number: int) -> None:
    found = rounded(number)
    assert abs(found - number) * 20 <= max(number, 1) * 1.0001 or found == number
    assert len(str(found).rstrip("0")) <= 2
