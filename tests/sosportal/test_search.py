"""検索: what is found, in any width and case, and that nothing hidden is shown or counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from institutions.models import Announcement, AnnouncementContent, Audience, Institution, Role, User
from institutions.queries import MOST_SEARCHED
from requests_app.rules.transitions import Status
from sosportal import help as helps
from sosportal.help import HelpPage
from sosportal.lib.clock import JST
from sosportal.lib.text import search_key
from sosportal.search.excerpts import BEFORE, LENGTH, excerpt
from sosportal.search.finding import SHOWN
from sosportal.search.helping import text_of
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=JST)
EVIL = "<script>alert(1)</script>\"'>"
QUERIES = 8  # session, user, memberships, requests, announcements (2); the frame's cut-offs and unread announcements


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def place() -> Institution:
    return factories.institution(code="2210101230", name="架空中央病院")


@pytest.fixture
def nurse(place: Institution, client: Client) -> User:
    person = factories.member(place, name="見本 花子")
    client.force_login(person)
    return person


def announce(title: str, body: str = "本文です。", **changes: Any) -> Announcement:
    by = User.objects.filter(role=Role.MINISTRY).first() or factories.user(Role.MINISTRY)
    return Announcement.publish(by, replace(AnnouncementContent(title, body, Audience()), **changes))


def shown(client: Client, words: str, **more: str) -> str:
    answer = client.get("/search/", {"q": words, **more})
    assert answer.status_code == 200
    return str(answer.content.decode())


def groups(page: str) -> dict[str, str]:
    """Heading of each group, and how many it says to have."""
    return dict(re.findall(r'<h2>(\S+) <span class="count">([\d,]+件)</span></h2>', page))


def links(page: str) -> list[str]:
    main = page.split("<main")[1].split("</main>")[0]
    return re.findall(r'<a class="tall" href="([^"]+)"', main)


@pytest.mark.parametrize("words", ["ＡＢＣ センター", "abcセンター", "Ａｂｃ", "ｾﾝﾀｰ", "架空　ABC"])
def test_requests_announcements_and_help_in_any_width_and_case(
    client: Client, nurse: User, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    other = factories.institution(name="架空Abcセンター")
    factories.join(nurse, other)
    request = factories.draft(nurse, other)
    made = announce("工事", "架空ＡＢＣ\nセンターの工事です。")
    assert links(shown(client, words)) == [f"/requests/{request.number}/", f"/announcements/{made.pk}/"]
    assert groups(shown(client, words)) == {"緊急配布要請": "1件", "お知らせ": "1件"}


def test_help_is_found_by_title_and_by_text(client: Client, nurse: User) -> None:
    assert "/guide/hospital/login/" in links(shown(client, "パスワードをお忘れですか?"))
    page = shown(client, "ｓａｆａｒｉ")
    assert set(links(page)) == {"/environment/", "/guide/hospital/environment/"}
    assert "<b>Safari</b>" in page


def test_a_page_of_another_role_is_not_found(
    client: Client, nurse: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(helps, "_pages", dict(helps._pages))
    secret = HelpPage(
        "担当者の手引き", "accessibility", "pages/accessibility.html", roles=frozenset({Role.MINISTRY})
    )
    helps.register([secret])
    assert "担当者の手引き" not in shown(client, "8341")
    assert "/accessibility/" not in links(shown(client, "担当者の手引き"))
    client.force_login(factories.user(Role.MINISTRY))
    assert links(shown(client, "8341"))[0] == "/accessibility/"


def test_every_page_of_help_can_be_read_by_the_search() -> None:
    for page in helps._pages.values():
        text = text_of(page)
        assert text.startswith(page.title), page
        assert "<" not in text


class TestHidden:
    def test_nothing_of_others_is_shown_or_counted(self, client: Client, nurse: User) -> None:
        elsewhere = factories.institution(name="架空あさひ医院")
        theirs = factories.draft(factories.member(elsewhere), elsewhere)
        osaka = Audience(prefectures=(factories.OSAKA,))
        announce("あさひの件", audience=osaka)
        announce("あさひの予定", starts_at=NOW + timedelta(days=1))
        announce("あさひの取下げ").withdraw(
            User.objects.get(role=Role.MINISTRY), "誤りのため", seen_version=1, now=NOW
        )
        for words in ("あさひ", theirs.number):
            page = shown(client, words)
            assert (groups(page), links(page)) == ({}, [])
            assert "に当てはまるものはありません" in page

    def test_an_announcement_that_has_ended_is_found(self, client: Client, nurse: User) -> None:
        made = announce("年末の件", starts_at=NOW + timedelta(seconds=1), ends_at=NOW + timedelta(days=1))
        assert links(shown(client, "年末の件")) == []
        with time_machine.travel(NOW + timedelta(days=2), tick=False):
            client.force_login(nurse)
            assert links(shown(client, "年末の件")) == [f"/announcements/{made.pk}/"]

    @pytest.mark.parametrize("kind", ["announcements", "requests", "help", "x"])
    def test_officers_find_help_here_and_requests_in_the_admin(
        self, client: Client, nurse: User, place: Institution, kind: str
    ) -> None:
        factories.draft(nurse, place)
        announce("マニュアルの架空中央病院")
        client.force_login(factories.user(Role.PREFECTURE))
        page = shown(client, "架空中央病院", **{"in": kind})
        assert groups(page) == {}
        assert links(page) == [
            "/admin/requests_app/sosrequest/?q=%E6%9E%B6%E7%A9%BA%E4%B8%AD%E5%A4%AE%E7%97%85%E9%99%A2"
        ]


class TestStates:
    @pytest.mark.parametrize("words", ["", " ", "　", "\u200b"])
    def test_without_words_it_says_what_can_be_found(self, client: Client, nurse: User, words: str) -> None:
        page = shown(client, words)
        assert "探せるもの" in page
        assert "当てはまる" not in page
        assert groups(page) == {}

    @pytest.mark.parametrize("words", ["%%", "_%", "\\", "'", "a" * 5000, "zq " * 500])
    def test_signs_of_the_database_are_only_signs(self, client: Client, nurse: User, words: str) -> None:
        announce("題名", "本文")
        assert groups(shown(client, words)) == {}

    def test_what_was_typed_stays_and_never_runs(self, client: Client, nurse: User) -> None:
        announce(f"題 {EVIL}", f"文 {EVIL}")
        page = shown(client, "alert(1)")
        assert "<script>" not in page
        assert links(page)
        assert "<script>" not in shown(client, EVIL)

    def test_nul_is_refused(self, client: Client, nurse: User) -> None:
        assert client.get("/search/?q=%00").status_code == 400

    def test_without_an_institution(self, client: Client) -> None:
        client.force_login(factories.user(Role.INSTITUTION))
        announce("架空の件")
        assert groups(shown(client, "架空の件")) == {}

    def test_a_status_stands_beside_its_request(
        self, client: Client, nurse: User, place: Institution
    ) -> None:
        factories.campaign(now=NOW)
        factories.request_in(Status.UNDER_REVIEW, nurse, place, now=NOW)
        assert "status--review" in shown(client, "中央病院")


class TestMany:
    def test_ten_of_each_and_the_way_to_all(self, client: Client, nurse: User, place: Institution) -> None:
        for n in range(SHOWN + 1):
            factories.draft(nurse, place)
            announce(f"架空中央の件{n}")
        page = shown(client, "架空中央")
        assert groups(page) == {"緊急配布要請": "11件", "お知らせ": "11件"}
        found = links(page)
        assert len(found) == 2 * (SHOWN + 1)
        whole = client.get(found[SHOWN].replace("&amp;", "&")).content.decode()
        assert "11 個の項目" in whole
        rest = client.get(found[-1].replace("&amp;", "&")).content.decode()
        assert len(links(rest)) == SHOWN + 1

    def test_pages_of_one_kind(self, client: Client, nurse: User) -> None:
        made = {announce(f"架空中央の件{n}").pk for n in range(45)}
        pages = [
            links(shown(client, "架空", **{"in": "announcements", "page": str(n)})) for n in (1, 2, 3, 99)
        ]
        assert [len(page) for page in pages] == [20, 20, 5, 5]
        assert {link for page in pages for link in page} == {f"/announcements/{pk}/" for pk in made}
        second = shown(client, "架空", **{"in": "announcements", "page": "2"})
        assert 'rel="next" href="/search/?q=%E6%9E%B6%E7%A9%BA&amp;in=announcements&amp;page=3"' in second

    def test_no_more_announcements_are_looked_through_than_it_says(
        self, client: Client, nurse: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("institutions.queries.MOST_SEARCHED", 2)
        old = announce("架空の古い件")
        announce("別の件")
        assert links(shown(client, "古い件")) == [f"/announcements/{old.pk}/"]
        announce("その次の件")
        assert links(shown(client, "古い件")) == []
        assert MOST_SEARCHED == 500

    @pytest.mark.parametrize("rows", [0, 1, 25])
    def test_the_cost_does_not_grow_with_the_rows(
        self,
        client: Client,
        nurse: User,
        place: Institution,
        rows: int,
        django_assert_num_queries: Any,
    ) -> None:
        for n in range(rows):
            factories.draft(nurse, place)
            announce(f"架空中央の件{n}")
        shown(client, "中央")
        with django_assert_num_queries(QUERIES if rows else QUERIES - 1):  # an empty page of announcements
            shown(client, "架空中央")


class TestExcerpt:
    def test_around_what_was_found_as_it_was_written(self) -> None:
        piece = excerpt("あ" * 60 + "ＡＢＣ\nセンター" + "い" * 200, [search_key("abc センター")])
        assert piece.found == "ＡＢＣ センター"
        assert piece.before == "…" + "あ" * BEFORE
        assert piece.after.endswith("い…")
        assert len("".join(piece)) <= LENGTH + 2

    def test_the_first_of_several(self) -> None:
        assert excerpt("甲乙丙", ["丙", "乙"]).found == "乙"

    def test_the_beginning_where_nothing_is_found(self) -> None:
        assert excerpt("甲" * 200, ["丁"]) == ("", "", "甲" * LENGTH + "…")
        assert excerpt("", ["丁"]) == ("", "", "")

    def test_signs_that_become_several(self) -> None:
        assert excerpt("約㌔メートル", ["キロ"]).found == "㌔"
