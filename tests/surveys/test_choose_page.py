"""Which institution: one leads on, several are listed, none is told kindly."""

from __future__ import annotations

from typing import Any

import pytest

from institutions.models import User
from surveys.models import SurveyRound
from surveys.views.choosing import INSTITUTIONS_A_PAGE
from tests import factories
from tests.surveys.pages import Page, logged_in
from tests.surveys.ward import Ward


def chooser(person: User, **query: str) -> Page:
    client = logged_in(person)
    return Page(client, client.get("/survey/", query))


def several(count: int) -> User:
    return factories.member(*(factories.institution(name=f"架空 第{n}診療所") for n in range(1, count + 1)))


def test_one_institution_leads_on_and_the_way_back_comes_along(ward: Ward) -> None:
    found = chooser(ward.person, next="/other/?a=1")
    assert found.response.headers["Location"] == f"/survey/{ward.place.code}/?next=%2Fother%2F%3Fa%3D1"
    foreign = chooser(ward.person, next="//example.com/")
    assert foreign.response.headers["Location"] == f"/survey/{ward.place.code}/"


def test_several_are_listed_with_what_is_still_unanswered(ward: Ward) -> None:
    other, foreign = factories.institution(name="架空の薬局"), factories.institution(name="よその病院")
    person = factories.member(ward.place, other)
    factories.answer(person, other)
    page = chooser(person, next="/other/")
    assert page.status == 200
    assert f"{ward.place.code}未回答" in page.text
    assert f"{other.code}回答済み11/24（火）10:22" in page.text
    assert foreign.name not in page.text
    assert f'href="/survey/{other.code}/?next=%2Fother%2F"' in page.html


@pytest.mark.parametrize("words", ["第2", "第２診療所", "架空第2", "架空　第2"])
def test_search_whatever_the_width(ward: Ward, words: str) -> None:
    page = chooser(several(3), q=words)
    assert "1件" in page.text
    assert "架空第2診療所" in page.text


@pytest.mark.parametrize(
    "words", ["ない", "'; --", "%", "_", "<script>alert(1)</script>", "字 " * 3000, "\u202e"]
)
def test_search_for_anything(ward: Ward, words: str) -> None:
    page = chooser(several(2), q=words)
    assert page.status == 200
    assert "<script>alert" not in page.html


def test_none_is_told_kindly(ward: Ward) -> None:
    page = chooser(factories.member())
    assert page.status == 200
    assert "回答する医療機関が、まだ登録されていません。" in page.text


def test_without_an_open_round(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surveys.models.round.SurveyRoundQuerySet.open_at", lambda self, now: None)
    page = chooser(several(2))
    assert "いま、回答を受け付けている回はありません。" in page.text
    assert "未回答" not in page.text
    assert SurveyRound.objects.exists()


@pytest.mark.parametrize("count", [2, INSTITUTIONS_A_PAGE + 5])
def test_queries_do_not_grow(ward: Ward, count: int, django_assert_num_queries: Any) -> None:
    client = logged_in(several(count))
    # Session, user, memberships, round, count, institutions, answers; the frame's.
    with django_assert_num_queries(9):
        page = Page(client, client.get("/survey/"))
    assert page.status == 200
    assert ("次のページ" in page.text) is (count > INSTITUTIONS_A_PAGE)
    assert Page(client, client.get("/survey/?page=zzz")).status == 200
