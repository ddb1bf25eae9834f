"""要請の停止: suspended and lifted by verbs, asked about first, told to everybody whom it hits."""

from __future__ import annotations

import uuid
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F
from django.test import Client

from institutions.exceptions import ContentRefused, NotPossible, TextRequired
from institutions.models import Institution, Role, Suspension, User
from institutions.queries import suspension_notices
from requests_app.rules.transitions import Status
from sosportal.lib import clock
from sosportal.lib.models import OutboxMessage
from surveys.models import SurveyRound
from tests import factories

pytestmark = pytest.mark.django_db

ADD = "/admin/institutions/suspension/add/"
WHY = "転売が確認されたため"
HOUR = timedelta(hours=1)


@pytest.fixture
def place() -> Institution:
    return factories.institution()


@pytest.fixture
def nurse(place: Institution) -> User:
    return factories.member(place)


@pytest.fixture
def ministry() -> User:
    return factories.user(Role.MINISTRY)


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def agreed() -> dict[str, str]:
    return {"agreed": "1", "token": str(uuid.uuid4())}


# --- The verbs ----------------------------------------------------------------------------------------------------


def test_suspended_at_once_and_lifted_each_by_whom_and_why(ministry: User, place: Institution) -> None:
    row = Suspension.suspend(ministry, place, WHY)
    assert place.suspension_at(clock.now()) == row
    assert (row.suspended_by, row.lifted_by) == (ministry, None)
    other = factories.user(Role.MINISTRY)
    row = row.lift(other, "是正を確認した")
    assert place.suspension_at(clock.now()) is None
    assert (row.lifted_by, row.lifted_reason) == (other, "是正を確認した")
    with pytest.raises(NotPossible):
        row.lift(ministry, "もう一度")
    Suspension.suspend(ministry, place, "再び")
    assert Suspension.objects.count() == 2


def test_a_future_start_takes_requests_until_then_and_can_be_called_off(
    ministry: User, place: Institution
) -> None:
    now = clock.now()
    row = Suspension.suspend(ministry, place, WHY, starts_at=now + HOUR, now=now)
    assert place.suspension_at(now) is None
    assert place.suspension_at(now + HOUR) == row
    assert [(each.begun, each.since) for each in suspension_notices([place.pk], now)] == [(False, now + HOUR)]
    with pytest.raises(NotPossible):
        Suspension.suspend(ministry, place, WHY, now=now)
    row.lift(ministry, "誤り", now=now)
    assert place.suspension_at(now + 2 * HOUR) is None
    assert suspension_notices([place.pk], now) == []


def test_a_lifting_can_be_planned(ministry: User, place: Institution) -> None:
    now = clock.now()
    row = Suspension.suspend(ministry, place, WHY, now=now)
    row.lift(ministry, "是正の予定", ends_at=now + HOUR, now=now)
    assert place.suspension_at(now) is not None
    assert place.suspension_at(now + HOUR) is None
    assert suspension_notices([place.pk], now)[0].until == now + HOUR


@pytest.mark.parametrize("role", [Role.INSTITUTION, Role.PREFECTURE, Role.OPERATOR])
def test_nobody_else_does(role: Role, ministry: User, place: Institution) -> None:
    other = factories.user(role)
    with pytest.raises(PermissionDenied):
        Suspension.suspend(other, place, WHY)
    row = Suspension.suspend(ministry, place, WHY)
    with pytest.raises(PermissionDenied):
        row.lift(other, "勝手に")
    assert Suspension.objects.get().lifted_at is None


def test_what_the_verbs_refuse(ministry: User, place: Institution) -> None:
    now = clock.now()
    with pytest.raises(TextRequired):
        Suspension.suspend(ministry, place, " ")
    for at in (now - HOUR, now + timedelta(days=400)):
        with pytest.raises(ContentRefused):
            Suspension.suspend(ministry, place, WHY, starts_at=at, now=now)
    row = Suspension.suspend(ministry, place, WHY)
    with pytest.raises(TextRequired):
        row.lift(ministry, "")
    with pytest.raises(ContentRefused):
        row.lift(ministry, "是正", ends_at=now - HOUR)
    assert OutboxMessage.objects.count() == 1


@pytest.mark.parametrize(
    "half",
    [
        {"lifted_reason": "是正"},
        {"lifted_at": clock.now() + HOUR, "lifted_reason": "是正"},
        {"lifted_at": clock.now() + HOUR, "lifted_by": F("suspended_by")},
    ],
)
def test_the_database_keeps_lifting_whole(half: Any, ministry: User, place: Institution) -> None:
    Suspension.suspend(ministry, place, WHY, now=clock.now() - HOUR)
    with pytest.raises(IntegrityError), transaction.atomic():
        Suspension.objects.update(**half)
    with pytest.raises(DatabaseError), transaction.atomic():
        Suspension.objects.all().delete()


