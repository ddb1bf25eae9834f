"""A hospital's browser, as far as the benchmarks need one: over HTTP, or in the same process."""

from __future__ import annotations

import http.client
import re
import uuid
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlencode

HIDDEN = re.compile(r'<input type="hidden" name="(?P<name>\w+)" value="(?P<value>[^"]*)">')


class BenchmarkError(RuntimeError):
    """The portal did not answer as it should: nothing can be measured."""


class Visitor(Protocol):
    """Somebody who is logged in and can ask for pages."""

    def get(self, path: str) -> str:
        """The page, with status 200. Raises BenchmarkError."""

    def post(self, path: str, fields: Mapping[str, str]) -> str:
        """Where the answer leads to, with status 302. Raises BenchmarkError."""


class HttpVisitor:
    """Over one kept connection, with cookies."""

    def __init__(self, port: int, cookies: Mapping[str, str]) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.cookies = dict(cookies)

    def get(self, path: str) -> str:
        """As the protocol says."""
        return self._ask("GET", path, 200)[0]

    def post(self, path: str, fields: Mapping[str, str]) -> str:
        """As the protocol says."""
        return self._ask("POST", path, 302, urlencode(fields))[1]

    def _ask(self, method: str, path: str, expected: int, body: str | None = None) -> tuple[str, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                cookie, _, rest = value.partition(";")[0].partition("=")
                self.cookies[cookie] = rest
        if answer.status != expected:
            raise BenchmarkError(f"{method} {path} answers {answer.status}, not {expected}:\n{text[:2000]}")
        return text, answer.getheader("Location", "")


LIST = "/requests/"


def filing(visitor: Visitor, institution_code: str, item_id: int, quantity: int) -> str:
    """List, form, 保存, システムチェック&申請, list: five requests. Returns the address of the new request."""
    form_address = f"{LIST}new/{institution_code}/"
    visitor.get(LIST)
    hidden = {match["name"]: match["value"] for match in HIDDEN.finditer(visitor.get(form_address))}
    written = {
        "confirmed": "on",
        f"item_{item_id}": "on",
        f"quantity_{item_id}": str(quantity),
        "opinion": "",
    }
    address = visitor.post(form_address, hidden | written)
    submission = {
        "csrfmiddlewaretoken": hidden["csrfmiddlewaretoken"],
        "token": str(uuid.uuid4()),
        "seen_version": "1",
    }
    if visitor.post(f"{address}submit/", submission) != address:
        raise BenchmarkError("The application led somewhere else.")
    visitor.get(LIST)
    return address
