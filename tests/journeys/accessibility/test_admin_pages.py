"""Forms of the admin that refuse, and that no page of it is forgotten."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from institutions.models import Role, Suspension
from requests_app.models import CalendarException, Campaign, ExportLog
from sosportal.lib import clock
from sosportal.lib.asking import AskFirst
from tests import factories
from tests.journeys.accessibility.addresses import (
    pages_of,
)
from tests.journeys.accessibility.stages import announced_and_asked, requests_of_every_kind
from tests.journeys.accessibility.walking import Begin, Round
from tests.journeys.scene import Scene
from tests.requests_app.allocation import rounds
from tests.requests_app.deliveries import vendor
from tests.support.browser import POINTER

pytestmark = pytest.mark.browser


def test_forms_that_refuse(scene: Scene, begin: Begin) -> None:
    """保存 with nothing filled in, on every page where something can be added; and what follows a good entry."""
    walk = begin(scene.ministry, POINTER)
    refuse_an_empty_form(walk, Campaign)
    refuse_an_empty_form(walk, CalendarException)
    refuse_an_empty_form(walk, Suspension)
    campaign = Campaign.objects.get()
    walk.visit(reverse("admin:requests_app_campaign_change", args=[campaign.pk]), "campaign")
    walk.page.get_by_role("textbox", name=re.compile("^名称")).fill("")
    walk.press("内容を確かめる", "campaign refused")
    walk.visit(reverse("admin:surveys_item_change", args=[factories.gloves().pk]), "item")
    walk.press("保存", "item saved")
    operator = begin(factories.user(Role.OPERATOR), POINTER)
    operator.visit(reverse("admin:institutions_user_changelist"), "people")
    operator.page.get_by_role("checkbox", name=re.compile("nurse")).check()
    operator.officer.runs("パスワードを設定するメールを送る")
    operator.look("password links ask")


def refuse_an_empty_form(walk: Round, model: type[Model]) -> None:
    name = f"{model._meta.app_label}_{model._meta.model_name}"
    walk.visit(reverse(f"admin:{name}_add"), f"{name}: new")
    asks = issubclass(type(admin.site.get_model_admin(model)), AskFirst)
    walk.press("内容を確かめる" if asks else "保存", f"{name}: refused")


def test_no_page_of_the_admin_is_forgotten(scene: Scene, begin: Begin) -> None:
    """List, new, object and history of every model, each by the first role that has the page.

    A model that is added later is looked at without more, and fails here if nobody may see it.
    """
    requests_of_every_kind(scene)
    factories.answer(scene.nurse, scene.hospital)
    CalendarException.objects.create(day=clock.today(), note="臨時の閉庁")
    announced_and_asked(scene)
    rounds.decide(1_000, cutoff=scene.cutoff, now=clock.now())
    made = vendor.handed(by=scene.ministry, now=clock.now())
    Suspension.objects.create(
        institution=scene.hospital, reason="転売の疑いがあるため", suspended_from=clock.now()
    )
    ExportLog.objects.create(at=clock.now(), by=scene.ministry, what="hand_off", hand_off=made, kind="utf8")
    waiting = [path for model in admin.site._registry for path in pages_of(model)]
    waiting += ["/admin/requests_app/", "/admin/surveys/", "/admin/institutions/"]
    for role in (Role.OPERATOR, Role.MINISTRY, Role.PREFECTURE):
        person = factories.user(role)
        client = Client()
        client.force_login(person)
        walk = begin(person, POINTER)
        mine = [path for path in waiting if client.get(path).status_code == 200]
        for path in mine:
            walk.visit(path)
            title = walk.page.get_by_role("heading", level=1).inner_text()
            assert not title.replace(" ", "").isdigit(), f"{path} is called {title}"
        waiting = [path for path in waiting if path not in mine]
    left = [path for path in waiting if not path.endswith("/add/")]
    assert left == [], "pages that nobody has"
