"""Cells that go out of the house."""

import unicodedata

_FORMULA_STARTS = frozenset("=+-@\u2212\t\r\n")


def safe_cell(value: str) -> str:
    """`value` as a text that no spreadsheet takes for a formula: with an apostrophe in front where one could start.

    Formulas start with = + - @, their full-width and small forms, the minus sign, tab, CR or LF, also
    behind spaces. Running it twice changes nothing.
    """
    start = value.lstrip(" \u00a0\u3000")[:1]
    if start and unicodedata.normalize("NFKC", start) in _FORMULA_STARTS:
        return f"'{value}"
    return value


def plain_cell(value: str) -> str:
    """What `safe_cell` made safe, as it was: a list that went out and comes in again says the same."""
    return value[1:] if value.startswith("'") and safe_cell(value[1:]) == value else value
