"""Counts end where reading ends, on every list of the admin."""

from __future__ import annotations

import pytest
from django.db.models import Q
from pytest_django import DjangoAssertNumQueries

from institutions.models import Announcement, Institution, InstitutionKind, Role
from institutions.models.announcement import AnnouncementContent
from sosportal.lib import counting
from sosportal.lib.admin_filters import ConditionFilter
from tests import factories
from tests.requests_app.admin.officers import browser, text

pytestmark = pytest.mark.django_db

KINDS = {each.value: Q(kind=each.value) for each in (InstitutionKind.HOSPITAL, InstitutionKind.PHARMACY)}


def test_conditions_are_counted_on_short_lists_alone(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    monkeypatch.setattr(counting, "MOST", 2)
    for _ in range(2):
        factories.institution()
    places = Institution.objects.order_by("code")
    with django_assert_num_queries(1):
        assert counting.counted_on_short_lists(places, KINDS) == {"hospital": 2, "pharmacy": 0}
    factories.institution()
    with django_assert_num_queries(1):
        assert counting.counted_on_short_lists(places, KINDS) is None
    assert counting.counted_each(places, KINDS) == {"hospital": 3, "pharmacy": 0}


def test_a_list_of_many_says_so_and_pages_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        factories.institution()
    client = browser(factories.user(Role.MINISTRY))
    address = "/admin/institutions/institution/"
    assert "4件 の医療機関" in text(client.get(address))
    monkeypatch.setattr(counting, "MOST", 3)
    response = client.get(address)
    assert "3件以上 の医療機関" in text(response)
    assert response.context["cl"].paginator.count == 3


def test_a_filter_without_an_index_bears_no_counts_on_long_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    ministry = factories.user(Role.MINISTRY)
    client = browser(ministry)
    for important in (True, False):
        Announcement.publish(
            ministry, AnnouncementContent("締切の変更", "くり上げます。", important=important)
        )

    def counts(parameter: str) -> list[int | None]:
        listed = client.get("/admin/institutions/announcement/").context["cl"]
        found: ConditionFilter = next(
            each for each in listed.filter_specs if each.parameter_name == parameter
        )
        return [choice["count"] for choice in found.choices(listed)]

    assert counts("important") == [None, 1]
    monkeypatch.setattr(counting, "MOST", 1)
    assert counts("important") == [None, None]
