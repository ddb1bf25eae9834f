"""What a guide is made of: chapters, and in them sections, each of which explains some pages."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from institutions.models import Role


@dataclass(frozen=True)
class Section:
    """A part of a chapter. `anchor` is its place on the page, once in a guide; `explains` names the URLs of the pages
    it explains, with their namespace (`admin:index`); a `*` stands for any letters."""

    anchor: str
    title: str
    explains: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chapter:
    """A page of a guide, with what it is about in a sentence. Its template bears its slug and draws every section."""

    slug: str
    title: str
    lead: str
    sections: tuple[Section, ...]

    def section(self, anchor: str) -> Section:
        """The section at that place. Raises KeyError for one that the table does not have."""
        for section in self.sections:
            if section.anchor == anchor:
                return section
        raise KeyError(anchor)


@dataclass(frozen=True)
class Guide:
    """A guide for those who do the same work. No roles: everybody may read it, also before the log-in."""

    slug: str
    title: str
    lead: str
    chapters: tuple[Chapter, ...]
    roles: frozenset[Role] = frozenset()

    def is_for(self, role: str) -> bool:
        """Whether somebody of this role ("" for nobody in particular) may read it."""
        return not self.roles or role in self.roles

    def chapter(self, slug: str) -> Chapter | None:
        """The chapter of that name; None where there is none."""
        return next((chapter for chapter in self.chapters if chapter.slug == slug), None)

    def template(self, chapter: Chapter) -> str:
        """The template of what the chapter says."""
        return f"guide/{self.slug}/{chapter.slug}.html"

    def address(self, chapter: Chapter, anchor: str = "") -> str:
        """Where the chapter stands, and the section in it."""
        path = reverse("guide_chapter", args=[self.slug, chapter.slug])
        return f"{path}#{anchor}" if anchor else path

    def at(self, slug: str, anchor: str = "") -> str:
        """The address of a chapter and a section by their names. Raises KeyError where they are not."""
        chapter = self.chapter(slug)
        if chapter is None:
            raise KeyError(slug)
        return self.address(chapter, chapter.section(anchor).anchor if anchor else "")

    def before(self, chapter: Chapter) -> Chapter | None:
        """The chapter before this one."""
        place = self.chapters.index(chapter)
        return self.chapters[place - 1] if place else None

    def after(self, chapter: Chapter) -> Chapter | None:
        """The chapter after this one."""
        return next(iter(self.chapters[self.chapters.index(chapter) + 1 :]), None)
