"""What officers find on their desk in the pictures: requests at each stage, with names of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from institutions.models import Role, User
from requests_app.models import SosRequest
from requests_app.progress.refreshing import refresh_progress
from sosportal.lib import clock
from surveys.models import Figures
from tests import factories
from tests.journeys.scene import Scene

QUANTITIES = {
    "架空しらかば病院": 3000,
    "架空みなと診療所": 1200,
    "架空ひばり病院": 2400,
    "架空あおば病院": 1800,
}


@dataclass(frozen=True)
class Desk:
    """The scene's hospital has `new`; `called` was telephoned about, `edited` is `confirmed` and then edited."""

    new: SosRequest
    called: SosRequest
    confirmed: SosRequest
    edited: SosRequest
    accepted: SosRequest
    colleague: User


def lay(scene: Scene) -> Desk:
    """By the verbs. All of this hour, so that none of them is late on any day."""
    colleague = factories.user(Role.PREFECTURE, username="colleague", name="見本 二郎")
    factories.answer(scene.nurse, scene.hospital, {factories.gloves().pk: Figures(2400, 4000, 500)})
    new = factories.draft(scene.nurse, scene.hospital, quantity=5200)
    new = new.submit(scene.nurse, seen_version=new.version)
    called, confirmed, edited, accepted = (asked(name, quantity) for name, quantity in QUANTITIES.items())
    called = called.log_telephone(
        scene.officer, whom="用度係 見本さん", what="在庫は9箱、次の納品は来週とのこと。"
    )
    confirmed = confirm(confirmed, scene.officer)
    edited = confirm(edited, colleague)
    edited = edited.revise(edited.created_by, factories.content(2000), seen_version=edited.version)
    accepted = confirm(accepted, scene.officer)
    accepted = accepted.accept(scene.ministry, seen_revision=accepted.revision)
    refresh_progress()
    return Desk(new, called, confirmed, edited, accepted, colleague)


def asked(name: str, quantity: int) -> SosRequest:
    """A request under review, of an institution that answered last week and this week."""
    place = factories.institution(
        name=name, contact_person="見本 美咲", telephone="03-0000-0100", email="contact@example.jp"
    )
    person = factories.member(place, name="見本 美咲")
    week = quantity // 2 + 100
    for days, stock in ((9, week // 2), (0, week // 4)):
        moment = clock.now() - timedelta(days=days)
        factories.answer(person, place, {factories.gloves().pk: Figures(stock, week, 50)}, now=moment)
    request = factories.draft(person, place, quantity=quantity)
    return request.submit(person, seen_version=request.version)


def confirm(request: SosRequest, officer: User) -> SosRequest:
    """As asked for."""
    quantities = {line.item_id: int(line.quantity or 0) for line in request.lines.all()}
    return request.confirm(officer, quantities, "", seen_revision=request.revision)
