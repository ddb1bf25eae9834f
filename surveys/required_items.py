"""Which items a survey must be answered for: asked of the floor above, which this floor does not import."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

Provider = Callable[[datetime], frozenset[int]]

_provider: Provider | None = None


def provide(provider: Provider) -> None:
    """Name the function that tells the ids of the items the open campaign asks for at a moment (aware)."""
    global _provider
    _provider = provider


def required_at(now: datetime) -> frozenset[int]:
    """Ids of the items that must be answered at `now`; none when nothing is being asked for."""
    return _provider(now) if _provider else frozenset()
