"""Where the 47 prefectures stand on the tile map, and in which regions they are read on a narrow screen."""

from __future__ import annotations

# Column and row of each prefecture's tile, in the order of the JIS X 0401 codes; north is up, neighbours mostly touch.
# fmt: off
_AT = (
    (12, 0), (12, 1), (12, 2), (12, 3), (11, 2), (11, 3), (11, 4),
    (12, 5), (11, 5), (10, 5), (10, 6), (12, 6), (11, 6), (11, 7),
    (10, 4), (9, 4), (8, 4), (8, 5), (9, 6), (9, 5), (8, 6),
    (10, 7), (9, 7), (8, 7), (7, 6), (6, 6), (6, 7), (5, 6),
    (7, 7), (7, 8), (4, 6), (3, 6), (4, 7), (3, 7), (2, 6),
    (5, 9), (5, 8), (4, 8), (4, 9), (1, 7), (0, 7), (0, 8),
    (1, 8), (2, 8), (2, 9), (1, 9), (0, 10),
)
# fmt: on
PLACES: dict[str, tuple[int, int]] = {f"{code:02d}": at for code, at in enumerate(_AT, start=1)}

REGIONS: tuple[tuple[str, int, int], ...] = (
    ("北海道・東北", 1, 7),
    ("関東", 8, 14),
    ("中部", 15, 23),
    ("近畿", 24, 30),
    ("中国・四国", 31, 39),
    ("九州・沖縄", 40, 47),
)
"""Name, first and last code of each region."""


def short_name(name: str) -> str:
    """`静岡` for 静岡県: what fits on a tile. 北海道 stays."""
    return name if name == "北海道" else name[:-1]
