"""Who is written to about a request: the institution's person who acted, and the officers of an office."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from institutions.models import Role, User
from requests_app.notifications.following import Follower
from sosportal.lib.prepared import Prepared

if TYPE_CHECKING:
    from requests_app.models import RequestEvent, SosRequest


def once(addresses: Iterable[str]) -> Collection[str]:
    """Each address once, whatever its case, blank ones left out."""
    return {address.lower(): address for address in addresses if address}.values()


def actor_of(request: SosRequest, event: RequestEvent, followers: Iterable[Follower]) -> list[str]:
    """Who acted, if a member of the institution. One query, none for officers and for who follows it anyway."""
    if event.actor_role != Role.INSTITUTION or event.actor_id in {each.user_id for each in followers}:
        return []
    return [
        address
        for (address,) in MEMBERS.rows(user_ids={event.actor_id}, institution_id=request.institution_id)
    ]


def actors_of(happened: Sequence[tuple[SosRequest, RequestEvent]]) -> dict[tuple[int, int], str]:
    """(institution, user) → address, for all of them. One query, none where officers alone acted."""
    by_members = [(request, event) for request, event in happened if event.actor_role == Role.INSTITUTION]
    if not by_members:
        return {}
    people = {event.actor_id for _, event in by_members}
    places = {request.institution_id for request, _ in by_members}
    rows = User.objects.filter(
        pk__in=people, is_active=True, memberships__institution_id__in=places
    ).values_list("memberships__institution_id", "pk", "email")
    return {(place, person): address for place, person, address in rows}


def concerned_by(event: RequestEvent) -> Iterable[str]:
    """The officers whom the event names as having to do with it, wherever they sit."""
    people = User.objects.filter(pk__in=event.content["concerned"], is_active=True)
    return [address for (address,) in people.values_list("email")]


def officers_of(office: str) -> Collection[str]:
    """The addresses of an office: a prefecture's by its code, the ministry's by "". One query."""
    officers = OFFICERS.rows(prefecture_id=office) if office else MINISTRY.rows()
    return once(address for (address,) in officers)


def officers_of_many(offices: set[str]) -> dict[str, Collection[str]]:
    """By office: its addresses. One query for all prefectures and one for the ministry, none for nobody."""
    prefectures = User.objects.filter(role=Role.PREFECTURE, is_active=True, prefecture_id__in=offices)
    found: dict[str, list[str]] = {}
    if offices - {""}:
        for office, address in prefectures.values_list("prefecture_id", "email"):
            found.setdefault(str(office), []).append(address)
    if "" in offices:
        found[""] = [address for (address,) in MINISTRY.rows()]
    return {office: once(addresses) for office, addresses in found.items()}


MEMBERS: Prepared[User] = Prepared(
    lambda user_ids, institution_id: User.objects.filter(
        pk__in=user_ids, is_active=True, memberships__institution_id=institution_id
    ).values_list("email")
)
OFFICERS: Prepared[User] = Prepared(
    lambda prefecture_id: User.objects.officers_of(prefecture_id).values_list("email")
)
MINISTRY: Prepared[User] = Prepared(lambda: User.objects.ministry_officers().values_list("email"))
