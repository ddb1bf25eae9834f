"""No page of the demonstration weighs more than 100 kB on a first visit, for anybody, and none asks anybody outside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from bench.weighing import Weight, static_file, visits, weigh
from institutions.models import User
from requests_app.demo_data.accounts import ACCOUNTS
from requests_app.demo_data.build import build
from sosportal.lib.clock import JST

MOST = 100_000  # bytes
NOW = datetime(2026, 11, 24, 10, 20, tzinfo=JST)
# Routes that links lead to at least; a walk that ends early finds nothing too heavy.
FEWEST = {"institution": 20, "prefecture": 40, "ministry": 60, "operator": 15}


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The demo data, once for all the tests here."""
    with django_db_blocker.unblock(), time_machine.travel(NOW, tick=False), transaction.atomic():
        build(NOW)
        yield
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.username)
def test_every_page_is_light_and_asks_nobody_outside(loaded: None, account: Any) -> None:
    client = Client()
    client.force_login(User.objects.get(username=account.username))
    pages = list(visits(client, "/"))
    assert {page.address: page.first for page in pages if page.first > MOST} == {}
    assert {page.address: page.outside for page in pages if page.outside} == {}
    assert all(page.html < page.plain for page in pages), "every page is compressed"
    assert len({page.route for page in pages}) >= FEWEST[account.role]


@pytest.mark.django_db
def test_who_is_not_logged_in_gets_light_pages_too() -> None:
    pages = list(visits(Client(), "/"))
    assert {"accounts/login/", "accounts/password/reset/"} <= {page.route for page in pages}
    assert {
        page.address: (page.first, page.outside) for page in pages if page.first > MOST or page.outside
    } == {}


def weighed(html: str) -> Weight:
    return weigh("", "/", HttpResponse(html))


def test_what_is_planted_is_found() -> None:
    stylesheet = '<link rel="stylesheet" href="/static/css/portal.css">'
    size = static_file("/static/css/portal.css")[0]
    once = weighed(stylesheet)
    assert once.first == len(stylesheet) + size
    assert once.requests == 2
    assert weighed(stylesheet * 2).requests == 2, "loaded once"
    assert weighed('<a href="https://elsewhere.example/">').outside == []
    for outside in (
        '<script src="https://elsewhere.example/a.js"></script>',
        '<link rel="stylesheet" href="//elsewhere.example/a.css">',
        '<img src="http://elsewhere.example/a.png">',
    ):
        assert len(weighed(outside).outside) == 1
    with pytest.raises(LookupError):
        weighed('<img src="/static/nowhere.png">')
    assert weighed('<img loading="lazy" src="/static/nowhere.png">').requests == 1


@pytest.mark.django_db
def test_pages_are_compressed_for_who_takes_it_and_files_are_not() -> None:
    client = Client()
    page = client.get("/accounts/login/", headers={"accept-encoding": "gzip"})
    assert page["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in page["Vary"]
    assert "Content-Encoding" not in client.get("/accounts/login/")
    assert "Content-Encoding" not in client.get("/health/", headers={"accept-encoding": "gzip"})
