"""Who sees which institution, suspension and person in the admin: foreign and absent look alike."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from institutions.models import Institution, Membership, Role, Suspension, User
from sosportal.lib import clock
from tests import factories

pytestmark = pytest.mark.django_db

INSTITUTIONS = "/admin/institutions/institution/"
SUSPENSIONS = "/admin/institutions/suspension/"
PEOPLE = "/admin/institutions/user/"
PREFECTURES = "/admin/institutions/prefecture/"
ABSENT = 999_999


@pytest.fixture
def tokyo() -> Institution:
    return factories.institution(name="東京架空病院")


@pytest.fixture
def osaka() -> Institution:
    return factories.institution(factories.OSAKA, name="大阪秘密病院", telephone="06-9999-0000")


def as_role(role: Role, **fields: Any) -> Client:
    client = Client()
    client.force_login(factories.user(role, **fields))
    return client


@pytest.fixture
def officer(tokyo: Institution, osaka: Institution) -> Client:
    """Of Tokyo."""
    return as_role(Role.PREFECTURE)


@pytest.fixture
def ministry(tokyo: Institution, osaka: Institution) -> Client:
    return as_role(Role.MINISTRY)


@pytest.fixture
def operator(tokyo: Institution, osaka: Institution) -> Client:
    return as_role(Role.OPERATOR)


def suspend(institution: Institution) -> Suspension:
    return Suspension.objects.create(institution=institution, reason="転売のため", suspended_from=clock.now())


def page(client: Client, path: str, **query: str) -> str:
    response = client.get(path, query)
    assert response.status_code == 200, (path, response.status_code)
    return response.content.decode()


# --- Lists --------------------------------------------------------------------------------------------------------


def test_officers_see_the_institutions_of_their_prefecture(
    officer: Client, ministry: Client, operator: Client
) -> None:
    assert "東京架空病院" in page(officer, INSTITUTIONS)
    assert "大阪秘密病院" not in page(officer, INSTITUTIONS)
    for client in (ministry, operator):
        assert "東京架空病院" in page(client, INSTITUTIONS)
        assert "大阪秘密病院" in page(client, INSTITUTIONS)


def test_search_finds_nothing_foreign(officer: Client, operator: Client, osaka: Institution) -> None:
    for words in ("秘密", osaka.code, osaka.code[:5]):
        assert "大阪秘密病院" not in page(officer, INSTITUTIONS, q=words)
        assert "大阪秘密病院" in page(operator, INSTITUTIONS, q=words)


def test_search_folds_widths(operator: Client) -> None:
    factories.institution(name="ＡＢＣクリニック 第１")
    assert "ＡＢＣクリニック" in page(operator, INSTITUTIONS, q="abcｸﾘﾆｯｸ　第1")


@pytest.mark.parametrize(
    "query",
    [
        {"prefecture__name": "大阪府"},
        {"prefecture__code": "27"},
        {"prefecture__id__exact": "27"},
        {"name__startswith": "大阪"},
        {"telephone__startswith": "06"},
        {"users__username": "x"},
        {"users__password__startswith": "a"},
        {"requests__status": "DRAFT"},
        {"memberships__user__email__contains": "@"},
    ],
)
def test_lookups_in_the_address_tell_nothing(officer: Client, query: dict[str, str]) -> None:
    response = officer.get(INSTITUTIONS, query)
    assert response.status_code == 400


def test_the_filter_by_prefecture_is_for_those_who_see_several(officer: Client, operator: Client) -> None:
    assert "prefecture__code__exact" not in page(officer, INSTITUTIONS)
    assert "大阪秘密病院" not in page(operator, INSTITUTIONS, prefecture__code__exact="13")
    assert "大阪秘密病院" in page(operator, INSTITUTIONS, prefecture__code__exact="27")
    assert officer.get(INSTITUTIONS, {"prefecture__code__exact": "27"}).status_code == 400


def test_suspensions_follow_the_institution(officer: Client, ministry: Client, osaka: Institution) -> None:
    row = suspend(osaka)
    assert "大阪秘密病院" not in page(officer, SUSPENSIONS)
    assert "大阪秘密病院" in page(ministry, SUSPENSIONS)
    assert officer.get(f"{SUSPENSIONS}{row.pk}/change/").status_code == 404
    assert officer.get(SUSPENSIONS, {"institution__name": "x"}).status_code == 400


def test_officers_of_a_prefecture_have_no_page_of_people(officer: Client) -> None:
    for path in (PEOPLE, f"{PEOPLE}add/", f"{PEOPLE}{User.objects.all()[0].pk}/change/", PREFECTURES):
        assert officer.get(path).status_code == 404, path


def test_lookups_among_people_tell_nothing_of_passwords(ministry: Client, operator: Client) -> None:
    for client in (ministry, operator):
        for lookup in ("password__startswith", "password", "institutions__code", "sosrequest__number"):
            assert client.get(PEOPLE, {lookup: "a"}).status_code == 400, lookup


def test_a_list_is_called_by_its_name_and_says_that_it_is_empty(officer: Client) -> None:
    listed = page(officer, SUSPENSIONS)
    assert re.search(r"<h1[^>]*>\s*要請の停止\s*</h1>", listed)
    assert "あてはまるものはありません。" in listed
    assert "件の要請の停止" not in listed


# --- Single pages -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["change/", "history/", "delete/", ""])
def test_foreign_and_absent_look_alike(officer: Client, osaka: Institution, place: str) -> None:
    foreign = officer.get(f"{INSTITUTIONS}{osaka.pk}/{place}", follow=True)
    absent = officer.get(f"{INSTITUTIONS}{ABSENT}/{place}", follow=True)
    assert foreign.status_code == absent.status_code == 404
    stripped = [re.sub(rb"[0-9a-f]{12}|[\w-]{32,}", b"", each.content) for each in (foreign, absent)]
    assert stripped[0] == stripped[1]


@pytest.mark.parametrize("key", ["0", "-1", "abc", "１", "9" * 30, "1_01", "%00", "_5F", "1 or 1=1"])
def test_keys_that_are_none(officer: Client, key: str) -> None:
    response = officer.get(f"{INSTITUTIONS}{key}/change/")
    assert response.status_code in {400, 404}


def test_the_officer_s_page_only_shows(officer: Client, tokyo: Institution) -> None:
    nurse = factories.member(tokyo, name="架空 看護師")
    shown = page(officer, f"{INSTITUTIONS}{tokyo.pk}/change/")
    assert tokyo.telephone in shown
    assert nurse.name not in shown
    assert nurse.username not in shown
    assert 'name="name"' not in shown
    assert "要請を停止する" not in shown
    response = officer.post(f"{INSTITUTIONS}{tokyo.pk}/change/", {"name": "乗っ取り", "code": tokyo.code})
    assert response.status_code == 403
    assert Institution.objects.get(pk=tokyo.pk).name == "東京架空病院"


def test_the_ministry_s_page_only_shows_and_leads_to_the_suspension(
    ministry: Client, tokyo: Institution
) -> None:
    nurse = factories.member(tokyo, name="架空 看護師")
    shown = page(ministry, f"{INSTITUTIONS}{tokyo.pk}/change/")
    assert nurse.name in shown
    assert 'name="name"' not in shown
    assert f"{SUSPENSIONS}add/?institution={tokyo.code}" in shown
    assert ministry.post(f"{INSTITUTIONS}{tokyo.pk}/change/", {"name": "x"}).status_code == 403
    assert ministry.get(f"{INSTITUTIONS}add/").status_code == 404


def test_staff_and_strangers_find_no_admin(tokyo: Institution) -> None:
    nurse = Client()
    nurse.force_login(factories.member(tokyo))
    for path in (INSTITUTIONS, PEOPLE, SUSPENSIONS, PREFECTURES, f"{INSTITUTIONS}{tokyo.pk}/change/"):
        assert nurse.get(path).status_code == 404
        assert Client().get(path).status_code == 302


def test_nobody_deletes(operator: Client, ministry: Client, tokyo: Institution) -> None:
    row = suspend(tokyo)
    person = factories.member(tokyo)
    for client in (operator, ministry):
        for path in (
            f"{INSTITUTIONS}{tokyo.pk}/delete/",
            f"{SUSPENSIONS}{row.pk}/delete/",
            f"{PEOPLE}{person.pk}/delete/",
            f"{PREFECTURES}13/delete/",
        ):
            assert client.post(path, {"post": "yes"}).status_code == 404
        for path, key in ((INSTITUTIONS, tokyo.pk), (SUSPENSIONS, row.pk), (PEOPLE, person.pk)):
            client.post(path, {"action": "delete_selected", "_selected_action": key, "post": "yes"})
    assert Institution.objects.filter(pk=tokyo.pk).exists()
    assert Suspension.objects.filter(pk=row.pk).exists()
    assert User.objects.filter(pk=person.pk).exists()


def test_prefectures_are_to_look_at(ministry: Client, operator: Client) -> None:
    for client in (ministry, operator):
        assert "沖縄県" in page(client, PREFECTURES)
        assert client.post(f"{PREFECTURES}13/change/", {"name": "江戸"}).status_code == 403
        assert client.get(f"{PREFECTURES}add/").status_code == 404


# --- Autocomplete -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "field"),
    [
        ("membership", "institution"),
        ("membership", "user"),
        ("suspension", "institution"),
        ("user", "prefecture"),
    ],
)
def test_autocomplete_names_nothing_foreign(
    officer: Client, osaka: Institution, model: str, field: str
) -> None:
    stranger = factories.member(osaka, name="大阪秘密 花子")
    query = {"app_label": "institutions", "model_name": model, "field_name": field, "term": "秘密"}
    response = officer.get(f"/admin/autocomplete/?{urlencode(query)}")
    assert response.status_code in {200, 403, 404}
    assert "大阪秘密病院" not in response.content.decode()
    assert stranger.name not in response.content.decode()


# --- Unreadable input ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [INSTITUTIONS, SUSPENSIONS, PEOPLE, PREFECTURES])
@pytest.mark.parametrize(
    "query",
    [
        "username__exact=%00",
        "code__exact=%00",
        "q=%00",
        "q=%ED%A0%80",
        "p=%00",
        "o=%00",
        "p=99999999999999999999",
        "p=x",
        "o=99.-99.x",
        "all=&p=-1",
        "e=1&x=1",
        "_to_field=password",
        "_to_field=username",
        "role__exact=%27",
        "is_active__exact=7",
        "prefecture__code__exact=%F0%9F%92%A9",
        "state=x",
    ],
)
def test_unreadable_queries_are_no_server_error(operator: Client, path: str, query: str) -> None:
    assert operator.get(f"{path}?{query}").status_code < 500


@pytest.mark.parametrize("path", [INSTITUTIONS, PEOPLE])
def test_a_nul_in_a_lookup_is_a_bad_request(operator: Client, path: str) -> None:
    assert operator.get(f"{path}?username__exact=%00").status_code == 400


# --- Cost ---------------------------------------------------------------------------------------------------------


def test_lists_and_pages_cost_the_same_whatever_the_rows(
    operator: Client, tokyo: Institution, django_assert_max_num_queries: Any
) -> None:
    def cost(path: str) -> int:
        with django_assert_max_num_queries(40) as asked:
            page(operator, path)
        return len(asked.captured_queries)

    person = factories.member(tokyo)
    paths = [
        INSTITUTIONS,
        SUSPENSIONS,
        PEOPLE,
        f"{INSTITUTIONS}{tokyo.pk}/change/",
        f"{PEOPLE}{person.pk}/change/",
    ]
    suspend(tokyo)
    for path in paths:
        page(operator, path)  # what is asked for once and kept
    before = {path: cost(path) for path in paths}
    for _ in range(12):
        other = factories.institution()
        suspend(other)
        Membership.objects.create(user=person, institution=other)
        factories.member(tokyo)
    assert {path: cost(path) for path in paths} == before
    assert max(before.values()) <= 12, before
