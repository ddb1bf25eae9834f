"""The requests an inquiry can be about: asked of the floor above, which this floor does not import."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from institutions.models import User


class Choice(NamedTuple):
    """A request that can be named in an inquiry: its number, what it is called, and whose it is."""

    number: str
    label: str
    institution_id: int


class Source(NamedTuple):
    """What the floor above can tell: the requests a member may name, newest first, and the address at which somebody
    may look at one ("" for what they may not see)."""

    choices: Callable[[User], Sequence[Choice]]
    address: Callable[[User, str], str]


_source: Source | None = None


def provide(source: Source) -> None:
    """Name who knows the requests. Called by the floor above when it is ready."""
    global _source
    _source = source


def choices(user: User) -> Sequence[Choice]:
    """The requests that the member may name, newest first."""
    return _source.choices(user) if _source else ()


def address(user: User, number: str) -> str:
    """Where `user` can look at the request of that number; "" for none and for one they may not see."""
    return _source.address(user, number) if _source and number else ""
