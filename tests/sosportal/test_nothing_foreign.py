"""Every page of every model in the admin, on every way into it: an officer of Osaka finds nothing of Tokyo's.

The models come from the registry: a new page is gone through without more, and fails in `test_audience` until the world
has one of it. The controls take away the scope of one page after another, and each is found.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.contrib.admin import site
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.http import HttpResponse

from institutions.models import Institution, Role
from requests_app.admin import SosRequestAdmin
from requests_app.models import ExportLog, SosRequest
from sosportal.lib.admin import RoleScope, ScopedModelAdmin
from tests.sosportal import stranger
from tests.sosportal.stranger import Stranger, arrive
from tests.sosportal.test_audience import NOW, routes

pytestmark = pytest.mark.django_db

WAYS = ("by_query_string", "by_search", "by_side_doors", "by_choices", "by_actions")
PAGES = sorted(site._registry, key=lambda model: model._meta.label)
IN_SIGHT = [
    model
    for model in PAGES
    if Role.PREFECTURE in site.get_model_admin(model).viewers  # type: ignore[attr-defined]
    and hasattr(model._default_manager, "visible_to")
]


@pytest.fixture
def who() -> Iterator[Stranger]:
    with time_machine.travel(NOW, tick=False):
        yield arrive()


def test_the_world_has_something_foreign_to_find(who: Stranger) -> None:
    """Of every page that the officer has, a row of Tokyo's, and words that tell it; else silence would say nothing."""
    lacking = [model.__name__ for model in IN_SIGHT if model not in who.rows or not who.sees(model)]
    assert lacking == []
    assert len(who.words) > 30
    assert who.own_number in stranger.text_of(who.client.get(stranger.list_of(SosRequest)))


def test_nothing_foreign_behind_any_address(who: Stranger) -> None:
    assert stranger.by_every_route(who) == []


def test_nothing_foreign_behind_any_link(who: Stranger) -> None:
    row = who.rows[SosRequest]
    kind = ContentType.objects.get_for_model(SosRequest)
    entry = {"user": who.officer, "content_type": kind, "object_id": str(row.pk), "action_flag": CHANGE}
    LogEntry.objects.create(object_repr="昔は大阪の病院", change_message="", **entry)
    who.words |= {"昔は大阪の病院"}

    faults, walked = stranger.by_every_link(who)

    assert faults == []
    assert {stranger.list_of(model) for model in PAGES} <= walked


@pytest.mark.parametrize("way", WAYS)
def test_nothing_foreign_on_any_way(who: Stranger, way: str) -> None:
    assert [fault for model in PAGES for fault in getattr(stranger, way)(who, model)] == []


def test_nothing_foreign_in_any_file(who: Stranger) -> None:
    assert stranger.by_files(who) == []


def test_every_address_of_a_file_is_known() -> None:
    files = {
        each for each in routes() if each.startswith("admin/") and ("export/" in each or "/file/" in each)
    }
    assert files <= set(stranger.EXPORTS)


# --- The controls: one scope taken away after another ---------------------------------------------------------------


def everything(self: Any, request: Any) -> models.QuerySet[Any]:
    rows: models.QuerySet[Any] = self.model._default_manager.all()
    return rows.order_by(*self.get_ordering(request))


@pytest.mark.parametrize("model", IN_SIGHT, ids=lambda model: model.__name__)
def test_control_a_list_without_scope_is_found(
    who: Stranger, monkeypatch: pytest.MonkeyPatch, model: type[models.Model]
) -> None:
    rows: Any = model._default_manager
    monkeypatch.setattr(type(rows.all()), "visible_to", lambda self, user: self)
    assert who.found_in(who.client.get(stranger.list_of(model)))


def test_control_a_search_without_scope_is_found(who: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(site.get_model_admin(Institution)), "get_queryset", everything)
    assert stranger.by_search(who, Institution)


def names(self: Any, request: Any, queryset: Any) -> HttpResponse:
    rows = SosRequest.objects.filter(pk__in=request.POST.getlist("_selected_action"))
    return HttpResponse(", ".join(row.institution.name for row in rows))


def test_control_an_action_that_goes_round_the_scope_is_found(
    who: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SosRequestAdmin, "get_queryset", everything)
    monkeypatch.setattr(SosRequestAdmin, "get_actions", lambda self, request: {"names": (names, "names", "")})
    assert stranger.by_actions(who, SosRequest)


def test_control_lookups_that_are_all_allowed_are_found(
    who: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ScopedModelAdmin, "lookup_allowed", lambda self, lookup, value, request=None: True)
    monkeypatch.setattr(ScopedModelAdmin, "get_queryset", everything)
    assert stranger.by_query_string(who, ExportLog)


def test_control_choices_without_scope_are_found(who: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        RoleScope, "related_rows", lambda self, name, model, request: model._default_manager.all()
    )
    assert [fault for model in PAGES for fault in stranger.by_choices(who, model)]


def test_control_a_file_without_scope_is_found(who: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SosRequestAdmin, "get_queryset", everything)
    assert stranger.by_files(who)
