"""The pages that explain the portal, in one register: what the search finds besides people's own data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings

from institutions.models import Role
from sosportal.guide.parts import Guide
from sosportal.guide.shelf import GUIDES
from sosportal.guide.views import context_of


@dataclass(frozen=True)
class HelpPage:
    """A page of help: its title, the name and arguments of its address, its Jinja2 template, what that needs besides
    the frame, and whose it is; no roles: everybody's."""

    title: str
    name: str
    template: str
    args: tuple[str | int, ...] = ()
    context: tuple[tuple[str, object], ...] = ()
    roles: frozenset[Role] = frozenset()


_pages: dict[tuple[str, tuple[str | int, ...]], HelpPage] = {}


def register(pages: Iterable[HelpPage]) -> None:
    """Have the search find these, too. Safe to run twice: an address stands in the register once."""
    _pages.update({(page.name, page.args): page for page in pages})


def help_pages(role: str) -> list[HelpPage]:
    """The pages that somebody of this role may read, in the order in which they were registered."""
    return [page for page in _pages.values() if not page.roles or role in page.roles]


def pages_of(guide: Guide) -> list[HelpPage]:
    """The chapters of a guide."""
    return [
        HelpPage(
            chapter.title,
            "guide_chapter",
            "guide/chapter.html",
            args=(guide.slug, chapter.slug),
            context=(*context_of(guide).items(), ("chapter", chapter)),
            roles=guide.roles,
        )
        for chapter in guide.chapters
    ]


for each in GUIDES:
    register(pages_of(each))
register(
    [
        HelpPage(
            "動作環境",
            "environment",
            "pages/environment.html",
            context=(("base_url", settings.BASE_URL),),
        ),
        HelpPage("アクセシビリティ", "accessibility", "pages/accessibility.html"),
    ]
)
