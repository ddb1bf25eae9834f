"""The page of one request, and the verbs from it: confirm, note, telephone, accept."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest

from institutions.models import Role
from requests_app.models import RequestEvent, SosRequest
from requests_app.rules.transitions import Status, Verb
from sosportal.lib.models import OutboxMessage
from surveys.models import Figures
from tests import factories
from tests.requests_app.admin.officers import (
    QUEUE,
    again,
    browser,
    carried,
    ministry,
    page_of,
    prefecture,
    quantities,
    step,
    text,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _campaign() -> None:
    factories.campaign(max_weeks_of_stock=2)


@pytest.fixture
def request_() -> SosRequest:
    return factories.request_in(Status.UNDER_REVIEW)


def events(request: SosRequest, verb: Verb) -> int:
    return RequestEvent.objects.filter(request_id=request.pk, verb=verb.value).count()


# --- What the page shows ------------------------------------------------------------------------------------------


def test_everything_an_officer_needs_stands_on_the_page(request_: SosRequest) -> None:
    person, place = request_.created_by, request_.institution
    request_.log_telephone(prefecture(), whom="見本 花子さん", what="11/27に600枚届く。")
    factories.confirm(request_).revise(person, factories.content(1500, "足りません"), seen_version=1)

    response = browser(prefecture()).get(page_of(request_))
    said = text(response)

    for words in (
        *(request_.number, "第2版", "都道府県・国確認中", "都道府県の確認：やり直し"),
        *("要請 1,500 枚（15箱）", "めやす 4,100 枚（41箱）", "備蓄 0.9週分", "基準 2週分未満"),
        *("在庫量 3,400枚", "1週間の想定消費量 4,000枚", "1週間の購入見込み量 500枚"),
        *("見本 花子さん", "11/27に600枚届く。", "変更前 4,100枚 → 変更後 1,500枚", "変更後 足りません"),
        *(
            place.code,
            place.address,
            place.email,
            "編集（第2版）",
            "システムチェック&amp;申請 → 都道府県・国確認中",
        ),
        *("備蓄が基準より少ないこと", "＝0.9週分（基準 2週分未満）", "満たす", "受付規則 第1版"),
    ):
        assert words in said, words
    assert 'href="tel:0300000000"' in response.content.decode()


def test_what_became_of_earlier_requests_and_the_weeks_stand_beside(request_: SosRequest) -> None:
    earlier = factories.request_in(Status.ACCEPTED, request_.created_by, request_.institution)
    response = browser(prefecture()).get(page_of(request_))
    body, said = response.content.decode(), text(response)
    assert f'href="{page_of(earlier)}"' in body
    assert "要請 4,100枚 都道府県 4,100枚 国の受付 4,100枚" in said
    assert "⑤非滅菌手袋の推移を表で見る" in said
    assert re.search(r'<svg[^>]+role="img"[^>]*>', body)
    weeks = body[body.index("⑤非滅菌手袋の8週の推移") :]
    assert all(figure in weeks[: weeks.index("</table>")] for figure in ("3,400枚", "4,000枚", "0.9週分"))


def test_figures_of_the_round_before_stand_beside(request_: SosRequest) -> None:
    from datetime import timedelta

    from sosportal.lib import clock

    last_week = clock.now() - timedelta(days=7)
    factories.answer(
        request_.created_by,
        request_.institution,
        {factories.gloves().pk: Figures(6200, 4000, 1000)},
        now=last_week,
    )
    said = text(browser(prefecture()).get(page_of(request_)))
    assert "在庫量 3,400枚 前回 6,200枚" in said


def test_an_answer_after_the_check_is_pointed_out(request_: SosRequest) -> None:
    client = browser(prefecture())
    assert "判定のあとに" not in text(client.get(page_of(request_)))
    factories.answer(
        request_.created_by, request_.institution, {factories.gloves().pk: Figures(9000, 4000, 0)}
    )
    assert "判定のあとに、調査の回答が変わりました。" in text(client.get(page_of(request_)))


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("role", [Role.PREFECTURE, Role.MINISTRY])
def test_each_role_is_offered_its_own_verbs_where_they_are_possible(status: Status, role: Role) -> None:
    request = factories.request_in(status)
    response = browser(factories.user(role)).get(page_of(request))
    body = response.content.decode()

    reviewing = status is Status.UNDER_REVIEW
    offered = {verb: step(request, verb) in body for verb in ("confirm", "note", "telephone", "accept")}
    assert response.status_code == 200
    assert offered == {
        "confirm": reviewing and role is Role.PREFECTURE,
        "note": reviewing and role is Role.PREFECTURE,
        "telephone": reviewing,
        "accept": reviewing and role is Role.MINISTRY,
    }


@pytest.mark.parametrize("role", [Role.PREFECTURE, Role.MINISTRY])
def test_the_cost_of_the_page(request_: SosRequest, role: Role, django_assert_num_queries: Any) -> None:
    client = browser(factories.user(role))
    cost = {Role.PREFECTURE: 22, Role.MINISTRY: 21}[role]  # a prefecture's officer bears its name
    factories.request_in(Status.UNDER_REVIEW, request_.created_by, request_.institution)
    with django_assert_num_queries(cost):
        client.get(page_of(request_))
    for _ in range(5):
        request_.log_telephone(prefecture(), whom="a", what="b")
    factories.request_in(Status.UNDER_REVIEW, request_.created_by, request_.institution)
    with django_assert_num_queries(cost):
        client.get(page_of(request_))


def test_what_people_typed_is_never_markup(request_: SosRequest) -> None:
    evil = "<script>alert(1)</script>"
    request_.log_telephone(prefecture(), whom=evil, what=evil)
    request_.note(prefecture(), evil, seen_revision=request_.revision)
    request_.revise(request_.created_by, factories.content(1500, evil), seen_version=1)
    for officer in (prefecture(), ministry()):
        body = browser(officer).get(page_of(request_)).content.decode()
        assert evil not in body
        assert body.count("&lt;script&gt;") >= 5


# --- 都道府県の確認 -----------------------------------------------------------------------------------------------


def test_a_confirmation_is_asked_again_and_recorded_once(request_: SosRequest) -> None:
    client, officer = browser(person := prefecture()), person
    form = carried(request_) | quantities(request_, "3,500 枚") | {"note": "600枚の納品があります。"}

    asked = client.post(step(request_, "confirm"), form)
    assert asked.status_code == 200
    assert "4,100枚（41箱） 3,500枚（35箱）" in text(asked)
    assert events(request_, Verb.CONFIRM) == 0
    assert not OutboxMessage.objects.filter(subject__contains="確認しました").exists()

    fields = asked.context["form"].carried()
    agreed = form | dict(fields) | {"agreed": "1"}
    for _ in range(2):  # a double click gets the same answer
        done = client.post(step(request_, "confirm"), agreed)
        assert (done.status_code, done["Location"]) == (302, page_of(request_))
    assert "都道府県の確認を記録しました。" in text(client.get(page_of(request_)))

    stands = again(request_)
    assert events(request_, Verb.CONFIRM) == 1
    assert stands.confirmed_by == officer
    assert [line.confirmed_quantity for line in stands.lines.all()] == [3500]
    assert stands.prefecture_note == "600枚の納品があります。"


@pytest.mark.parametrize(
    ("entered", "said"),
    [
        ("", "⑤非滅菌手袋の枚数を入力してください。"),
        ("4101", "数が大きすぎます。4,100までで入力してください。"),
        ("-5", "0より小さい数は入力できません。"),
        ("1_000", "数として読めません。"),
        ("٣", "数として読めません。"),
        ("1e3", "数として読めません。"),
        ("9" * 5000, "数が長すぎます。"),
        ("3500", "数量を減らすときは、理由を都道府県入力欄に書いてください。"),
    ],
)
def test_what_can_not_be_confirmed_is_said_and_stays_as_typed(
    request_: SosRequest, entered: str, said: str
) -> None:
    form = carried(request_) | quantities(request_, entered) | {"note": " "}
    response = browser(prefecture()).post(step(request_, "confirm"), form)

    body = response.content.decode()
    assert response.status_code == 422
    assert said in text(response)
    assert 'id="errors"' in body
    assert "autofocus" in body
    assert f'value="{entered}"' in body if entered else True
    assert events(request_, Verb.CONFIRM) == 0


def test_back_to_the_form_with_what_was_typed(request_: SosRequest) -> None:
    form = carried(request_) | quantities(request_, "3500") | {"note": "納品あり", "edit": "1"}
    response = browser(prefecture()).post(step(request_, "confirm"), form)
    assert response.status_code == 200
    assert 'value="3500"' in response.content.decode()
    assert "納品あり" in response.content.decode()
    assert events(request_, Verb.CONFIRM) == 0


def test_the_note_alone(request_: SosRequest) -> None:
    client = browser(prefecture())
    form = carried(request_) | quantities(request_, "まだ") | {"note": "電話待ち"}
    assert client.post(step(request_, "note"), form).status_code == 302
    assert again(request_).prefecture_note == "電話待ち"
    assert again(request_).confirmed_at is None
    assert events(request_, Verb.NOTE) == 1


def test_a_note_that_is_too_long_keeps_the_quantities_as_typed(request_: SosRequest) -> None:
    form = carried(request_) | quantities(request_, "まだ") | {"note": "あ" * 2001}
    response = browser(prefecture()).post(step(request_, "note"), form)
    assert response.status_code == 422
    assert 'value="まだ"' in response.content.decode()
    assert "2000文字以内" in text(response)


# --- 電話での状況確認 ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.PREFECTURE, Role.MINISTRY])
def test_a_telephone_check_is_recorded_once_and_needs_no_version(request_: SosRequest, role: Role) -> None:
    client = browser(factories.user(role))
    form = carried(request_) | {"seen_revision": 0, "whom": "見本さん", "what": "在庫なし"}
    for _ in range(2):
        assert client.post(step(request_, "telephone"), form).status_code == 302
    assert events(request_, Verb.TELEPHONE) == 1


def test_a_telephone_check_without_words_is_refused(request_: SosRequest) -> None:
    form = carried(request_) | {"whom": "", "what": "在庫なし"}
    response = browser(prefecture()).post(step(request_, "telephone"), form)
    assert response.status_code == 422
    assert "相手を入力してください。" in text(response)
    assert "在庫なし" in response.content.decode()
    assert events(request_, Verb.TELEPHONE) == 0


# --- 受付 ---------------------------------------------------------------------------------------------------------


def test_what_the_prefecture_confirmed_is_accepted(request_: SosRequest) -> None:
    confirmed = factories.confirm(request_)
    client = browser(person := ministry())
    form = carried(confirmed) | quantities(confirmed) | {"reason": ""}

    asked = client.post(step(request_, "accept"), form)
    assert asked.status_code == 200
    assert "だれも内容を変更できません" in text(asked)
    assert again(request_).state is Status.UNDER_REVIEW

    assert client.post(step(request_, "accept"), form | {"agreed": "1"}).status_code == 302
    stands = again(request_)
    assert stands.state is Status.ACCEPTED
    assert stands.accepted_by == person


def test_without_confirmation_only_with_a_reason(request_: SosRequest) -> None:
    client = browser(ministry())
    form = carried(request_) | quantities(request_) | {"reason": "", "agreed": "1"}

    refused = client.post(step(request_, "accept"), form)
    assert refused.status_code == 422
    assert "都道府県の確認がない要請を受け付けるときは、理由を入力してください。" in text(refused)
    assert again(request_).state is Status.UNDER_REVIEW

    done = client.post(step(request_, "accept"), form | {"reason": "災害のため"})
    assert done.status_code == 302
    assert again(request_).state is Status.ACCEPTED
    assert "理由：災害のため" in text(client.get(page_of(request_)))


# --- Two people at once -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("agreed", [{}, {"agreed": "1"}])
def test_what_changed_is_shown_instead_of_done(request_: SosRequest, agreed: dict[str, str]) -> None:
    form = carried(request_) | quantities(request_) | {"reason": "急ぎます", "note": "確認しました"} | agreed
    request_.revise(request_.created_by, factories.content(1500, "減らします"), seen_version=1)

    for officer, verb in ((prefecture(), "confirm"), (ministry(), "accept")):
        response = browser(officer).post(step(request_, verb), form)
        said = text(response)
        assert response.status_code == 409, said
        assert "まだ何も記録していません" in said
        assert "変更前 4,100枚 → 変更後 1,500枚" in said
        assert ("急ぎます" if verb == "accept" else "確認しました") in said
    assert again(request_).confirmed_at is None
    assert again(request_).state is Status.UNDER_REVIEW


def test_after_seeing_the_change_it_can_be_done(request_: SosRequest) -> None:
    client = browser(prefecture())
    form = carried(request_) | quantities(request_, 1000) | {"note": "納品あり"}
    request_.revise(request_.created_by, factories.content(1500), seen_version=1)
    shown = client.post(step(request_, "confirm"), form).context["seen"]["confirm"]
    fresh = {"token": str(shown.token), "seen_revision": shown.revision, "seen_event": shown.event}

    assert client.post(step(request_, "confirm"), form | fresh | {"agreed": "1"}).status_code == 302
    assert [line.confirmed_quantity for line in again(request_).lines.all()] == [1000]


@pytest.mark.parametrize("verb", ["confirm", "note", "telephone", "accept"])
def test_after_the_acceptance_nothing_is_possible(request_: SosRequest, verb: str) -> None:
    form = carried(request_) | quantities(request_)
    form |= {"note": "x", "reason": "y", "whom": "z", "what": "w", "agreed": "1"}
    factories.accept(request_)
    before = RequestEvent.objects.count()
    officer = ministry() if verb == "accept" else prefecture()

    response = browser(officer).post(step(request_, verb), form)

    assert response.status_code == 409
    assert "受付完了" in text(response)
    assert RequestEvent.objects.count() == before


def test_a_token_of_another_form_is_refused(request_: SosRequest) -> None:
    client = browser(prefecture())
    form = carried(request_) | {"whom": "見本さん", "what": "在庫なし"}
    client.post(step(request_, "telephone"), form)
    for other, body in ((client, form | {"what": "在庫あり"}), (browser(prefecture()), form)):
        response = other.post(step(request_, "telephone"), body)
        assert response.status_code == 409
        assert "すでに送信されています" in text(response)
    assert events(request_, Verb.TELEPHONE) == 1


@pytest.mark.parametrize("token", ["", "x", "0" * 5000])
def test_without_a_token_nothing_is_done(request_: SosRequest, token: str) -> None:
    form = carried(request_) | {"token": token, "whom": "見本さん", "what": "在庫なし"}
    response = browser(prefecture()).post(step(request_, "telephone"), form)
    assert response.status_code == 422
    assert events(request_, Verb.TELEPHONE) == 0


# --- No other way -------------------------------------------------------------------------------------------------


def test_posted_keys_change_nothing_else(request_: SosRequest) -> None:
    other = factories.institution(factories.OSAKA)
    extra = {
        "status": "ACCEPTED",
        "version": 99,
        "revision": 99,
        "institution": other.pk,
        "accepted_at": "2026-01-01",
        "is_staff": "1",
        "confirmed_by": 1,
    }
    before: Any = SosRequest.objects.values().get(pk=request_.pk)
    client = browser(prefecture())
    assert client.post(page_of(request_), extra).status_code == 405
    form = carried(request_) | quantities(request_) | {"note": "n"} | extra
    assert client.post(step(request_, "note"), form).status_code == 302

    after: Any = SosRequest.objects.values().get(pk=request_.pk)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"prefecture_note", "revision", "updated_at"}
    assert after["revision"] == before["revision"] + 1


@pytest.mark.parametrize(
    ("role", "verb"),
    [(Role.PREFECTURE, "accept"), (Role.MINISTRY, "confirm"), (Role.MINISTRY, "note")],
)
def test_a_verb_of_another_role_is_forbidden(request_: SosRequest, role: Role, verb: str) -> None:
    form = carried(request_) | quantities(request_) | {"reason": "x", "note": "x", "agreed": "1"}
    assert browser(factories.user(role)).post(step(request_, verb), form).status_code == 403


def test_addresses_of_verbs_lead_back_to_the_page(request_: SosRequest) -> None:
    client = browser(prefecture())
    assert client.get(step(request_, "confirm"))["Location"] == page_of(request_)
    assert client.get(step(request_, "delete")).status_code == 404
    assert client.get(f"{QUEUE}{request_.pk}/history/").status_code == 200


def test_a_retried_form_finds_its_first_answer_although_the_revision_moved_on(request_: SosRequest) -> None:
    client = browser(ministry())
    form = carried(request_) | quantities(request_) | {"reason": "急ぎ", "agreed": "1"}
    assert client.post(step(request_, "accept"), form).status_code == 302
    assert client.post(step(request_, "accept"), form).status_code == 302
    assert client.post(step(request_, "accept"), form | {"token": str(uuid.uuid4())}).status_code == 409
    assert events(request_, Verb.ACCEPT) == 1
