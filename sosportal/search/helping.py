"""Help as the search reads it: the text of each page, rendered once per process."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from html.parser import HTMLParser

from django.template.loader import render_to_string

from sosportal.help import HelpPage, help_pages
from sosportal.lib.text import search_key
from sosportal.pages import PlainFrame

UNREAD = frozenset({"nav", "form", "svg"})
BLOCKS = frozenset({"p", "li", "dt", "dd", "h1", "h2", "h3", "h4", "td", "th", "div", "section", "summary"})


class MainText(HTMLParser):
    """The text of <main>, without navigation and forms; its blocks apart by a line break."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._main = False
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Into <main>, into what is left out, or to a new block."""
        self._main = self._main or tag == "main"
        self._skipped += tag in UNREAD
        if tag in BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """Out again."""
        self._main = self._main and tag != "main"
        self._skipped -= tag in UNREAD

    def handle_data(self, data: str) -> None:
        """Text, where it is to be read."""
        if self._main and not self._skipped:
            self.parts.append(data)


@cache
def text_of(page: HelpPage) -> str:
    """What the page says, as somebody sees it who is not logged in. Rendered once per process; no query."""
    context = {"frame": PlainFrame(), **dict(page.context)}
    reader = MainText()
    reader.feed(render_to_string(page.template, context, using="jinja2"))
    lines = (" ".join(line.split()) for line in "".join(reader.parts).splitlines())
    return "\n".join(line for line in lines if line)


@cache
def _keys_of(page: HelpPage) -> tuple[str, str]:
    return search_key(page.title), search_key(text_of(page))


def find_help(keys: Sequence[str], role: str) -> list[HelpPage]:
    """The pages for this role whose title or text contains every key (search keys); those that say it in the title
    first. No query."""
    if not keys:
        return []
    found = []
    for page in help_pages(role):
        title, text = _keys_of(page)
        if all(key in title or key in text for key in keys):
            found.append((not all(key in title for key in keys), page))
    return [page for _, page in sorted(found, key=lambda each: each[0])]
