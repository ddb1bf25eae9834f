"""The first page of the list is prepared SQL: it shows what the list shows when the ORM writes each query anew."""

from datetime import datetime, timedelta
from unittest import mock

import pytest

from institutions.models import Role, User
from requests_app.models import RecentView
from requests_app.queries.listing import (
    _FIRST_PAGE,
    ALL,
    CURRENT,
    FOLLOWED,
    RECENT,
    SORTED_BY,
    ListPage,
    request_list,
)
from requests_app.rules.transitions import Status
from sosportal.lib.clock import JST
from tests import factories

NOW = datetime(2026, 11, 24, 10, 22, tzinfo=JST)
SORTS = [sign + key for key in SORTED_BY for sign in ("", "-") if key != "viewed"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    """Somebody with requests in two institutions, old and new, among those of others."""
    factories.campaign(now=NOW)
    own = [factories.institution(), factories.institution(prefecture=factories.OSAKA)]
    user = factories.member(*own)
    for days in (0, 0, 3, 40):
        for place, status in zip(own, (Status.UNDER_REVIEW, Status.ERROR), strict=True):
            then = NOW - timedelta(days=days)
            request = factories.request_in(status if days != 3 else Status.DRAFT, user, place, now=then)
            if days:
                RecentView.note(user, request, then)
    stranger = factories.request_in(Status.ACCEPTED, now=NOW)
    RecentView.note(stranger.created_by, stranger, NOW)
    return user


def _page(user: User, view: str, sort: str) -> ListPage:
    return request_list(user, now=NOW, view=view, words="", sort=sort, page=1)


@pytest.mark.parametrize("view", [ALL, RECENT, CURRENT, FOLLOWED])
def test_both_ways_show_the_same(person: User, view: str) -> None:
    for sort in [*SORTS, *(["viewed", "-viewed"] if view == RECENT else [])]:
        prepared = _page(person, view, sort)
        with mock.patch.object(_FIRST_PAGE, "rows", side_effect=AssertionError):
            # A word that stands in every title takes the way on which the ORM writes the query anew.
            anew = request_list(person, now=NOW, view=view, words="緊急配布要請", sort=sort, page=1)
        assert prepared == anew
        assert prepared.total == {ALL: 8, RECENT: 4, CURRENT: 6, FOLLOWED: 8}[view]


def test_each_person_sees_their_own(person: User) -> None:
    other = factories.member(factories.institution())
    assert _page(other, ALL, "title").total == 0
    theirs = factories.request_in(Status.DRAFT, other, other.institutions.get(), now=NOW)
    assert [row.number for row in _page(other, ALL, "title").rows] == [theirs.number]
    assert theirs.number not in [row.number for row in _page(person, ALL, "title").rows]


def test_who_belongs_to_no_institution_sees_nothing(person: User) -> None:
    assert _page(factories.user(Role.INSTITUTION), ALL, "title").rows == []


def test_a_person_put_out_of_action_sees_nothing(person: User) -> None:
    person.is_active = False
    assert _page(person, ALL, "title").rows == []


def test_officers_see_what_they_may(person: User) -> None:
    tokyo = factories.user(Role.PREFECTURE)
    assert _page(tokyo, ALL, "title").total == 5
    assert _page(factories.user(Role.MINISTRY), ALL, "title").total == 9
    assert _page(factories.user(Role.OPERATOR), ALL, "title").total == 0
