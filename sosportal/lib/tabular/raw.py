"""Rows as a file holds them, before its heading is understood; and the limits every format is read under."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sosportal.lib.tabular.problem import TableProblem

CHUNK = 64 * 1024


@dataclass(frozen=True)
class RawRow:
    """The cells of one line, from the left.

    `exact`: the format delimits cells itself, so that a count other than the heading's means that they have
    shifted. `problems` maps a cell's index to what is wrong with it.
    """

    line: int
    cells: list[str]
    exact: bool
    problems: Mapping[int, str] = field(default_factory=dict)


def check_size(size: int, max_bytes: int) -> None:
    """Raises TableProblem when `size` (bytes, packed or unpacked, told or counted) is beyond `max_bytes`."""
    if size > max_bytes:
        limit = max_bytes // (1024 * 1024)
        raise TableProblem(None, None, f"ファイルが大きすぎます。展開して{limit:,}MBまでに分けてください。")
