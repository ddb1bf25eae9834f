"""Institutions and people of the demonstration, written as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.contrib.auth.hashers import make_password

from institutions.models import Institution, InstitutionKind, Membership, Role, User
from requests_app.demo_data.accounts import ACCOUNTS, PASSWORD, Account
from requests_app.demo_data.names import REGIONS, Place


def write_institutions(places: Sequence[Place], at: datetime) -> dict[str, Institution]:
    """The institutions by their keys, registered at `at`. One query."""
    written = Institution.objects.bulk_create(
        Institution(
            code=place.code,
            name=place.name,
            kind=place.kind,
            prefecture_id=place.prefecture,
            postal_code=place.postal_code,
            address=place.address,
            telephone=place.telephone,
            contact_person=place.contact_person,
            email=place.email,
            has_agreement=_has_agreement(place),
            created_at=at,
            updated_at=at,
        )
        for place in places
    )
    return {place.key: institution for place, institution in zip(places, written, strict=True)}


def _has_agreement(place: Place) -> bool:
    """Every third hospital concluded a 医療措置協定."""
    return place.kind == InstitutionKind.HOSPITAL and int(place.key.partition("-")[2]) % 3 == 1


def write_accounts(institutions: Mapping[str, Institution], at: datetime) -> dict[str, User]:
    """The documented accounts by user name, with the documented password and their memberships."""
    written = {account.username: _account(account, at) for account in ACCOUNTS}
    Membership.objects.bulk_create(
        Membership(
            user=written[account.username],
            institution=institutions[key],
            as_proxy=key in account.as_proxy,
            created_at=at,
        )
        for account in ACCOUNTS
        for key in account.institutions + account.as_proxy
    )
    return written


def _account(account: Account, at: datetime) -> User:
    return User.objects.create_user(
        account.username,
        PASSWORD,
        name=account.name,
        email=f"{account.username}@example.jp",
        role=account.role,
        prefecture_id=account.prefecture,
        created_at=at,
    )


def write_staff(
    places: Sequence[Place],
    institutions: Mapping[str, Institution],
    accounts: Mapping[str, User],
    at: datetime,
) -> dict[str, User]:
    """Who enters for each institution, by its key: a documented account, else somebody who can not log in."""
    known = {key: accounts[account.username] for account in ACCOUNTS for key in account.institutions}
    rest = [place for place in places if place.key not in known]
    written = User.objects.bulk_create(
        User(
            username=f"staff-{place.code}",
            name=place.contact_person or "見本 係",
            email=f"staff-{place.code}@example.jp",
            role=Role.INSTITUTION,
            password=make_password(None),
            created_at=at,
        )
        for place in rest
    )
    Membership.objects.bulk_create(
        Membership(user=person, institution=institutions[place.key], created_at=at)
        for place, person in zip(rest, written, strict=True)
    )
    return known | {place.key: person for place, person in zip(rest, written, strict=True)}


def write_officers(accounts: Mapping[str, User], at: datetime) -> dict[str, User]:
    """An officer per prefecture, by its code: the documented accounts, else somebody who can't log in. One query."""
    known = {account.prefecture: accounts[account.username] for account in ACCOUNTS if account.prefecture}
    written = User.objects.bulk_create(
        User(
            username=region.officer,
            name="見本 係",
            email=f"{region.officer}@example.jp",
            role=Role.PREFECTURE,
            prefecture_id=region.code,
            password=make_password(None),
            created_at=at,
        )
        for region in REGIONS
        if region.code not in known
    )
    return known | {str(officer.prefecture_id): officer for officer in written}
