"""Reading the guides as a browser does: what stands in a page, where it leads, and which pages the portal has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from institutions.models import Role
from tests import factories

ROOT = Path(settings.BASE_DIR)
READERS = ("", *Role.values)
APPS = ("institutions", "surveys", "requests_app", "sosportal")


@dataclass
class Read(HTMLParser):
    """A page: its headings' and sections' ids, where its links lead, its pictures, and the text of <main>."""

    page: str
    ids: list[str] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    pictures: list[dict[str, str]] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self._inside = False
        self.feed(self.page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        self._inside = self._inside or tag == "main"
        if "id" in known:
            self.ids.append(known["id"])
        if "guide-section" in known.get("class", "").split():
            self.sections.append(known["id"])
        if tag == "a" and self._inside:
            self.links.append(known["href"])
        if tag == "img":
            self.pictures.append(known)

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "main"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.text += data


def client_of(role: str) -> Client:
    """The browser of somebody of this role; of a stranger for ""."""
    client = Client()
    if role == Role.INSTITUTION:
        client.force_login(factories.member(factories.institution()))
    elif role:
        client.force_login(factories.user(Role(role)))
    return client


def page_names(
    patterns: list[Any] | None = None, before: str = "", space: str = ""
) -> Iterator[tuple[str, str]]:
    """(route, name with its namespace) of every URL of the portal."""
    for each in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from page_names(
                each.url_patterns, route, f"{space}{each.namespace}:" if each.namespace else space
            )
        elif isinstance(each, URLPattern) and each.name:
            yield route, f"{space}{each.name}"


def quoted(text: str) -> set[str]:
    """What stands in 「」."""
    return set(re.findall("「([^「」]+)」", text))


def screen_words() -> str:
    """Every word that the portal can show, without spaces: templates, and the texts in the code of the apps.

    The guides, and what only the demonstration says, are left out.
    """
    templates = [path.read_text(encoding="utf-8") for path in files("templates", "*.html")]
    code = [
        text
        for app in APPS
        for path in files(app, "*.py")
        for text in texts_in(path.read_text(encoding="utf-8"))
    ]
    return re.sub(r"\s+", "", "\n".join((*templates, *code)).replace("&amp;", "&"))


def files(place: str, kind: str) -> list[Path]:
    left_out = {"guide", "demo_data", "migrations"}
    return [path for path in (ROOT / place).rglob(kind) if not left_out & set(path.relative_to(ROOT).parts)]


def texts_in(code: str) -> Iterator[str]:
    """The texts of a module, those that stand over several lines as one; no docstrings, no comments."""
    tree = ast.parse(code)
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(each.value) if isinstance(each, ast.Constant) else "\n" for each in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value
