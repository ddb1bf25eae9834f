"""Who may see what in the review: nothing foreign on any way, and foreign and absent look alike."""

from __future__ import annotations

import itertools
import re
import uuid
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from institutions.models import Role
from requests_app.models import Campaign, SosRequest
from requests_app.rules.transitions import Status
from tests import factories
from tests.requests_app.admin.officers import (
    QUEUE,
    browser,
    carried,
    ministry,
    page_of,
    prefecture,
    quantities,
    step,
    text,
)

pytestmark = pytest.mark.django_db

ABSENT = 999_999
MODELS = ("sosrequest", "campaign", "cutoffchange", "calendarexception")
MINISTRY_ONLY = MODELS[1:]


@pytest.fixture(autouse=True)
def campaign() -> Campaign:
    return factories.campaign()


@pytest.fixture
def foreign() -> SosRequest:
    place = factories.institution(factories.OSAKA, name="大阪架空病院")
    return factories.request_in(Status.UNDER_REVIEW, place=place)


def outcome(response: Any) -> tuple[int, str, str]:
    """What can be told apart: status, where it leads, and the words, the key in the address left out."""
    return response.status_code, response.get("Location", ""), text(response)


@pytest.mark.parametrize("verb", ["confirm", "note", "telephone", "accept"])
@pytest.mark.parametrize("role", [Role.PREFECTURE, Role.OPERATOR])
def test_foreign_and_absent_requests_can_not_be_told_apart(
    foreign: SosRequest, role: Role, verb: str
) -> None:
    client = browser(factories.user(role))
    form = carried(foreign) | quantities(foreign) | {"note": "", "agreed": "1"}
    for method, address in (
        ("get", "{}/change/"),
        ("post", "{}/change/"),
        ("get", "{}/history/"),
        ("get", "{}/delete/"),
        ("post", "{}/delete/"),
        ("get", f"{{}}/{verb}/do/"),
        ("post", f"{{}}/{verb}/do/"),
    ):
        answers = [
            outcome(getattr(client, method)(QUEUE + address.format(key), form if method == "post" else None))
            for key in (foreign.pk, ABSENT)
        ]
        assert answers[0] == answers[1]
        assert answers[0][0] == 404


@pytest.mark.parametrize("key", ["0", "-1", "x", "9" * 40, "%00", "1e3", "__", "_5F_5F", "٣"])
def test_keys_that_are_none_are_not_found(key: str) -> None:
    for officer, model in itertools.product((prefecture(), ministry()), MODELS):
        response = browser(officer).get(f"/admin/requests_app/{model}/{key}/change/")
        assert response.status_code in {400, 404}


def test_the_foreign_name_stands_nowhere(foreign: SosRequest) -> None:
    client = browser(prefecture())
    ways = [
        "/admin/",
        "/admin/requests_app/",
        QUEUE,
        f"{QUEUE}?status=all",
        f"{QUEUE}?q=大阪架空病院",
        f"{QUEUE}?q={foreign.number}",
        f"{QUEUE}?status=all&all=1&o=1",
    ]
    for way in ways:
        body = client.get(way).content.decode()
        # What was searched for stands in the search field and in the links that take it along.
        body = re.sub(r'(value="|[?&;]q=)[^"&]*', "", body)
        assert foreign.number not in body
        assert "大阪架空病院" not in body
    shown = browser(ministry()).get(f"{QUEUE}?status=all").content.decode()
    assert foreign.number in shown  # the search above looked for something that is there


@pytest.mark.parametrize(
    "lookup",
    [
        "institution__prefecture=27",
        "institution__prefecture_id__exact=27",
        "institution__name__startswith=大",
        "created_by__password__startswith=a",
        "created_by__email__contains=example",
        "id__exact=1",
        "number__startswith=26",
        "prefecture_note__contains=x",
        "prefecture=27",
        "stage=unknown",
        "item=x",
        "late=1",
        "status=DRAFT&status__exact=DRAFT",
        "_to_field=created_by",
        "_to_field=number",
    ],
)
def test_the_query_string_asks_only_what_the_filters_ask(foreign: SosRequest, lookup: str) -> None:
    response = browser(prefecture()).get(f"{QUEUE}?{lookup}")
    assert response.status_code in {302, 400}
    assert "e=1" in response.get("Location", "e=1")


def test_popups_and_keys_do_not_open_anything(foreign: SosRequest) -> None:
    client = browser(prefecture())
    assert foreign.number not in client.get(f"{QUEUE}?_popup=1&_to_field=id&status=all").content.decode()
    kind = ContentType.objects.get_for_model(SosRequest).pk
    for key in (foreign.pk, ABSENT):
        assert client.get(f"/admin/r/{kind}/{key}/").status_code == 404
    parameters = {"app_label": "requests_app", "model_name": "sosrequest", "field_name": "institution"}
    assert client.get("/admin/autocomplete/", parameters).status_code == 404


