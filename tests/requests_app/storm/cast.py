"""The people and places of a storm: two prefectures, everybody's role twice, a proxy, a stranger."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from institutions.models import Institution, Proxy, Role, User
from requests_app.models import Campaign, SosRequest
from sosportal.lib.clock import JST
from surveys.models import Figures, Item, SurveyRound
from tests import factories
from tests.requests_app.allocation import rounds
from tests.requests_app.deliveries import vendor

BEGIN = datetime(2026, 12, 21, 9, 0, tzinfo=JST)  # over two cut-offs and the turn of the year
PER_ROLE = 2


@dataclass
class Cast:
    """Who and what there is. `now` is the storm's clock; it goes on between the deeds."""

    chance: random.Random
    campaign: Campaign
    places: list[int]
    people: dict[str, list[int]]
    items: list[Item]
    now: datetime = BEGIN
    ids: Iterator[int] = field(default_factory=lambda: iter(range(1, 10**9)))

    def go_on(self) -> None:
        """Some minutes or hours later; the round that is open then is there."""
        self.now += timedelta(minutes=self.chance.choice([0, 1, 7, 45, 180]))
        SurveyRound.objects.open_for(self.now)

    def place(self) -> Institution:
        return Institution.objects.get(pk=self.chance.choice(self.places))

    def person(self, *roles: str) -> User:
        """One of these roles, as a request finds them; now and then anybody at all."""
        named = (
            self.chance.choice(roles) if self.chance.random() < 0.85 else self.chance.choice([*self.people])
        )
        key = self.chance.choice(self.people[named])
        found: User = User.objects.get(pk=key)
        return found

    def office_of(self, request: SosRequest) -> str:
        """Whose review it is."""
        return "osaka" if request.prefecture_id == factories.OSAKA else "tokyo"

    def staff_of(self, place: Institution) -> User:
        """A member of the place, or an officer or clerk who has begun an entry by proxy; now and then anybody."""
        if self.chance.random() < 0.75:
            member = User.objects.filter(memberships__institution=place).order_by("pk").first()
            person = member or self.person("staff")
        else:
            person = self.person("tokyo", "osaka", "ministry", "clerk", "staff")
        if person.is_staff or place.pk in person.proxy_ids:
            person.proxies = {place.pk: Proxy(place.pk, place.code, place.name, "電話で依頼")}
        person.turn_to(place)
        return person


def gather(seed: int) -> Cast:
    """The same cast for the same seed; some requests are accepted, handed off and sent already."""
    chance = random.Random(seed)
    items = [Item.objects.get(order=1), factories.gloves()]
    campaign = factories.campaign(*items, now=BEGIN, survey_valid_days=30)
    spots = [factories.TOKYO] * 3 + [factories.OSAKA] * 2
    places = [factories.institution(prefecture) for prefecture in spots]
    for place in places[::2]:
        Institution.objects.filter(pk=place.pk).update(has_agreement=True)
    clerk = factories.member()
    for place in places[:2]:
        joined = factories.join(clerk, place)
        joined.as_proxy = True
        joined.save()
    people = {
        "staff": [factories.member(place).pk for place in places],
        "clerk": [clerk.pk],
        "tokyo": [factories.user(Role.PREFECTURE).pk for _ in range(PER_ROLE)],
        "osaka": [factories.user(Role.PREFECTURE, prefecture_id=factories.OSAKA).pk for _ in range(PER_ROLE)],
        "ministry": [factories.user(Role.MINISTRY).pk for _ in range(PER_ROLE)],
        "operator": [factories.user(Role.OPERATOR).pk],
        "disabled": [factories.user(Role.MINISTRY, is_active=False).pk],
    }
    made = [*vendor.allocated(4_100, 200, 300), *rounds.accepted([700, 900], now=rounds.NOW)]
    vendor.handed()
    vendor.shipped(made[0], 4_000)
    figures = {item.pk: Figures(400, 500, 100) for item in items}
    places += [request.institution for request in made]
    people["staff"] += [request.created_by_id for request in made]
    for person, place in zip(people["staff"], places, strict=True):
        factories.answer(User.objects.get(pk=person), place, figures, now=BEGIN)
    return Cast(chance, campaign, [place.pk for place in places], people, items)
