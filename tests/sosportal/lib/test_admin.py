"""The ground of the admin's pages: what it refuses to start with, and what it shows and takes."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin import AllValuesFieldListFilter, ModelAdmin, RelatedFieldListFilter, site
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.test import Client, RequestFactory

from institutions.models import Institution, Membership, Role, Suspension, User
from requests_app.models import CampaignItem, RuleSettings, SosRequest
from sosportal.admin import PortalAdminSite
from sosportal.lib.admin import ScopedModelAdmin, ScopedRelatedFilter
from sosportal.lib.admin_fields import AdminDecimalField
from tests import factories

pytestmark = pytest.mark.django_db

EVERYBODY = frozenset(Role.values)


class Open(ScopedModelAdmin):
    viewers = adders = changers = EVERYBODY


def asking(person: User) -> Any:
    request = RequestFactory().get("/admin/")
    request.user = person
    return request


def page(model: type[models.Model], kind: type[ScopedModelAdmin] = Open, **attributes: Any) -> Any:
    """An admin page of the model, of a class with these attributes."""
    return type("Page", (kind,), attributes)(model, site)


def test_a_page_that_names_no_role_serves_nobody() -> None:
    for role in Role:
        request = asking(factories.user(role))
        closed = page(Institution, ScopedModelAdmin)
        factories.institution()
        assert not closed.has_module_permission(request)
        assert not closed.has_add_permission(request)
        assert not closed.get_queryset(request).exists()


def test_nobody_deletes_and_the_disabled_do_nothing() -> None:
    person = factories.user(Role.MINISTRY)
    assert not page(Institution).has_delete_permission(asking(person))
    assert page(Institution).has_change_permission(asking(person))
    person.is_active = False
    assert not page(Institution).has_change_permission(asking(person))


def test_rows_and_choices_are_those_in_scope() -> None:
    own, foreign = factories.institution(), factories.institution(factories.OSAKA)
    request = asking(factories.user(Role.PREFECTURE))

    assert list(page(Institution).get_queryset(request)) == [own]
    field = page(Suspension).formfield_for_dbfield(Suspension._meta.get_field("institution"), request)
    assert list(field.queryset) == [own]
    assert type(field.widget).__name__ == "Select"  # no links to windows of the target
    with pytest.raises(Exception, match="正しく選択してください"):
        field.clean(foreign.pk)


def test_a_filter_over_a_relation_names_only_rows_in_scope() -> None:
    own, foreign = factories.institution(), factories.institution(factories.OSAKA)
    suspensions = page(Suspension, list_filter=("institution",))
    request = asking(factories.user(Role.PREFECTURE))
    assert suspensions.get_list_filter(request) == [("institution", ScopedRelatedFilter)]
    names: Any = ScopedRelatedFilter(
        Suspension._meta.get_field("institution"), request, {}, Suspension, suspensions, "institution"
    ).lookup_choices
    assert names == [(own.pk, str(own))]
    assert foreign.pk not in dict(names)


def test_a_relation_whose_scope_nobody_said_is_refused() -> None:
    request = asking(factories.user(Role.MINISTRY))
    item = CampaignItem._meta.get_field("item")
    with pytest.raises(ImproperlyConfigured, match="shared_relations"):
        page(CampaignItem, all_rows=True).formfield_for_dbfield(item, request)
    shared = page(CampaignItem, all_rows=True, shared_relations=("item",))
    assert shared.formfield_for_dbfield(item, request).queryset.count() == 5
    with pytest.raises(ImproperlyConfigured, match="all_rows"):
        page(CampaignItem).get_queryset(request)


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({"raw_id_fields": ("institution",)}, "portal.E101"),
        ({"list_filter": (("institution", RelatedFieldListFilter),)}, "portal.E102"),
        ({"list_filter": (("institution__name", AllValuesFieldListFilter),)}, "portal.E102"),
        ({"list_filter": ("institution",)}, None),
    ],
)
def test_declarations_that_leak_stop_the_start(attributes: dict[str, Any], code: str | None) -> None:
    found = [message.id for message in page(Suspension, **attributes).check()]
    assert found == ([code] if code else [])


@pytest.mark.parametrize(
    ("lookup", "allowed"),
    [
        ("reason", True),
        ("reason__exact", True),
        ("institution", True),
        ("institution__id__exact", True),
        ("institution__isnull", True),
        ("suspended_from__year", True),
        ("suspended_from__gte", False),
        ("id", False),
        ("institution__name", False),
        ("institution__prefecture", False),
        ("institution__users__password__startswith", False),
        ("reason__regex", False),
    ],
)
def test_lookups_in_the_query_string(lookup: str, allowed: bool) -> None:
    suspensions = page(Suspension, list_filter=("reason", "institution"), date_hierarchy="suspended_from")
    request = asking(factories.user(Role.MINISTRY))
    assert suspensions.lookup_allowed(lookup, "1", request) is allowed


def test_to_field_is_the_key_alone() -> None:
    people = page(User)
    request = asking(factories.user(Role.OPERATOR))
    assert people.to_field_allowed(request, "id")
    assert not people.to_field_allowed(request, "username")
    assert not people.to_field_allowed(request, "password")


@pytest.mark.parametrize(
    ("query", "logger"),
    [
        ("created_by__password__startswith=p", "django.security.DisallowedModelAdminLookup"),
        ("_to_field=title", "django.security.DisallowedModelAdminToField"),
    ],
)
def test_addresses_that_somebody_made_up_are_logged_as_warnings(
    query: str, logger: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client()
    client.force_login(factories.user(Role.MINISTRY))
    assert client.get(f"/admin/requests_app/sosrequest/?{query}").status_code == 400
    said = [record.levelname for record in caplog.records if record.name == logger]
    assert said == ["WARNING"]


def test_only_pages_that_name_their_roles_are_taken_in() -> None:
    portal = PortalAdminSite(name="other")
    portal.register(Membership, ModelAdmin)
    portal.register(Suspension)
    assert not portal.is_registered(Membership)
    portal.register(Institution, Open)
    assert portal.is_registered(Institution)
    portal.unregister(Membership)
    assert all(isinstance(page, ScopedModelAdmin) for page in site._registry.values())
    assert SosRequest in site._registry
    assert RuleSettings not in site._registry


def test_libraries_pages_are_not_there() -> None:
    client = Client()
    client.force_login(factories.user(Role.MINISTRY))
    for address in ("django_q/ormq/", "auth/group/", "account/emailaddress/", "password_change/done/"):
        assert client.get(f"/admin/{address}").status_code == 404


@pytest.mark.parametrize("method", ["TRACE", "OPTIONS", "PUT", "DELETE"])
def test_other_methods_are_refused_and_tell_strangers_nothing(method: str) -> None:
    officer, applicant = Client(), Client()
    officer.force_login(factories.user(Role.MINISTRY))
    applicant.force_login(factories.user(Role.INSTITUTION))
    for address in ("/admin/", "/admin/requests_app/sosrequest/"):
        refused = officer.generic(method, address)
        assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD, POST")
        assert officer.head(address).status_code == 200
        assert applicant.generic(method, address).status_code == 404


def test_the_start_page_is_in_the_order_of_the_work() -> None:
    apps = site.get_app_list(asking(factories.user(Role.MINISTRY)))
    assert [app["app_label"] for app in apps] == ["requests_app", "surveys", "institutions"]
    assert [model["object_name"] for model in apps[0]["models"]] == [
        *("SosRequest", "AllocationDecision", "HandOff", "Delivery", "ExportLog"),
        *("Campaign", "CutoffChange", "CalendarException"),
    ]


@pytest.mark.parametrize(
    ("typed", "number"), [("2", "2"), ("１．５", "1.5"), (" 0.25 ", "0.25"), ("", None), (None, None)]
)
def test_decimals_as_people_type_them(typed: str | None, number: str | None) -> None:
    found = AdminDecimalField(max_digits=5, decimal_places=2, required=False).clean(typed)
    assert (None if found is None else str(found)) == number