def test_nobody_is_named_where_nobody_is_known(ministry: User, place: Institution) -> None:
    """What an earlier migration guessed is taken back; what the admin's log told stays."""
    unknown = "（記録がありません）"
    guessed, logged = (
        Suspension.objects.create(
            institution=place,
            reason=WHY,
            suspended_from=clock.now() - HOUR,
            lifted_at=clock.now(),
            lifted_by=ministry,
            lifted_reason=unknown,
        )
        for _ in range(2)
    )
    kind = ContentType.objects.get_for_model(Suspension)
    LogEntry.objects.create(
        user=ministry, object_id=str(logged.pk), content_type=kind, object_repr="", action_flag=CHANGE
    )
    migration = import_module("institutions.migrations.0011_suspensions_lifted_by_nobody_known")
    with connection.cursor() as cursor:
        cursor.execute(migration.NOBODY_KNOWN)
    guessed.refresh_from_db()
    logged.refresh_from_db()
    assert (guessed.lifted_by, guessed.lifted_reason) == (None, "")
    assert (logged.lifted_by, logged.lifted_reason) == (ministry, unknown)
    browser = Client()
    browser.force_login(ministry)
    page = browser.get(f"/admin/institutions/suspension/{guessed.pk}/change/").content.decode()
    assert page.count("記録なし") == 3  # by whom suspended, by whom lifted, why


def test_the_institution_and_its_active_members_are_mailed(ministry: User, place: Institution) -> None:
    nurse = factories.member(place)
    factories.member(place, is_active=False)
    factories.member(factories.institution())
    row = Suspension.suspend(ministry, place, WHY)
    told = OutboxMessage.objects.filter(subject__contains="停止のお知らせ")
    assert sorted(told.values_list("to", flat=True)) == sorted([place.email, nurse.email])
    assert all(WHY in mail.body for mail in told)
    row.lift(ministry, "是正を確認した")
    told = OutboxMessage.objects.filter(subject__contains="停止の解除")
    assert sorted(told.values_list("to", flat=True)) == sorted([place.email, nurse.email])
    assert all("是正を確認した" in mail.body for mail in told)


# --- The page that asks -------------------------------------------------------------------------------------------


def test_the_page_says_whom_it_hits_and_writes_nothing(
    ministry: User, nurse: User, place: Institution
) -> None:
    factories.campaign()
    request = factories.request_in(Status.UNDER_REVIEW, nurse, place)
    foreign = factories.request_in(Status.UNDER_REVIEW)
    OutboxMessage.objects.all().delete()
    client = browser(ministry)
    asked = client.post(ADD, {"institution": place.code, "reason": WHY})
    said = asked.content.decode()
    assert asked.status_code == 200
    assert "要請を停止します" in said
    assert request.number in said
    assert foreign.number not in said
    assert "2件</span>の宛先" in said
    assert not Suspension.objects.exists()

    sent = dict(asked.context["carried"]) | {"token": str(asked.context["token"])}
    back = client.post(ADD, sent | {"edit": "1"})
    assert back.status_code == 200
    assert WHY in back.content.decode()
    assert 'id="errors"' not in back.content.decode()
    assert not Suspension.objects.exists()

    answers = [client.post(ADD, sent | {"agreed": "1"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert len({answer["Location"] for answer in answers}) == 1
    assert Suspension.objects.count() == 1
    assert OutboxMessage.objects.count() == 2
    assert type(request).objects.get(pk=request.pk).state is Status.UNDER_REVIEW
    other = client.post(ADD, sent | {"agreed": "1", "reason": "別の理由"})
    assert other.status_code == 422
    assert "すでに送信されています" in other.content.decode()


def test_suspended_by_a_colleague_meanwhile(ministry: User, place: Institution) -> None:
    client = browser(ministry)
    posted = {"institution": place.code, "reason": WHY}
    assert client.post(ADD, posted).status_code == 200
    Suspension.suspend(factories.user(Role.MINISTRY), place, "先に")
    late = client.post(ADD, posted | agreed())
    assert late.status_code == 422
    assert "すでに停止しています" in late.content.decode()
    assert WHY in late.content.decode()
    assert Suspension.objects.get().reason == "先に"


def test_lifted_by_a_colleague_meanwhile(ministry: User, place: Institution) -> None:
    row = Suspension.suspend(ministry, place, WHY)
    path = f"/admin/institutions/suspension/{row.pk}/change/"
    client = browser(ministry)
    asked = client.post(path, {"lift": "on", "lift_reason": "是正"} | factories.seen(row))
    assert "停止を解除します" in asked.content.decode()
    row.lift(factories.user(Role.MINISTRY), "先に")
    for step in ({}, agreed()):
        late = client.post(path, dict(asked.context["carried"]) | step)
        assert late.status_code == 409
        assert "ほかの人が先に更新しました" in late.content.decode()
        assert ("解除の理由", "是正") in late.context["typed"]
    assert Suspension.objects.get().lifted_reason == "先に"
    page = client.get(path).content.decode()
    assert "先に" in page
    assert 'name="lift"' not in page


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"suspended_from": "2020-01-01T00:00"}, "よりあとの日時にしてください"),
        ({"suspended_from": "9999-12-31T00:00"}, "1年以内の日時にしてください"),
        ({"suspended_from": "いつか"}, "日時を正しく入力してください"),
    ],
)
def test_bad_input_is_said_beside_the_field(
    changed: dict[str, str], said: str, ministry: User, place: Institution
) -> None:
    answer = browser(ministry).post(ADD, {"institution": place.code, "reason": WHY} | agreed() | changed)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Suspension.objects.exists()


