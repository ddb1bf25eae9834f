"""Test objects. A status is reached by the real verbs, never written."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from institutions.models import Institution, InstitutionKind, Membership, Role, User
from requests_app.models import Campaign, Content, RuleSettings, Schedule, SosRequest
from requests_app.rules.transitions import Status
from sosportal.lib import clock
from surveys.models import Figures, Item, SurveyResponse, SurveyRound

PASSWORD = "Test-Pass-2026"
TOKYO, OSAKA = "13", "27"
GLOVES = 5

_numbers = itertools.count(1)


def user(role: Role = Role.INSTITUTION, **fields: Any) -> User:
    """A user with the password `PASSWORD`."""
    n = next(_numbers)
    values: dict[str, Any] = {"name": f"架空 太郎{n}", "email": f"user{n}@example.jp", "role": role} | fields
    username = values.pop("username", f"user-{n}")
    if role == Role.PREFECTURE:
        values.setdefault("prefecture_id", TOKYO)
    return User.objects.create_user(username, PASSWORD, **values)


def institution(prefecture: str = TOKYO, **fields: Any) -> Institution:
    """An institution with all its particulars."""
    n = next(_numbers)
    values: dict[str, Any] = {
        "code": f"{prefecture}1{n:07d}",
        "name": f"架空第{n}病院",
        "kind": InstitutionKind.HOSPITAL,
        "prefecture_id": prefecture,
        "postal_code": "1000001",
        "address": "架空市中央1-2-3",
        "telephone": "03-0000-0000",
        "contact_person": "見本 花子",
        "email": f"hospital{n}@example.jp",
    }
    return Institution.objects.create(**(values | fields))


def seen(row: Any) -> dict[str, str]:
    """What the admin's form of this row carries when somebody just opened it."""
    from django.contrib.admin import site

    page: Any = site._registry[type(row)]
    return {"_seen": page.seen_digest(type(row)._base_manager.get(pk=row.pk))}


def member(*institutions: Institution, **fields: Any) -> User:
    """Institution staff who enter for these institutions."""
    person = user(Role.INSTITUTION, **fields)
    for each in institutions:
        join(person, each)
    return person


def join(person: User, place: Institution) -> Membership:
    """The person enters for the institution too."""
    return Membership.objects.create(user=person, institution=place)


def gloves() -> Item:
    return Item.objects.get(order=GLOVES)


def campaign(*items: Item, now: datetime | None = None, **rules: Any) -> Campaign:
    """A campaign for the items (gloves when none are named), open since a day before `now`."""
    opened = (now or clock.now()) - timedelta(days=60)
    texts = {
        "notice": "いま要請を受け付けているのは、⑤非滅菌手袋だけです。",
        "conditions": "欠品などのため、自院では調達できない\n個人防護具備蓄状況調査（週次調査）に回答している",
        "terms": (
            "情報の提供\n要請の内容と登録情報を、国が売払先事業者に渡します。\n\n"
            "公表\n医療機関名などを公表することがあります。"
        ),
    }
    return Campaign.open_intake(
        user(Role.MINISTRY),
        name="非滅菌手袋の緊急配布",
        schedule=Schedule(opened),
        texts=texts,
        items={item.pk: None for item in items or (gloves(),)},
        rules=RuleSettings().values() | rules,
        now=opened,
    )


def answer(
    person: User,
    place: Institution,
    figures: Mapping[int, Figures] | None = None,
    *,
    now: datetime | None = None,
) -> SurveyResponse:
    """The institution answers this week's survey; for gloves 3,400 / 4,000 / 500 unless figures are given."""
    moment = now or clock.now()
    this_week, _ = SurveyRound.objects.open_for(moment)
    standing = SurveyResponse.objects.filter(round=this_week, institution=place).first()
    return SurveyResponse.answer(
        person,
        this_week,
        place,
        figures if figures is not None else {gloves().pk: Figures(3400, 4000, 500)},
        required=frozenset(),
        seen_version=standing.version if standing else 0,
        now=moment,
    )


def content(quantity: int | None = 4100, opinion: str = "") -> Content:
    """A filled-in form that asks for gloves."""
    return Content(confirmed_terms=True, lines={gloves().pk: quantity}, opinion=opinion)


def draft(
    person: User, place: Institution, *, now: datetime | None = None, quantity: int | None = 4100
) -> SosRequest:
    """A saved request, 未申請."""
    return SosRequest.create_draft(person, place, content(quantity), now=now)


def request_in(
    status: Status,
    person: User | None = None,
    place: Institution | None = None,
    *,
    now: datetime | None = None,
    quantity: int = 4100,
) -> SosRequest:
    """A request in `status`, by the verbs. An open campaign must exist. エラー有り comes from an unanswered survey."""
    moment = now or clock.now()
    place = place or institution()
    person = person or member(place)
    request = draft(person, place, now=moment, quantity=quantity)
    if status is Status.DRAFT:
        return request
    if status is not Status.ERROR:
        answer(person, place, now=moment)
    request = request.submit(person, seen_version=request.version, now=moment)
    if status is Status.ACCEPTED:
        request = accept(request, now=moment)
    assert request.state is status
    return request


def confirm(request: SosRequest, *, now: datetime | None = None) -> SosRequest:
    """The prefecture confirms what was asked for."""
    officer = user(Role.PREFECTURE, prefecture_id=request.institution.prefecture_id)
    quantities = {line.item_id: int(line.quantity or 0) for line in request.lines.all()}
    return request.confirm(officer, quantities, "", seen_revision=request.revision, now=now)


def withdraw(request: SosRequest, *, now: datetime | None = None) -> SosRequest:
    """Who wrote it withdraws it."""
    return request.withdraw(request.created_by, "納品があったため", seen_version=request.version, now=now)


def accept(request: SosRequest, *, now: datetime | None = None) -> SosRequest:
    """The prefecture confirms and the ministry accepts."""
    request = confirm(request, now=now)
    return request.accept(user(Role.MINISTRY), seen_revision=request.revision, now=now)
