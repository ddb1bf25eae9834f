"""A block of cells from Excel: what is understood, what is not, and that nothing is saved."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.imports.pasting import LONGEST, NO_ITEM, TOO_MANY, TWICE, Block, understand
from surveys.models import Item
from tests.surveys.pages import opened, three
from tests.surveys.ward import Ward

ITEMS = [
    Item(pk=11, order=1, name="医療用(サージカル)マスク", unit="枚", pack_size=50),
    Item(pk=12, order=2, name="N95マスク又はDS2マスク", unit="枚", pack_size=20),
    Item(pk=15, order=5, name="非滅菌手袋", unit="枚", pack_size=100),
]


def read(text: str) -> dict[str, str]:
    return understand(text, ITEMS, frozenset({15})).texts


def gloves(*figures: str) -> dict[str, str]:
    return three(15, *figures)


@pytest.mark.parametrize(
    "text",
    [
        "非滅菌手袋\t3400\t4000\t500",
        "⑤非滅菌手袋\t３，４００枚\t4 000\t500枚",
        "5. 非滅菌手袋\t3,400\t4,000\t500\r\n",
        "手袋\t3400\t4000\t500",
        "3400\t4000\t500",  # one row without a name: the item that must be answered
        "\t3400\t4000\t500",
        "物資\t在庫量\t1週間の想定消費量\t1週間の購入見込み量\n非滅菌手袋\t3400\t4000\t500",
        "品名\t単位\t購入\t在庫\t消費\n手袋\t枚\t500\t3400\t4000",
        "非滅菌手袋\t枚\t3400\t4000\t500",
        "\n\n非滅菌手袋\t3400\t4000\t500\t備考あり\n",
        '"非滅菌\n手袋"\t3400\t4000\t500',
        "在庫\t消費\t購入\n34箱\t4000\t500",
    ],
)
def test_what_people_copy(text: str) -> None:
    assert read(text) == gloves("3,400", "4,000", "500")


def test_several_rows_by_name_and_in_order() -> None:
    by_name = read("手袋\t1\t2\t3\n医療用マスク\t9\t9\t9\n医療用(サージカル)マスク\t4\t5\t6")
    assert by_name == gloves("1", "2", "3") | three(11, "4", "5", "6")
    in_order = read("1\t2\t3\n4\t5\t6\n7\t8\t9")
    assert in_order == three(11, "1", "2", "3") | three(12, "4", "5", "6") | gloves("7", "8", "9")


def test_what_was_not_understood_is_said_and_left_alone() -> None:
    block = understand(
        "手袋\t-1\t4000\t\nガーゼ\t1\t2\t3\n手袋\t1\t1\t1\nマスク\t1\t2\t3", ITEMS, frozenset({15})
    )
    assert block.texts == {"weekly_consumption-15": "4,000"}
    assert block.rows[0].cell("stock").text == "-1"
    assert "0より小さい数" in block.rows[0].cell("stock").note
    assert [row.problem for row in block.rows] == ["", NO_ITEM, TWICE, NO_ITEM]
    assert understand("1\n2\n3\n4", ITEMS).rows[3].problem == TOO_MANY


def test_packs_and_pairs_are_told_as_pieces() -> None:
    (row,) = understand("手袋\t33箱\t1,700双\t500", ITEMS).rows
    assert [row.cell(name).figure for name in ("stock", "weekly_consumption")] == [3300, 3400]
    assert row.cell("stock").note == "33箱＝3,300枚"


@pytest.mark.parametrize(
    "text", ["", "\t\t", "こんにちは", "x" * (LONGEST + 1), "1\n" * 100, "\ud800\t1", "\x00"]
)
def test_what_holds_no_figures(text: str) -> None:
    assert read(text) == {}


@given(st.text(alphabet=st.sampled_from('手袋マスク在庫①5\t\n\r" 箱双枚,.-１２\x00'), max_size=200))
def test_any_text_is_read_without_harm(text: str) -> None:
    block = understand(text, ITEMS, frozenset({15}))
    assert isinstance(block, Block)
    assert set(block.texts) <= set(gloves("", "", "") | three(11, "", "", "") | three(12, "", "", ""))


# --- On the page --------------------------------------------------------------------------------------------------


def test_the_form_is_filled_shown_and_not_saved(ward: Ward) -> None:
    page = opened(ward.person, ward.place)
    filled = page.send({f"stock-{ward.gloves}": "7"}, pasted="手袋\t\t4,000\t<b>\nガーゼ\t1\t2\t3", fill="1")
    assert filled.status == 200
    assert "貼り付けた1つの数を、下の入力欄に入れました。まだ送信されていません。" in filled.text
    assert "「<b>」は入れていません。" in filled.text
    assert NO_ITEM in filled.text
    shown = [filled.value(name) for name in three(ward.gloves, "", "", "")]
    assert shown == ["7", "4,000", ""]
    assert ward.standing() is None
    assert filled.send(three(ward.gloves, "3400", "4000", "500")).status == 302


def test_a_block_without_figures_stays_to_be_mended(ward: Ward) -> None:
    page = opened(ward.person, ward.place).send(pasted="こんにちは", fill="1")
    assert page.status == 200
    assert 'rows="4" aria-describedby="pasted-hint">こんにちは</textarea>' in page.html
    assert ward.standing() is None
