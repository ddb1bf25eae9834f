"""Hygiene of what people type and paste: invisible characters out, visible ones untouched.

Japanese names live on characters that look like variants (髙, 﨑, 塚, ①, 𠮷, 葛󠄀). Nothing here may fold
them: stored text is composed (NFC) but never made compatible (NFKC), and CJK compatibility ideographs,
which even NFC would replace, are left as typed. Folding is for `search_key` alone.
"""

import re
import unicodedata

# Zero-width characters, direction marks, joiners, soft hyphen and tag characters: nobody sees them, so nobody
# can mean them, and they make two equal-looking names differ. Variation selectors stay: they choose a glyph.
INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0001\U000e0020-\U000e007f]"
)
_LINE_BREAK = re.compile("\r\n|[\r\n\v\f\x85\u2028\u2029]")
_SPACES = re.compile(r"\s+")
_TRAILING = re.compile(r"[^\S\n]+(?=\n|\Z)")
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_COMPOSABLE = re.compile("[^\uf900-\ufaff\U0002f800-\U0002fa1f]+")
_IDEOGRAPHIC_SPACE = "\u3000"
_CODE_FILLERS = re.compile("[\\s\\-\u2010-\u2015\u2212\u30fc\ufe58\ufe63\uff0d\uff70]")
_FULL_WIDTH_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")


def find_unreadable(text: str) -> str | None:
    """Why `text` can't be kept, as a Japanese sentence; None if it can.

    Refused are NUL, lone surrogates, other control characters but tab, LF and CR, and U+FFFE/U+FFFF: a
    database, a CSV or an XML file would choke on them. To be asked before cleaning.
    """
    found = _UNREADABLE.search(text)
    if found is None:
        return None
    return f"使えない文字（U+{ord(found.group()):04X}）が含まれています。入力し直してください。"


def clean_line(text: str) -> str:
    """One line as it is stored: composed, without invisible characters, breaks as spaces, spaces collapsed, stripped.

    A run of spaces becomes one: the wide one (U+3000) if all of them were wide, else the plain one.
    Idempotent.
    """
    return _SPACES.sub(_one_space, _compose(text)).strip()


def clean_text(text: str) -> str:
    """Several lines as they are stored: as `clean_line`, but line breaks (as LF) and inner spaces stay. Idempotent."""
    return _TRAILING.sub("", _LINE_BREAK.sub("\n", _compose(text))).strip()


def search_key(text: str) -> str:
    """What two spellings of one name have in common: any width, any case, any spaces. For matching, never to store."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    # Spaces go before the last composition: some of them come apart from an accent only here.
    return unicodedata.normalize("NFKC", _SPACES.sub("", INVISIBLE.sub("", folded)))


def hankaku_code(text: str) -> str:
    """A code as people type it, in plain digits: full-width digits made ASCII, hyphens, spaces and invisibles gone.

    Does not judge: what else stands in it stays, for the caller to refuse.
    """
    return _CODE_FILLERS.sub("", INVISIBLE.sub("", text)).translate(_FULL_WIDTH_DIGITS)


def _compose(text: str) -> str:
    visible = INVISIBLE.sub("", text)
    return _COMPOSABLE.sub(lambda part: unicodedata.normalize("NFC", part.group()), visible)


def _one_space(run: re.Match[str]) -> str:
    return _IDEOGRAPHIC_SPACE if set(run.group()) == {_IDEOGRAPHIC_SPACE} else " "


def wrapped(text: str, columns: int = 76) -> str:
    """The text with no line wider than `columns`, where a full-width character takes two; lines that fit stay.

    Breaks between Japanese characters, never inside a word or an address, and puts no closing mark at a line's head.
    """
    return "\n".join(part for line in text.split("\n") for part in _folded(line, columns))


_PIECE = re.compile(r"[!-~]+|.", re.DOTALL)
_NEVER_FIRST = frozenset("、。，．・）」』】！？ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ")


def _folded(line: str, columns: int) -> list[str]:
    parts, width = [""], 0
    for piece in _PIECE.findall(line):
        wide = sum(2 if unicodedata.east_asian_width(each) in "FWA" else 1 for each in piece)
        if width and width + wide > columns and piece not in _NEVER_FIRST:
            parts.append("")
            width = 0
        parts[-1] += piece
        width += wide
    return parts
