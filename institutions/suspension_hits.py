"""What a suspension would hit: asked of the floor above, which this floor does not import."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from institutions.models import Institution


class Hit(NamedTuple):
    """A request under review: its number, what it asks for, its page in the admin."""

    number: str
    label: str
    address: str


class Hits(NamedTuple):
    """The newest of them, and how many there are in all."""

    shown: Sequence[Hit]
    in_all: int


Source = Callable[[Institution], Hits]
_source: Source | None = None


def provide(source: Source) -> None:
    """Name who knows the requests. Called by the floor above when it is ready."""
    global _source
    _source = source


def hits(institution: Institution) -> Hits:
    """The requests of the institution that are under review now."""
    return _source(institution) if _source else Hits((), 0)
