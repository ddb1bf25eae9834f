"""The guides, who may read them, and which section explains a page."""

from __future__ import annotations

from functools import cache

from sosportal.guide.hospital import HOSPITAL
from sosportal.guide.office import OFFICE
from sosportal.guide.operation import OPERATION
from sosportal.guide.parts import Guide

GUIDES = (HOSPITAL, OFFICE, OPERATION)


def guides_for(role: str) -> list[Guide]:
    """What somebody of this role ("" before the log-in) may read: their own first, that of hospitals last."""
    return [guide for guide in reversed(GUIDES) if guide.is_for(role)]


def guide_for(role: str, slug: str) -> Guide | None:
    """The guide of that name, if somebody of this role may read it."""
    return next((guide for guide in guides_for(role) if guide.slug == slug), None)


@cache
def explanation_of(name: str, role: str) -> str:
    """The address of the section that explains the page of this URL (its name with its namespace) to somebody of this
    role; "" where none does. Sections that name it go before those that name it by `*`."""
    for guide in guides_for(role):
        found = [
            (pattern.count("*"), -len(pattern), guide.address(chapter, section.anchor))
            for chapter in guide.chapters
            for section in chapter.sections
            for pattern in section.explains
            if _covers(pattern, name)
        ]
        if found:
            return min(found)[2]
    return ""


def _covers(pattern: str, name: str) -> bool:
    before, star, after = pattern.partition("*")
    if not star:
        return pattern == name
    return len(name) >= len(before) + len(after) and name.startswith(before) and name.endswith(after)
