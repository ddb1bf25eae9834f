"""What a correction changed."""

from hypothesis import given
from hypothesis import strategies as st

from surveys.rules.corrections import BLANK, Change, changes
from surveys.rules.figures import FIGURES

FIGURE = st.none() | st.integers(min_value=0, max_value=9_999_999)
KEPT = st.dictionaries(st.integers(1, 12).map(str), st.tuples(FIGURE, FIGURE, FIGURE))
Kept = dict[str, tuple[int | None, int | None, int | None]]


def test_one_figure_an_item_left_out_and_a_new_one() -> None:
    before = {"5": [3400, 4000, 500], "10": [1, 2, 3]}
    after: dict[str, list[int | None]] = {"5": [3400, 4100, 500], "1": [None, 0, None]}
    assert changes(before, after) == [
        Change(1, "weekly_consumption", None, 0),
        Change(5, "weekly_consumption", 4000, 4100),
        Change(10, "stock", 1, None),
        Change(10, "weekly_consumption", 2, None),
        Change(10, "weekly_purchase", 3, None),
    ]


@given(KEPT, KEPT)
def test_the_changes_lead_from_one_to_the_other(before: Kept, after: Kept) -> None:
    figures = {
        (int(item), name): figure
        for item in before.keys() | after.keys()
        for name, figure in zip(FIGURES, before.get(item, BLANK), strict=True)
    }
    for change in changes(before, after):
        assert figures[change.item_id, change.figure] == change.before
        figures[change.item_id, change.figure] = change.after
    assert figures == {
        (int(item), name): figure
        for item in before.keys() | after.keys()
        for name, figure in zip(FIGURES, after.get(item, BLANK), strict=True)
    }


@given(KEPT)
def test_the_same_figures_are_no_change(kept: Kept) -> None:
    assert changes(kept, dict(kept)) == []
