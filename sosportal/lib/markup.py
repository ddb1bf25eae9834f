"""The smallest components, in Python: a list shows them a hundred times, and a macro costs five times as much each.

Templates reach them through the component files (`ui.mark`, `state.status`, `lists.cell` …) like any macro.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Protocol

from django.templatetags.static import static
from markupsafe import Markup, escape

SHAPES = {"DRAFT": "draft", "ERROR": "error", "UNDER_REVIEW": "review", "ACCEPTED": "accepted"}
NOTHING = Markup('<span class="soft">—</span>')


class Labelled(Protocol):
    """A status: its name in code and its label on screen."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...


@cache
def mark(name: str) -> Markup:
    """A sign of the sprite (draft error review accepted ok caution info); says nothing to a screen reader."""
    return Markup(
        '<svg class="mark" aria-hidden="true" focusable="false"><use href="{}#m-{}"/></svg>'
    ).format(static("sprite.svg"), name)


@cache
def status(status: Labelled) -> Markup:
    """One of the four statuses, in shape, words and colour. Raises KeyError for a fifth."""
    shape = SHAPES[status.name]
    return Markup('<span class="status status--{}">{}{}</span>').format(shape, mark(shape), status.label)


# An address as people write it into a text: ASCII alone (Japanese follows without a space), and nobody's name and
# password before the host, behind which another host could hide.
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9\-._~:/?#!$&'()*+,;=%]*)?")
_CLOSING = ".,;:!?)'"


def linked(text: str) -> Markup:
    """A text as somebody typed it, with its http and https addresses as links that show themselves. No other markup."""
    parts: list[str] = []
    end = 0
    for found in _ADDRESS.finditer(text):
        address = found.group().rstrip(_CLOSING)
        if text[found.start() + len(address) :].startswith("@"):
            continue
        parts.append(escape(text[end : found.start()]))
        parts.append(Markup('<a href="{0}" rel="noopener noreferrer">{0}</a>').format(address))
        end = found.start() + len(address)
    parts.append(escape(text[end:]))
    return Markup("").join(parts)


def title_breaks(title: str) -> Markup:
    """A request's title, whose lines break after the underscores first."""
    parts = "_</span><span>".join(escape(part) for part in title.split("_"))
    return Markup(f'<span class="title"><span>{parts}</span></span>')  # noqa: S704 - every part is escaped


def cell(label: str, value: object, kind: str = "") -> Markup:
    """A cell of a list; `label` names it where rows are cards, `kind` is "status", "r" (figures) or "".

    Nothing (None or "") shows as a dash. Text is escaped, Markup is taken as it is.
    """
    shown = NOTHING if value is None or value == "" else escape(value)
    return Markup(f"{_opening(label, kind)}{shown}</td>")  # noqa: S704 - both halves are escaped


@cache
def _opening(label: str, kind: str) -> Markup:
    name = "cell-status" if kind == "status" else kind
    css = Markup(' class="{}"').format(name) if name else ""
    return Markup('<td role="cell" data-label="{}"{}>').format(label, css)


def head(label: object, href: str, note: object = "") -> Markup:
    """The cell that names a row and leads to the record; `note` stands below it."""
    below = f'<span class="ref">{escape(note)}</span>' if note else ""
    link = f'<a href="{escape(href)}">{escape(label)}</a>'
    return Markup(f'<th role="rowheader" scope="row">{link}{below}</th>')  # noqa: S704 - every part is escaped
