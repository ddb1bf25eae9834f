"""The survey's form as a browser meets it: every input of the page is sent back, changed where somebody typed."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client

from institutions.models import Institution, User

NAMES = ("stock", "weekly_consumption", "weekly_purchase")


class _Inputs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.path = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "form" and "columns--survey" in (attributes.get("class") or ""):
            self.path = attributes.get("action") or ""
        if tag == "input" and attributes.get("name"):
            self.found.append((attributes["name"] or "", attributes.get("value") or ""))


class Page:
    """A page that somebody has open. `inputs` are its fields by name; `settled` may be there several times."""

    def __init__(self, client: Client, response: HttpResponseBase) -> None:
        assert isinstance(response, HttpResponse)
        parser = _Inputs()
        self.html = response.content.decode()
        parser.feed(self.html)
        self.client, self.response, self.status = client, response, response.status_code
        self.path = parser.path
        self.inputs: dict[str, list[str]] = {}
        for name, value in parser.found:
            self.inputs.setdefault(name, []).append(value)

    def value(self, name: str) -> str:
        """What stands in the input."""
        return self.inputs[name][0]

    def send(self, typed: dict[str, str] | None = None, **more: Any) -> Page:
        """Type, and send the form; `more` stands for fields that a browser would not send so."""
        body: dict[str, Any] = {**self.inputs, **(typed or {}), **more}
        return Page(self.client, self.client.post(self.path, body))

    def follow(self) -> Page:
        """The page that a redirect leads to."""
        assert self.status == 302
        return Page(self.client, self.client.get(self.response.headers["Location"]))

    @property
    def text(self) -> str:
        """The words of the page, without tags and without spaces."""
        words: list[str] = []

        class Words(HTMLParser):
            def handle_data(self, data: str) -> None:
                words.append("".join(data.split()))

        Words().feed(self.html)
        return "".join(words)


def logged_in(person: User) -> Client:
    """A client of that person."""
    client = Client()
    client.force_login(person)
    return client


def opened(person: User, place: Institution, query: str = "") -> Page:
    """The institution's form, opened."""
    client = logged_in(person)
    return Page(client, client.get(f"/survey/{place.code}/{query}"))


def three(item_id: int, *figures: str) -> dict[str, str]:
    """The three figures of an item, as typed."""
    return {f"{name}-{item_id}": figure for name, figure in zip(NAMES, figures, strict=True)}