def test_a_tick_is_needed_to_lift(ministry: User, place: Institution) -> None:
    row = Suspension.suspend(ministry, place, WHY)
    path = f"/admin/institutions/suspension/{row.pk}/change/"
    asked = browser(ministry).post(path, factories.seen(row))
    assert "変わるところはありません" in asked.content.decode()
    assert 'name="agreed"' not in asked.content.decode()


def test_a_long_search_behind_the_page_stands_in_nobodys_way(ministry: User, place: Institution) -> None:
    searched = f"{ADD}?_changelist_filters=q%3D{'%25E7%2597%2585' * 60}"
    sent = {"institution": place.code, "reason": WHY} | agreed()
    answers = [browser(ministry).post(searched, sent) for _ in range(2)]
    assert {(each.status_code, each["Location"]) for each in answers} == {
        (302, "/admin/institutions/suspension/"),
    }
    assert Suspension.objects.count() == 1


def test_the_institutions_page_tells_of_one_that_is_still_to_begin(
    ministry: User, place: Institution
) -> None:
    row = Suspension.suspend(ministry, place, WHY, starts_at=clock.now() + HOUR)
    page = f"/admin/institutions/institution/{place.pk}/change/"
    said = browser(ministry).get(page).content.decode()
    assert "から停止の予定" in said
    assert "要請を停止する" not in said
    row.lift(ministry, "取りやめ")
    assert "停止していません" in browser(ministry).get(page).content.decode()


def test_each_is_found_by_one_of_the_filters(ministry: User) -> None:
    now = clock.now()
    rows = [Suspension.suspend(ministry, factories.institution(), WHY, now=now) for _ in range(3)]
    rows[1].lift(ministry, "是正", now=now)
    rows[2].lift(ministry, "是正", ends_at=now + timedelta(days=9), now=now)
    ahead = [
        Suspension.suspend(ministry, factories.institution(), WHY, starts_at=now + timedelta(days=3), now=now)
        for _ in range(2)
    ]
    ahead[1].lift(ministry, "取りやめ", now=now)
    client = browser(ministry)
    found = {}
    for state in ("now", "ahead", "lifted"):
        page = client.get(f"/admin/institutions/suspension/?state={state}").content.decode()
        found[state] = {row.pk for row in [*rows, *ahead] if f"/suspension/{row.pk}/change/" in page}
    assert found == {
        "now": {rows[0].pk, rows[2].pk},
        "ahead": {ahead[0].pk},
        "lifted": {rows[1].pk, ahead[1].pk},
    }


# --- What people see ----------------------------------------------------------------------------------------------


def test_every_user_of_the_institution_sees_why(ministry: User, nurse: User, place: Institution) -> None:
    factories.campaign()
    SurveyRound.objects.open_for(clock.now())
    request = factories.request_in(Status.DRAFT, nurse, place)
    Suspension.suspend(ministry, place, "転売<b>を確認</b>")
    client = browser(nurse)
    for path in (
        "/",
        "/requests/",
        f"/requests/{request.number}/",
        f"/requests/{request.number}/edit/",
        f"/requests/{request.number}/submit/",
        f"/requests/new/{place.code}/",
        f"/survey/{place.code}/",
    ):
        said = client.get(path).content.decode()
        assert "停止されています" in said, path
        assert "転売&lt;b&gt;を確認&lt;/b&gt;" in said, path
        assert "事務局" in said
        assert said.count('id="suspension"') == 1
    assert 'href="#suspension"' in client.get(f"/requests/{request.number}/").content.decode()
    stranger = browser(factories.member(factories.institution()))
    assert "停止されています" not in stranger.get("/").content.decode()


def test_the_prefecture_sees_it_beside_the_request(ministry: User, nurse: User, place: Institution) -> None:
    factories.campaign()
    request = factories.request_in(Status.UNDER_REVIEW, nurse, place)
    officer = browser(factories.user(Role.PREFECTURE))
    path = f"/admin/requests_app/sosrequest/{request.pk}/change/"
    assert "要請を停止しています" not in officer.get(path).content.decode()
    Suspension.suspend(ministry, place, WHY)
    said = officer.get(path).content.decode()
    assert "要請を停止しています" in said
    assert WHY in said
