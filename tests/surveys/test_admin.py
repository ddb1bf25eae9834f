"""The survey in the admin: who sees what, read-only, and the ministry's items."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from institutions.models import Institution, Role, User
from surveys.models import Figures, Item, StockAnswer, SurveyResponse, SurveyRound
from tests import factories
from tests.surveys.pages import Page, logged_in
from tests.surveys.ward import Ward

# Session, user, the frame's two; list: counts, rows, filters; page: the row thrice (Django's), figures, events.
LIST_QUERIES = 8
PAGE_QUERIES = 8
RESPONSES, ROUNDS, ITEMS = (f"/admin/surveys/{name}/" for name in ("surveyresponse", "surveyround", "item"))


@pytest.fixture
def osaka(ward: Ward) -> SurveyResponse:
    """An answer of another prefecture."""
    place = factories.institution(factories.OSAKA, name="架空浪速病院")
    return factories.answer(factories.member(place), place, {ward.gloves: Figures(77, 7, 7)})


@pytest.fixture
def tokyo(ward: Ward) -> SurveyResponse:
    """An answer with a correction."""
    factories.answer(ward.person, ward.place)
    return factories.answer(ward.person, ward.place, {ward.gloves: Figures(3300, 4000, 500)})


def officer(role: Role) -> Client:
    return logged_in(factories.user(role))


def shown(client: Client, path: str) -> Page:
    return Page(client, client.get(path))


def test_a_prefecture_sees_its_own_answers_and_nothing_of_others(
    ward: Ward, tokyo: SurveyResponse, osaka: SurveyResponse
) -> None:
    client = officer(Role.PREFECTURE)
    listed = shown(client, RESPONSES)
    assert listed.status == 200
    assert ward.place.code in listed.text
    assert "浪速" not in listed.html
    for query in (
        "q=浪速",
        f"q={osaka.institution.code}",
        f"institution__prefecture__code__exact={factories.OSAKA}",
    ):
        assert osaka.institution.code not in shown(client, f"{RESPONSES}?{query}").text.replace(query[2:], "")
    foreign, absent = (client.get(f"{RESPONSES}{key}/change/") for key in (osaka.pk, 999_999))
    assert (foreign.status_code, absent.status_code) == (404, 404)


def test_figures_weeks_and_corrections_of_a_response(ward: Ward, tokyo: SurveyResponse) -> None:
    for role in (Role.PREFECTURE, Role.MINISTRY):
        page = shown(officer(role), f"{RESPONSES}{tokyo.pk}/change/")
        assert page.status == 200
        assert f"{ward.place.name}11/25の回" in page.text
        assert "3,300枚（33箱）" in page.text
        assert "0.9週分" in page.text
        assert "⑤非滅菌手袋在庫量3,400枚（34箱）→3,300枚（33箱）" in page.text
        assert 'type="submit" value="保存' not in page.html


@pytest.mark.parametrize("path", [RESPONSES, ROUNDS])
@pytest.mark.parametrize("role", [Role.PREFECTURE, Role.MINISTRY, Role.OPERATOR])
def test_answers_and_rounds_are_only_shown(ward: Ward, tokyo: SurveyResponse, path: str, role: Role) -> None:
    client = officer(role)
    row = tokyo.pk if path == RESPONSES else ward.survey_round.pk
    before = (
        list(SurveyResponse.objects.values()),
        list(SurveyRound.objects.values()),
        list(StockAnswer.objects.values()),
    )
    for posted in (f"{path}add/", f"{path}{row}/change/", f"{path}{row}/delete/"):
        data = {
            "version": 9,
            "opens_at_0": "2020-01-01",
            "institution": ward.place.pk,
            "answers-0-stock": 1,
            "post": "yes",
        }
        assert client.post(posted, data).status_code in (403, 404)
    action = {"action": "delete_selected", "_selected_action": [row], "post": "yes"}
    assert client.post(path, action).status_code != 500
    after = (
        list(SurveyResponse.objects.values()),
        list(SurveyRound.objects.values()),
        list(StockAnswer.objects.values()),
    )
    assert after == before


def test_the_operator_sees_rounds_and_items_but_no_answers(tokyo: SurveyResponse) -> None:
    client = officer(Role.OPERATOR)
    assert [client.get(path).status_code for path in (RESPONSES, ROUNDS, ITEMS)] == [404, 200, 200]
    assert client.get(f"{RESPONSES}{tokyo.pk}/change/").status_code == 404


def test_staff_of_institutions_do_not_enter(ward: Ward, tokyo: SurveyResponse) -> None:
    client = logged_in(ward.person)
    for path in (RESPONSES, ROUNDS, ITEMS, f"{RESPONSES}{tokyo.pk}/change/"):
        assert client.get(path).status_code == 404


def item_form(item: Item, **changed: str) -> dict[str, str]:
    values = {
        "name": item.name,
        "unit": item.unit,
        "pack_size": str(item.pack_size),
        "pack_unit": item.pack_unit,
    }
    return {**values, **factories.seen(item), "is_active": "on", **changed}


def test_the_ministry_corrects_an_item_and_keeps_its_number(ward: Ward) -> None:
    client = officer(Role.MINISTRY)
    address = f"{ITEMS}{ward.gloves}/change/"
    assert client.get(address).status_code == 200
    item = Item.objects.get(pk=ward.gloves)
    answer = client.post(address, item_form(item, pack_size="２００", name="非滅菌手袋（各種）", order="1"))
    assert answer.status_code == 302
    item.refresh_from_db()
    assert (item.pack_size, item.name, item.order) == (200, "非滅菌手袋（各種）", 5)


@pytest.mark.parametrize("size", ["0", "-1", "1.5", "x", "٣", "9" * 30, ""])
def test_a_pack_size_that_is_none_is_refused(ward: Ward, size: str) -> None:
    item = Item.objects.get(pk=ward.gloves)
    answer = officer(Role.MINISTRY).post(f"{ITEMS}{item.pk}/change/", item_form(item, pack_size=size))
    assert answer.status_code == 422
    item.refresh_from_db()
    assert item.pack_size == 100


@pytest.mark.parametrize("role", [Role.PREFECTURE, Role.OPERATOR])
def test_others_only_look_at_items(ward: Ward, role: Role) -> None:
    client = officer(role)
    item = Item.objects.get(pk=ward.gloves)
    assert client.get(f"{ITEMS}{item.pk}/change/").status_code == 200
    assert client.post(f"{ITEMS}{item.pk}/change/", item_form(item, name="x")).status_code in (403, 404)
    item.refresh_from_db()
    assert item.name == "非滅菌手袋"


def test_nobody_adds_or_deletes_items(ward: Ward) -> None:
    client = officer(Role.MINISTRY)
    assert client.get(f"{ITEMS}add/").status_code in (403, 404)
    assert client.post(f"{ITEMS}{ward.gloves}/delete/", {"post": "yes"}).status_code in (403, 404)
    assert Item.objects.count() == 5


@pytest.mark.parametrize(
    "query",
    ["q=%00", "round__id__exact=x", "round=x", "institution__email__contains=a", "p=zzz", "o=9.9", "e=1"],
)
def test_any_query_string_is_answered(ward: Ward, tokyo: SurveyResponse, query: str) -> None:
    assert officer(Role.PREFECTURE).get(f"{RESPONSES}?{query}").status_code in (200, 302, 400)


def answering(count: int, gloves: int) -> list[tuple[Institution, User]]:
    made = []
    for _ in range(count):
        place = factories.institution()
        person = factories.member(place)
        factories.answer(person, place, {each.pk: Figures(1, 1, 1) for each in Item.objects.all()})
        made.append((place, person))
    return made


def test_the_rounds_of_the_last_weeks_can_be_chosen(ward: Ward, tokyo: SurveyResponse) -> None:
    client = officer(Role.PREFECTURE)
    address = f"/{tokyo.pk}/change/"
    this, last = SurveyRound.objects.order_by("-opens_at")
    assert address in shown(client, f"{RESPONSES}?round={this.pk}").html
    assert address not in shown(client, f"{RESPONSES}?round={last.pk}").html
    for anything in ("x", "", "9" * 40, "-1"):
        assert address in shown(client, f"{RESPONSES}?round={anything}").html


@pytest.mark.parametrize("count", [1, 12])
def test_queries_do_not_grow(ward: Ward, count: int, django_assert_num_queries: Any) -> None:
    answering(count, ward.gloves)
    response = SurveyResponse.objects.latest("pk")
    client = officer(Role.MINISTRY)
    ContentType.objects.get_for_model(SurveyResponse)  # remembered by a process for good
    with django_assert_num_queries(LIST_QUERIES):
        client.get(RESPONSES)
    with django_assert_num_queries(PAGE_QUERIES):
        client.get(f"{RESPONSES}{response.pk}/change/")
