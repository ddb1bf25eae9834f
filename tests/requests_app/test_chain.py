"""Per line the whole chain, with who and when: named for officers, as offices for institutions."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from institutions.models import Role, User
from requests_app.models import SosRequest
from requests_app.models.allocation import LineOutcome
from requests_app.rules.transitions import Status
from tests import factories
from tests.requests_app.admin.officers import browser, page_of
from tests.requests_app.deliveries import vendor

pytestmark = pytest.mark.django_db


def at_the_office(request: SosRequest, officer: User) -> list[tuple[str, int | None, str, str]]:
    """(name, quantity, when, who) of the links of the request's one line."""
    page: Any = browser(officer).get(page_of(request)).context["page"]
    ((_, _, links, *_),) = page.sections
    return [(link.name, link.quantity, link.when, link.who) for link in links]


def at_the_hospital(request: SosRequest) -> str:
    client = Client()
    client.force_login(factories.member(request.institution))
    body = client.get(f"/requests/{request.number}/").content.decode()
    return body.split('<ol class="quantity-chain')[1].split("</ol>")[0]


def test_from_the_suggestion_to_the_receipt() -> None:
    (request,) = vendor.allocated(4100)
    vendor.handed()
    vendor.received(request, vendor.shipped(request, 4000), 3900, "1箱ぬれていました")
    request = SosRequest.objects.get(pk=request.pk)
    decided = LineOutcome.objects.get().decision
    officer = factories.user(Role.MINISTRY)

    links = at_the_office(request, officer)

    assert links[0][0] == "めやす"
    assert [(name, quantity) for name, quantity, _, _ in links[1:]] == [
        ("要請", 4100),
        ("都道府県の確認", 4100),
        ("国の受付", 4100),
        ("配布の決定（配布）", 4100),
        ("発送", 4000),
        ("受領", 3900),
    ]
    people = {name: who for name, _, _, who in links}
    assert request.submitted_by is not None
    assert request.confirmed_by is not None
    assert request.accepted_by is not None
    assert people["要請"] == request.submitted_by.name
    assert people["都道府県の確認"] == request.confirmed_by.name
    assert people["国の受付"] == request.accepted_by.name
    assert people["配布の決定（配布）"] == decided.decided_by.name
    assert people["発送"] == "架空運輸"
    assert all(when for _, _, when, _ in links)

    shown = at_the_hospital(request)
    for name, quantity in (("配布", "4,100"), ("発送", "4,000"), ("受領", "3,900")):
        assert name in shown
        assert quantity in shown
    assert "12/1（火）" in shown
    for person in (request.confirmed_by, request.accepted_by, decided.decided_by):
        assert person.name not in shown


@pytest.mark.parametrize(
    ("status", "last", "words"),
    [
        (Status.UNDER_REVIEW, "国の受付", "都道府県の確認のあと"),
        (Status.ACCEPTED, "配布の決定", "まだ決まっていません"),
    ],
)
def test_what_is_still_to_come_is_said(status: Status, last: str, words: str) -> None:
    factories.campaign()
    request = factories.request_in(status)
    page: Any = browser(factories.user(Role.MINISTRY)).get(page_of(request)).context["page"]
    ((_, _, links, *_),) = page.sections
    assert (links[-1].name, links[-1].quantity, links[-1].text) == (last, None, words)


@pytest.mark.parametrize("status", [Status.DRAFT, Status.ERROR])
def test_before_the_application_there_is_no_chain(status: Status) -> None:
    factories.campaign()
    request = factories.request_in(status)
    assert at_the_office(request, factories.user(Role.MINISTRY)) == []
