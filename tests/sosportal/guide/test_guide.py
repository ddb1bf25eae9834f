"""操作マニュアル: every page is explained, nothing in it leads nowhere, and it calls things by the names on screen."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from fnmatch import fnmatchcase
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from institutions.models import Role
from sosportal.guide.parts import Chapter, Guide
from sosportal.guide.shelf import GUIDES, explanation_of, guides_for
from sosportal.help import help_pages
from sosportal.lib.pictures import pictures
from tests import factories
from tests.sosportal.guide.reading import READERS, Read, client_of, page_names, quoted, screen_words
from tests.sosportal.guide.without import WITHOUT
from tests.sosportal.test_audience import PEOPLE, table

CHAPTERS = [(guide, chapter) for guide in GUIDES for chapter in guide.chapters]
HOSPITALS = "/guide/hospital/"
ROLE_OF = dict(
    zip(
        PEOPLE,
        ("", *[Role.INSTITUTION] * 3, *[Role.PREFECTURE] * 2, Role.MINISTRY, Role.OPERATOR),
        strict=False,
    )
)
KB = 1024

pytestmark = pytest.mark.django_db


def reader_of(guide: Guide) -> Client:
    return client_of(next(role for role in READERS if guide.is_for(role)))


def read(client: Client, path: str) -> Read:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return Read(answer.content.decode())


# --- Every page is explained --------------------------------------------------------------------------------------


def seen_by(route: str) -> set[str]:
    """The roles that a page is shown to, by the table of who gets what."""
    rows = [row for (_, asked), row in table().items() if asked == route]
    return {
        str(role) for row in rows for person, role in ROLE_OF.items() if row[person] in {"200", "409", "422"}
    }


def unexplained() -> list[str]:
    """The names of pages that somebody sees who finds no section about it."""
    found = []
    for route, name in page_names():
        roles = seen_by(route)
        told = {role: bool(explanation_of(name, role)) for role in roles or READERS}
        if not (all(told.values()) if roles else any(told.values())):
            found.append(name)
    return found


def test_every_page_is_explained_to_everybody_who_sees_it() -> None:
    left = [name for name in unexplained() if not any(fnmatchcase(name, known) for known in WITHOUT)]
    assert not left, f"Name them in a section's `explains`: {left}"


def test_what_is_said_to_be_without_explanation_is() -> None:
    names = unexplained()
    idle = [known for known in WITHOUT if not any(fnmatchcase(name, known) for name in names)]
    assert not idle, f"Explained by now, or gone: {idle}"


def test_a_section_explains_no_page_that_is_not_there() -> None:
    names = {name for _, name in page_names()}
    idle = [
        pattern
        for _, chapter in CHAPTERS
        for section in chapter.sections
        for pattern in section.explains
        if not any(fnmatchcase(name, pattern) for name in names)
    ]
    assert not idle


def test_the_section_that_names_a_page_goes_before_one_that_names_many() -> None:
    assert explanation_of("account_reset_password_done", "") == f"{HOSPITALS}login/#forgotten"
    assert explanation_of("account_login", "") == f"{HOSPITALS}login/#log-in"
    assert explanation_of("no_such_page", Role.MINISTRY) == ""


# --- The chapters -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("guide", "chapter"), CHAPTERS, ids=lambda each: each.slug)
def test_a_chapter_draws_its_sections_in_their_order(guide: Guide, chapter: Chapter) -> None:
    shown = read(reader_of(guide), guide.address(chapter))
    assert shown.sections == [section.anchor for section in chapter.sections]
    assert len(set(shown.ids)) == len(shown.ids)


def test_no_anchor_stands_twice_in_a_guide() -> None:
    for guide in GUIDES:
        found = Counter(section.anchor for chapter in guide.chapters for section in chapter.sections)
        assert not [anchor for anchor, times in found.items() if times > 1]
        shown = read(reader_of(guide), reverse("guide_sheet", args=[guide.slug]))
        assert len(set(shown.ids)) == len(shown.ids)
        assert set(found) == set(shown.sections)


def test_every_link_and_every_place_in_the_guides_is_there() -> None:
    for guide in GUIDES:
        client = reader_of(guide)
        client = (
            client if client.session.session_key else client_of(Role.INSTITUTION)
        )  # links lead to pages of one's own, too
        paths = [
            reverse("guides"),
            reverse("guide_sheet", args=[guide.slug]),
            *(guide.address(chapter) for chapter in guide.chapters),
        ]
        for path in paths:
            for link in read(client, path).links:
                if link.startswith("tel:"):
                    continue
                if link.startswith("/static/"):
                    assert finders.find(link.removeprefix("/static/")), (path, link)
                    continue
                target, _, anchor = link.partition("#")
                answer = client.get(target or path, follow=True)
                assert answer.status_code == 200, (path, link)
                if anchor:
                    assert anchor in Read(answer.content.decode()).ids, (path, link)


def test_every_picture_is_there_and_says_what_it_shows() -> None:
    for guide in GUIDES:
        for picture in read(reader_of(guide), reverse("guide_sheet", args=[guide.slug])).pictures:
            assert finders.find(picture["src"].removeprefix("/static/")), picture
            assert picture["alt"].strip(), picture
            assert picture["width"].isdigit(), picture
            assert picture["height"].isdigit(), picture


def test_every_picture_that_is_taken_stands_in_a_guide() -> None:
    shown = {
        picture["src"].rpartition("/")[2]
        for guide in GUIDES
        for picture in read(reader_of(guide), reverse("guide_sheet", args=[guide.slug])).pictures
    }
    assert shown == {f"{name}.webp" for name in pictures()}


def test_buttons_and_fields_are_called_by_their_names_on_screen() -> None:
    words = screen_words()
    wrong = {}
    for guide, chapter in CHAPTERS:
        text = re.sub(r"\s+", "", read(reader_of(guide), guide.address(chapter)).text)
        own = {other.title for other in guide.chapters}
        unknown = {name for name in quoted(text) if name not in words and name not in own}
        if unknown:
            wrong[f"{guide.slug}/{chapter.slug}"] = unknown
    assert not wrong


def test_a_button_of_another_name_would_be_found() -> None:
    assert quoted("「保存 & 新規」を押し、「保存」を押します。") == {"保存 & 新規", "保存"}
    assert "保存して次へ進む" not in screen_words()


# --- Who reads what -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "slugs"),
    [
        ("", ["hospital"]),
        (Role.INSTITUTION, ["hospital"]),
        (Role.PREFECTURE, ["office", "hospital"]),
        (Role.MINISTRY, ["office", "hospital"]),
        (Role.OPERATOR, ["operation", "office", "hospital"]),
    ],
)
def test_everybody_reads_their_own_guide_and_that_of_hospitals(role: str, slugs: list[str]) -> None:
    client = client_of(role)
    assert [guide.slug for guide in guides_for(role)] == slugs
    index = client.get("/guide/").content.decode()
    for guide in GUIDES:
        allowed = guide.slug in slugs
        status = 200 if allowed else 404 if role else 302
        assert (guide.title in index) is allowed
        assert client.get(reverse("guide_sheet", args=[guide.slug])).status_code == status
        assert {client.get(guide.address(each)).status_code for each in guide.chapters} == {status}


def test_a_stranger_is_asked_to_log_in_and_finds_the_chapter_then() -> None:
    answer = Client().get("/guide/office/queue/")
    assert answer["Location"] == "/accounts/login/?next=/guide/office/queue/"
    assert Client().get("/guide/nothing/queue/")["Location"] == "/accounts/login/?next=/guide/nothing/queue/"


@pytest.mark.parametrize("role", READERS)
def test_a_chapter_that_is_not_there(role: str) -> None:
    assert client_of(role).get("/guide/hospital/nothing/").status_code == 404


def test_the_search_finds_chapters_of_ones_own_guides() -> None:
    for role in Role.values:
        found = {page.args[0] for page in help_pages(role) if page.name == "guide_chapter"}
        assert found == {guide.slug for guide in guides_for(role)}


def test_the_old_address_leads_to_the_guides(client: Client) -> None:
    assert client.get("/manual/")["Location"] == "/guide/"


# --- The way from a page to its chapter ---------------------------------------------------------------------------


def explained_at(page: str) -> str | None:
    found = re.search(r'<a[^>]* href="([^"]+)" target="_blank" rel="noopener">この画面の説明<', page)
    return found[1] if found else None


def test_the_log_in_page_leads_to_its_section(client: Client) -> None:
    assert explained_at(client.get("/accounts/login/").content.decode()) == f"{HOSPITALS}login/#log-in"
    refused = client.post("/accounts/login/", {"login": "x", "password": "y"})
    assert explained_at(refused.content.decode()) == f"{HOSPITALS}login/#log-in"


def test_an_officers_list_leads_to_the_officers_guide(client: Client) -> None:
    client.force_login(factories.user(Role.PREFECTURE))
    page = client.get("/admin/requests_app/sosrequest/").content.decode()
    assert explained_at(page) == "/guide/office/queue/#list"


def test_neither_a_guide_nor_a_page_that_is_not_there_is_explained(client: Client) -> None:
    for path in ("/guide/", f"{HOSPITALS}login/", "/nowhere/"):
        assert explained_at(client.get(path).content.decode()) is None


# --- What it costs ------------------------------------------------------------------------------------------------


def test_a_chapter_asks_only_for_moved_cutoffs(client: Client, django_assert_num_queries: Any) -> None:
    for path in ("/guide/", HOSPITALS, f"{HOSPITALS}login/"):
        with django_assert_num_queries(1):
            client.get(path)


def test_the_pages_are_light() -> None:
    for guide in GUIDES:
        client = reader_of(guide)
        for path in (
            reverse("guide_sheet", args=[guide.slug]),
            *(guide.address(each) for each in guide.chapters),
        ):
            assert len(gzip.compress(client.get(path).content)) <= 60 * KB, path
