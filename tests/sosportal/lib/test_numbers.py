"""Numbers as people type them: what is understood, what is refused, and that nothing else ever happens."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sosportal.lib.numbers import MAXIMUM, NumberProblem, format_count, parse_count, with_packs

SHEETS = ("枚",)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("41", 41),
        ("１２３", 123),
        ("1,000", 1000),
        ("1，000", 1000),
        ("１，０００", 1000),
        ("1 000", 1000),
        ("1\u3000000", 1000),
        ("1\u00a0000", 1000),
        ("1\u202f000", 1000),
        ("1 000 枚", 1000),
        ("1 000 000", 1000000),
        ("4100枚", 4100),
        ("4,100\u3000枚", 4100),
        ("  ４１００　", 4100),
        ("\u200b4100\ufeff", 4100),
        ("007", 7),
        ("9,999,999", MAXIMUM),
    ],
)
def test_understood(text: str, number: int) -> None:
    assert parse_count(text, units=SHEETS) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \u3000",
        "1_000",
        "٣",
        "-5",
        "−5",
        "－5",
        "ー5",
        "+5",
        "1.5",
        "1．5",
        "1e3",
        "0x10",
        "NaN",
        "inf",
        "²",
        "①",
        "五",
        "千",
        "1,00,0",
        "1,0000",
        "1000,000",
        ",100",
        "1,000,",
        "1,000 000",
        "1 0",
        "41箱",
        "枚",
        "枚41",
        "41枚枚",
        "1 000 枚 2",
        "10000000",
        "1" + "0" * 30,
        "1" * 5000,
        "<b>1</b>",
        "1\x00",
        "\ud800",
        "1\n2",
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(NumberProblem) as refused:
        parse_count(text, units=SHEETS)

    assert refused.value.message.endswith("入力してください。") or "例：" in refused.value.message


def test_only_the_items_own_unit_is_understood() -> None:
    assert parse_count("41箱", units=("箱",)) == 41
    assert parse_count("41ｺ", units=("コ",)) == 41
    with pytest.raises(NumberProblem):
        parse_count("41枚")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("41箱", "「41箱」は数として読めません。枚数を数字だけで入力してください（例：4100）。"),
        ("-5", "0より小さい数は入力できません。枚数を数字だけで入力してください（例：4100）。"),
        ("1.5", "小数は入力できません。枚数を数字だけで入力してください（例：4100）。"),
        ("", "数がありません。枚数を数字だけで入力してください（例：4100）。"),
        ("10000000", "数が大きすぎます。9,999,999までで入力してください。"),
    ],
)
def test_the_message_says_how_to_mend_it(text: str, message: str) -> None:
    with pytest.raises(NumberProblem) as refused:
        parse_count(text, units=SHEETS)

    assert refused.value.message == message


def test_the_maximum_itself_is_taken() -> None:
    assert parse_count("50", maximum=50) == 50
    with pytest.raises(NumberProblem, match="50までで"):
        parse_count("51", maximum=50)


@given(st.integers(0, MAXIMUM))
def test_every_number_is_read_back_however_it_is_written(number: int) -> None:
    full_width = str(number).translate(str.maketrans("0123456789", "０１２３４５６７８９"))

    for text in (
        str(number),
        full_width,
        format_count(number),
        f"{number:,}".replace(",", " "),
        f"{number} 枚",
    ):
        assert parse_count(text, units=SHEETS) == number


@given(st.text(max_size=80) | st.text("0123456789０９,，. 枚箱-−_٣e", max_size=20))
@example("１" * 64)
@example("1 " * 32)
def test_any_text_gives_a_number_within_the_limits_or_a_problem(text: str) -> None:
    try:
        number = parse_count(text, units=SHEETS)
    except NumberProblem:
        return
    assert 0 <= number <= MAXIMUM
    assert any(character in "0123456789０１２３４５６７８９" for character in text)


@pytest.mark.parametrize(
    "text", ["1" * 10**6, "1," * 10**6, "1 " * 10**6, " " * 10**6 + "x", "1,000" * 10**6]
)
def test_a_long_text_is_refused_at_once(text: str) -> None:
    began = time.perf_counter()

    with pytest.raises(NumberProblem):
        parse_count(text, units=SHEETS)

    assert time.perf_counter() - began < 1


@pytest.mark.parametrize(
    ("number", "pack_size", "text"),
    [
        (4100, 100, "4,100枚（41箱）"),
        (4150, 100, "4,150枚（41箱と50枚）"),
        (50, 100, "50枚"),
        (0, 100, "0枚"),
        (100, 100, "100枚（1箱）"),
        (4100, 1, "4,100枚"),
        (1_000_000, 100, "1,000,000枚（10,000箱）"),
    ],
)
def test_quantities_are_shown_with_their_packs(number: int, pack_size: int, text: str) -> None:
    assert with_packs(number, "枚", pack_size, "箱") == text
