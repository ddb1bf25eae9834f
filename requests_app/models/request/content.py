"""What an institution writes into a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Content:
    """What an institution writes into a request.

    `lines` maps the ids of the ticked items to the quantity in the item's unit, None where it is still blank.
    """

    confirmed_terms: bool = False
    lines: Mapping[int, int | None] = field(default_factory=dict)
    opinion: str = ""

    def to_json(self) -> dict[str, Any]:
        """As event rows keep it."""
        return {
            "confirmed_terms": self.confirmed_terms,
            "lines": {str(item_id): quantity for item_id, quantity in sorted(self.lines.items())},
            "opinion": self.opinion,
        }
