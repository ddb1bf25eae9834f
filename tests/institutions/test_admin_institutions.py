"""Institutions and suspensions in the admin."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from institutions.models import Institution, InstitutionKind, Role, Suspension
from sosportal.lib import clock
from tests import factories
from tests.institutions.lists import code

pytestmark = pytest.mark.django_db

INSTITUTIONS = "/admin/institutions/institution/"
SUSPENSIONS = "/admin/institutions/suspension/"
NO_MEMBERS = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
PARTICULARS = {
    "name": "架空\u3000か\u3099病院",
    "kind": "hospital",
    "postal_code": "〒１００-０００１",
    "address": "架空市１－２",
    "telephone": "０３－１２３４－５６７８",
    "contact_person": "髙橋 𠮷男",
    "email": "a@example.jp",
}


@pytest.fixture
def place() -> Institution:
    return factories.institution(code=code(7))


def as_role(role: Role) -> Client:
    client = Client()
    client.force_login(factories.user(role))
    return client


@pytest.fixture
def operator() -> Client:
    return as_role(Role.OPERATOR)


@pytest.fixture
def ministry() -> Client:
    return as_role(Role.MINISTRY)


# --- Institutions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("agreement", "said"), [(True, "はい"), (False, "いいえ")])
def test_who_only_reads_is_told_in_words_what_is_ticked(
    ministry: Client, operator: Client, agreement: bool, said: str
) -> None:
    place = factories.institution(has_agreement=agreement)
    page = ministry.get(f"{INSTITUTIONS}{place.pk}/change/").content.decode()
    assert f'医療措置協定を締結している</p><div class="readonly">{said}</div>' in page
    assert "<img" not in page
    assert "ときはチェックしません" not in page, "a hint for who ticks"
    assert f"<title>{place.name}｜医療機関｜緊急配布要請ポータル</title>" in page
    editing = operator.get(f"{INSTITUTIONS}{place.pk}/change/").content.decode()
    assert "ときはチェックしません" in editing


def test_an_operator_adds_an_institution_and_its_code_says_where(operator: Client) -> None:
    typed = code(1, "27").translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    posted = PARTICULARS | {"code": f"{typed[:2]}-{typed[2:]}", "prefecture": "13"}
    assert operator.post(f"{INSTITUTIONS}add/", posted).status_code == 302
    stored = Institution.objects.get()
    assert (stored.code, stored.prefecture_id, stored.postal_code) == (code(1, "27"), "27", "1000001")
    assert (stored.name, stored.telephone) == ("架空\u3000が病院", "03-1234-5678")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"code": "131000001"}, "10桁の数字ではありません"),
        ({"code": "9910000001"}, "都道府県（01〜47）ではありません"),
        ({"code": ""}, "入力してください"),
        ({"name": ""}, "入力してください"),
        ({"name": "あ" * 201}, "200文字以内"),
        ({"kind": "zoo"}, "zoo"),
        ({"postal_code": "1"}, "7桁の数字ではありません"),
        ({"telephone": "なし"}, "電話番号ではありません"),
        ({"email": "x"}, "有効なメールアドレス"),
    ],
)
def test_what_an_institution_may_not_be(operator: Client, changed: dict[str, str], said: str) -> None:
    response = operator.post(f"{INSTITUTIONS}add/", {**PARTICULARS, "code": code(1), **changed})
    assert said in response.content.decode()
    assert not Institution.objects.exists()


def test_a_code_is_there_once(operator: Client, place: Institution) -> None:
    response = operator.post(f"{INSTITUTIONS}add/", {**PARTICULARS, "code": place.code})
    assert "すでに登録されています" in response.content.decode()
    assert Institution.objects.count() == 1


def test_a_code_whose_check_digit_does_not_fit_is_warned_of_and_taken(
    operator: Client, place: Institution
) -> None:
    right = place.code
    wrong = right[:9] + str((int(right[9]) + 5) % 10)
    page = operator.get(f"{INSTITUTIONS}{place.pk}/change/").content.decode()
    assert "検査数字は合っています" in page
    before = place.updated_at
    posted = {**PARTICULARS, **NO_MEMBERS, **factories.seen(place), "code": wrong}
    saved = operator.post(f"{INSTITUTIONS}{place.pk}/change/", posted, follow=True)
    assert "検査数字（10桁目）が合いません" in saved.content.decode()
    fresh = Institution.objects.get()
    assert (fresh.code, fresh.kind) == (wrong, InstitutionKind.HOSPITAL)
    assert fresh.updated_at > before
    assert (
        "検査数字（10桁目）が合いません" in operator.get(f"{INSTITUTIONS}{place.pk}/change/").content.decode()
    )


# --- Suspensions --------------------------------------------------------------------------------------------------


def agreed() -> dict[str, str]:
    """What the page that asks adds to the form it carries."""
    return {"agreed": "1", "token": str(uuid.uuid4())}


def suspend(client: Client, place: Institution, **changed: Any) -> Any:
    posted = {"institution": place.code, "reason": "転売が確認されたため"} | agreed() | changed
    return client.post(f"{SUSPENSIONS}add/", posted)


def test_the_ministry_suspends_and_lifts_each_with_a_reason(ministry: Client, place: Institution) -> None:
    assert suspend(ministry, place).status_code == 302
    row = Suspension.objects.get()
    assert place.suspension_at(clock.now()) == row
    assert row.reason == "転売が確認されたため"
    assert abs(row.suspended_from - clock.now()) < timedelta(seconds=30)
    path = f"{SUSPENSIONS}{row.pk}/change/"
    for half in ({"lift": "on"}, {"lift_reason": "是正を確認した"}):
        assert ministry.post(path, half | factories.seen(row) | agreed()).status_code == 422
        assert place.suspension_at(clock.now()) == row
    lift = {"lift": "on", "lift_reason": "是正を確認した"} | factories.seen(row)
    assert ministry.post(path, lift | agreed()).status_code == 302
    assert place.suspension_at(clock.now()) is None
    kept = {entry.get_change_message() for entry in LogEntry.objects.all()}
    assert "要請の停止を解除しました。理由：是正を確認した" in kept
    assert ministry.post(path, {"lift": "on", "lift_reason": "もう一度"} | agreed()).status_code == 409


def test_what_was_said_of_a_suspension_stays(ministry: Client, place: Institution) -> None:
    suspend(ministry, place)
    row = Suspension.objects.get()
    other = factories.institution()
    rewritten = {"reason": "別の理由", "institution": other.code, "suspended_from": "2020-01-01T00:00"}
    ministry.post(f"{SUSPENSIONS}{row.pk}/change/", rewritten | factories.seen(row) | agreed())
    assert (
        Suspension.objects.values().get()
        == Suspension.objects.filter(pk=row.pk, reason=row.reason).values().get()
    )
    fresh = Suspension.objects.get()
    assert (fresh.institution_id, fresh.suspended_from) == (place.pk, row.suspended_from)


def test_an_institution_is_suspended_once_at_a_time(ministry: Client, place: Institution) -> None:
    suspend(ministry, place)
    assert "すでに停止しています" in suspend(ministry, place).content.decode()
    assert Suspension.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"reason": ""}, "入力してください"),
        ({"reason": "\u200b"}, "入力してください"),
        ({"institution": ""}, "入力してください"),
        ({"institution": "1310000001"}, "登録されていません"),
        ({"institution": "病院"}, "10桁の数字ではありません"),
    ],
)
def test_what_is_refused(ministry: Client, place: Institution, changed: dict[str, str], said: str) -> None:
    assert said in suspend(ministry, place, **changed).content.decode()
    assert not Suspension.objects.exists()


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.PREFECTURE])
def test_others_look_and_suspend_nobody(role: Role, place: Institution) -> None:
    client = as_role(role)
    assert suspend(client, place).status_code in {403, 404}
    assert not Suspension.objects.exists()
    row = Suspension.objects.create(institution=place, reason="転売", suspended_from=clock.now())
    page = client.get(f"{SUSPENSIONS}{row.pk}/change/")
    assert page.status_code == 200
    assert 'name="lift"' not in page.content.decode()
    posted = {"lift": "on", "lift_reason": "勝手に"}
    assert client.post(f"{SUSPENSIONS}{row.pk}/change/", posted).status_code == 403
    assert place.suspension_at(clock.now()) == row


def test_the_institution_s_page_tells_of_the_suspension(ministry: Client, place: Institution) -> None:
    path = f"{INSTITUTIONS}{place.pk}/change/"
    assert f"{SUSPENSIONS}add/?institution={place.code}" in ministry.get(path).content.decode()
    form = ministry.get(f"{SUSPENSIONS}add/?institution={place.code}").content.decode()
    assert f'value="{place.code}"' in form
    suspend(ministry, place)
    assert "から停止中" in ministry.get(path).content.decode()


def test_the_list_of_suspensions_by_state(ministry: Client, place: Institution) -> None:
    suspend(ministry, place)
    assert place.name in ministry.get(SUSPENSIONS, {"state": "now"}).content.decode()
    assert place.name not in ministry.get(SUSPENSIONS, {"state": "lifted"}).content.decode()
    Suspension.objects.get().lift(factories.user(Role.MINISTRY), "是正を確認した")
    assert place.name not in ministry.get(SUSPENSIONS, {"state": "now"}).content.decode()
    assert place.name in ministry.get(SUSPENSIONS, {"state": "lifted"}).content.decode()


@pytest.mark.parametrize("role", [Role.PREFECTURE, Role.MINISTRY, Role.OPERATOR])
def test_the_prefecture_is_named_and_leads_nowhere_that_is_not_there(role: Role, place: Institution) -> None:
    client = as_role(role)
    page = client.get(f"{INSTITUTIONS}{place.pk}/change/").content.decode()
    assert place.prefecture.name in page
    assert "都道府県" in page
    assert "/institutions/prefecture/" not in page
