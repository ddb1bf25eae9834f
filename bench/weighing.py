"""What the pages of the portal weigh and cost, one after the other, as a browser would come to them by their links.

Needs Django set up and a database with the demo data, and nothing else of this folder but `cpu`: `bench.pages` runs it
inside an older checkout, too; `tests/bench/test_pages.py` keeps the bytes within their limit.
"""

from __future__ import annotations

import gzip
import re
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

HOST = "127.0.0.1"
STATIC = "/static/"
MOST_OF_A_ROUTE = 2  # addresses visited of what one path of the URL table answers,
WALKED_WHOLE = ("guide/",)  # but for these, where each bears pictures of its own
ROUNDS = 5
COMPRESSED = {".css", ".js", ".svg"}  # the rest is compressed by its own format
HASHED = re.compile(r"\.[0-9a-f]{12}(?=\.[a-z0-9]+$)")
IN_A_STYLESHEET = re.compile(r"url\(\s*[\"']?(?!data:)([^\"')#]+)|@import\s+[\"']([^\"']+)")


@dataclass
class Weight:
    """One page: `html` and `first` are bytes as sent to a browser that takes gzip; `first` with all that it loads."""

    route: str
    address: str
    plain: int
    html: int
    first: int
    requests: int
    outside: list[str] = field(default_factory=list)
    queries: int = 0
    milliseconds: float = 0.0  # of CPU, web process and database together


class _Loads(HTMLParser):
    """The addresses that a page loads at once, and those its links lead to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """As the base class calls it."""
        has = {name: value or "" for name, value in attributes}
        if tag == "a" and "href" in has:
            self.links.append(has["href"])
        elif tag == "link" and {"stylesheet", "icon", "preload"} & set(has.get("rel", "").split()):
            self.loaded.append(has.get("href", ""))
        elif tag in {"script", "img", "iframe", "source", "video", "audio"} and has.get("loading") != "lazy":
            self.loaded += [has[name] for name in ("src",) if has.get(name)]
        elif tag in {"use", "image"}:
            self.loaded += [has[name] for name in ("href", "xlink:href") if has.get(name)]


@cache
def static_file(address: str) -> tuple[int, tuple[str, ...]]:
    """(bytes as sent, addresses that it loads itself) of a static file. Raises LookupError when there is none."""
    from django.contrib.staticfiles import finders

    found = finders.find(HASHED.sub("", address.removeprefix(STATIC)))
    if not found:
        raise LookupError(address)
    content = Path(found).read_bytes()
    loads: tuple[str, ...] = ()
    if found.endswith(".css"):
        text = content.decode()
        loads = tuple(urljoin(address, one or other) for one, other in IN_A_STYLESHEET.findall(text))
    sent = gzip.compress(content, 9) if Path(found).suffix in COMPRESSED else content
    return min(len(sent), len(content)), loads


def weigh(route: str, address: str, answer: Any) -> Weight:
    """What a page and all that it loads weigh."""
    plain = decoded(answer)
    waiting = [urldefrag(each)[0] for each in _Loads(plain).loaded]
    page = Weight(route, address, len(plain.encode()), len(answer.content), len(answer.content), 1)
    done: set[str] = set()
    while waiting:
        each = waiting.pop()
        if not each or each in done or each.startswith("data:"):
            continue
        done.add(each)
        if urlsplit(each).netloc:
            page.outside.append(each)
        elif each.startswith(STATIC):
            size, loads = static_file(each)
            waiting += loads
            page.first += size
            page.requests += 1
    return page


def decoded(answer: Any) -> str:
    """The page as text."""
    content = answer.content
    return (gzip.decompress(content) if answer.get("Content-Encoding") == "gzip" else content).decode()


def visits(client: Any, start: str, *, measure: bool = False) -> Iterator[Weight]:
    """Every page that links lead to from `start`, MOST_OF_A_ROUTE of a route at the most, in the order they are met.

    With `measure` each is asked again ROUNDS times: queries of the last, CPU of the cheapest.
    """
    from django.urls import Resolver404, resolve

    waiting, known, of_route = deque([start]), {start}, Counter[str]()
    while waiting:
        address = waiting.popleft()
        try:
            route = resolve(urlsplit(address).path).route
        except Resolver404:
            continue
        if of_route[route] >= MOST_OF_A_ROUTE and not route.startswith(WALKED_WHOLE):
            continue
        answer = asked(client, address)
        if answer.status_code in {301, 302}:
            found = [answer["Location"]]
        elif answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            of_route[route] += 1
            page = weigh(route, address, answer)
            if measure:
                page.queries, page.milliseconds = cost(client, address)
            yield page
            found = _Loads(decoded(answer)).links
        else:
            if answer.streaming:  # to its end, as by a browser; what it holds of the database is let go
                deque(answer.streaming_content, maxlen=0)
            continue
        for link in found:
            there = urldefrag(urljoin(address, link))[0]
            if there.startswith("/") and not there.startswith(STATIC) and there not in known:
                known.add(there)
                waiting.append(there)


def asked(client: Any, address: str) -> Any:
    """The answer to a browser that takes gzip."""
    return client.get(address, headers={"accept-encoding": "gzip", "host": HOST})


def cost(client: Any, address: str) -> tuple[int, float]:
    """(queries, milliseconds of CPU) of one visit: here and in the database's backend."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from bench.cpu import cpu_seconds

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = [int(cursor.fetchone()[0])]
    least = float("inf")
    for _ in range(ROUNDS):
        began, before = time.process_time(), cpu_seconds(backend)
        asked(client, address)
        least = min(least, time.process_time() - began + cpu_seconds(backend) - before)
    with CaptureQueriesContext(connection) as made:
        asked(client, address)
    return len(made), least * 1000
