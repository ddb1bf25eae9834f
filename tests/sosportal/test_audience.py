"""Every URL × every role × GET and POST, on one's own, a foreign and an absent object, against a reviewed table.

The table is `audience.txt` beside this file: one row per route and method, one column per person. A route without a
row fails, and so does a row without a route. Objects belong to institution A in Tokyo; a column's person sees
them as their own or as foreign. What answers 404 for a foreign object must answer the same, to the byte, for an absent
one. Nothing writes the table: a new row is copied from the failure by a person who has thought about each column.
"""

from __future__ import annotations

import copy
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.contrib.admin import site
from django.db import models, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from institutions.models import (
    Announcement,
    AnnouncementContent,
    Inquiry,
    Institution,
    Membership,
    Role,
    Suspension,
    User,
)
from institutions.rules.inquiry import Desk, Subject
from requests_app.models import (
    AllocationDecision,
    CalendarException,
    Campaign,
    CutoffChange,
    Delivery,
    ExportLog,
    HandOff,
    Question,
    Shipment,
    ShipmentUpload,
    SosRequest,
)
from requests_app.rules.allocation import Rule
from requests_app.rules.transitions import Status
from sosportal.lib.clock import JST
from surveys.models import Item, SurveyResponse, SurveyRound
from tests import factories
from tests.requests_app.allocation import rounds
from tests.requests_app.deliveries import vendor

NOW = datetime(2026, 11, 24, 10, 22, tzinfo=JST)
TABLE = Path(__file__).with_name("audience.txt")
PEOPLE = (
    "anonymous",
    "staff_a",
    "staff_b",
    "staff_c",
    "tokyo",
    "osaka",
    "ministry",
    "operator",
    "disabled",
    "stale",
)
METHODS = ("GET", "POST")

pytestmark = pytest.mark.django_db


# --- The routes ---------------------------------------------------------------------------------------------------


def routes(patterns: list[Any] | None = None, before: str = "") -> Iterator[str]:
    """Every route of the portal as Django knows it."""
    for each in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, route)
        elif isinstance(each, URLPattern):
            yield route


# --- The world ----------------------------------------------------------------------------------------------------


@dataclass
class World:
    """Institution A in Tokyo with one of everything, and the people around it."""

    own: dict[str, str]
    absent: dict[str, str]
    rows: dict[type[models.Model], str]
    users: dict[str, User]
    beside: dict[str, dict[str, str]]
    """What takes the place of `own` on the routes that begin so."""

    def path(self, route: str, values: dict[str, str], object_id: str) -> str:
        """The route with its parameters filled in."""
        if values is self.own:
            values = values | {
                k: v for start, own in self.beside.items() if route.startswith(start) for k, v in own.items()
            }
        values = values | {"object_id": object_id}
        path = re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda found: values[found.group(1)], route)
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found.group(1)], path)
        return "/" + path.replace("^", "").replace("$", "").replace("\\Z", "")


def on_its_way(place: Institution, officer: User) -> tuple[Shipment, ExportLog, ShipmentUpload]:
    """A parcel for the institution, the log of the vendor's file, and a shipping file that waits for its import."""
    (accepted,) = rounds.accepted([100], places=[place], now=NOW)
    rounds.decide(100, Rule.ALL_IN_FULL, now=NOW)
    made = vendor.handed(by=officer, now=NOW)
    vendor.taken_in(vendor.shipping_file([vendor.row_for(accepted, day="11/24")]), by=officer, now=NOW)
    log = ExportLog.objects.create(
        at=NOW, by=officer, what="hand_off", hand_off=made, kind="utf8", filters="q=東京都だけの語"
    )
    upload = ShipmentUpload.objects.create(
        token=uuid.uuid4(),
        name="ship.csv",
        content=vendor.shipping_file([]),
        uploaded_at=NOW,
        uploaded_by=officer,
    )
    return Shipment.objects.get(), log, upload


