"""お知らせ as members meet it: the list, reading it, and what people type in it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from institutions.models import (
    AnnouncementRead,
    Audience,
    User,
)
from sosportal.lib.markup import linked
from tests import factories
from tests.institutions.notice_admin.pages import EVIL, NOW, announce, text

pytestmark = pytest.mark.django_db


def words(answer: Any) -> str:
    return re.sub(r"<[^>]+>|\s+", "", text(answer))


def important_at_home(client: Client) -> str:
    """The notice above everything on the first page."""
    return text(client.get("/")).partition('<ul class="notice__list">')[2].partition("</ul>")[0]


def tab(answer: Any) -> str:
    """What the tab お知らせ says."""
    found = re.search(r'href="/announcements/"[^>]*>(お知らせ.*?)</a>', text(answer))
    assert found
    return re.sub(r"<[^>]+>", "", found[1])


def test_reading_takes_the_mark_away_and_a_correction_brings_it_back(
    client: Client, nurse: User, ministry: User
) -> None:
    made = announce(ministry)
    assert tab(client.get("/")) == "お知らせ（未読1件）"
    assert "未読" in words(client.get("/announcements/")).partition("掲載中")[2]
    page = client.get(f"/announcements/{made.pk}/")
    assert "年内最後の締切です。" in text(page)
    assert tab(client.get("/")) == "お知らせ"
    assert "未読" not in words(client.get("/announcements/")).partition("掲載中")[2]
    made.correct(ministry, replace(made.content(), body="1日早まります。"), seen_version=1)
    assert tab(client.get("/")) == "お知らせ（未読1件）"
    assert "11/25（水）10:00更新" in words(client.get(f"/announcements/{made.pk}/"))


def test_a_head_request_reads_nothing(client: Client, nurse: User, ministry: User) -> None:
    made = announce(ministry)
    assert client.head(f"/announcements/{made.pk}/").status_code == 200
    assert not AnnouncementRead.objects.exists()


@pytest.mark.parametrize("path", ["/announcements/999999/", "foreign", "scheduled", "/announcements/9/x/"])
def test_what_is_not_for_them_is_not_there(client: Client, nurse: User, ministry: User, path: str) -> None:
    if path == "foreign":
        path = f"/announcements/{announce(ministry, audience=Audience((factories.OSAKA,))).pk}/"
    if path == "scheduled":
        path = f"/announcements/{announce(ministry, starts_at=NOW + timedelta(minutes=1)).pk}/"
    assert client.get(path).status_code == 404
    assert "年末の締切" not in text(client.get("/announcements/"))
    assert "年末の締切" not in text(client.get("/announcements/?view=past"))
    assert "年末の締切" not in text(client.get("/"))


def test_a_withdrawn_one_says_so_and_why_but_not_its_text(
    client: Client, nurse: User, ministry: User
) -> None:
    made = announce(ministry, important=True)
    made.withdraw(ministry, "日付がちがいました。", seen_version=1)
    page = text(client.get(f"/announcements/{made.pk}/"))
    assert "取り下げられました" in page
    assert "日付がちがいました。" in page
    assert "年内最後の締切です。" not in page
    assert "年末の締切" not in text(client.get("/announcements/"))
    assert "年末の締切" in text(client.get("/announcements/?view=past"))
    assert "年末の締切" not in text(client.get("/"))


def test_important_ones_stand_on_the_first_page_until_they_are_read(
    client: Client, nurse: User, ministry: User
) -> None:
    made = [announce(ministry, title=f"重要なこと{n}", important=True) for n in range(4)]
    announce(ministry, title="ふつうのこと")
    shown = important_at_home(client)
    assert [n for n in range(4) if f"重要なこと{n}" in shown] == [1, 2, 3]
    assert "ほかの重要なお知らせ" in shown
    assert "ふつうのこと" not in shown
    client.get(f"/announcements/{made[3].pk}/")
    shown = important_at_home(client)
    assert [n for n in range(4) if f"重要なこと{n}" in shown] == [0, 1, 2]
    assert "ほかの重要なお知らせ" not in shown


@pytest.mark.parametrize("many", [1, 30])
@pytest.mark.parametrize(("path", "cost"), [("/announcements/", 8), ("/announcements/?view=past", 7)])
def test_the_cost_of_the_list_does_not_grow(
    client: Client,
    nurse: User,
    ministry: User,
    many: int,
    path: str,
    cost: int,
    django_assert_num_queries: Any,
) -> None:
    for _ in range(many):
        made = announce(ministry, ends_at=NOW + timedelta(hours=1))
        announce(ministry).withdraw(ministry, "x", seen_version=1)
    with django_assert_num_queries(cost):
        client.get(path)
    with django_assert_num_queries(7):
        client.get(f"/announcements/{made.pk}/")


@pytest.mark.parametrize("page", ["0", "-1", "x", "２", "9" * 5000, "1e9", "%F0%9D%9F%99"])
def test_no_page_number_breaks_a_list(client: Client, nurse: User, page: str) -> None:
    assert client.get(f"/announcements/?page={page}").status_code == 200


def test_what_people_type_is_text(client: Client, nurse: User, ministry: User) -> None:
    made = announce(ministry, title=EVIL, body=f"{EVIL} https://x.example/{EVIL}", important=True)
    gone = announce(ministry, title=EVIL)
    gone.withdraw(ministry, EVIL, seen_version=1)
    pages = ["/", "/announcements/", f"/announcements/{made.pk}/", f"/announcements/{gone.pk}/"]
    for path in [*pages, "/announcements/?view=past"]:
        assert "<script" not in text(client.get(path)), path
    assert "&lt;script&gt;" in text(client.get(f"/announcements/{made.pk}/"))


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("https://example.jp/a?b=1&c=2をご覧ください", ["https://example.jp/a?b=1&amp;c=2"]),
        ("（https://example.jp/）。", ["https://example.jp/"]),
        (
            "See https://example.jp. Or http://example.org:8080/x, please",
            ["https://example.jp", "http://example.org:8080/x"],
        ),
        ("javascript:alert(1) data:text/html,x ftp://x.example www.example.jp", []),
        ('https://x.example/"onmouseover="alert(1)', ["https://x.example/"]),
        ("https://portal.example@evil.example/", []),
        ("<b>太字</b>", []),
    ],
)
def test_addresses_become_links_and_nothing_else_does(typed: str, shown: list[str]) -> None:
    made = str(linked(typed))
    assert re.findall(r'<a href="([^"]*)" rel="noopener noreferrer">', made) == shown
    assert made.count("<") == 2 * len(shown)
