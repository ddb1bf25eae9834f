"""The officers' desk: questions, notes, claims, and the way through the list."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from institutions.models import Role, User
from requests_app.models import Claim, Question, RequestEvent, SosRequest
from requests_app.queries import desk
from requests_app.rules.transitions import Status, Verb
from sosportal.lib import clock
from sosportal.lib.models import OutboxMessage
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
    factories.campaign()


@pytest.fixture
def request_() -> SosRequest:
    return factories.request_in(Status.UNDER_REVIEW)


@pytest.fixture
def first() -> User:
    return factories.user(Role.PREFECTURE, name="見本 一郎")


@pytest.fixture
def second() -> User:
    return factories.user(Role.PREFECTURE, name="見本 二郎")


def verbs(request: SosRequest, verb: Verb) -> int:
    return RequestEvent.objects.filter(request_id=request.pk, verb=verb.value).count()


def claiming(request: SosRequest, holder: User | None = None) -> dict[str, Any]:
    return carried(request) | {"holder": holder.pk if holder else ""}


# --- 照会 ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.PREFECTURE, Role.MINISTRY])
@pytest.mark.parametrize("status", [Status.UNDER_REVIEW, Status.ACCEPTED])
def test_a_question_is_asked_once_and_shown_with_its_answer(status: Status, role: Role) -> None:
    request = factories.request_in(status)
    client = browser(factories.user(role))
    form = carried(request) | {"question_text": "在庫は箱数ですか。"}
    for _ in range(2):
        assert client.post(step(request, "ask"), form).status_code == 302
    assert verbs(request, Verb.ASK) == 1
    said = text(client.get(page_of(request)))
    assert "照会しました。医療機関にメールで知らせました。" in said
    assert "回答待ち 1件" in said
    assert "在庫は箱数ですか。" in said
    request.answer(request.created_by, Question.objects.get().pk, "枚数です。")
    said = text(client.get(page_of(request)))
    assert "回答待ち" not in said
    assert "枚数です。" in said
    assert "照会への回答" in said


def test_a_question_without_words_is_refused(request_: SosRequest) -> None:
    response = browser(prefecture()).post(step(request_, "ask"), carried(request_) | {"question_text": " "})
    assert response.status_code == 422
    assert "照会の内容を入力してください。" in text(response)


def test_a_question_is_withdrawn_with_a_reason(request_: SosRequest, first: User) -> None:
    request_.ask(first, "一つ目")
    request_.ask(first, "二つ目")
    one, two = Question.objects.order_by("pk")
    client = browser(prefecture())
    form = carried(request_) | {"question": one.pk, "reason": ""}
    refused = client.post(step(request_, "unask"), form)
    assert refused.status_code == 422
    assert f'id="id_unask_{one.pk}_reason_error"' in refused.content.decode()
    assert f'id="id_unask_{two.pk}_reason_error"' not in refused.content.decode()
    assert client.post(step(request_, "unask"), form | {"reason": "電話で確認"}).status_code == 302
    assert list(Question.objects.open()) == [two]
    assert "電話で確認" in text(client.get(page_of(request_)))
    once_more = client.post(
        step(request_, "unask"), carried(request_) | form | carried(request_) | {"reason": "再"}
    )
    assert once_more.status_code == 409


@pytest.mark.parametrize("key", ["", "x", "999999", "9" * 18])
def test_a_question_that_is_none_of_the_request_is_not_there(
    request_: SosRequest, first: User, key: str
) -> None:
    factories.request_in(Status.UNDER_REVIEW).ask(first, "よその照会")
    for each in (key, str(Question.objects.get().pk)):
        form = carried(request_) | {"question": each, "reason": "電話で確認"}
        assert browser(prefecture()).post(step(request_, "unask"), form).status_code == 404


def test_the_queue_can_be_asked_for_questions(request_: SosRequest, first: User, second: User) -> None:
    other = factories.request_in(Status.UNDER_REVIEW)

    def found(condition: Any) -> set[int]:
        return set(SosRequest.objects.filter(condition).values_list("pk", flat=True))

    request_.ask(first, "在庫は？")
    assert found(desk.has_open_question()) == {request_.pk}
    browser(first).get(page_of(request_))
    assert found(desk.has_unseen_answer(first)) == set()
    request_.answer(request_.created_by, Question.objects.get().pk, "9箱です")
    assert found(desk.has_open_question()) == set()
    assert found(desk.has_unseen_answer(first)) == {request_.pk}
    browser(first).get(page_of(request_))
    assert found(desk.has_unseen_answer(first)) == set()
    assert found(desk.has_unseen_answer(second)) == {request_.pk}
    assert other.pk not in found(desk.has_unseen_answer(second))


def test_the_queue_filters_by_questions_and_names_the_holder(request_: SosRequest, first: User) -> None:
    other = factories.request_in(Status.UNDER_REVIEW)
    client = browser(first)

    def listed(query: str = "") -> set[str]:
        response: Any = client.get(f"{QUEUE}{query}")
        return {each.number for each in response.context["cl"].result_list}

    request_.ask(first, "在庫は？")
    assert listed("?question=open") == {request_.number}
    assert listed("?question=answered") == set()
    request_.answer(request_.created_by, Question.objects.get().pk, "9箱です")
    assert listed("?question=answered") == {request_.number}
    assert listed() == {request_.number, other.number}
    other.claim(factories.user(Role.MINISTRY, name="見本 三郎"))
    assert "担当 見本 三郎（あと29分）" in text(client.get(QUEUE))


def test_who_was_taken_over_from_is_told_in_the_queue_too(
    request_: SosRequest, first: User, second: User
) -> None:
    request_.claim(first)
    request_.claim(second, seen_holder=first.pk)
    client = browser(first)
    assert "見本 二郎さんが担当を引き継ぎました。" in text(client.get(QUEUE))
    assert "見本 二郎さんが担当を引き継ぎました。" not in text(client.get(QUEUE))


def test_who_has_it_now_is_said_to_who_had_it_before(request_: SosRequest, first: User, second: User) -> None:
    request_.claim(first)
    request_.claim(second, seen_holder=first.pk)
    request_.release(second)
    told = "見本 二郎さんが担当を引き継ぎました。"
    assert f"{told}いまは、だれも担当していません。" in text(browser(first).get(QUEUE))

    third = factories.user(Role.MINISTRY, name="見本 三郎")
    request_.claim(first)
    request_.claim(second, seen_holder=first.pk)
    request_.claim(third, seen_holder=second.pk)
    assert f"{told}いまは見本 三郎さんが担当しています。" in text(browser(first).get(QUEUE))


# --- 電話確認, 申し送り -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["2026-11-24T09:05", "2026-11-24 09:05", "２０２６-１１-２４ ０９:０５"])
def test_an_earlier_call_is_shown_with_its_time(typed: str) -> None:
    moment = clock.jst(clock.now()).replace(year=2026, month=11, day=24, hour=10, minute=22)
    with time_machine.travel(moment, tick=False):
        request = factories.request_in(Status.UNDER_REVIEW)
        form = carried(request) | {"whom": "見本さん", "what": "在庫なし", "called_at": typed}
        client = browser(prefecture())
        assert client.post(step(request, "telephone"), form).status_code == 302
        said = text(client.get(page_of(request)))
    assert "11/24（火）09:05 見本さん 在庫なし" in said
    assert "見本さん（11/24（火）09:05に電話）" in said


@pytest.mark.parametrize(
    "typed", ["昨日", "0001-01-01T00:00", "9999-12-31T23:59", "2026-13-01 00:00", "9" * 500]
)
def test_a_time_that_can_not_be_taken(request_: SosRequest, typed: str) -> None:
    form = carried(request_) | {"whom": "見本さん", "what": "在庫なし", "called_at": typed}
    response = browser(prefecture()).post(step(request_, "telephone"), form)
    assert response.status_code == 422
    assert "電話した日時" in text(response).split("電話での状況確認")[0]
    assert verbs(request_, Verb.TELEPHONE) == 0


def test_a_memo_is_for_officers_in_scope(request_: SosRequest) -> None:
    form = carried(request_) | {"memo": "午後にもう一度電話します。"}
    client = browser(prefecture())
    before = OutboxMessage.objects.count()
    assert client.post(step(request_, "memo"), form).status_code == 302
    assert OutboxMessage.objects.count() == before
    for officer in (prefecture(), ministry()):
        assert "午後にもう一度電話します。" in text(browser(officer).get(page_of(request_)))
    assert browser(prefecture(factories.OSAKA)).get(page_of(request_)).status_code == 404
    foreign = browser(prefecture(factories.OSAKA)).post(step(request_, "memo"), form)
    assert foreign.status_code == 404


# --- 担当 ---------------------------------------------------------------------------------------------------------


def test_who_has_it_in_hand_is_shown_to_others(request_: SosRequest, first: User, second: User) -> None:
    client = browser(first)
    assert "担当はいません" in text(client.get(page_of(request_)))
    assert client.post(step(request_, "claim"), claiming(request_)).status_code == 302
    assert "あなたが担当しています（あと29分）" in text(client.get(page_of(request_)))
    assert "見本 一郎さんが担当しています（あと29分）" in text(browser(second).get(page_of(request_)))
    assert client.post(step(request_, "release"), carried(request_)).status_code == 302
    assert "担当はいません" in text(browser(second).get(page_of(request_)))


def test_who_comes_second_is_told_who_has_it(request_: SosRequest, first: User, second: User) -> None:
    late = claiming(request_)
    browser(first).post(step(request_, "claim"), claiming(request_))
    response = browser(second).post(step(request_, "claim"), late)
    assert response.status_code == 409
    assert "いまは見本 一郎さんが担当しています。" in text(response)
    assert Claim.objects.get().user == first


def test_taking_over_asks_and_the_former_holder_is_told_once(
    request_: SosRequest, first: User, second: User
) -> None:
    request_.claim(first)
    client = browser(second)
    form = claiming(request_, first)
    asked = client.post(step(request_, "claim"), form)
    assert asked.status_code == 200
    assert "担当を引き継ぎます" in text(asked)
    assert Claim.objects.get().user == first

    assert client.post(step(request_, "claim"), form | {"agreed": "1"}).status_code == 302
    assert Claim.objects.get().user == second
    former = browser(first)
    other = factories.request_in(Status.UNDER_REVIEW)
    told = (
        f"要請番号 {request_.number}（{request_.institution.name}）は、見本 二郎さんが担当を引き継ぎました。"
    )
    assert told in text(former.get(page_of(other)))
    assert told not in text(former.get(page_of(other)))
    assert "見本 一郎さんから引き継ぎ" in text(former.get(page_of(request_)))


@pytest.mark.parametrize(
    ("verb", "more", "title"),
    [
        ("note", {"note": "確認中です"}, "都道府県入力欄を保存します"),
        ("ask", {"question_text": "在庫は？"}, "医療機関に照会します"),
        ("confirm", {"note": ""}, "都道府県の確認を記録します"),
    ],
)
def test_work_on_what_another_holds_is_asked_about_and_then_done(
    request_: SosRequest, first: User, second: User, verb: str, more: dict[str, str], title: str
) -> None:
    request_.claim(first)
    client = browser(second)
    form = carried(request_) | quantities(request_) | more
    asked = client.post(step(request_, verb), form)
    assert asked.status_code == 200
    assert title in text(asked)
    assert "見本 一郎さんが担当しています" in text(asked)
    assert verbs(request_, Verb(verb)) == 0
    assert client.post(step(request_, verb), form | {"agreed": "1"}).status_code == 302
    assert verbs(request_, Verb(verb)) == 1
    assert Claim.of(request_.pk, clock.now()) is not None


def test_a_call_that_was_made_is_written_down_without_asking(
    request_: SosRequest, first: User, second: User
) -> None:
    request_.claim(first)
    form = carried(request_) | {"whom": "見本さん", "what": "在庫なし", "memo": "電話した"}
    for verb in ("telephone", "memo"):
        assert browser(second).post(step(request_, verb), form | carried(request_)).status_code == 302


# --- What to do next, and the way through the list ----------------------------------------------------------------


def lead(client: Client, request: SosRequest) -> str:
    step: Any = client.get(page_of(request)).context["page"].next_step
    return str(step.lead)


def test_the_first_thing_on_the_page_is_what_to_do(request_: SosRequest, first: User) -> None:
    tokyo, country = browser(first), browser(ministry())
    body = tokyo.get(page_of(request_)).content.decode()
    assert body.index('class="next') < body.index("<h2")
    assert lead(tokyo, request_) == "内容を確かめて、確認を記録してください。"
    assert lead(country, request_) == "都道府県の確認を待っています。"
    request_.ask(first, "在庫は？")
    assert lead(tokyo, request_) == lead(country, request_) == "医療機関の回答を待っています。"
    request_.answer(request_.created_by, Question.objects.get().pk, "9箱です")
    confirmed = factories.confirm(request_)
    assert lead(tokyo, request_) == "都道府県の確認は記録しました。"
    assert lead(country, request_) == "内容を確かめて、受け付けてください。"
    confirmed.revise(request_.created_by, factories.content(1500), seen_version=1)
    assert lead(tokyo, request_) == "もう一度、確認してください。"
    factories.accept(again(request_))
    assert lead(tokyo, request_) == lead(country, request_) == "受付は完了しています。"


def ways(client: Client, request: SosRequest, filters: str = "") -> tuple[Any, Any]:
    query = {"_changelist_filters": filters} if filters else {}
    way = client.get(page_of(request), query).context["way"]
    return way.preceding, way.following


def made(count: int, **more: Any) -> list[SosRequest]:
    """Newest first, as the queue shows them."""
    now = clock.now()
    found = [
        factories.request_in(Status.UNDER_REVIEW, now=now - timedelta(minutes=each), **more)
        for each in range(count)
    ]
    return [again(each) for each in found]


@pytest.mark.parametrize("role", [Role.PREFECTURE, Role.MINISTRY])
def test_next_and_previous_through_what_waits(role: Role) -> None:
    requests = made(3)
    if role is Role.MINISTRY:
        requests = [factories.confirm(each) for each in requests]
    client = browser(factories.user(role))
    a, b, c = (each.pk for each in requests)
    assert [ways(client, each) for each in requests] == [(None, b), (a, c), (b, None)]


def test_the_filter_one_came_from_is_kept(first: User) -> None:
    a, b, c, d = made(4)
    factories.confirm(b)
    client = browser(first)
    assert ways(client, a, "stage=unconfirmed") == (None, c.pk)
    assert ways(client, d, "stage=unconfirmed&o=-3&p=1") == (c.pk, None)
    # What has left the filter keeps its place in it.
    assert ways(client, b, "stage=unconfirmed") == (a.pk, c.pk)
    assert ways(client, a, f"q={d.number}") == (None, d.pk)
    body = client.get(page_of(a), {"_changelist_filters": "stage=unconfirmed"}).content.decode()
    kept = "?_changelist_filters=stage%3Dunconfirmed"
    assert f'href="{page_of(c)}{kept}"' in body
    assert f'action="{step(a, "confirm")}{kept}"' in body
    assert f'href="{QUEUE}?stage=unconfirmed"' in body
    done = client.post(f"{step(a, 'memo')}{kept}", carried(a) | {"memo": "確認"})
    assert done["Location"] == f"{page_of(a)}{kept}"


@pytest.mark.parametrize(
    "filters", ["stage=x", "p=\x01", "nonsense=1", "q=%00", "status=%ZZ&&&=", "x" * 5000]
)
def test_filters_that_can_not_be_read_lead_through_what_waits(first: User, filters: str) -> None:
    a, b = made(2)
    assert ways(browser(first), a, filters)[1] == b.pk


def test_nothing_foreign_stands_on_the_way(first: User) -> None:
    a, _, c = (
        made(1)[0],
        *[
            factories.request_in(
                Status.UNDER_REVIEW, place=factories.institution(code), now=clock.now() - timedelta(hours=n)
            )
            for n, code in enumerate([factories.OSAKA, factories.TOKYO], 1)
        ],
    )
    for filters in ("", "status=all", "prefecture=27"):
        assert ways(browser(first), a, filters) in {(None, c.pk), (None, None)}
    assert ways(browser(first), a, "status=all") == (None, c.pk)