def build_world() -> World:
    campaign = factories.campaign(now=NOW)
    a, b, c = factories.institution(), factories.institution(), factories.institution(factories.OSAKA)
    staff_a = factories.member(a, username="staff-a")
    request = factories.request_in(Status.UNDER_REVIEW, staff_a, a, now=NOW)
    request.ask(factories.user(Role.PREFECTURE), "在庫は箱数ですか", now=NOW)
    moved = CutoffChange.objects.create(regular_day="2026-12-30", cutoff_at=NOW)
    day = CalendarException.objects.create(day="2026-12-28")
    suspension = Suspension.objects.create(
        institution=b,
        reason="転売のため",
        suspended_from=NOW,
        lifted_at=NOW,
        lifted_by=factories.user(Role.MINISTRY),
        lifted_reason="是正",
    )
    users = {
        "staff_a": staff_a,
        "staff_b": factories.member(b),
        "staff_c": factories.member(c),
        "tokyo": factories.user(Role.PREFECTURE),
        "osaka": factories.user(Role.PREFECTURE, prefecture_id=factories.OSAKA),
        "ministry": factories.user(Role.MINISTRY),
        "operator": factories.user(Role.OPERATOR),
        "disabled": factories.member(a),
        "stale": factories.member(a),
    }
    parcel, log, upload = on_its_way(a, users["ministry"])
    announcement = Announcement.publish(
        users["tokyo"], AnnouncementContent("東京都だけのお知らせ", "東京都だけに届く")
    )
    inquiry = Inquiry.ask(
        staff_a, a, subject=Subject.REQUEST, desk=Desk.PREFECTURE, text="いつ届きますか。", now=NOW
    )
    factories.request_in(Status.ACCEPTED, staff_a, a, now=NOW)
    decision = rounds.decide(1_000, actor=users["ministry"], now=NOW)
    rows: dict[type[models.Model], str] = {
        Announcement: str(announcement.pk),
        Inquiry: str(inquiry.pk),
        Campaign: str(campaign.pk),
        CalendarException: str(day.pk),
        CutoffChange: str(moved.pk),
        Delivery: str(parcel.line_id),
        ExportLog: str(log.pk),
        HandOff: str(log.hand_off_id),
        Institution: str(a.pk),
        Item: str(factories.gloves().pk),
        Membership: str(Membership.objects.get(user=staff_a).pk),
        SosRequest: str(request.pk),
        Suspension: str(suspension.pk),
        AllocationDecision: str(decision.pk),
        SurveyResponse: str(SurveyResponse.objects.get().pk),
        SurveyRound: str(SurveyRound.objects.get().pk),
        User: str(staff_a.pk),
        apps.get_model("institutions", "Prefecture"): factories.TOKYO,
    }
    own = {"number": request.number, "code": a.code, "uidb36": "1", "app_label": "requests_app"}
    absent = {
        "number": "2611-9999",
        "code": "1319999999",
        "uidb36": "1",
        "key": "x-y",
        "app_label": "requests_app",
    }
    extra = {
        "content_type_id": "1",
        "url": "x",
        "key": "x-y",
        "rest": "nothing/",
        "verb": "accept",
        "step": "confirm",
        "inquiry_verb": "answer",
    }
    own |= {"key": str(request.pk), "announcement": str(announcement.pk), "inquiry": str(inquiry.pk)}
    absent |= {"key": "999999", "announcement": "999999", "inquiry": "999999", "question": "999999"}
    own |= {"question": str(Question.objects.get().pk), "prefecture": factories.TOKYO}
    absent |= {"prefecture": "99"}
    absent |= {"parcel": "999999", "token": str(uuid.UUID(int=0))}
    own |= {"token": str(upload.token)}
    link = staff_a.address_link("new@example.jp", NOW + timedelta(hours=1))
    own |= {"link": link}
    absent |= {"link": f"{link}x"}
    own |= {"guide": "office", "chapter": "queue"}
    absent |= {"guide": "nothing", "chapter": "nothing"}
    beside = {
        "requests/<str:number>/parcels/": {"number": parcel.line.request.number, "parcel": str(parcel.pk)},
        "admin/requests_app/handoff/": {"key": str(log.hand_off_id)},
        "admin/requests_app/allocationdecision/": {"key": str(decision.pk)},
    }
    return World(extra | own, extra | absent, rows, users, beside)


