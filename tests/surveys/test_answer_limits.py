"""The form under hands it was not made for: nonsense, foreign places, officers; and what it costs."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from institutions.models import Institution, Membership, Role
from surveys.models import Figures, Item, SurveyResponse, SurveyRound
from tests import factories
from tests.surveys.pages import Page, logged_in, opened, three
from tests.surveys.ward import NOW, WEEK, Ward

GOOD = ("3400", "4000", "500")


# --- Hidden fields, foreign places --------------------------------------------------------------------------------

NONSENSE = ["", "abc", "-1", "٣", "1.5", "9" * 19, "9" * 5000, "NaN", "1_0"]


@pytest.mark.parametrize("value", NONSENSE)
@pytest.mark.parametrize(("name", "status"), [("round", 409), ("version", 409), ("token", 422)])
def test_hidden_fields_with_nonsense_save_nothing(ward: Ward, name: str, status: int, value: str) -> None:
    page = opened(ward.person, ward.place).send(three(ward.gloves, *GOOD), **{name: value})
    assert page.status == status
    assert page.value(f"stock-{ward.gloves}") == "3400"
    assert ward.standing() is None
    assert page.send().status == 302


@pytest.mark.parametrize("name", ["round", "version", "token"])
def test_hidden_fields_left_out(ward: Ward, name: str) -> None:
    page = opened(ward.person, ward.place)
    page.inputs.pop(name)
    assert page.send(three(ward.gloves, *GOOD)).status in (409, 422)
    assert ward.standing() is None


def test_a_past_round_takes_no_answers(ward: Ward) -> None:
    past = SurveyRound.objects.get(closes_at=ward.survey_round.opens_at)
    before = SurveyResponse.objects.get(round=past).figures()
    assert opened(ward.person, ward.place).send(three(ward.gloves, *GOOD), round=past.pk).status == 409
    assert SurveyResponse.objects.get(round=past).figures() == before


def test_fields_that_nobody_shows_change_nothing(ward: Ward) -> None:
    other = factories.institution()
    opened(ward.person, ward.place).send(
        three(ward.gloves, *GOOD) | three(999, "1", "2", "3"),
        institution=other.pk,
        answered_by=1,
        answered_at="2020-01-01",
        code=other.code,
        status="ACCEPTED",
    )
    saved = SurveyResponse.objects.get(round=ward.survey_round)
    assert (saved.institution_id, saved.answered_by_id) == (ward.place.pk, ward.person.pk)
    assert (saved.answered_at, saved.figures()) == (NOW, {ward.gloves: Figures(3400, 4000, 500)})


@pytest.mark.parametrize("sign", ["\x00", "\ud800"])
@pytest.mark.parametrize("name", ["stock-5", "round", "version", "token", "settled", "same"])
def test_what_nobody_can_type_is_a_bad_request(ward: Ward, name: str, sign: str) -> None:
    page = opened(ward.person, ward.place)
    body: dict[str, Any] = {**page.inputs, name: f"1{sign}"}
    encoded = "&".join(
        f"{key}={each}".replace("\x00", "%00").replace("\ud800", "%ED%A0%80")
        for key, values in body.items()
        for each in (values if isinstance(values, list) else [values])
    )
    answer = page.client.post(page.path, encoded, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 400
    assert ward.standing() is None


def place_elsewhere(ward: Ward) -> Institution:
    return factories.institution(factories.OSAKA)


def place_next_door(ward: Ward) -> Institution:
    return factories.institution()


@pytest.mark.parametrize("path", ["", "history/"])
@pytest.mark.parametrize("where", [place_elsewhere, place_next_door])
def test_a_foreign_institution_is_like_none(
    ward: Ward, where: Callable[[Ward], Institution], path: str
) -> None:
    client = logged_in(ward.person)
    foreign = client.get(f"/survey/{where(ward).code}/{path}")
    absent = client.get(f"/survey/9999999999/{path}")
    assert (foreign.status_code, absent.status_code) == (404, 404)
    body = opened(ward.person, ward.place).inputs | three(ward.gloves, *GOOD)
    assert client.post(f"/survey/{where(ward).code}/{path}", body).status_code in (404, 405)


@pytest.mark.parametrize("path", ["", "history/"])
@pytest.mark.parametrize(
    ("role", "prefecture", "status", "sent"),
    [
        (Role.PREFECTURE, factories.TOKYO, 403, 409),
        (Role.PREFECTURE, factories.OSAKA, 404, 404),
        (Role.MINISTRY, None, 403, 409),
        (Role.OPERATOR, None, 403, 403),
    ],
)
def test_officers_do_not_answer(
    ward: Ward, role: Role, prefecture: str | None, status: int, sent: int, path: str
) -> None:
    """What comes without a round is refused as anybody's is; with one, for want of an entry by proxy."""
    officer = factories.user(role, **({"prefecture_id": prefecture} if prefecture else {}))
    client = logged_in(officer)
    assert client.get(f"/survey/{ward.place.code}/{path}").status_code == status
    assert client.post(f"/survey/{ward.place.code}/", three(ward.gloves, *GOOD)).status_code == sent
    assert client.get("/survey/").status_code == 403
    assert ward.standing() is None


def test_a_member_who_was_moved_away_is_refused_at_once(ward: Ward) -> None:
    page = opened(ward.person, ward.place)
    Membership.objects.filter(user=ward.person).delete()
    assert page.send(three(ward.gloves, *GOOD)).status == 404
    assert ward.standing() is None


@pytest.mark.parametrize("path", ["/survey/", "/survey/1310000001/", "/survey/1310000001/history/"])
def test_nobody_is_led_to_the_log_in(ward: Ward, client: Any, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/?next=")


# --- Cost ---------------------------------------------------------------------------------------------------------

# Session, user, memberships, institution, round, items asked for, items, answers and figures, suspension; the frame's
# cut-offs.
FORM_QUERIES = 12
# The form's without the frame's; then savepoints (4), receipt (2), response (4), figures (3), event (1).
SAVE_QUERIES = 24


@pytest.mark.parametrize("weeks", [0, 7])
def test_queries_do_not_grow_with_rounds_and_answers(
    ward: Ward, weeks: int, django_assert_num_queries: Any
) -> None:
    every = {each.pk: Figures(1000, 1000, 1000) for each in Item.objects.all()}
    for week in range(2, 2 + weeks):
        factories.answer(ward.person, ward.place, every, now=NOW - week * WEEK)
    if weeks:
        factories.answer(ward.person, ward.place, every, now=NOW - WEEK)
    client = logged_in(ward.person)
    with django_assert_num_queries(FORM_QUERIES):
        page = Page(client, client.get(f"/survey/{ward.place.code}/"))
    with django_assert_num_queries(FORM_QUERIES):
        assert page.send(three(ward.gloves, "x", "", "")).status == 422
    typed: dict[str, str] = {}
    for item_id in every if weeks else (ward.gloves,):
        typed |= three(item_id, "1000", "4000", "1000")
    with django_assert_num_queries(SAVE_QUERIES):
        assert page.send(typed).status == 302


def test_tokens_are_new_on_every_page(ward: Ward) -> None:
    tokens = {opened(ward.person, ward.place).value("token") for _ in range(2)}
    assert len({uuid.UUID(token) for token in tokens}) == 2


def test_moments_are_of_the_server(ward: Ward, frozen: time_machine.Traveller) -> None:
    page = opened(ward.person, ward.place)
    frozen.move_to(NOW + timedelta(hours=1))
    page.send(three(ward.gloves, *GOOD))
    assert SurveyResponse.objects.get(round=ward.survey_round).answered_at == NOW + timedelta(hours=1)
