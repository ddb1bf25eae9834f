"""One verb on many requests: what will happen to each, and what did."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.test import Client

from institutions.models import Role
from requests_app.models import RequestEvent, SosRequest
from requests_app.rules.transitions import Status, Verb
from tests import factories
from tests.requests_app.admin.officers import QUEUE, action, again, browser, ministry, prefecture, seen, text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _campaign() -> None:
    factories.campaign()


def waiting(count: int, prefecture_code: str = factories.TOKYO) -> list[SosRequest]:
    return [
        factories.request_in(Status.UNDER_REVIEW, place=factories.institution(prefecture_code))
        for _ in range(count)
    ]


def confirmed(count: int) -> list[SosRequest]:
    return [factories.confirm(request) for request in waiting(count)]


def agree(client: Client, asked: Any, verb: str) -> Any:
    """Press the button of the page that asked."""
    body = asked.content.decode()
    rows = re.findall(r'name="row" value="([^"]+)"', body)
    token = re.search(r'name="token" value="([^"]+)"', body)
    return client.post(f"{QUEUE}bulk/{verb}/", {"row": rows, "token": token[1] if token else ""})


def results(response: Any) -> dict[str, str]:
    """What the page says of each request, by its number; "" for done."""
    return {row.request.number: row.problem for row in response.context["rows"]}


def test_confirm_many_as_requested() -> None:
    requests = waiting(3)
    client = browser(person := prefecture())

    asked = client.post(QUEUE, action(requests, "confirm_many"))
    assert "3件に、都道府県の確認を記録します" in text(asked)
    assert not any(again(request).confirmed_at for request in requests)

    done = agree(client, asked, "confirm")
    assert done.status_code == 200
    assert "3件に、都道府県の確認を記録しました" in text(done)
    for request in requests:
        stands = again(request)
        assert stands.confirmed_by == person
        assert [line.confirmed_quantity for line in stands.lines.all()] == [4100]


def test_accept_many() -> None:
    requests = confirmed(3)
    client = browser(ministry())
    done = agree(client, client.post(QUEUE, action(requests, "accept_many")), "accept")
    assert "3件を、受付完了にしました" in text(done)
    assert {again(request).state for request in requests} == {Status.ACCEPTED}


def test_one_stale_among_fifty() -> None:
    requests = confirmed(50)
    client = browser(ministry())
    asked = client.post(QUEUE, action(requests, "accept_many"))
    assert "50件を、受付完了にします" in text(asked)
    stale = again(requests[20])
    stale.revise(stale.created_by, factories.content(1500), seen_version=1)

    done = agree(client, asked, "accept")

    assert done.status_code == 200
    assert "49件を、受付完了にしました" in text(done)
    assert {number for number, problem in results(done).items() if problem} == {stale.number}
    assert results(done)[stale.number] == "いま第2版です"
    states = [again(request).state for request in requests]
    assert states.count(Status.ACCEPTED) == 49
    assert again(stale).state is Status.UNDER_REVIEW


def test_the_page_says_of_each_row_what_stands_in_the_way() -> None:
    able, stale, unconfirmed, accepted = *confirmed(2), *waiting(1), factories.accept(waiting(1)[0])
    chosen = action([able, stale, unconfirmed, accepted], "accept_many")
    stale.revise(stale.created_by, factories.content(1500), seen_version=1)
    client = browser(ministry())

    asked = client.post(f"{QUEUE}?status=all", chosen)

    assert "4件のうち1件を、受付完了にします" in text(asked)
    assert results(asked) == {
        able.number: "",
        stale.number: "いま第2版です",
        unconfirmed.number: "都道府県の確認がまだありません。理由を書いて受け付けるときは、1件ずつ開いてください。",
        accepted.number: "対応ステータスが「受付完了」のため、内容は変更できません。",
    }
    assert re.findall(r'name="row" value="([^"]+)"', asked.content.decode()) == [seen(again(able))]
    assert RequestEvent.objects.filter(request_id=able.pk, verb=Verb.ACCEPT.value).count() == 0


def test_what_can_be_done_comes_first_and_the_rest_reason_by_reason() -> None:
    first, able, second, gone, third = *waiting(1), *confirmed(1), *waiting(1), *confirmed(1), *waiting(1)
    chosen = action([first, able, second, gone, third], "accept_many")
    factories.accept(gone)
    client = browser(ministry())

    asked = client.post(f"{QUEUE}?status=all", chosen)
    assert list(results(asked)) == [each.number for each in (able, first, second, third, gone)]
    assert list(results(agree(client, asked, "accept"))) == [able.number]


@pytest.mark.parametrize(("count", "buttons"), [(10, 1), (11, 2)])
def test_a_long_table_has_its_button_above_too(count: int, buttons: int) -> None:
    asked = browser(prefecture()).post(QUEUE, action(waiting(count), "confirm_many"))
    assert text(asked).count(f"{count}件に確認を記録する") == buttons
    assert asked.content.decode().count('class="button"') == 1


def test_a_confirmation_given_with_care_is_not_overwritten() -> None:
    request = waiting(1)[0]
    line = request.lines.get()
    request = request.confirm(prefecture(), {line.item_id: 100}, "納品あり", seen_revision=request.revision)
    client = browser(prefecture())

    asked = client.post(QUEUE, action([request], "confirm_many"))
    assert results(asked)[request.number].startswith("もう確認済みです。")
    forced = client.post(f"{QUEUE}bulk/confirm/", {"row": seen(request), "token": str(uuid.uuid4())})

    assert results(forced)[request.number].startswith("もう確認済みです。")
    assert again(request).lines.get().confirmed_quantity == 100


def test_a_second_click_gets_the_same_report_and_does_nothing() -> None:
    requests = confirmed(3)
    client = browser(ministry())
    asked = client.post(QUEUE, action(requests, "accept_many"))
    first, second = agree(client, asked, "accept"), agree(client, asked, "accept")
    assert results(first) == results(second) == {request.number: "" for request in requests}
    assert RequestEvent.objects.filter(verb=Verb.ACCEPT.value).count() == 3


def test_a_token_of_another_officer_does_nothing() -> None:
    requests = confirmed(1)
    client = browser(ministry())
    asked = client.post(QUEUE, action(requests, "accept_many"))
    agree(client, asked, "accept")
    assert "すでに送信されています" in text(agree(browser(ministry()), asked, "accept"))


def test_rows_out_of_scope_are_not_there() -> None:
    own, foreign = waiting(1)[0], waiting(1, factories.OSAKA)[0]
    client = browser(prefecture())

    asked = client.post(QUEUE, action([own, foreign], "confirm_many"))
    assert set(results(asked)) == {own.number}
    forms = [
        {"row": [seen(own), text_], "token": str(uuid.uuid4())} for text_ in (seen(foreign), "999999999:1:1")
    ]
    answers = [client.post(f"{QUEUE}bulk/confirm/", form) for form in forms]

    assert all("1件は、見つかりませんでした。" in text(answer) for answer in answers)
    assert foreign.number not in text(answers[0])
    assert foreign.institution.name not in text(answers[0])
    assert again(foreign).confirmed_at is None


@pytest.mark.parametrize(
    ("role", "name", "verb"),
    [(Role.PREFECTURE, "accept_many", "accept"), (Role.MINISTRY, "confirm_many", "confirm")],
)
def test_the_verb_of_another_role_is_not_offered(role: Role, name: str, verb: str) -> None:
    request = confirmed(1)[0]
    client = browser(factories.user(role))
    assert name not in client.get(QUEUE).content.decode()
    client.post(QUEUE, action([request], name))
    form = {"row": seen(request), "token": str(uuid.uuid4())}
    assert client.post(f"{QUEUE}bulk/{verb}/", form).status_code == 403
    assert again(request).revision == request.revision


def test_rows_that_were_not_shown_are_left_alone() -> None:
    request, *others = waiting(3)
    client = browser(prefecture())
    chosen = action([request], "confirm_many") | {"select_across": "1"}
    assert set(results(client.post(QUEUE, chosen))) == {request.number}
    unseen = action([request, others[0]], "confirm_many") | {"seen": [seen(request)]}
    assert results(client.post(QUEUE, unseen))[others[0].number].startswith("一覧に表示した内容と")


@pytest.mark.parametrize("key", ["x", "9" * 30, "-1", "1.5", "٣", ""])
def test_keys_that_are_none_are_harmless(key: str) -> None:
    request = waiting(1)[0]
    client = browser(prefecture())
    chosen = action([request], "confirm_many") | {"_selected_action": [key]}
    assert client.post(QUEUE, chosen).status_code == 302
    assert client.post(QUEUE, {"action": "unknown"}).status_code == 200  # the list again
    form = {"row": [f"{key}:1:1", key, seen(request)], "token": str(uuid.uuid4())}
    assert client.post(f"{QUEUE}bulk/confirm/", form).status_code == 200
    assert again(request).confirmed_at is not None


@pytest.mark.parametrize("form", [{}, {"token": "x", "row": "1:1:1"}, {"token": str(uuid.uuid4())}])
def test_nothing_chosen_leads_back_to_the_queue(form: dict[str, str]) -> None:
    client = browser(prefecture())
    response = client.post(f"{QUEUE}bulk/confirm/", form)
    assert (response.status_code, response["Location"]) == (302, QUEUE)
    assert client.get(f"{QUEUE}bulk/confirm/").status_code == 302
    assert client.post(f"{QUEUE}bulk/note/", form).status_code == 404