@pytest.fixture
def world() -> Iterator[World]:
    with time_machine.travel(NOW, tick=False):
        yield build_world()


def client_of(world: World, person: str) -> Client:
    """A browser in which the person is logged in, if they can be."""
    client = Client(raise_request_exception=False)
    if person == "anonymous":
        return client
    user = world.users[person]
    client.force_login(user)
    if person == "disabled":
        user.is_active = False
        user.save()
    if person == "stale":
        client.session.flush()
    return client


def model_of(route: str) -> type[models.Model] | None:
    """The model whose admin pages the route belongs to."""
    for model in site._registry:
        if route.startswith(f"admin/{model._meta.app_label}/{model._meta.model_name}/"):
            return model
    return None


def object_id(world: World, route: str) -> str:
    model = model_of(route)
    if model is None:
        return "1"
    assert model in world.rows, f"{model.__name__} is in the admin; give the world of this test one of it"
    return world.rows[model]


# --- The table ----------------------------------------------------------------------------------------------------


def table() -> dict[tuple[str, str], dict[str, str]]:
    rows = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            method, route, *cells = line.split("\t")
            rows[method, route] = dict(zip(PEOPLE, cells, strict=True))
    return rows


def asked(client: Client, method: str, path: str) -> Any:
    """The answer; what the request wrote, in the database and in the browser, is undone."""
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        answer = client.get(path) if method == "GET" else client.post(path, {})
        transaction.set_rollback(True)
    client.cookies = cookies
    return answer


def answers(world: World, method: str, route: str) -> dict[str, str]:
    path = world.path(route, world.own, object_id(world, route))
    return {person: str(asked(client_of_once(world, person), method, path).status_code) for person in PEOPLE}


_clients: dict[int, dict[str, Client]] = {}


def client_of_once(world: World, person: str) -> Client:
    known = _clients.setdefault(id(world), {})
    if person not in known:
        known[person] = client_of(world, person)
    return known[person]


def test_every_url_answers_every_role_as_the_table_says(world: World) -> None:
    expected = table()
    found = {(method, route): answers(world, method, route) for route in routes() for method in METHODS}
    differing = [
        "\t".join((method, route, *row.values()))
        for (method, route), row in found.items()
        if expected.get((method, route)) != row
    ]
    assert not differing, "These rows differ from audience.txt:\n" + "\n".join(differing)
    assert set(expected) == set(found), "audience.txt has rows of routes that are gone"


def test_no_url_answers_with_a_server_error(world: World) -> None:
    failing = [key for key, row in table().items() for status in row.values() if status.startswith("5")]
    assert not failing


def in_one_form(content: bytes) -> bytes:
    """A page without what differs each time: tokens, the path asked for, the request's id."""
    content = re.sub(rb'value="[0-9A-Za-z-]{36,64}"', b"", content)
    return re.sub(rb"[0-9a-f]{12}", b"", content)


@pytest.mark.parametrize("method", METHODS)
def test_foreign_and_absent_can_not_be_told_apart(world: World, method: str) -> None:
    told_apart = []
    for route in routes():
        own = world.path(route, world.own, object_id(world, route))
        absent = world.path(route, world.absent, "999999")
        if own == absent:
            continue
        for person in PEOPLE:
            client = client_of_once(world, person)
            foreign_answer = asked(client, method, own)
            if foreign_answer.status_code != 404:
                continue
            absent_answer = asked(client, method, absent)
            if (absent_answer.status_code, in_one_form(absent_answer.content)) != (
                404,
                in_one_form(foreign_answer.content),
            ):
                told_apart.append((method, route, person, absent_answer.status_code))
    assert not told_apart


# --- Negative control: the comparison finds a planted leak --------------------------------------------------------


def test_control_a_leak_would_be_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from requests_app.models.request import SosRequestQuerySet

    monkeypatch.setattr(SosRequestQuerySet, "visible_to", lambda self, user: self)
    monkeypatch.setattr("requests_app.views.record.may_open", lambda request, institution: True)
    leaking = [
        route
        for route in routes()
        if route.startswith("requests/<") and answers(world, "GET", route)["staff_c"] == "200"
    ]
    assert leaking
