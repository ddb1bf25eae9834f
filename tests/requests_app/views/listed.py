"""The list of requests, as its tests read it."""

from __future__ import annotations

from django.test import Client

LIST = "/requests/"
# session, user, memberships, the view kept, list, notice, stops; the frame's moved cut-offs, unread announcements
QUERIES = 10


def numbers(page: str) -> list[str]:
    """The 要請番号 of the requests on the page, in their order."""
    return [part.split("<")[0] for part in page.split('要請番号 <span class="num">')[1:]]


def shown(client: Client, **asked: str) -> str:
    """The page, asked for so."""
    answer = client.get(LIST, asked)
    assert answer.status_code == 200
    return answer.content.decode()
