"""What a person comes upon: every page behind every link from where they begin, by its route and its build."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from django.test import Client
from django.urls import resolve

ENOUGH = 12  # pages of one route
ENOUGH_ALIKE = 2  # of those with the same names in the query string, and chapters of a guide
SHORT, LONG = 12, 60  # characters
VOID = frozenset({"input", "br", "img", "meta", "link", "hr", "col", "wbr", "source", "use", "path"})
TELLING = (
    "class",
    "type",
    "role",
    "open",
    "disabled",
    "aria-current",
    "aria-invalid",
    "aria-sort",
    "colspan",
)
_NOT_FOLLOWED = re.compile(r"\.(xlsx|csv|css|js|svg|png|webp)$|/jsi18n/$|/pdf/$")


class _Build(HTMLParser):
    """The build of a page: which elements lie in which, and whether their words are few or many; not how often."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        name = tag + "".join(f"[{each}={said[each]}]" for each in TELLING if each in said)
        self.found.add(">".join([*self.open[-4:], name]))
        if tag not in VOID:
            self.open.append(name)

    def handle_endtag(self, tag: str) -> None:
        while self.open and tag not in VOID:
            if re.split(r"\[", self.open.pop(), maxsplit=1)[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        length = len(data.strip())
        if self.open and length:
            size = "short" if length <= SHORT else "middle" if length <= LONG else "long"
            self.found.add(f"{self.open[-1]}: {size}")


def build_of(page: str) -> frozenset[str]:
    parser = _Build()
    parser.feed(page)
    return frozenset(parser.found)


@dataclass(frozen=True)
class Found:
    """A page that answered 200: its address, its route as in the table of audiences, its build.

    Two are the same that are built the same, wherever they are.
    """

    path: str = field(compare=False)
    route: str
    build: frozenset[str]


def route_of(path: str) -> str:
    return resolve(urlsplit(path).path).route


def found_by(client: Client, begin: Iterable[str]) -> Iterator[Found]:
    """Each page behind the links, from `begin` on. Of a route ENOUGH are opened, of those with a query ENOUGH_ALIKE."""
    waiting, done = list(begin), set[str]()
    opened: Counter[tuple[str, ...]] = Counter()
    while waiting:
        path = waiting.pop(0)
        if path in done or _NOT_FOLLOWED.search(urlsplit(path).path):
            continue
        done.add(path)
        kind = (route_of(path), *sorted(re.findall(r"[?&](\w+)=", path)))
        opened[kind] += 1
        if opened[kind] > (ENOUGH_ALIKE if "?" in path or path.startswith("/guide/") else ENOUGH):
            continue
        answer = client.get(path)
        if answer.status_code in {301, 302}:
            waiting += [target] if (target := _inside(answer["Location"], path)) else []
        elif answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            text = answer.content.decode()
            yield Found(path, kind[0], build_of(text))
            waiting += [
                target for link in re.findall(r'href="([^"]+)"', text) if (target := _inside(link, path))
            ]


def _inside(link: str, path: str) -> str | None:
    """The address within the portal that a link on `path` leads to."""
    target = urlsplit(urljoin(f"http://testserver{path}", html.unescape(link).partition("#")[0]))
    outside = target.netloc != "testserver" or target.path.startswith(("/static/", "/media/"))
    return None if outside or not target.path else target.path + (f"?{target.query}" if target.query else "")
