"""What is taken out of typed text, and above all what is not."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosportal.lib.text import clean_line, clean_text, find_unreadable, hankaku_code, search_key

# A kanji of its own, a variant, a compatibility ideograph that NFC would replace, a circled digit, one
# beyond the BMP, one with a variation selector, one of the supplement.
DEAR = ["髙", "﨑", "\ufa10", "①", "𠮷", "葛\U000e0100", "\U0002f81a", "㈱", "ｱ", "Ａ", "～"]
INVISIBLE = (
    "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u00ad"
)


@pytest.mark.parametrize("name", DEAR)
def test_characters_of_names_survive(name: str) -> None:
    assert clean_line(f"{name}病院") == f"{name}病院"
    assert clean_text(f"{name}病院\n{name}") == f"{name}病院\n{name}"
    assert find_unreadable(name) is None


def test_the_protected_ideograph_is_one_that_nfc_would_replace() -> None:
    assert unicodedata.normalize("NFC", "\ufa10") == "塚"


@pytest.mark.parametrize("character", INVISIBLE)
def test_invisible_characters_go(character: str) -> None:
    assert clean_line(f"架空{character}病院{character}") == "架空病院"
    assert clean_text(f"架空{character}\n病院") == "架空\n病院"


def test_decomposed_kana_are_composed() -> None:
    assert clean_line("か\u3099") == "が"
    assert clean_text("ハ\u309a") == "パ"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  架空病院 ", "架空病院"),
        ("見本　花子", "見本　花子"),
        ("見本　　花子", "見本　花子"),
        ("見本 　花子", "見本 花子"),
        ("見本\u00a0花子", "見本 花子"),
        ("架空\r\n病院", "架空 病院"),
        ("架空\u2028病院\tA", "架空 病院 A"),
        ("\r\nBcc: someone@example.jp", "Bcc: someone@example.jp"),
        ("", ""),
    ],
)
def test_a_line_is_one_line(typed: str, kept: str) -> None:
    assert clean_line(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("一\r\n二\r三\n四", "一\n二\n三\n四"),
        ("一\u2028二\x85三", "一\n二\n三"),
        ("\n\n　一行目  \n  字下げ　\n\n", "一行目\n  字下げ"),
        ("一\n\n二", "一\n\n二"),
    ],
)
def test_lines_of_a_text_stay(typed: str, kept: str) -> None:
    assert clean_text(typed) == kept


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean_line(clean_line(text)) == clean_line(text)
    assert clean_text(clean_text(text)) == clean_text(text)
    assert search_key(search_key(text)) == search_key(text)


@given(st.text())
def test_a_cleaned_line_has_no_break_and_nothing_invisible(text: str) -> None:
    line = clean_line(text)

    assert len(line.splitlines()) <= 1
    assert not set(line) & set(INVISIBLE)


@pytest.mark.parametrize(
    "code", [0x00, 0x07, 0x08, 0x0B, 0x1B, 0x1F, 0x7F, 0x80, 0x9F, 0xD800, 0xDFFF, 0xFFFE, 0xFFFF]
)
def test_what_can_not_be_kept_is_named(code: int) -> None:
    reason = find_unreadable(f"架空{chr(code)}病院")

    assert reason is not None
    assert f"U+{code:04X}" in reason


@pytest.mark.parametrize("text", ["", "架空病院", "一\t二\r\n三", *DEAR])
def test_what_can_be_kept_is_not_refused(text: str) -> None:
    assert find_unreadable(text) is None


@given(st.text())
def test_what_is_not_refused_can_be_stored(text: str) -> None:
    if find_unreadable(text) is None:
        assert "\0" not in text
        assert text.encode("utf-8").decode("utf-8") == text


@pytest.mark.parametrize("typed", ["ＡＢＣ病院", "abc 病院", "ａｂｃ　病院", "ABC\u200b病院"])
def test_one_name_in_any_width_has_one_key(typed: str) -> None:
    assert search_key(typed) == "abc病院"


def test_kana_of_any_width_have_one_key() -> None:
    assert search_key("ｶﾞｰｾﾞ") == search_key("ガーゼ")
    assert search_key("病院") != search_key("医院")


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("１３１０１２３４５６", "1310123456"),
        ("13-1-01-2345-6", "1310123456"),
        ("13－1－01－2345－6", "1310123456"),
        ("１３ー１‐０１−２３４５―６", "1310123456"),
        (" 1310123456\u3000", "1310123456"),
        ("\u200e1310123456", "1310123456"),
        ("0110112489", "0110112489"),
        ("٣", "٣"),
        ("13A", "13A"),
    ],
)
def test_codes_become_plain_digits(typed: str, code: str) -> None:
    assert hankaku_code(typed) == code
