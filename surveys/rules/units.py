"""In what else people count the goods they survey: boxes, and gloves in pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PAIR, OF_A_PAIR = "双", 2


@dataclass(frozen=True)
class Measure:
    """How an item is counted: in its unit (枚), in packs of `pack_size` units, and in pairs of two, if it has pairs."""

    unit: str
    pack_size: int = 1
    pack_unit: str = "箱"
    in_pairs: bool = False

    @property
    def others(self) -> Mapping[str, int]:
        """The words people count in beside the unit itself, each with how many units it stands for."""
        packs = {self.pack_unit: self.pack_size} if self.pack_size > 1 else {}
        return packs | ({PAIR: OF_A_PAIR} if self.in_pairs else {})