def test_log_entries_are_nobody_elses() -> None:
    campaign = Campaign.objects.get()
    officer, colleague = ministry(), factories.user(Role.PREFECTURE)
    kind = ContentType.objects.get_for_model(Campaign)
    for person in (officer, colleague):
        LogEntry.objects.create(
            user=person,
            content_type=kind,
            object_id=str(campaign.pk),
            object_repr="昔の名前",
            action_flag=CHANGE,
            change_message="",
        )
    assert "昔の名前" not in text(browser(officer).get("/admin/"))
    assert "昔の名前" not in text(browser(colleague).get("/admin/"))
    said = text(browser(officer).get(f"/admin/requests_app/campaign/{campaign.pk}/history/"))
    assert "昔の名前" not in said  # its changes tell what it is called, not what somebody's entry says
    assert browser(colleague).get(f"/admin/requests_app/campaign/{campaign.pk}/history/").status_code == 404


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("way", ["", "add/", "{}/change/", "{}/history/", "{}/delete/"])
def test_pages_by_role(model: str, way: str) -> None:
    campaign = Campaign.objects.get()
    request = factories.request_in(Status.UNDER_REVIEW)
    key = {"campaign": campaign.pk, "sosrequest": request.pk}.get(model, ABSENT)
    address = f"/admin/requests_app/{model}/{way.format(key)}"

    def status(role: Role) -> int:
        return browser(factories.user(role)).get(address).status_code

    there = 200 if key != ABSENT or way in {"", "add/"} else 404
    if "delete" in way or (model == "sosrequest" and way == "add/"):
        there = 404
    assert status(Role.MINISTRY) == there
    assert status(Role.PREFECTURE) == (404 if model in MINISTRY_ONLY else there)
    assert status(Role.OPERATOR) == 404
    assert status(Role.INSTITUTION) == 404
    anonymous = Client().get(address)
    assert anonymous.status_code == 302
    assert "/login/" in anonymous["Location"]


@pytest.mark.parametrize("model", MODELS)
def test_nothing_is_deleted(model: str) -> None:
    campaign = Campaign.objects.get()
    request = factories.request_in(Status.UNDER_REVIEW)
    key = {"campaign": campaign.pk, "sosrequest": request.pk}.get(model, ABSENT)
    base = f"/admin/requests_app/{model}/"
    client = browser(ministry())
    assert client.post(f"{base}{key}/delete/", {"post": "yes"}).status_code == 404
    client.post(base, {"action": "delete_selected", "_selected_action": key, "post": "yes", "index": 0})
    assert (
        "delete_selected"
        not in client.get(f"{base}?status=all" if model == "sosrequest" else base).content.decode()
    )
    assert Campaign.objects.filter(pk=campaign.pk).exists()
    assert SosRequest.objects.filter(pk=request.pk).exists()


@pytest.mark.parametrize("change", ["moved", "disabled", "demoted"])
def test_who_is_moved_or_disabled_is_refused_at_the_next_request(change: str) -> None:
    request = factories.request_in(Status.UNDER_REVIEW)
    officer = prefecture()
    client = browser(officer)
    assert client.get(page_of(request)).status_code == 200
    if change == "moved":
        officer.prefecture_id = factories.OSAKA
    elif change == "disabled":
        officer.is_active = False
    else:
        officer.role, officer.prefecture_id = Role.INSTITUTION, None
    officer.save()

    form = carried(request) | {"whom": "a", "what": "b"}
    for response in (client.get(page_of(request)), client.post(step(request, "telephone"), form)):
        assert response.status_code in ({302} if change == "disabled" else {404})
    bulk = {"row": f"{request.pk}:{request.revision}:1", "token": str(uuid.uuid4())}
    client.post(f"{QUEUE}bulk/confirm/", bulk)
    assert request.events().filter(verb__in=["telephone", "confirm"]).count() == 0


@pytest.mark.parametrize(
    "key", ["seen_revision", "seen_event", "token", "note", "whom", "q", "row", "action"]
)
@pytest.mark.parametrize("value", ["\x00", "\u202e", "\ud800", "9" * 400, "<b>"])
def test_nothing_typed_ends_in_an_error_of_ours(key: str, value: str) -> None:
    request = factories.request_in(Status.UNDER_REVIEW)
    client = browser(prefecture())
    form = carried(request) | quantities(request) | {"note": "", "whom": "a", "what": "b"}
    sent = value.encode("utf-8", "surrogatepass").decode("latin-1") if value == "\ud800" else value
    for address in (step(request, "confirm"), step(request, "note"), step(request, "telephone"), QUEUE):
        assert client.post(address, form | {key: sent}).status_code < 500
    assert client.post(f"{QUEUE}bulk/confirm/", {key: sent}).status_code < 500
    assert client.get(QUEUE, {key: sent}).status_code < 500
